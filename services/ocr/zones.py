"""Which cell of NĐ 30/2020 (PL I, mục II) a line stands in: a first cut, by region and by what the line says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from services.core.model import Zone
from services.ocr.layout import Line, Region, Segment
from services.ocr.order import ADDRESSEES, AUTHORITY, PLACE_DATE

_MOTTO = re.compile(r"CONG HOA|XA HOI|CHU NGHIA|DOC LAP|TU DO|HANH PHUC|CONG SAN VIET")
_DATE_BY_PEN = re.compile(r",.{0,16}THANG\b.{0,10}\bNAM\b")  # the day runs into the words beside it
_SYMBOL = re.compile(r"(?:SO|5O|S0)\b\s*[:.;]?|.{0,12}\d+\s*/\s*[A-Z0-9Đ]{2,}\s*-")
_PAGE_NUMBER = re.compile(r"[-–—\s]*\d{1,4}[-–—.\s]*$")
_RUNNING_HEAD = re.compile(r"CONG BAO\s*/\s*SO\b")
_ELECTRONIC = re.compile(r".*\bVAN BAN DIEN TU$")
_ELECTRONIC_NUMBER = re.compile(r"SO\W{0,3}\d+\W{1,3}NGAY\W{0,3}\d{1,2}[/.-]\d")
_PORTAL = re.compile(r".{0,6}[CO]ONG TH[OU]NG T\w* ?(?:TU )?DIEN TU")
_ARRIVAL_LINE = re.compile(r".{0,4}\bDEN\b\W{0,3}GIO\b|\W{0,3}KINH CHUYEN\b")
_ARRIVED = re.compile(r"(?:CONG VAN |VAN BAN )?DEN\W{0,3}$")
_ARRIVAL_LABEL = re.compile(r"(?:SO|NGAY|GIO|CHUYEN|LUU HO SO|SO VA KY HIEU HS|DEN)\b\W*")
_WRITTEN_SYMBOL = re.compile(r"\d\s*/\s*[A-Z]")
_STAMP_REACH = 75
_STAMP_WORDS = 5
_HEAD_SHARE = 0.5
_MARGIN_SHARE = 0.1


def locate_zones(segments: Sequence[Segment], height: float) -> list[Segment]:
    """Set the zone of every segment of a page whose upright height is `height` points."""
    stamps = _stamp_indices(segments, height)
    located: list[Segment] = []
    for index, segment in enumerate(segments):
        zone = Zone.STAMP if index in stamps else _zone(segment, located, height)
        located.append(replace(segment, zone=zone))
    return _mark_margins(located, height)


def _zone(segment: Segment, before: Sequence[Segment], height: float) -> Zone:
    line = segment.line
    if _is_addressee(line, before):
        return Zone.ADDRESSEES
    match segment.region:
        case Region.HEAD_RIGHT:
            return _zone_right(line)
        case Region.HEAD_LEFT:
            symbol_seen = any(s.zone is Zone.SYMBOL for s in before)
            if _SYMBOL.match(line.folded) and not symbol_seen:
                return Zone.SYMBOL
            return Zone.KIND_SUBJECT if symbol_seen else Zone.ISSUER
        case Region.FOOT_LEFT:
            return Zone.RECIPIENTS
        case Region.FOOT_RIGHT:
            return Zone.SIGNATURE
        case _:
            signing = before and before[-1].zone is Zone.SIGNATURE and before[-1].region is Region.FLOW
            if (AUTHORITY.match(line.folded) or signing) and line.box.y0 > height * 0.1 and _is_short(line):
                return Zone.SIGNATURE
            return Zone.BODY


def _is_addressee(line: Line, before: Sequence[Segment]) -> bool:
    """Whether a line is "Kính gửi:" or one of the list below it."""
    if ADDRESSEES.match(line.folded):
        return True
    last = next((s for s in reversed(before) if s.region is Region.FLOW or s.zone is Zone.ADDRESSEES), None)
    if last is None or last.zone is not Zone.ADDRESSEES:
        return False
    return line.text.startswith("-") if last.line.text.endswith((";", ":")) else last.line.text.endswith(",")


def _zone_right(line: Line) -> Zone:
    if PLACE_DATE.search(line.folded) or _DATE_BY_PEN.search(line.folded):
        return Zone.PLACE_DATE
    return Zone.MOTTO if _MOTTO.search(line.folded) else Zone.OTHER


def _is_short(line: Line) -> bool:
    return len(line.tokens) <= 7 and not line.text.endswith((".", ";", ","))


def _stamp_indices(segments: Sequence[Segment], height: float) -> set[int]:
    """Find the lines of arrival stamps: "VĂN BẢN ĐIỆN TỬ / Số 6906 Ngày ...", and the box with ĐẾN."""
    found: set[int] = set()
    top = [i for i, s in enumerate(segments) if s.line.middle < height * _HEAD_SHARE]
    for index in top:
        line = segments[index].line
        if _is_stamp_line(line):
            found.add(index)
        elif _ARRIVED.match(line.folded) and len(line.tokens) <= 3 and line.text.split()[-1].isupper():
            found.add(index)
            found.update(i for i in top if _in_arrival_box(segments[i].line, line))
    return found


def _is_stamp_line(line: Line) -> bool:
    """Whether a line says by itself that it is part of a stamp; portals stamp their name in capitals."""
    patterns = (_ELECTRONIC, _ELECTRONIC_NUMBER, _ARRIVAL_LINE)
    if any(pattern.match(line.folded) for pattern in patterns):
        return True
    return _PORTAL.match(line.folded) is not None and line.text.isupper()


def _in_arrival_box(line: Line, arrived: Line) -> bool:
    """Whether a line is a label of the stamp around the word ĐẾN (35 by 50 mm, NĐ 30 PL IV)."""
    beside = line.box.x0 < arrived.box.x1 + _STAMP_REACH and line.box.x1 > arrived.box.x0 - _STAMP_REACH
    if not beside or abs(line.middle - arrived.middle) > _STAMP_REACH or len(line.tokens) > _STAMP_WORDS:
        return False
    return _ARRIVAL_LABEL.match(line.folded) is not None and not _WRITTEN_SYMBOL.search(line.folded)


def _mark_margins(segments: list[Segment], height: float) -> list[Segment]:
    """Mark page numbers and running heads, which stand alone at the very top or bottom."""
    if not segments:
        return segments
    by_height = sorted(range(len(segments)), key=lambda i: segments[i].line.middle)
    for index in {*by_height[:2], *by_height[-2:]}:
        line = segments[index].line
        at_edge = line.box.y1 < height * _MARGIN_SHARE or line.box.y0 > height * (1 - _MARGIN_SHARE)
        if not at_edge:
            continue
        if _RUNNING_HEAD.search(line.folded):
            segments[index] = replace(segments[index], zone=Zone.RUNNING_HEAD)
        elif _PAGE_NUMBER.match(line.text):
            segments[index] = replace(segments[index], zone=Zone.PAGE_NUMBER)
    return segments
