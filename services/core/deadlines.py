"""Deadlines in running text, as intervals at +07:00.

How the forms are read:
- "trước 11h30 ngày 11/9/2021": the moment itself.
- "trước ngày 20/9/2021", "chậm nhất ngày 20/9": the day named. By the letter the time is up when that day begins; in
  offices it is kept while the day lasts (registers carry 20/9): the interval holds both.
- "trong tháng 9/2021", "quý III/2021": from its first day to its last; with "hết", "cuối": its last day; with
  "trước": the last day before it, since nobody counts a whole month as a day of grace.
- "hằng ngày trước 15h00", "hằng tháng trước ngày 25", "trước ngày 25 hằng tháng": as written, without a moment.
- "trong 05 ngày làm việc kể từ ngày ký": the day on which that is over (core.periods).
"""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass

from services.core.dates import DAY_WORD, VIETNAM, match_date, parse_iso, parse_slash_date, partial_date
from services.core.model import Due, PartialDate
from services.core.periods import FoundPeriod, find_periods

_EACH = r"(?:h[ằà]ng|mỗi)\s+(?:ngày|tuần|tháng|quý|năm)"
_CLOCK = r"(?P<hour>[0-9]{1,2})\s?(?:h|giờ|g|:)\s?(?P<minute>[0-9]{2})?\s?(?:['’′]|phút)?"
_WEEKDAY = r"(?:\(?\s*(?:thứ\s+\w+|chủ nhật)\)?[\s,]*)?"
_CUE = (
    r"(?P<cue>trước|chậm nhất|(?:thời\s+)?hạn(?:\s+(?:cuối|chót|cuối cùng))?|(?:đến\s+)?(?:hết|cuối)|xong|trong)"
    r"(?:\s+(?:là|vào|trước|đến|hết|lúc|cuối))*\s*:?\s*"
)
_DUE = re.compile(
    rf"(?<!\w){_CUE}(?:{_CLOCK}[\s,]*)?{_WEEKDAY}(?:của\s+)?"
    rf"(?=(?:{DAY_WORD}\s+)?[0-9]|tháng\s+[0-9]|quý\s|năm\s+[0-9])",
    re.IGNORECASE,
)
_RECURRING = re.compile(
    rf"{_EACH}[,\s(]+(?:trước|chậm nhất)[^.;\n]{{0,12}}?{_CLOCK}"
    rf"|{_EACH}[,\s(]+(?:trước|chậm nhất|vào)(?:\s+(?:là|vào))?\s+ngày\s+[0-9]{{1,2}}(?![0-9/.-]|\s+tháng\s+[0-9])"
    rf"|(?:trước|chậm nhất)[^.;\n]{{0,20}}?[0-9][^.;\n]{{0,12}}?\s+(?:của\s+)?{_EACH}".replace("hour", "_h").replace(
        "minute", "_m"
    ),
    re.IGNORECASE,
)
_QUARTER = re.compile(
    r"quý\s+(?P<quarter>IV|I{1,3}|[1-4])(?:\s*/\s*|\s+năm\s+|\s+)?(?P<year>[12][0-9]{3})?", re.IGNORECASE
)
_YEAR = re.compile(r"năm\s+(?P<year>[12][0-9]{3})(?![0-9])", re.IGNORECASE)
_DONE_WITHIN = re.compile(r"hoàn thành|xong|trình|ban hành|báo cáo|gửi|phê duyệt|thực hiện", re.IGNORECASE)
_WITHIN_BACK = 60
_LEAP_YEAR = 2000  # has every day that a text can name; never part of an answer
_NEXT_YEAR_DAYS = 200  # a date without a year that is past at the day of issue means the year after, if so near


@dataclass(frozen=True, slots=True)
class FoundDeadline:
    """A deadline in a text, `text[start:end]`."""

    due: Due
    start: int
    end: int


def find_deadlines(text: str, issued: PartialDate | None) -> list[FoundDeadline]:
    """Find by when something is due, in text order; a day that was past when the document was issued is none.

    `issued` tells the year where a deadline has none; without it such a deadline has no moment.
    """
    recurring = [FoundDeadline(_as_written(m[0]), *m.span()) for m in _RECURRING.finditer(text)]
    counted = [_counted(text, period) for period in find_periods(text, issued)]
    known = [*recurring, *counted]
    single = [d for d in _single(text, issued) if not any(r.start < d.end and d.start < r.end for r in known)]
    return sorted([*known, *single], key=lambda d: d.start)


def parse_due(text: str) -> Due | None:
    """Read a deadline that a person enters: ISO ("2021-09-20", "2021-09", "2021-09-20T11:30"), "20/9/2021", or words.

    Times without an offset are Vietnamese. None for what is no deadline.
    """
    text = text.strip()
    date = parse_iso(text) or next((f.date for f in [parse_slash_date(text)] if f), None)
    if date and date.earliest and date.latest and re.fullmatch(r"[\d/.-]+", text):
        return Due(as_written=text, **whole_days(date.earliest, date.latest))
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        found = find_deadlines(text, None) or find_deadlines(f"trước {text}", None)
        return found[0].due.model_copy(update={"as_written": text}) if found else None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=VIETNAM)
    return Due(as_written=text, earliest=aware, latest=aware)


def _counted(text: str, period: FoundPeriod) -> FoundDeadline:
    due = _as_written(text[period.start : period.end])
    if period.days:
        due = due.model_copy(update=whole_days(*period.days))
    return FoundDeadline(due, period.start, period.end)


def _single(text: str, issued: PartialDate | None) -> Iterator[FoundDeadline]:
    for cue in _DUE.finditer(text):
        period = _period(text, cue.end(), issued)
        if period is None or not _is_deadline(text, cue, period):
            continue
        days = _limited(cue, period)
        if days is None or not _is_past(days, issued):
            yield FoundDeadline(_due(text[cue.start() : period.end], days, cue), cue.start(), period.end)


@dataclass(frozen=True, slots=True)
class _Period:
    """Days that a text names, None where the year is unknown, and where the naming ends."""

    days: tuple[dt.date, dt.date] | None
    end: int
    whole: bool
    """Whether it is a month, a quarter or a year."""


def _period(text: str, at: int, issued: PartialDate | None) -> _Period | None:
    year = issued.year if issued else None
    quarter = _QUARTER.match(text, at)
    if quarter:
        return _Period(
            _quarter_days(quarter["quarter"].upper(), int(quarter["year"] or year or 0)), quarter.end(), True
        )
    of_year = _YEAR.match(text, at)
    if of_year:
        return _Period(_days(partial_date(int(of_year["year"]))), of_year.end(), True)
    found = match_date(text, at, year or _LEAP_YEAR)
    if found is None or found.illegible:
        return None
    days = _days(found.date)
    if days and str(days[0].year) not in text[found.start : found.end]:
        days = _coming(days, issued) if issued and year else None
    return _Period(days, found.end, found.date.day is None and days is not None)


def _days(date: PartialDate) -> tuple[dt.date, dt.date] | None:
    return (date.earliest, date.latest) if date.earliest and date.latest else None


def _quarter_days(written: str, year: int) -> tuple[dt.date, dt.date] | None:
    number = {"I": 1, "II": 2, "III": 3, "IV": 4}.get(written) or int(written)
    first, last = _days(partial_date(year, 3 * number - 2)), _days(partial_date(year, 3 * number))
    return (first[0], last[1]) if first and last else None


def _coming(days: tuple[dt.date, dt.date], issued: PartialDate) -> tuple[dt.date, dt.date]:
    """Move days named without a year into the next one, where they lie there soon and are past in this one."""
    if issued.earliest is None or days[1] >= issued.earliest or (days[0].month, days[0].day) == (2, 29):
        return days
    moved = (days[0].replace(year=days[0].year + 1), _last_day(days[1], days[1].year + 1))
    return moved if (moved[0] - issued.earliest).days <= _NEXT_YEAR_DAYS else days


def _last_day(day: dt.date, year: int) -> dt.date:
    """The same day of another year; 29 February is the month's last day there."""
    return day.replace(year=year, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=year)


def _is_deadline(text: str, cue: re.Match[str], period: _Period) -> bool:
    """Tell "hoàn thành trong tháng 9" from a month that is merely spoken of."""
    if cue["cue"].lower() != "trong":
        return True
    return period.days is not None and bool(_DONE_WITHIN.search(text[max(0, cue.start() - _WITHIN_BACK) : cue.start()]))


def _limited(cue: re.Match[str], period: _Period) -> tuple[dt.date, dt.date] | None:
    if period.days is None or not period.whole:
        return period.days
    words = cue[0].lower()
    if "hết" in words or "cuối" in words:
        return period.days[1], period.days[1]
    if "trước" in words:
        before = period.days[0] - dt.timedelta(days=1)
        return before, before
    return period.days


def _is_past(days: tuple[dt.date, dt.date], issued: PartialDate | None) -> bool:
    return bool(issued and issued.earliest and days[1] < issued.earliest)


def _due(written: str, days: tuple[dt.date, dt.date] | None, cue: re.Match[str]) -> Due:
    due = _as_written(written)
    if days is None:
        return due
    hour, minute = int(cue["hour"] or 24), int(cue["minute"] or 0)
    if hour < 24 and minute < 60:
        moment = dt.datetime.combine(days[1], dt.time(hour, minute), VIETNAM)
        return due.model_copy(update={"earliest": moment, "latest": moment})
    return due.model_copy(update=whole_days(*days))


def whole_days(first: dt.date, last: dt.date) -> dict[str, dt.datetime]:
    """Return the two ends of a `Due` that lasts from the beginning of one day to the end of another."""
    end = dt.time(23, 59, 59)
    return {
        "earliest": dt.datetime.combine(first, dt.time(), VIETNAM),
        "latest": dt.datetime.combine(last, end, VIETNAM),
    }


def _as_written(text: str) -> Due:
    return Due(as_written=" ".join(text.split()).rstrip(" ,"))
