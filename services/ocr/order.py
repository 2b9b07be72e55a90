"""The order in which a page is read: head and foot in columns, the rest as the lines stand (NĐ 30/2020, PL I)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from services.ocr.layout import Line, Region, Segment, gap_at, split_at, usual_height

_MOTTO_WORDS = frozenset({"CONG", "HOA", "XA", "HOI", "CHU", "NGHIA", "VIET", "NAM"})
_PARTY_WORDS = frozenset({"DANG", "CONG", "SAN", "VIET", "NAM"})
_MOTTO_ENOUGH = 4
_HEAD_SHARE = 0.5
PLACE_DATE = re.compile(r"\bNGAY\b.{0,14}\bTHANG\b.{0,8}\bNAM\b")
RECIPIENTS = re.compile(r"N[OƠ]I NH[AÂ]N\b")
AUTHORITY = re.compile(r"(?:T/?M|K/?T|T/?L|TUQ|Q)\s?[.,]\s?[A-Z]")
_COLUMN_GAP = 1.2
_ABOVE_FOOT_LINES = 3.5


@dataclass(frozen=True, slots=True)
class _Columns:
    """A part of the page in two columns: from line `first` to before line `end`, parted at `x`."""

    first: int
    end: int
    x: float


def order(lines: Sequence[Line], width: float, height: float) -> list[Segment]:
    """Bring the lines of a page into reading order and say which region each belongs to."""
    rows = sorted(lines, key=lambda line: line.middle)
    head = _find_head(rows, height)
    foot = _find_foot(rows, width, head.end if head else 0)
    segments: list[Segment] = []
    at = 0
    for columns, left, right in (
        (head, Region.HEAD_LEFT, Region.HEAD_RIGHT),
        (foot, Region.FOOT_LEFT, Region.FOOT_RIGHT),
    ):
        if columns:
            segments += [Segment(line, Region.FLOW) for line in rows[at : columns.first]]
            segments += _read_columns(rows[columns.first : columns.end], columns.x, left, right)
            at = columns.end
    return segments + [Segment(line, Region.FLOW) for line in rows[at:]]


def _read_columns(rows: Sequence[Line], x: float, left: Region, right: Region) -> list[Segment]:
    halves = [split_at(row, x) for row in rows]
    return [Segment(half, left) for half, _ in halves if half] + [Segment(half, right) for _, half in halves if half]


def _find_head(rows: Sequence[Line], height: float) -> _Columns | None:
    """Find the head by its motto (quốc hiệu, or the Party's), which stands at the top right."""
    for index, row in enumerate(rows):
        if row.middle > height * _HEAD_SHARE:
            return None
        start = _motto_start(row)
        if start is not None:
            x = row.tokens[start].box.x0 - row.height * 0.4
            return _Columns(_head_first(rows, index, x), _head_end(rows, index, x), x)
    return None


def _motto_start(row: Line) -> int | None:
    """Return the index of the word the motto begins with, None where the line holds no motto."""
    words = row.folded.split(" ")
    if len(words) != len(row.tokens):
        return None
    for vocabulary in (_MOTTO_WORDS, _PARTY_WORDS):
        hits = [i for i, word in enumerate(words) if word.strip(".,:-") in vocabulary]
        run = [i for i in hits if i >= len(words) - len(vocabulary) - 1]
        if len({words[i] for i in run}) >= _MOTTO_ENOUGH and row.text[-1:].isupper():
            return run[0]
    return None


def _head_first(rows: Sequence[Line], motto: int, x: float) -> int:
    """Take in the lines of the left column that stand beside the motto, a little higher."""
    first = motto
    while (
        first and rows[first - 1].box.x1 < x and rows[motto].middle - rows[first - 1].middle < 2.5 * rows[motto].height
    ):
        first -= 1
    return first


def _head_end(rows: Sequence[Line], motto: int, x: float) -> int:
    """Go down until a line runs across both columns, or stands right of the middle below the line of place and date."""
    dated = False
    for index in range(motto, len(rows)):
        row = rows[index]
        if gap_at(row, x) < row.height * _COLUMN_GAP and index > motto + 1 and not _is_dated(row):
            return index
        left, right = split_at(row, x)
        if right and not left and dated and not _beside(rows, index):
            return index
        if index > motto + 1 and row.middle - rows[index - 1].middle > 8 * row.height:
            return index
        dated = dated or _is_dated(row)
    return len(rows)


def _is_dated(row: Line) -> bool:
    return PLACE_DATE.search(row.folded) is not None


def _beside(rows: Sequence[Line], index: int) -> bool:
    """Whether another line stands at the same height (a piece of the same printed line)."""
    row = rows[index]
    near = (*rows[max(0, index - 1) : index], *rows[index + 1 : index + 2])
    return any(abs(other.middle - row.middle) < row.height * 0.6 for other in near)


def _find_foot(rows: Sequence[Line], width: float, after: int) -> _Columns | None:
    """Find the foot by "Nơi nhận", which stands at the left beside the signature."""
    for index in range(len(rows) - 1, after - 1, -1):
        at = RECIPIENTS.search(rows[index].folded)
        if at and at.start() < 4 and rows[index].box.x0 < width * 0.4:
            x = _foot_divider(rows[index:], width)
            return _Columns(_foot_first(rows, index, x, after), _foot_end(rows, index, x), x)
    return None


def _foot_divider(rows: Sequence[Line], width: float) -> float:
    """Find where to part recipients and signature: the middle of the widest white near the middle of the page."""
    height = usual_height(rows)
    best, divider = height * 1.5, width * 0.5
    for row in rows[:12]:
        for before, following in pairwise(row.tokens):
            gap, centre = following.box.x0 - before.box.x1, (following.box.x0 + before.box.x1) / 2
            if gap > best and 0.3 * width < centre < 0.7 * width:
                best, divider = gap, centre
    return divider


def _foot_first(rows: Sequence[Line], recipients: int, x: float, after: int) -> int:
    """Take in the first lines of the signature that stand a little higher than "Nơi nhận"."""
    first = recipients
    reach = rows[recipients].middle - _ABOVE_FOOT_LINES * rows[recipients].height
    while first > after and rows[first - 1].box.x0 > x - rows[recipients].height and rows[first - 1].middle > reach:
        first -= 1
    return first


def _foot_end(rows: Sequence[Line], recipients: int, x: float) -> int:
    for index in range(recipients + 1, len(rows)):
        if gap_at(rows[index], x) < rows[index].height * 0.4 and len(rows[index].tokens) > 5:
            return index
    return len(rows)
