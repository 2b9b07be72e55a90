"""The file a lexicon is kept in: gzip over one line of JSON that names the arrays, then the arrays (README.md)."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from services.core.errors import CorruptError

FORMAT = 1

Counts = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Tables:
    """What a lexicon file holds.

    `syllables[i]` has `counts[i]`; `pairs` are `left * n + right`, `triples` `(first * n + second) * n + third`, n
    being the number of syllables, both ascending, with their counts beside them. `names` are in exact form.
    """

    syllables: tuple[str, ...]
    counts: Counts
    pairs: Counts
    pair_counts: Counts
    triples: Counts
    triple_counts: Counts
    names: tuple[str, ...]


def write_tables(path: Path, tables: Tables) -> None:
    """Write a lexicon file; equal tables give equal bytes."""
    arrays = {
        "counts": _planes(tables.counts),
        "pairs": _planes(_steps(tables.pairs)),
        "pair_counts": _planes(tables.pair_counts),
        "triples": _planes(_steps(tables.triples)),
        "triple_counts": _planes(tables.triple_counts),
        "syllables": "\n".join(tables.syllables).encode(),
        "names": "\n".join(tables.names).encode(),
    }
    head = {"format": FORMAT, "sizes": {name: len(data) for name, data in arrays.items()}}
    with path.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        packed.write(json.dumps(head).encode() + b"\n")
        for data in arrays.values():
            packed.write(data)


def read_tables(path: Path) -> Tables:
    """Read what `write_tables` wrote; raises CorruptError where the file is no lexicon of this format."""
    try:
        head, _, body = gzip.decompress(path.read_bytes()).partition(b"\n")
        said = json.loads(head)
        arrays = _cut(body, said["sizes"]) if said["format"] == FORMAT else {}
        return Tables(
            syllables=tuple(arrays["syllables"].decode().split("\n")),
            counts=_numbers(arrays["counts"]),
            pairs=np.cumsum(_numbers(arrays["pairs"]), dtype=np.uint64),
            pair_counts=_numbers(arrays["pair_counts"]),
            triples=np.cumsum(_numbers(arrays["triples"]), dtype=np.uint64),
            triple_counts=_numbers(arrays["triple_counts"]),
            names=tuple(arrays["names"].decode().split("\n")),
        )
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise CorruptError(
            f"{path} is no lexicon of format {FORMAT} ({error}). Build it again with `vanban lexicon`."
        ) from error


def _cut(body: bytes, sizes: Mapping[str, int]) -> dict[str, bytes]:
    arrays, at = {}, 0
    for name, size in sizes.items():
        arrays[name] = body[at : at + size]
        at += size
    if at != len(body):
        raise ValueError("cut short or too long")
    return arrays


def _steps(keys: Counts) -> Counts:
    return np.diff(keys, prepend=np.uint64(0))


def _planes(numbers: Counts) -> bytes:
    """Write all first bytes, then all second bytes and so on: the higher ones are mostly 0 and pack to nothing."""
    return numbers.astype("<u8").view(np.uint8).reshape(-1, 8).T.tobytes()


def _numbers(planes: bytes) -> Counts:
    numbers = np.zeros(len(planes) // 8, np.uint64)
    for place, plane in enumerate(np.frombuffer(planes, np.uint8).reshape(8, -1)):
        if plane.any():  # most are empty
            numbers |= plane.astype(np.uint64) << np.uint64(8 * place)
    return numbers
