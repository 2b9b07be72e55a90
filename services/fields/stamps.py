"""Arrival stamps: "VĂN BẢN ĐIỆN TỬ / Số ... Ngày ..." of a receiving system and the rubber stamp ĐẾN (NĐ 30, PL IV).

Their number and date are never the document's own.
"""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from services.core.dates import parse_slash_date
from services.core.model import Arrival, Reading, Zone
from services.fields.lines import Line

_ELECTRONIC = re.compile(r"^\W*van ban dien tu\W*$")
_TITLE = re.compile(r"^\W*(?:C[ÔO]NG V[ĂA]N )?[ĐD][ẾỀÉÈÊE]N(?![^\W\d_])")  # in capitals: "đến" opens many a line
_PUBLISHER = re.compile(r"^\W*[cg]ong thong t\w{1,2} (?:\w+ ){1,2}t[uư] ch[ií]nh")  # the office on many stamps
_NUMBER_AND_DATE = re.compile(
    r"^\W*s[oôóố06]\W{0,3}(?P<number>[0-9]{1,6})\W+ng[aà]y\W{0,3}(?P<date>[0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{2,4})",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"ng\w{0,2}\W{0,8}(?P<date>[0-9]{1,2}\s?[/.-]\s?[0-9]{1,2}(?:\s?[/.-]\s?[0-9]{2,4})?)", re.IGNORECASE
)
_NUMBER = re.compile(r"^\W*S[ốôó]\W{0,4}(?P<number>[0-9]{1,6})\b")
_FRAME = re.compile(r"^\W*(?:gio|chuyen|so va ky hieu hs|ngay)\W*[:.]", re.IGNORECASE)
_NEAR_LINES = 4
_PARTING = r"([/|]1?[/|]?|1[/|]?|)"
_SOON = dt.timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Stamp:
    """An arrival stamp and the lines it was read from; `clear` when its date could be read as a date."""

    arrival: Arrival
    lines: tuple[Line, ...]
    clear: bool


def find_stamp(lines: Sequence[Line]) -> Stamp | None:
    """Find the arrival stamp among the lines of a first page."""
    zoned = [line for line in lines if line.zone is Zone.STAMP]
    return _electronic(lines) or _rubber(zoned) or _rubber(_titled(lines))


def _electronic(lines: Sequence[Line]) -> Stamp | None:
    for at, line in enumerate(lines):
        match = _NUMBER_AND_DATE.match(line.text)
        title = next((o for o in lines[max(0, at - 3) : at] if _ELECTRONIC.match(o.folded)), None)
        if match and (title or line.zone is Zone.STAMP):
            date = parse_slash_date(match["date"])
            arrival = Arrival(number=match["number"], date=match["date"], on=date.date.earliest if date else None)
            return Stamp(arrival, (title, line) if title else (line,), date is not None)
    return None


def _titled(lines: Sequence[Line]) -> list[Line]:
    """Take the lines around the stamp's title, where no zone tells."""
    for at, line in enumerate(lines):
        if _TITLE.match(line.text):
            return list(lines[at : at + _NEAR_LINES])
    return []


def _rubber(lines: Sequence[Line]) -> Stamp | None:
    """Read the stamp ĐẾN: its date is most often written by hand, so it is doubtful at best."""
    if not lines:
        return None
    number = next((m["number"] for line in lines if (m := _NUMBER.match(line.text))), None)
    for line in lines:
        match = _DATE.search(line.text)
        if match:
            written = re.sub(r"\s", "", match["date"])
            date = parse_slash_date(written)
            on = date.date.earliest if date and not date.illegible else None
            return Stamp(Arrival(number=number, date=written, on=on), tuple(lines), on is not None)
    return Stamp(Arrival(number=number), tuple(lines), clear=False) if number else None


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
            on = _date_or_none(int(y) % 2000 + 2000 if y else issued.year, int(m), int(d))
            if on and dt.timedelta(0) <= on - issued <= _SOON and (y or first):
                written = "/".join(part for part in (d, m, y) if part)
                yield -bool(first) - bool(second), int(d != read), on, written


def _date_or_none(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def is_stamp_line(line: Line) -> bool:
    """Tell whether a line belongs to a stamp and not to the document's head."""
    text = line.folded
    return line.zone is Zone.STAMP or bool(
        _ELECTRONIC.match(text)
        or _PUBLISHER.match(text)
        or _TITLE.match(line.text)
        or _FRAME.match(text)
        or _NUMBER_AND_DATE.match(line.text)
    )
