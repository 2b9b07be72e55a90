"""A second look at the parts of a page that a reading of the whole loses: the two columns of the head, the signature.

Alone, as one block (psm 6), a column of the head reads better than beside the other, and the lines under a seal or a
signature are seen as lines. What the second look believes more is taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from services.core.model import Box
from services.ocr.layer import is_syllable
from services.ocr.layout import Line, Region, Segment, Token
from services.ocr.order import order
from services.ocr.prepare import Prepared

_MARGIN = 4.0
_SIGNATURE_SHARE = 0.42
_SIGNATURE_LIFT = 3.5
_SIGNATURE_DROP = 60.0
_SIGNATURE_HEIGHT = 170.0
_BETTER = 1.1
_UNSOUND = 0.3
_BELIEVED = 0.35
_OVER = 0.4
_WRITTEN = re.compile(r"[\d/.,:-]*\d[\d/.,:-]*|[\w/&,-]*/[A-ZĐƯ&,-]{2,}[\w&,-]*|(?:KT|TM|TL|TUQ|Q)\.|[-–;:]")

Read = Callable[[Prepared], Sequence[Line]]


def look_again(prepared: Prepared, lines: Sequence[Line], width: float, height: float, read: Read) -> list[Line]:
    """Read head columns and signature apart and take what is believed more; `read` reads a piece as one block."""
    seen = list(lines)
    for place in _places(order(lines, width, height), width, height):
        piece = prepared.crop(*prepared.to_pixels(place))
        for line in read(piece):
            seen = _take(seen, line)
    return seen


def _places(segments: Sequence[Segment], width: float, height: float) -> Iterator[Box]:
    """Yield the places worth a second look: each column of the head, and what stands beside the recipients."""
    for region in (Region.HEAD_LEFT, Region.HEAD_RIGHT):
        if column := [s.line for s in segments if s.region is region]:
            yield _around(column)
    if recipients := [s.line for s in segments if s.region is Region.FOOT_LEFT]:
        first = recipients[0]
        bottom = max(first.box.y0 + _SIGNATURE_HEIGHT, recipients[-1].box.y1 + _SIGNATURE_DROP)
        top = max(0.0, first.box.y0 - _SIGNATURE_LIFT * first.height)
        yield Box(_SIGNATURE_SHARE * width, top, width, min(height, bottom))


def _around(lines: Sequence[Line]) -> Box:
    boxes = [line.box for line in lines]
    return Box(
        min(b.x0 for b in boxes) - _MARGIN,
        min(b.y0 for b in boxes) - _MARGIN,
        max(b.x1 for b in boxes) + _MARGIN,
        max(b.y1 for b in boxes) + _MARGIN,
    )


def _take(lines: Sequence[Line], again: Line) -> list[Line]:
    """Put a line of the second look in the place of the words it lies over, where it is believed more than they are."""
    believed = [token for token in again.tokens if _belief(token) >= _BELIEVED]
    if not believed or not any(is_syllable(token.text) for token in believed if len(token.text) > 1):
        return list(lines)
    kept: list[Line] = []
    covered: list[Token] = []
    for line in lines:
        if not line.box.meets(again.box):
            kept.append(line)
            continue
        over = [token for token in line.tokens if any(_lies_over(token.box, other.box) for other in believed)]
        covered += over
        rest = tuple(token for token in line.tokens if token not in over)
        kept += [Line(rest)] if rest else []
    if _weight(believed) <= _BETTER * _weight(covered):
        return list(lines)
    return [*kept, Line(tuple(believed))]


def _weight(tokens: Sequence[Token]) -> float:
    return sum(len(token.text) * _belief(token) for token in tokens)


def _belief(token: Token) -> float:
    word = token.text.strip(".,;:()'\"“”-–")
    sound = _WRITTEN.fullmatch(token.text) is not None or (word.isalpha() and is_syllable(word) and len(word) > 1)
    return token.confidence * (1.0 if sound else _UNSOUND)


def _lies_over(one: Box, other: Box) -> bool:
    across = min(one.x1, other.x1) - max(one.x0, other.x0)
    down = min(one.y1, other.y1) - max(one.y0, other.y0)
    if across <= 0 or down <= 0:
        return False
    smaller = min((one.x1 - one.x0) * (one.y1 - one.y0), (other.x1 - other.x0) * (other.y1 - other.y0))
    return across * down >= _OVER * smaller
