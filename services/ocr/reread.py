"""A second look at number and date of a head, where a pen often filled in what print left blank.

The strips are cut from the page as drawn: preparation fades blue ink. What is accepted follows the rule measured on the
31 scans: all cuts of the line read alike, free to see letters or held to digits, and none gives it less than 0.9.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Literal

from PIL import Image

from services.core.model import Box, Reading, Zone
from services.ocr.layout import Line, Region, Segment
from services.ocr.pen import Digits, can_read_pens, look_at, read_digits
from services.ocr.prepare import Picture, Prepared

_ENOUGH = 0.9
_HALF_HEIGHTS = (8.0, 10.0, 12.0)
"""How far the cuts of a line reach up and down from its middle, in points: print of 13 or 14, pens reach further."""
_REACH = 6.0
_LONGEST_SYMBOL = 12

_NUMBER_LINE = re.compile(r"\W{0,6}[S5]\w{0,2}\W*.*?/\s?\w*[A-Z]")
_DATE_LINE = re.compile(r".*\bN\w{1,2}.*TH.?N[GQ].*N.?M|.*TH.?N[GQ].{0,8}N.?M.{0,4}\d")
_NUMBER = re.compile(r"[Ss5][^\W\d]?\s*[:;.]([^/]{0,14}?)/|^\W*[Ss][^\W\d]?([^/]{1,12}?)/")
_DAY_WORD = r"[Nn][gq][^\W\d]{0,2}?[yýỳỷỹv]"
_MONTH_WORD = r"[Tt]h[^\W\d]?n[gq]"
_DAY = re.compile(rf"{_DAY_WORD}([^,]{{0,8}}?){_MONTH_WORD}")
_MONTH = re.compile(rf"{_MONTH_WORD}([^,]{{0,6}}?)n[^\W\d]?m")

_YEAR = re.compile(r"199\d|20[0-4]\d")
"""What stands where a number was left blank before a year ("Số:     /2024/TT-BCT") and its stroke was not seen."""

_ARRIVAL_DATE = re.compile(r"(?:[Nn][^\W\d_]{0,2}[yý]|[.:])[^\d]{0,4}(\d[\d\s/|.,()]{3,16})\W*$")
_FILLING = re.compile(r"[\s.,()]+")
_STAMP_HALF, _STAMP_STEP = 9.0, 3.0

_Part = Literal["number", "day", "month"]
_DIGITS: dict[_Part, int] = {"number": 6, "day": 2, "month": 2}
_LARGEST: dict[_Part, int] = {"number": 999_999, "day": 31, "month": 12}


def reread(picture: Picture, prepared: Prepared, segments: Sequence[Segment]) -> tuple[Reading, ...]:
    """Read the digits of number, day and month again, pens included; boxes in points of the upright page.

    `prepared` is what `prepare` made of `picture`, `segments` are the located lines of the page. Empty on pages without
    such lines, and where the extra `handwriting` is not installed.
    """
    numbers = [s.line for s in segments if _is_in_head(s) and _is_number_line(s.line)][:1]
    dates = [s.line for s in segments if _is_in_head(s) and _DATE_LINE.match(s.line.folded)][:1]
    if not (numbers or dates) or not can_read_pens():
        return ()
    drawn = picture.image.convert("L")
    found = [reading for line in numbers for reading in _read(prepared, drawn, line, {"number": _NUMBER})]
    found += [reading for line in dates for reading in _read(prepared, drawn, line, {"day": _DAY, "month": _MONTH})]
    return tuple(found)


def read_arrivals(picture: Picture, prepared: Prepared, stamps: Sequence[Box]) -> tuple[Reading, ...]:
    """Read the date that a pen wrote into each stamp of arrival (points of the upright page), where one is seen.

    Strips are looked at from top to bottom, since the recogniser of print often sees no line there. A slash may have
    been read as 1: what the date can be is for those to say who know when the document was issued.
    """
    if not stamps or not can_read_pens():
        return ()
    drawn = picture.image.convert("L")
    return tuple(reading for stamp in stamps if (reading := _read_arrival(prepared, drawn, stamp)))


def _read_arrival(page: Prepared, drawn: Image.Image, stamp: Box) -> Reading | None:
    seen: Counter[str] = Counter()
    middle = stamp.y0 + _STAMP_HALF
    while middle <= stamp.y1 - _STAMP_HALF / 2:
        strip = page.to_pixels(Box(stamp.x0, middle - _STAMP_HALF, stamp.x1, middle + _STAMP_HALF))
        if match := _ARRIVAL_DATE.search(look_at(page.cut_from(drawn, strip).image).text):
            seen[_FILLING.sub("", match[1])] += 1
        middle += _STAMP_STEP
    if not seen:
        return None
    ranked = tuple(text for text, _ in seen.most_common())
    share = seen[ranked[0]] / seen.total()
    return Reading("arrival", ranked[0], round(share, 3), "pen", accepted=False, candidates=ranked, box=stamp)


def _is_in_head(segment: Segment) -> bool:
    in_column = segment.region in (Region.HEAD_LEFT, Region.HEAD_RIGHT)
    return in_column or segment.zone in (Zone.SYMBOL, Zone.PLACE_DATE)


def _is_number_line(line: Line) -> bool:
    return len(line.tokens) <= _LONGEST_SYMBOL and _NUMBER_LINE.match(line.folded) is not None


def _read(page: Prepared, drawn: Image.Image, line: Line, places: dict[_Part, re.Pattern[str]]) -> Iterator[Reading]:
    strips = [_strip(page, drawn, line, half) for half in _HALF_HEIGHTS]
    views = [look_at(strips[0].image)]
    read = [read_digits(views, place) for place in places.values()]
    if not all(_as_printed(digits, line, place) for digits, place in zip(read, places.values(), strict=True)):
        views += [look_at(strip.image) for strip in strips[1:]]
        read = [read_digits(views, place) for place in places.values()]
    for part, digits in zip(places, read, strict=True):
        if digits:
            yield _reading(part, digits, _box(strips[0], digits))


def _as_printed(digits: Digits | None, line: Line, place: re.Pattern[str]) -> bool:
    """Whether the recogniser of print saw the same digits there: one look is enough then."""
    match = place.search(line.text)
    if digits is None or match is None:
        return False
    return digits.agreed and digits.confidence >= _ENOUGH and digits.text == match[match.lastindex or 0].strip()


def _strip(page: Prepared, drawn: Image.Image, line: Line, half: float) -> Prepared:
    middle = median((token.box.y0 + token.box.y1) / 2 for token in line.tokens)
    box = Box(line.box.x0 - _REACH, middle - half, line.box.x1 + _REACH, middle + half)
    left, top, right, bottom = page.to_pixels(box)
    frame = (max(0, left), max(0, top), min(page.image.width, right), min(page.image.height, bottom))
    return page.cut_from(drawn, frame)


def _box(strip: Prepared, digits: Digits) -> Box:
    width, height = strip.image.size
    return strip.to_points(digits.start * width, 0, (digits.end - digits.start) * width, height)


def _reading(part: _Part, digits: Digits, box: Box) -> Reading:
    """Leave out what no day or month can be; a blank, and a number that may be the year, are never accepted."""
    possible = [(text, chance) for text, chance in digits.candidates if _can_be(part, text)]
    if digits.text in dict(possible):
        text, confidence = digits.text, digits.confidence
    else:
        text, confidence = possible[0] if digits.text and possible else ("", 0.0)
    doubtful = not text or text != digits.text or (part == "number" and _YEAR.fullmatch(text) is not None)
    return Reading(
        part=part,
        text=text,
        confidence=round(confidence, 3),
        witness="pen",
        accepted=not doubtful and digits.agreed and confidence >= _ENOUGH,
        candidates=tuple(text for text, _ in possible),
        box=box,
    )


def _can_be(part: _Part, text: str) -> bool:
    return len(text) <= _DIGITS[part] and 1 <= int(text) <= _LARGEST[part]
