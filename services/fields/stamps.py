"""Arrival stamps: "VĂN BẢN ĐIỆN TỬ / Số ... Ngày ..." of a receiving system and the rubber stamp ĐẾN (NĐ 30, PL IV).

Their number and date are never the document's own.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from services.core.model import Arrival, Box, Reading, Zone
from services.core.text import strip_marks
from services.fields.lines import Line
from services.fields.stamp_look import (
    SOON,
    StampDate,
    StampLook,
    date_or_none,
    is_soon,
    read_look,
    spelt,
)

_ELECTRONIC = re.compile(r"^\W*van ban dien tu\W*(?:den\W*)?$")
_TITLE = re.compile(r"^\W*(?:C[ÔO]NG V[ĂA]N |V[ĂA]N B[ẢA]N )?[ĐD][ẾỀÉÈÊE]N(?![^\W\d_])")
"""In capitals: "đến" opens many a line."""
_PUBLISHER = re.compile(r"^\W*[cg]ong thong t\w{1,2} (?:\w+ ){1,2}t[uư] ch[ií]nh")  # the office on many stamps
_NUMBER_AND_DATE = re.compile(
    r"^\W*s[^\W\d]{0,2}\W{0,5}[0-9]{1,6}(?:/[a-z]{1,3})?\W+n[gqo]\w{0,3}\W{0,8}[0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{2,4}"
)
_ARRIVED = re.compile(r"^\W*s[^\W\d]{0,2}\s?den\W{0,5}[0-9]")
"""The number of an arrival says so itself ("Số đến: 5378/VB"); a document's own never does."""
_FRAME = re.compile(r"^\W*(?:gio|chuyen|so va ky hieu hs|ngay)\W*[:.]", re.IGNORECASE)
_NEAR_LINES = 4
_LABELLED = re.compile(r"^\W*(?:S[ốôóỐÔÓ]|N[gG]\w{1,2}|Gi[ờơo]|Chuy\w{2}|[ĐD][ẾÊE]N)\b")
_STAMP_WORDS = 8
_STAMP_HEIGHT = 75.0
_PARTING = r"([/|]1?[/|]?|1[/|]?|)"


@dataclass(frozen=True, slots=True)
class Stamp:
    """An arrival stamp and the lines it was read from; `clear` when its date could be read as a date."""

    arrival: Arrival
    lines: tuple[Line, ...]
    clear: bool


def find_stamp(lines: Sequence[Line], readings: Sequence[Reading] = (), issued: dt.date | None = None) -> Stamp | None:
    """Find the arrival stamp among the lines of a first page.

    Where the reader looked at it several times (`readings`, part `stamp`), what it was read as most often is taken, a
    date soon after the issue before any other. It is clear where most looks agree on the number, and more than one (and
    more than on any other) on a date that is such a one.
    """
    zoned = [line for line in lines if line.zone is Zone.STAMP]
    texts = [look for reading in readings if reading.part == "stamp" for look in reading.candidates]
    if texts and (arrival := _agreed([read_look(text.split("\n"), issued) for text in texts], issued)):
        return Stamp(arrival[0], tuple(zoned), arrival[1])
    return _read(zoned, issued) or _read(_titled(lines), issued)


def _agreed(looks: Sequence[StampLook], issued: dt.date | None) -> tuple[Arrival, bool] | None:
    """Return what most looks say (of as many, the last: those know digits best), and whether it is clear."""
    number, is_agreed = _agreed_number(looks)
    dated = [_near(look.date, issued) for look in reversed(looks) if look.date and look.date.on]
    days = Counter(date.on for date in dated)
    on = max(days, key=lambda day: (is_soon(day, issued), days[day]), default=None)
    if number is None and on is None:
        return None
    same = [date for date in dated if date.on == on]
    arrival = Arrival(number=number, date=same[0].written if same else None, on=on)
    rival = max((count for day, count in days.items() if day != on and is_soon(day, issued)), default=0)
    return arrival, is_agreed and sum(date.is_plain for date in same) > max(1, rival) and is_soon(on, issued)


def _agreed_number(looks: Sequence[StampLook]) -> tuple[str | None, bool]:
    """Return the number that most looks may show, its letters with the marks of any look, and if it is clear."""
    votes = Counter(strip_marks(number) for look in reversed(looks) for number in look.numbers)
    if not votes:
        return None, False
    best, count = votes.most_common(1)[0]
    number = spelt(best, [number for look in looks for number in look.numbers])
    return number, count > max(1, len(looks) // 2)


def _near(date: StampDate, issued: dt.date | None) -> StampDate:
    """Read a year that is one digit off the right one as that: no document arrives years before or after its issue."""
    if date.on is None or issued is None or is_soon(date.on, issued):
        return date
    for year in (issued.year, issued.year + 1):
        slips = sum(a != b for a, b in zip(str(date.on.year), str(year), strict=True))
        on = date_or_none(year, date.on.month, date.on.day)
        if slips == 1 and is_soon(on, issued):
            return StampDate(date.written, on, is_plain=False)
    return date


def _titled(lines: Sequence[Line]) -> list[Line]:
    """Take the lines around the stamp's title, where no zone tells: those below it that open like a stamp's."""
    for at, line in enumerate(lines):
        if not (_ELECTRONIC.match(line.folded) or _TITLE.match(line.text)):
            continue
        if line.box is None:
            return list(lines[at : at + _NEAR_LINES])
        return [line, *(other for other in lines if _is_labelled(other) and _is_below(other.box, line.box))]
    return []


def _is_labelled(line: Line) -> bool:
    """Whether a line opens like one of a stamp and is as short; sentences go on."""
    return _LABELLED.match(line.text) is not None and len(line.words) <= _STAMP_WORDS


def _is_below(box: Box | None, title: Box) -> bool:
    return box is not None and box.x0 < title.x1 and title.x0 < box.x1 and 0 < box.y0 - title.y0 < _STAMP_HEIGHT


def _read(lines: Sequence[Line], issued: dt.date | None) -> Stamp | None:
    """Read number and date of a stamp; without a date that is plain to read it is doubtful at best.

    On a scan a date before the issue, or long after it, was misread; text that was read elsewhere stands as it is.
    """
    look = read_look([line.text for line in lines], issued)
    number, date = next(iter(look.numbers), None), look.date
    if date is None:
        return Stamp(Arrival(number=number), tuple(lines), clear=False) if number else None
    arrival = Arrival(number=number, date=date.written, on=date.on)
    likely = issued is None or lines[0].box is None or is_soon(date.on, issued)
    clear = date.on is not None and date.is_plain and likely
    return Stamp(arrival, tuple(lines), clear)


def read_pen_date(readings: Sequence[Reading], issued: dt.date | None) -> tuple[Arrival, Reading] | None:
    """Return the arrival whose date a pen wrote, and the reading (`part` arrival) that shows it.

    None where none follows the date of issue closely.

    The reader takes slashes for ones ("121412024" is 12/4/2024), and a pen's 1 for 4 ("46/4"). Of what the digits can
    be, the date with the most parts told apart and the fewest such slips is taken, then the earliest.
    """
    if issued is None:
        return None
    stamps = [reading for reading in readings if reading.part == "arrival"]
    found = [
        (*date, at)
        for at, reading in enumerate(stamps)
        for text in reading.candidates
        for date in _pen_dates(text, issued)
    ]
    if not found:
        return None
    _, _, on, written, at = min(found)
    return Arrival(date=written, on=on), stamps[at]


def _pen_dates(text: str, issued: dt.date) -> Iterator[tuple[int, int, dt.date, str]]:
    """Yield the dates soon after the issue that a text may be: minus the parts told apart, slips, date, as written."""
    for day, month, year in product((r"(\d\d)", r"(\d)"), (r"(\d\d)", r"(\d)"), (r"(20\d\d)", r"(\d\d)", "()")):
        match = re.fullmatch(day + _PARTING + month + (_PARTING if year != "()" else "()") + year, text)
        if match is None:
            continue
        read, first, m, second, y = match.groups()
        for d in {read, read.replace("4", "1", 1), read.replace("4", "1")}:
            on = date_or_none(int(y) % 2000 + 2000 if y else issued.year, int(m), int(d))
            if on and dt.timedelta(0) <= on - issued <= SOON and (y or first):
                written = "/".join(part for part in (d, m, y) if part)
                yield -bool(first) - bool(second), int(d != read), on, written


def is_stamp_line(line: Line) -> bool:
    """Tell whether a line belongs to a stamp and not to the document's head."""
    text = line.folded
    return line.zone is Zone.STAMP or bool(
        _ELECTRONIC.match(text)
        or _PUBLISHER.match(text)
        or _TITLE.match(line.text)
        or _FRAME.match(text)
        or _ARRIVED.match(text)
        or _NUMBER_AND_DATE.match(text)
    )
