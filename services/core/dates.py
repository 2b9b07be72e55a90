"""Dates of official documents: full, with blanks, cited (NĐ 30/2020, PL I, mục II.4); deadlines are core.deadlines.

A blank day or month is unknown: the date is then the interval of its month or year (`PartialDate.earliest`, `latest`),
which `narrow` tightens by what the text cites and its first deadline.
"""

import calendar
import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.core.model import PartialDate
from services.core.text import strip_marks

VIETNAM = dt.timezone(dt.timedelta(hours=7))
"""The time of all dates and hours in official documents (QĐ 134/2002/QĐ-TTg)."""

_DIGIT_LIKE = str.maketrans(
    {"I": "1", "l": "1", "|": "1", "]": "1", "i": "1", "O": "0", "o": "0", "Q": "0", "S": "5", "B": "8"}
)
_LOOSE = r"0-9IlioOQSB|\]"
_MARK = r"[\s*_.…,]*"  # blanks, dots of a form and markup that may stand where a pen should have written
_DAY_WORD = r"(?<![^\W\d_])[Nn][gq]\s?[^\W\d_]{1,2}"
_MONTH_WORD = r"[Tt]h?[áaàảãâấ]n[gq]"
_YEAR_WORD = r"[Nn][ăaàáâãắằ]m"

_LONG = re.compile(
    rf"{_DAY_WORD}{_MARK}(?P<day>(?![Nn]g)[^\s\n]{{0,4}}?){_MARK}{_MONTH_WORD}{_MARK}(?P<month>[^\s\n]{{0,3}}?){_MARK}{_YEAR_WORD}"
    rf"{_MARK}(?:(?P<year>[12][^\s.,;]{{3}})(?![0-9])|(?![0-9]{{4}}))"  # a year that was cut off is none
)
_LONG_WITHOUT_YEAR = re.compile(
    rf"{_DAY_WORD}\s+(?P<day>[0-9]{{1,2}})\s+{_MONTH_WORD}\s+(?P<month>[0-9]{{1,2}})(?![0-9])"
)
_SLASH = re.compile(
    r"(?<![0-9/.,-])(?P<day>[0-9]{1,2})\s?(?P<sep>[/.-])\s?(?P<month>[0-9]{1,2})\s?(?P=sep)\s?(?P<year>[12][0-9]{3})"
    r"(?![0-9/])"
)
_SHORT_YEAR = re.compile(
    r"(?<![0-9/.,-])(?P<day>[0-9]{1,2})\s?(?P<sep>[/.-])\s?(?P<month>[0-9]{1,2})\s?(?P=sep)\s?(?P<year>[0-9]{2})(?![0-9/])"
)
_MONTH = re.compile(
    rf"{_MONTH_WORD}\s+(?P<month>[0-9]{{1,2}})\s*(?:{_YEAR_WORD}\s*|/\s?)(?P<year>[12][0-9]{{3}})(?![0-9])"
)
_DAY_MONTH = re.compile(r"(?<![0-9/.,-])(?P<day>[0-9]{1,2})/(?P<month>[0-9]{1,2})(?![0-9/])")
_MONTH_ALONE = re.compile(rf"{_MONTH_WORD}\s+(?P<month>[0-9]{{1,2}})(?![0-9/])")
DAY_WORD = _DAY_WORD
"""Pattern of the word "ngày" as readers see it."""

MIN_YEAR, MAX_YEAR = 1945, 2100


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A date in a text, `text[start:end]`.

    `repaired`: letters were read as digits (`I0` as 10); `illegible`: something stands where a day or month belongs and
    is no such number (also an impossible day, 31/9): it is then unknown and kept in `date.as_written`.
    """

    date: PartialDate
    start: int
    end: int
    repaired: bool = False
    illegible: bool = False


def partial_date(
    year: int | None, month: int | None = None, day: int | None = None, as_written: str | None = None
) -> PartialDate:
    """Build a date with the interval that its known parts leave open; parts that cannot be are taken as unknown."""
    if year is None or not MIN_YEAR <= year <= MAX_YEAR:
        return PartialDate(as_written=as_written)
    if month is None or not 1 <= month <= 12:
        return PartialDate(year=year, earliest=dt.date(year, 1, 1), latest=dt.date(year, 12, 31), as_written=as_written)
    last = calendar.monthrange(year, month)[1]
    if day is None or not 1 <= day <= last:
        first_day, last_day = dt.date(year, month, 1), dt.date(year, month, last)
        return PartialDate(year=year, month=month, earliest=first_day, latest=last_day, as_written=as_written)
    exact = dt.date(year, month, day)
    return PartialDate(year=year, month=month, day=day, earliest=exact, latest=exact, as_written=as_written)


def iso(date: PartialDate | None) -> str | None:
    """Return `2021-09-14`, `2021-09` or `2021`, as much as is known; None where nothing is."""
    if date is None or date.year is None:
        return None
    if date.month is None:
        return f"{date.year:04d}"
    return f"{date.year:04d}-{date.month:02d}" + (f"-{date.day:02d}" if date.day else "")


def date_text(date: PartialDate | None) -> str:
    """Write what is known of a date as it is written in Vietnam; an unknown part is left out, never made up."""
    if date is None:
        return ""
    if date.year and date.month and date.day:
        return f"{date.day:02}/{date.month:02}/{date.year}"
    if date.year and date.month:
        return f"{date.month:02}/{date.year}"
    return str(date.year) if date.year else date.as_written or ""


def parse_iso(text: str) -> PartialDate | None:
    """Read `2021-09-14`, `2021-09` or `2021`; None for anything else, impossible days included."""
    match = re.fullmatch(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", text.strip())
    if not match:
        return None
    parts = [int(g) if g else None for g in match.groups()]
    date = partial_date(parts[0], parts[1], parts[2])
    return date if (date.year, date.month, date.day) == tuple(parts) else None


def find_long_dates(text: str, year: int | None = None) -> list[FoundDate]:
    """Find dates in words, blanks allowed (`ngày  tháng 9 năm 2021`), slips of OCR repaired (`ngày I0 tháng`).

    `year` stands in for one that is missing or cannot be read.
    """
    return [_long(m, year) for m in _LONG.finditer(text)]


def find_dates(text: str) -> list[FoundDate]:
    """Find all dates that name at least month and year, in order: in words, `14/9/2021`, `tháng 9/2021`."""
    found = [d for d in find_long_dates(text) if d.date.month]
    for pattern in (_SLASH, _MONTH):
        for match in pattern.finditer(text):
            if not any(f.start < match.end() and match.start() < f.end for f in found):
                found.append(_plain(match, match["year"]))
    return sorted(found, key=lambda f: f.start)


def parse_slash_date(text: str) -> FoundDate | None:
    """Read the first `d/m/yyyy`, `d.m.yyyy` or `d/m/yy` of a text, as stamps have it."""
    match = _SLASH.search(text) or _SHORT_YEAR.search(text)
    if match is None:
        return None
    year = match["year"]
    return _plain(match, year if len(year) == 4 else f"20{year}")


def match_date(text: str, at: int, year: int) -> FoundDate | None:
    """Read the date that begins at `at`, "ngày" before it or not: a day or a month; `year` where it names none."""
    bare = re.compile(rf"(?:{_DAY_WORD}\s+)?").match(text, at)
    after = bare.end() if bare else at
    for pattern in (_LONG, _LONG_WITHOUT_YEAR, _SLASH, _DAY_MONTH, _MONTH, _MONTH_ALONE):
        match = pattern.match(text, at) or pattern.match(text, after)
        if match:
            return _plain(match, match.groupdict().get("year") or str(year))
    return None


def narrow(date: PartialDate, not_before: Sequence[dt.date], not_after: Sequence[dt.date]) -> PartialDate:
    """Tighten an open interval: a document is not older than what it cites nor younger than its first deadline.

    Bounds outside the interval say nothing and are left aside; a bound never empties it, and never names a day.
    """
    if date.earliest is None or date.latest is None or date.earliest == date.latest:
        return date
    lowest = max((d for d in not_before if date.earliest <= d <= date.latest), default=date.earliest)
    highest = min((d for d in not_after if lowest <= d <= date.latest), default=date.latest)
    return date.model_copy(update={"earliest": lowest, "latest": highest})


def _long(match: re.Match[str], other_year: int | None = None) -> FoundDate:
    day, month = _digits(match["day"]), _digits(match["month"])
    year = _digits(match["year"] or "") or other_year
    date = partial_date(year, month, day, " ".join(match[0].split()))
    wrong_day = bool(match["day"]) and (day is None or (date.month is not None and date.day is None))
    wrong_month = bool(match["month"]) and date.month is None
    written = match["day"] + match["month"] + (match["year"] or "")
    return FoundDate(date, *match.span(), repaired=not written.isdecimal(), illegible=wrong_day or wrong_month)


def _plain(match: re.Match[str], year: str) -> FoundDate:
    groups = match.groupdict()
    month, day = _digits(groups.get("month") or ""), _digits(groups.get("day") or "")
    date = partial_date(_digits(year), month, day, " ".join(match[0].split()))
    return FoundDate(date, *match.span(), illegible=(bool(day) and date.day is None) or date.month is None)


def _digits(written: str) -> int | None:
    """Return the number that digits, or letters that look like them, make; None for a blank and for anything else."""
    digits = strip_marks(written.strip(" .,…*_"))  # a 1 is read as Í, a 0 as Ô
    digits = digits.translate(_DIGIT_LIKE) if re.fullmatch(rf"[{_LOOSE}]*", digits) else ""
    return int(digits) if digits.isdecimal() else None
