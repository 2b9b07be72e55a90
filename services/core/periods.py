"""Deadlines counted from another day: "trong thời hạn 05 ngày làm việc kể từ ngày ký".

How they are counted (Bộ luật Dân sự 2015, Điều 147 and 148): the first day is not counted; the time is up when the last
day ends, and where that is a day off, when the next working day ends. A period in months or years ends on the day with
the same number, or on the last one of a shorter month. Days off are Saturdays, Sundays and the four holidays that keep
their date (Bộ luật Lao động 2019, Điều 112); Tết, Giỗ Tổ and days that the government moves are not known here.

A period that runs from what the document does not date ("kể từ ngày nhận được văn bản này") is kept as written.
"""

import calendar
import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass

from services.core.dates import match_date
from services.core.model import PartialDate

_WORDS = {
    **dict(zip("một hai ba bốn năm sáu bảy tám chín mười".split(), range(1, 11), strict=True)),
    "mười lăm": 15,
    "hai mươi": 20,
    "ba mươi": 30,
}
_COUNT = rf"(?P<count>[0-9]{{1,3}}|{'|'.join(sorted(_WORDS, key=len, reverse=True))})\s*(?:\([^)\n]{{1,25}}\)\s*)?"
_UNIT = r"(?P<unit>ngày(?P<work>\s+làm\s+việc)?|giờ(?:\s+làm\s+việc)?|tuần|tháng|năm)(?!\w)"
_LIMIT = r"(?:không\s+(?:quá|muộn\s+hơn)|tối\s+đa|chậm\s+nhất|muộn\s+nhất)"
_SET = rf"trong\s+thời\s+(?:hạn|gian)|thời\s+hạn|{_LIMIT}"
_PERIOD = re.compile(
    rf"(?<!\w)(?:(?P<set>{_SET})|trong(?:\s+vòng)?)(?:\s+(?:là|sau|trong|vòng|{_LIMIT}))*\s+{_COUNT}{_UNIT}",
    re.IGNORECASE,
)
_FROM = re.compile(r"[\s,(]*(?:(?:kể|tính)\s+)?(?:từ|sau)\s+(?:khi\s+|thời\s+điểm\s+|lúc\s+)?(?=\w)", re.IGNORECASE)
_ISSUE = re.compile(
    r"ngày\s+(?:ký(?:\s+ban\s+hành)?|ban\s+hành)"
    r"(?:\s+(?:văn\s+bản|công\s+văn|công\s+điện|quyết\s+định|chỉ\s+thị|kế\s+hoạch|thông\s+báo|thông\s+tư|nghị\s+quyết"
    r"|nghị\s+định)\s+này)?(?=\s*(?:[.,;:)/]|$|\n))",
    re.IGNORECASE,
)
_PHRASE = re.compile(r"[^.,;:()\n]{0,90}")
_DONE = re.compile(
    r"(?<!\w)(?:hoàn thành|xong|trình|ban hành|báo cáo|gửi|nộp|phê duyệt|trả lời|có ý kiến|công bố|thông báo|giải quyết"
    r"|xử lý|khắc phục|phải)(?!\w)",
    re.IGNORECASE,
)
_MERELY_LONG = re.compile(r"\s*(?:qua|gần đây|vừa|trước|tới|đầu|cuối|liên\s+t|trở)(?!\w*\s*ngày)", re.IGNORECASE)
_IN_FORCE = re.compile(r"(?:hiệu lực|lưu trữ|lưu giữ)(?:\s+thi hành)?\s+$", re.IGNORECASE)
_BACK = 60
_HOLIDAYS = frozenset({(1, 1), (4, 30), (5, 1), (9, 2)})
_LONGEST = 400
"""Days; what is longer is a term of office or of keeping, not by when something is to be done."""


@dataclass(frozen=True, slots=True)
class FoundPeriod:
    """A period, `text[start:end]`: `days` is its last day and the one on which it ends at the latest, days off over.

    None where it runs from a day that the text does not tell.
    """

    days: tuple[dt.date, dt.date] | None
    start: int
    end: int


def find_periods(text: str, issued: PartialDate | None) -> Iterator[FoundPeriod]:
    """Yield the deadlines of a text that are counted from another day, in text order."""
    for match in _PERIOD.finditer(text):
        counted = _FROM.match(text, match.end())
        if not _is_deadline(text, match, anchored=counted is not None):
            continue
        if counted is None:
            yield FoundPeriod(None, *match.span())
            continue
        first, end = _anchor(text, counted.end(), issued)
        yield FoundPeriod(_last_days(match, first), match.start(), end)


def is_day_off(day: dt.date) -> bool:
    """Whether a day is a Saturday, a Sunday or a holiday that keeps its date (Bộ luật Lao động 2019, Điều 112)."""
    return day.weekday() >= 5 or (day.month, day.day) in _HOLIDAYS


def _is_deadline(text: str, match: re.Match[str], *, anchored: bool) -> bool:
    """Tell by when something is to be done from how long it lasts ("cách ly trong 14 ngày", "trong 5 năm qua")."""
    if _MERELY_LONG.match(text, match.end()) or _IN_FORCE.search(text, 0, match.start()):
        return False
    if anchored and match["set"] and match["unit"].lower() != "năm":
        return True
    return _DONE.search(text, max(0, match.start() - _BACK), match.start()) is not None


def _anchor(text: str, at: int, issued: PartialDate | None) -> tuple[dt.date | None, int]:
    """Return the day from which is counted, None where nobody can tell, and where its naming ends."""
    if signed := _ISSUE.match(text, at):
        return (issued.earliest if issued and issued.day else None), signed.end()
    found = match_date(text, at, issued.year if issued and issued.year else 0)
    if found and not found.illegible and found.date.day:
        return found.date.earliest, found.end
    phrase = _PHRASE.match(text, at)
    return None, phrase.end() if phrase else at


def _last_days(match: re.Match[str], first: dt.date | None) -> tuple[dt.date, dt.date] | None:
    count = int(match["count"]) if match["count"].isdecimal() else _WORDS[match["count"].lower()]
    unit = match["unit"].split()[0].lower()
    if first is None or unit == "giờ":
        return None
    if match["work"]:
        last = _after_working_days(first, count)
    elif unit in ("ngày", "tuần"):
        last = first + dt.timedelta(days=count * (7 if unit == "tuần" else 1))
    else:
        last = _after_months(first, count * (12 if unit == "năm" else 1))
    return (last, _working_day(last)) if (last - first).days <= _LONGEST else None


def _after_working_days(first: dt.date, count: int) -> dt.date:
    day = first
    for _ in range(count):
        day = _working_day(day + dt.timedelta(days=1))
    return day


def _working_day(day: dt.date) -> dt.date:
    """Return the day itself, or the first working day after it."""
    while is_day_off(day):
        day += dt.timedelta(days=1)
    return day


def _after_months(first: dt.date, months: int) -> dt.date:
    years, month = divmod(first.month - 1 + months, 12)
    year = first.year + years
    return dt.date(year, month + 1, min(first.day, calendar.monthrange(year, month + 1)[1]))
