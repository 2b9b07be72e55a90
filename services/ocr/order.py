"""The order in which a page is read: head and foot in columns, the rest as the lines stand (NĐ 30/2020, PL I)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from services.ocr.layout import Line, Region, Segment, gap_at, split_at

_MOTTO_WORDS = frozenset({"CONG", "HOA", "XA", "HOI", "CHU", "NGHIA", "VIET", "NAM"})
_PARTY_WORDS = frozenset({"DANG", "CONG", "SAN", "VIET", "NAM"})
_MOTTO_ENOUGH = 4
_HEAD_SHARE = 0.5
PLACE_DATE = re.compile(r"\bNGAY(?![A-Z]).{0,14}(?<![A-Z])THANG(?![A-Z]).{0,8}(?<![A-Z])NAM(?![A-Z])")
RECIPIENTS = re.compile(r"\bN\w{1,2} NHAN\b")
ADDRESSEES = re.compile(r"\W{0,3}KINH GUI\b")
_FILED = re.compile(r"\W{0,3}LUU\s?[:;.]?\s?V[TIPU]")
AUTHORITY = re.compile(r"(?:T/?M|K/?T|T/?L|TUQ|Q)\s?[.,]\s?[A-Z]")
_COLUMN_GAP = 1.2
_ABOVE_FOOT_LINES = 3.5
_LABEL_REACH = 4
_FOOT_GAP = 1.5
_SIGNATURE_SHARE = 0.42
_RECIPIENTS_SHARE = 0.62
_FULL_SHARE = 0.72


@dataclass(frozen=True, slots=True)
class _Columns:
    """A part of the page in two columns: from line `first` to before line `end`, each parted by `split`."""

    first: int
    end: int
    split: Callable[[Line], tuple[Line | None, Line | None]]


def order(lines: Sequence[Line], width: float, height: float) -> list[Segment]:
    """Bring the lines of a page into reading order and say which region each belongs to."""
    rows = _top_down(lines)
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
            segments += _read_columns([columns.split(row) for row in rows[columns.first : columns.end]], left, right)
            at = columns.end
    return segments + [Segment(line, Region.FLOW) for line in rows[at:]]


def _top_down(lines: Sequence[Line]) -> list[Line]:
    """Sort lines from top to bottom, and pieces of one printed line from left to right."""
    bands: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: line.middle):
        if bands and line.middle - bands[-1][0].middle < line.height * 0.5:
            bands[-1].append(line)
        else:
            bands.append([line])
    return [line for band in bands for line in sorted(band, key=lambda line: line.box.x0)]


def _read_columns(halves: Sequence[tuple[Line | None, Line | None]], left: Region, right: Region) -> list[Segment]:
    return [Segment(half, left) for half, _ in halves if half] + [Segment(half, right) for _, half in halves if half]


def _find_head(rows: Sequence[Line], height: float) -> _Columns | None:
    """Find the head by its motto (quốc hiệu, or the Party's), which stands at the top right."""
    for index, row in enumerate(rows):
        if row.middle > height * _HEAD_SHARE:
            return None
        start = _motto_start(row)
        if start is not None:
            x = row.tokens[start].box.x0 - row.height * 0.4
            return _Columns(_head_first(rows, index, x), _head_end(rows, index, x), partial(split_at, x=x))
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
        if ADDRESSEES.match(row.folded):
            return index
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
    """Find the foot by "Nơi nhận" at the left beside the signature, or by the list that ends with "Lưu: VT"."""
    label = next((i for i in range(len(rows) - 1, after - 1, -1) if _is_label(rows[i], width)), None)
    if label is None:
        label = _list_start(rows, width, after)
    if label is None:
        return None
    left = rows[label].box.x0
    return _Columns(
        _foot_first(rows, label, width, after),
        _foot_end(rows, label, width, left),
        partial(_split_foot, width=width),
    )


def _is_label(row: Line, width: float) -> bool:
    at = RECIPIENTS.search(row.folded)
    return at is not None and at.start() < _LABEL_REACH and row.box.x0 < width * 0.4


def _list_start(rows: Sequence[Line], width: float, after: int) -> int | None:
    """Climb from "- Lưu: VT" to the first of the items above it."""
    index = next((i for i in range(len(rows) - 1, after - 1, -1) if _FILED.match(rows[i].folded)), None)
    while index is not None and index > after:
        above = next((i for i in range(index - 1, max(after, index - 4) - 1, -1) if _is_item(rows[i], width)), None)
        if above is None:
            return index
        index = above
    return index


def _is_item(row: Line, width: float) -> bool:
    left, _ = _split_foot(row, width=width)
    return left is not None and left.text.startswith(("-", "~", "–")) and left.box.x1 < width * _RECIPIENTS_SHARE


def _split_foot(row: Line, *, width: float) -> tuple[Line | None, Line | None]:
    """Part recipients and signature at the widest white; a line without one belongs to the side it starts on."""
    best, cut = row.height * _FOOT_GAP, None
    for before, following in pairwise(row.tokens):
        gap = following.box.x0 - before.box.x1
        if gap > best and following.box.x0 > width * _SIGNATURE_SHARE:
            best, cut = gap, following.box.x0 - gap / 2
    if cut is not None:
        return split_at(row, cut)
    return (None, row) if row.box.x0 > width * _SIGNATURE_SHARE else (row, None)


def _foot_first(rows: Sequence[Line], label: int, width: float, after: int) -> int:
    """Take in the first lines of the signature that stand a little higher than "Nơi nhận"."""
    first = label
    reach = rows[label].middle - _ABOVE_FOOT_LINES * rows[label].height
    while first > after and rows[first - 1].box.x0 > width * _SIGNATURE_SHARE and rows[first - 1].middle > reach:
        first -= 1
    return first


def _foot_end(rows: Sequence[Line], label: int, width: float, left: float) -> int:
    """Go down until a line as wide as the text of the page says that something else begins (an annex, a note)."""
    for index in range(label + 1, len(rows)):
        half, _ = _split_foot(rows[index], width=width)
        if half and half.box.x1 - left > width * _FULL_SHARE:
            return index
    return len(rows)
