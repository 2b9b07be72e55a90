"""The date in a head: "Hà Nội, ngày 14 tháng 9 năm 2021", its day or month often written by pen.

Witnesses are the printed line, the second look that knows pens, and the day on which the issuer signed the file
digitally. What none is sure of stays a guess.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.core.dates import find_long_dates, partial_date
from services.core.model import PartialDate, Reading
from services.core.text import fold
from services.fields.lines import Line
from services.fields.signed import Signed

SURE_DAY = 0.8
"""Confidence from which the printed day and month of a date are believed."""

_WORDS = ("ngay", "thang", "nam")


@dataclass(frozen=True, slots=True)
class IssueDate:
    """The date of a head; `candidates` are the days it may be, the shown one first, where it is not confirmed."""

    date: PartialDate
    confidence: float
    confirmed: bool
    witness: str | None = None
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Part:
    """A day or month: what is taken, whether it is sure, by whom, and what else it may be."""

    value: int | None
    sure: bool
    confidence: float
    by_pen: bool
    others: tuple[int, ...] = ()


def read_issue_date(
    line: Line, readings: Sequence[Reading] = (), signed: Signed | None = None, year: int | None = None
) -> IssueDate:
    """Read the date of a line that has one (`find_long_dates`); `readings` are the second looks at its page.

    Text that was read elsewhere is believed as it stands, a blank day included. `year` is that of the symbol, which
    legal documents carry and others do not: it stands in for one that cannot be read. A date that is later than a
    signature on the file is a guess, and of several guesses the day of the issuer's own signature is taken.
    """
    return _beside(_read(line, readings, year), signed or Signed())


def _beside(issued: IssueDate, signed: Signed) -> IssueDate:
    """Hold what was read against the signatures."""
    read = issued.date.earliest if issued.date.day else None
    if not issued.confirmed and signed.office_day and signed.office_day.isoformat() in issued.candidates:
        day = signed.office_day
        witness = f"{issued.witness or 'place_date'},signature"
        date = partial_date(day.year, day.month, day.day, issued.date.as_written)
        agreed = read == day
        return replace(issued, date=date, confirmed=agreed, witness=witness, candidates=_first(day, issued.candidates))
    if read and signed.last_day and read > signed.last_day:
        return replace(issued, confirmed=False, candidates=issued.candidates or (read.isoformat(),))
    return issued


def _first(day: dt.date, candidates: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((day.isoformat(), *candidates)))


def _read(line: Line, readings: Sequence[Reading], symbol_year: int | None) -> IssueDate:
    found = find_long_dates(line.text, symbol_year)[0]
    printed = found.date
    if line.box is None:
        return IssueDate(printed, 1.0, not found.illegible)
    confidence = _confidence(line)
    sure = not found.illegible and not found.repaired and confidence >= SURE_DAY
    pens = {reading.part: reading for reading in readings if reading.witness == "pen"}
    day = _weigh(printed.day, confidence, pens.get("day"), sure=sure)
    month = _weigh(printed.month, confidence, pens.get("month"), sure=sure)
    date = partial_date(printed.year, month.value, day.value, printed.as_written)
    sure_year = printed.year is not None and (sure or _year_confidence(line, printed.year) >= SURE_DAY)
    confirmed = day.sure and month.sure and sure_year and date.day is not None
    return IssueDate(
        date=date,
        confidence=min(day.confidence, month.confidence),
        confirmed=confirmed,
        witness="place_date,pen" if day.by_pen or month.by_pen else None,
        candidates=() if confirmed else _days(printed.year, month, day),
    )


def _weigh(printed: int | None, confidence: float, pen: Reading | None, *, sure: bool) -> _Part:
    """Take print that is sure or an accepted second look, where the other does not contradict; else the likelier."""
    sure = sure and printed is not None
    if pen is None or not pen.text:
        return _Part(printed, sure, confidence, by_pen=False, others=tuple(map(int, pen.candidates if pen else ())))
    value = int(pen.text)
    others = (printed or value, *(int(text) for text in pen.candidates))
    if value == printed:
        return _Part(value, sure or pen.accepted, max(confidence, pen.confidence), by_pen=True, others=others)
    if sure:
        return _Part(printed, not pen.accepted, confidence, by_pen=False, others=others)
    return _Part(value, pen.accepted, pen.confidence, by_pen=True, others=others)


def _days(year: int | None, month: _Part, day: _Part) -> tuple[str, ...]:
    """Name the days that a date may be, by what was weighed for day and month."""
    months = dict.fromkeys(m for m in (month.value, *month.others) if m)
    days = dict.fromkeys(d for d in (day.value, *day.others) if d)
    dates = (partial_date(year, m, d) for m in months for d in days)
    return tuple(date.earliest.isoformat() for date in dates if date.day and date.earliest)


def _confidence(line: Line) -> float:
    """Lowest confidence of the words from "ngày" on, that word and "tháng", "năm" themselves left out."""
    folded = [fold(w.text) for w in line.words]
    start = next((i for i, w in enumerate(folded) if w.startswith("ng")), 0)
    words = zip(line.words[start:], folded[start:], strict=True)
    return min((w.confidence for w, form in words if form not in _WORDS), default=0.0)


def _year_confidence(line: Line, year: int) -> float:
    return max((w.confidence for w in line.words if str(year) in w.text), default=0.0)
