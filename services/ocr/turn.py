"""Pages on which reading makes no sense: those that lie on their side or stand on their head, and blank backs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from services.ocr.layer import is_syllable
from services.ocr.layout import Line, Token
from services.ocr.prepare import Picture, Prepared

_DOUBT = 0.55
_BETTER = 0.15
_BLANK_INK_SHARE = 0.004
_INK = 128
_READS = 0.7
_SAMPLE_INCHES = 4.0
_ENOUGH_LETTERS = 20
_UNSOUND = 0.4

Read = Callable[[Picture], Sequence[Line]]


def makes_sense(lines: Sequence[Line]) -> float:
    """Return how far a reading may be believed, 0 to 1: mean confidence of its letters, less for what is no syllable.

    The transcribed pages have .85 to .94 upright (a piece from their middle .77 to .93), turned at most .29.
    """
    words = [(token, sum(map(str.isalpha, token.text))) for token in _tokens(lines)]
    letters = sum(count for _, count in words)
    if letters < _ENOUGH_LETTERS:
        return 0.0
    return sum(count * _belief(token) for token, count in words) / letters


def find_turn(picture: Picture, lines: Sequence[Line], read: Read) -> int:
    """Say how far the print of a picture stands turned (clockwise: 0, 90, 180 or 270 degrees).

    `lines` are what was read on it as it is; only where they make little sense, a piece from the middle is read by
    `read` in the other three positions.
    """
    as_it_is = makes_sense(lines)
    if as_it_is >= _DOUBT:
        return 0
    piece = _middle(picture)
    senses = {turn: makes_sense(read(piece.turned_back(turn))) for turn in (180, 90, 270)}
    best = max(senses, key=lambda turn: senses[turn])
    return best if senses[best] >= _DOUBT and senses[best] > as_it_is + _BETTER else 0


def is_blank(prepared: Prepared, lines: Sequence[Line]) -> bool:
    """Whether a page bears no print: hardly any ink, and no word in it reads (specks, the seal of the other side)."""
    ink = float((np.asarray(prepared.image) < _INK).mean())
    words = (token for token in _tokens(lines) if sum(map(str.isalpha, token.text)) > 1)
    return ink < _BLANK_INK_SHARE and not any(_belief(token) >= _READS for token in words)


def _middle(picture: Picture) -> Picture:
    width, height = picture.image.size
    half = round(_SAMPLE_INCHES * picture.dpi / 2)
    frame = (max(0, width // 2 - half), max(0, height // 2 - half), width // 2 + half, height // 2 + half)
    return Picture(picture.image.crop((*frame[:2], min(width, frame[2]), min(height, frame[3]))), picture.dpi)


def _tokens(lines: Iterable[Line]) -> Iterable[Token]:
    return (token for line in lines for token in line.tokens)


def _belief(token: Token) -> float:
    word = "".join(filter(str.isalpha, token.text))
    return token.confidence * (1.0 if is_syllable(word) else _UNSOUND)
