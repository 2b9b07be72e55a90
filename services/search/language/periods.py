"""Dates and periods as people write them in a query: "tháng 8/2021", "từ 1/7/2021 đến nay", "quý 3/2021" (pure)."""

import calendar
import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass

from services.core.text import syllables
from services.search.language.shadow import Shadowed

Period = tuple[dt.date | None, dt.date | None]
"""First and last day, both included; an open end is None."""

_YEAR = "(?:19|20)[0-9]{2}"
_DAY = (
    rf"(?:ngay\s+)?(?:[0-9]{{1,2}}\s?[/.-]\s?[0-9]{{1,2}}\s?[/.-]\s?{_YEAR}"
    rf"|[0-9]{{1,2}}\s+thang\s+[0-9]{{1,2}}\s+nam\s+{_YEAR})"
)
_MONTH = rf"thang\s+[0-9]{{1,2}}(?:\s?[/-]\s?|\s+nam\s+){_YEAR}"
_QUARTER = rf"quy\s+(?:[1-4]|iii|ii|iv|i)(?:\s?[/-]\s?|\s+nam\s+|\s+){_YEAR}"
_OF_YEAR = rf"(?<!viet )nam\s+{_YEAR}"
_PLAIN = rf"(?:{_DAY}|{_MONTH}|{_QUARTER}|{_OF_YEAR})"
_SHORT = rf"(?:{_PLAIN}|[0-9]{{1,2}}\s?[/-]\s?{_YEAR}|{_YEAR})"  # "8/2021" and "2021" are dates beside từ, đến, trước
_WITHOUT_YEAR = r"(?:(?:ngay\s+)?[0-9]{1,2}\s?[/.-]\s?[0-9]{1,2}|thang\s+[0-9]{1,2}|quy\s+(?:[1-4]|iii|ii|iv|i))"
_EDGE = r"(?![0-9/])"
_RANGE = re.compile(
    rf"\btu\s+(?P<first>{_SHORT}|{_WITHOUT_YEAR})\s*(?:den\s+(?:het\s+)?(?P<last>{_SHORT}){_EDGE}"
    rf"|(?P<open>den\s+nay|tro\s+di|ve\s+sau)\b)"
)
_ONE_SIDED = re.compile(rf"\b(?P<side>truoc|sau)\s+(?P<point>{_SHORT}){_EDGE}")
_POINT = re.compile(rf"(?<![0-9a-z/.-])(?P<point>{_PLAIN}){_EDGE}")
_ISO = re.compile(rf"(?P<year>{_YEAR})(?:-(?P<month>[0-9]{{1,2}})(?:-(?P<day>[0-9]{{1,2}}))?)?")
_WORDS = frozenset("từ đến hết nay trở đi về sau trước ngày tháng năm quý".split())
_QUARTERS = {"i": 1, "ii": 2, "iii": 3, "iv": 4}


@dataclass(frozen=True, slots=True)
class FoundPeriod:
    """A period named in characters [start, end) of a text; `ranged` where its ends are said (từ ..., trước ...)."""

    start: int
    end: int
    period: Period
    ranged: bool


def find_periods(q: Shadowed, shadow: str) -> Iterator[FoundPeriod]:
    """Yield the periods that a query names, left to right, impossible ones (31/2/2021) left out.

    `shadow` is the query's, with what is understood otherwise blanked out.
    """
    at = 0
    while match := min(
        filter(None, (pattern.search(shadow, at) for pattern in (_RANGE, _ONE_SIDED, _POINT))),
        key=lambda m: (m.start(), -m.end()),
        default=None,
    ):
        period = _period_of(match) if _is_meant(q.text[match.start() : match.end()]) else None
        if period:
            yield FoundPeriod(*match.span(), period, ranged=match.re is not _POINT)
        at = match.end() if period else match.start() + 1


def parse_period(value: str) -> tuple[dt.date, dt.date] | None:
    """Read the value of a date field: dd/mm/yyyy, yyyy-mm-dd, mm/yyyy, yyyy, or a date in words; None for others."""
    shadow = Shadowed(value).shadow.strip()
    iso = _ISO.fullmatch(shadow)
    if iso:
        return _days(*(int(part) if part else None for part in iso.group("year", "month", "day")))
    return _days_of(shadow) if re.fullmatch(_SHORT, shadow) else None


def _is_meant(written: str) -> bool:
    """Whether every word of a date is one with its marks, or without any: not "sáu tháng", "nấm 2021"."""
    return all(form.isascii() or form in _WORDS for form in syllables(written))


def _period_of(match: re.Match[str]) -> Period | None:
    if match.re is _POINT:
        return _days_of(match["point"])
    if match.re is _ONE_SIDED:
        days = _days_of(match["point"])
        if days is None:
            return None
        return (None, days[0] - dt.timedelta(days=1)) if match["side"] == "truoc" else (days[1] + _ONE_DAY, None)
    last = _days_of(match["last"]) if match["last"] else None
    year = last[1].year if last else None
    first = _days_of(match["first"], year)
    if first is None or (match["last"] and last is None):
        return None
    if last is None:
        return first[0], None
    return (first[0], last[1]) if first[0] <= last[1] else None


_ONE_DAY = dt.timedelta(days=1)


def _days_of(written: str, year: int | None = None) -> tuple[dt.date, dt.date] | None:
    """Return the days of one date; `year` is that of the other end where it names none ("từ tháng 7 đến ...")."""
    words = re.findall(r"[0-9]+|[a-z]+", written)
    quarter = "quy" in words
    numbers = [_QUARTERS.get(word) or int(word) for word in words if word.isdigit() or (quarter and word in _QUARTERS)]
    if not numbers or numbers[-1] < 1900:
        numbers.append(year or 0)
    if quarter:
        return _quarter(numbers[1], numbers[0])
    return _days(*reversed(numbers))


def _quarter(year: int, number: int) -> tuple[dt.date, dt.date] | None:
    first, last = _days(year, 3 * number - 2), _days(year, 3 * number)
    return (first[0], last[1]) if first and last else None


def _days(year: int | None, month: int | None = None, day: int | None = None) -> tuple[dt.date, dt.date] | None:
    """Return first and last day of a year, a month or a day; None where there is no such thing."""
    if not year or not 1900 <= year < 2100 or not 1 <= (month or 1) <= 12:
        return None
    if month is None:
        return dt.date(year, 1, 1), dt.date(year, 12, 31)
    longest = calendar.monthrange(year, month)[1]
    if day is None:
        return dt.date(year, month, 1), dt.date(year, month, longest)
    return (dt.date(year, month, day),) * 2 if 1 <= day <= longest else None
