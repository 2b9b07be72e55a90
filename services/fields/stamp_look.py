"""What one look at a stamp of arrival says: the number behind "Số", the date behind "Ngày" (NĐ 30/2020, PL IV).

A stamp is read from worn ink over print: labels lose letters (the model that reads pens drops those with marks), stick
to what follows or are lost, strokes between the parts of a date vanish. So a look gives all that its number may be.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.core.dates import find_long_dates, parse_slash_date
from services.core.text import fold, nfc, strip_marks

SOON = dt.timedelta(days=90)
"""A document arrives on the day of its issue or at most so much later."""

_SEEN_AS = str.maketrans("il|]osbzgq", "1111058299")
_LABEL = r"(?<!\w)(?:s[0-9](?=\W{1,4}[0-9])|s[^\W\d]{0,2}|5o)"
_BEHIND = r"(?:\s?[dctb][^\W\d]{1,2}(?!\w))?\W{0,5}"
_VALUE = (
    r"(?P<number>(?![0-9]{1,2}g[0-9])(?=[^\W_]{0,5}[0-9])[0-9il|\]osbzgq]{1,6}(?P<suffix>/[a-z]{1,3})?)(?![\w/-])"
    r"(?!\s?(?:gi?[^\W\d]?|h)(?![^\W\d]))"
)
"""No hour ("14 giờ 05", "14g05"), though its label be misread."""
_LABELLED = re.compile(_LABEL + _BEHIND + _VALUE)
_AFTER_COLON = re.compile(rf"{_LABEL}[^:]{{0,8}}:\s{{0,3}}{_VALUE}")
_OF_ARRIVAL = re.compile(r"(?<=/CV)D$|(?<=/VB)D$")
"""Công văn đến, văn bản đến: of these letters no other word begins so."""
_GLUED = re.compile(r"[06](?=[0-9])")
_LABEL_IN_DIGITS = re.compile(rf"(?<!\w)5[068]\s?{_BEHIND}{_VALUE}")
_BEFORE_DAY = re.compile(r"(?<![\w/-])(?P<number>[0-9]{2,6}(?P<suffix>/[a-z]{1,3})?)\W{0,4}$")
_UNREAD_LABEL = re.compile(
    r"^\W*(?!n|d[eo]n)[^\W\d]{0,3}\W{0,4}(?:d\w{1,2}\W{1,4})?(?P<number>[0-9]{2,6}(?P<suffix>/[a-z]{1,3})?)\W*$"
)
"""A number behind a label that was not read ("%6 9228"); not behind one of the day, which begins with n."""
_HOUR_LINE = re.compile(r"^\W*g[^\W\d]{0,2}(?![^\W\d])")
"""The hour of arrival ("Giờ: 08h30"), or a day that lost its first letter: what stands there is no number."""
_DAY_LABEL = r"(?<!\w)n[gqo]\w{0,3}\s?(?:[dctb]\w{1,2}(?!\w))?\W{0,8}"
_STROKE = r"(?:\s?[/.\-'’:,|]{1,2}\s?|\s)"
_DATE = re.compile(rf"{_DAY_LABEL}(?P<date>[0-9]{{1,2}}{_STROKE}[0-9]{{1,2}}(?:{_STROKE}[0-9]{{2,4}})?)(?![0-9])")
_BARE_DATE = re.compile(rf"(?<![0-9/])(?P<date>[0-9]{{1,2}}{_STROKE}[0-9]{{1,2}}{_STROKE}(?:20)?[0-9]{{2}})(?![0-9])")
_RUN_TOGETHER = re.compile(rf"{_DAY_LABEL}(?P<date>[0-9][0-9\s/.\-'’:,|]{{3,8}}[0-9])(?![0-9])")
_IN_WORDS = re.compile(
    r"(?P<day>[0-9]{1,2})\W{0,3}th\w{0,3}g?\W{1,3}(?P<month>[0-9]{1,2})\W{1,3}n\w{0,2}m?\W{0,3}(?P<year>20[0-9]{2})(?![0-9])"
)
"""As read without the letters that bear marks: "18 thng 8 nm 2021"."""


@dataclass(frozen=True, slots=True)
class StampDate:
    """A date as written, the day that it is (None where it is none), and whether no sign in it had to be guessed."""

    written: str
    on: dt.date | None
    is_plain: bool


@dataclass(frozen=True, slots=True)
class StampLook:
    """What one look says: all that the number may be, the likeliest first, and the date."""

    numbers: tuple[str, ...]
    date: StampDate | None


def is_soon(on: dt.date | None, issued: dt.date | None) -> bool:
    """Whether a document of that issue can have arrived on that day."""
    return on is not None and issued is not None and dt.timedelta(0) <= on - issued <= SOON


def date_or_none(year: int, month: int, day: int) -> dt.date | None:
    """Return the day, None where there is none such."""
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def read_look(lines: Sequence[str], issued: dt.date | None) -> StampLook:
    """Read number and date of a stamp from its lines; `issued` is the day of the document's issue."""
    plain = [nfc(line) for line in lines]
    return StampLook(tuple(dict.fromkeys(_numbers(plain))), _date(plain, issued))


# --------------------------------------------------------------------------- the number


def _numbers(lines: Sequence[str]) -> Iterator[str]:
    """Yield what the number may be, from the first line that shows one: labelled, before the day, without its label."""
    segments = [segment for line in lines if not _HOUR_LINE.match(fold(line)) for segment in _around_date(line)]
    for pattern in (_AFTER_COLON, _LABELLED, _LABEL_IN_DIGITS):
        for segment, _ in segments:
            if match := pattern.search(fold(segment)):
                yield from _options(segment, match)
                return
    for segment, unlabelled in segments:
        if unlabelled and (match := unlabelled.search(fold(segment))):
            yield _as_number(segment, match)
            return


def _around_date(line: str) -> Iterator[tuple[str, re.Pattern[str] | None]]:
    """Yield the parts of a line around its date, or all of it, and what tells a number without a label there."""
    folded = fold(line)
    found = _DATE.search(folded) or _RUN_TOGETHER.search(folded) or _BARE_DATE.search(folded)
    if not found:
        yield line, _UNREAD_LABEL
        return
    yield line[: found.start()], _BEFORE_DAY
    yield line[found.end() :], None


def _options(segment: str, match: re.Match[str]) -> Iterator[str]:
    """Yield a number as read, and without a first 0 or 6 that touches a label which lost its letters ("S06470")."""
    number = _as_number(segment, match)
    label = match[0][: match.start("number") - match.start()]
    if glued := label == "s" and _GLUED.match(number):
        yield number[glued.end() :]
    yield number


def _as_number(segment: str, match: re.Match[str]) -> str:
    """Put digits for the letters that a reader took them for; what follows a slash stays, but a lost stroke of Đ."""
    suffix = match["suffix"] or ""
    digits = match["number"].removesuffix(suffix).translate(_SEEN_AS)
    at = match.end("number")
    return digits + _OF_ARRIVAL.sub("Đ", segment[at - len(suffix) : at].upper())


def spelt(number: str, others: Sequence[str]) -> str:
    """Return a number with the marks that any look gives its letters: readers lose marks, they seldom add one."""
    return max((other for other in others if strip_marks(other) == strip_marks(number)), key=_marks, default=number)


def _marks(number: str) -> int:
    return sum(letter != bare for letter, bare in zip(number, strip_marks(number), strict=False))


# --------------------------------------------------------------------------- the date


def _date(lines: Sequence[str], issued: dt.date | None) -> StampDate | None:
    for readers in ((_in_words, _labelled), (_bare,), (_run_together,)):
        for line in lines:
            for read in readers:
                if date := read(line, issued):
                    return date
    return None


def _in_words(line: str, issued: dt.date | None) -> StampDate | None:
    """Read "ngày 18 tháng 8 năm 2021", but not where it is the document's own, whose line the stamp lies over."""
    for found in find_long_dates(line):
        on, is_own = found.date.earliest, line[: found.start].rstrip().endswith(",")
        if found.date.day and not is_own and on != issued:
            return StampDate(line[found.start : found.end], on, not found.repaired)
    folded = fold(line)
    for match in _IN_WORDS.finditer(folded):
        on = date_or_none(int(match["year"]), int(match["month"]), int(match["day"]))
        if is_soon(on, issued) and on != issued and not folded[: match.start()].rstrip().endswith(","):
            return StampDate(line[match.start() : match.end()], on, is_plain=False)
    return None


def _labelled(line: str, issued: dt.date | None) -> StampDate | None:
    match = _DATE.search(fold(line))
    return _in_digits(match["date"]) if match else None


def _bare(line: str, issued: dt.date | None) -> StampDate | None:
    match = _BARE_DATE.search(fold(line))
    return _in_digits(match["date"]) if match else None


def _in_digits(text: str) -> StampDate:
    written = re.sub(r"\s?([^0-9\s])\s?", r"\1", text)
    date = parse_slash_date(re.sub(r"[^0-9]+", "/", written))
    if date is None or date.date.day is None:
        return _in_this_century(written)
    return StampDate(written, date.date.earliest, re.fullmatch(r"[0-9]+([/.-])[0-9]+\1[0-9]+", written) is not None)


def _in_this_century(written: str) -> StampDate:
    """Read a year as one after 2000 ("18/8/2921"): stamps have no other."""
    date = parse_slash_date(re.sub(r"[^0-9]+[0-9]{2}([0-9]{2})$", r"/20\1", re.sub(r"[^0-9]+", "/", written)))
    return StampDate(written, date.date.earliest if date and date.date.day else None, is_plain=False)


def _run_together(line: str, issued: dt.date | None) -> StampDate | None:
    """Read a date that lost strokes ("1306.2020", "872020") where only one day soon after the issue is written so."""
    match = _RUN_TOGETHER.search(fold(line))
    if match is None:
        return None
    digits = re.sub(r"[^0-9]", "", match["date"])
    days = {on for day in (1, 2) for month in (1, 2) if is_soon(on := _split(digits, day, month), issued)}
    return StampDate(match["date"], days.pop(), is_plain=False) if len(days) == 1 else None


def _split(digits: str, day: int, month: int) -> dt.date | None:
    """Take so many digits for the day and the month, the rest for the year."""
    year = digits[day + month :]
    if not re.fullmatch(r"(?:20)?[0-9]{2}", year):
        return None
    return date_or_none(2000 + int(year) % 2000, int(digits[day : day + month]), int(digits[:day]))
