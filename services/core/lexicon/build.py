"""Count a lexicon out of texts and names."""

from __future__ import annotations

from array import array
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from services.core.lexicon.file import Counts, Tables
from services.core.lexicon.pieces import END, NUMBER, pieces
from services.core.text import exact_form

LEAST = 2
"""Pairs and triples that occur once, and syllables that occur less than `LEAST_SYLLABLE` times, are left out."""
LEAST_SYLLABLE = 3
NAME_WEIGHT = 3
"""A name counts as often as this, so that its syllables and pairs are known."""

_Ids = npt.NDArray[np.int64]


def build(texts: Iterable[str], names: Iterable[str] = ()) -> Tables:
    """Count syllables, pairs and triples; memory is 4 bytes a syllable of text, and 50 while it sorts."""
    forms: dict[str, int] = {END: 0, NUMBER: 1}
    sequence = array("I", [0])
    for text in texts:
        sequence.extend(forms.setdefault(piece, len(forms)) for piece in pieces(text))
        sequence.append(0)
    known = {" ".join(pieces(name)) for name in names} - {""}
    for name in sorted(known):
        for _ in range(NAME_WEIGHT):
            sequence.extend(forms.setdefault(form, len(forms)) for form in name.split(" "))
            sequence.append(0)
    return _tables(list(forms), np.frombuffer(sequence, np.uint32).astype(np.int64), tuple(sorted(known)))


def _tables(forms: list[str], sequence: _Ids, names: tuple[str, ...]) -> Tables:
    """Number the syllables by frequency, drop the rare ones, count the rest."""
    counts = np.bincount(sequence, minlength=len(forms))
    by_frequency = np.argsort(-counts, kind="stable")
    kept = by_frequency[(counts[by_frequency] >= LEAST_SYLLABLE) | (by_frequency <= 1)]  # the two signs always
    rank = np.full(len(forms), -1, np.int64)
    rank[kept] = np.arange(len(kept))
    numbered, size = rank[sequence], len(kept)
    pairs = _joined(numbered[:-1], numbered[1:], size)
    triples = _joined(pairs[:-1], numbered[2:], size)
    return Tables(
        tuple(exact_form(forms[i]) if i > 1 else forms[i] for i in kept),
        counts[kept].astype(np.uint64),
        *_frequent(pairs),
        *_frequent(triples),
        names,
    )


def _joined(left: _Ids, right: _Ids, size: int) -> _Ids:
    """Make one number of what stands side by side, -1 where either is unknown."""
    return np.where((left < 0) | (right < 0), -1, left * size + right)


def _frequent(keys: _Ids) -> tuple[Counts, Counts]:
    found, counts = np.unique(keys[keys >= 0], return_counts=True)
    often = counts >= LEAST
    return found[often].astype(np.uint64), counts[often].astype(np.uint64)
