"""Mutants of real-like files: bytes flipped, cut, doubled, numbers made huge; the same for the same seed."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from tests.corpus.hostile_cases import Case
from tests.corpus.make import make_scan
from tests.corpus.model import ScanSpec

_SPEC = ScanSpec("bi-loi", issuer="dien-bien", topic="tiem-chung", clauses=1, colour="bw", dpi=100, noise=0.0)
_SEEDS = {
    "pdf": _SPEC,
    "jpg": replace(_SPEC, colour="gray", medium="jpeg"),
    "tif": replace(_SPEC, colour="gray", medium="tiff"),
}
_NUMBER = re.compile(rb"(?<![\d.])\d{1,10}(?![\d.])")
_NUMBERS = (
    b"0",
    b"-1",
    b"255",
    b"65535",
    b"65536",
    b"2147483647",
    b"2147483648",
    b"4294967295",
    b"99999999999999999999",
)
_WORDS = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x80\0\0\0", b"\0\0\xff\xff")
Mutation = Callable[[bytearray, random.Random], None]


def mutants(count: int, seed: int) -> Iterator[Case]:
    """Yield `count` mutants of a PDF, a JPEG and a TIFF in turn."""
    whole = {ending: make_scan(spec, 1).data for ending, spec in _SEEDS.items()}
    chance = random.Random(seed)
    for number in range(count):
        ending = list(whole)[number % len(whole)]
        data = bytearray(whole[ending])
        for _ in range(chance.choice((1, 1, 2, 5, 20))):
            chance.choice(_MUTATIONS)(data, chance)
        yield Case(f"fuzz {ending}", f"{seed}-{number}", f"{seed}-{number}.{ending}", bytes(data))


def _flip(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data))
    data[at] ^= 1 << chance.randrange(8)


def _flip_in_head(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(min(len(data), 400))
    data[at] = chance.randrange(256)


def _word(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(max(1, len(data) - 4))
    data[at : at + 4] = chance.choice(_WORDS)


def _number(data: bytearray, chance: random.Random) -> None:
    """Change one of the numbers that stand as text: lengths, offsets, sizes of a PDF."""
    found = list(_NUMBER.finditer(data))
    if found:
        start, end = chance.choice(found).span()
        data[start:end] = chance.choice(_NUMBERS)


def _drop(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data))
    del data[at : at + chance.randrange(1, 2000)]
    data += b"" if data else b"%"


def _double(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data))
    data[at:at] = data[at : at + chance.randrange(1, 2000)]


def _cut(data: bytearray, chance: random.Random) -> None:
    del data[chance.randrange(max(1, len(data) // 2), len(data) + 1) :]


def _move(data: bytearray, chance: random.Random) -> None:
    length = chance.randrange(1, 500)
    source, target = chance.randrange(len(data)), chance.randrange(len(data))
    data[target : target + length] = data[source : source + length]


_MUTATIONS: tuple[Mutation, ...] = (_flip, _flip_in_head, _word, _number, _number, _drop, _double, _cut, _move)
