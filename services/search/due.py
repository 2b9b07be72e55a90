"""Who must do something by when, as single terms: one task meets both, on any engine (pure).

A span is a year, month or day of the calendar ("2021", "2021-09", "2021-09-12"). A task's days are covered by as few
spans as will do. They overlap the days asked for where a span asked for has one of the task's in it (`in`), or one of
the task's is wider than a span asked for (`of`).
"""

import calendar
import datetime as dt
from collections.abc import Iterable, Iterator

FIRST, LAST = dt.date(1900, 1, 1), dt.date(2099, 12, 31)
_VALUE_CHARS = 200


def task_terms(values: Iterable[str], first: dt.date, last: dt.date) -> Iterator[str]:
    """Yield the terms of a task that bodies (values of a keyword) must do within [first, last]."""
    spans = list(covering(max(first, FIRST), min(last, LAST)))
    tokens = [f"in:{wider}" for span in spans for wider in _from_the_widest(span)]
    tokens += [f"of:{span}" for span in spans if len(span) < len("2021-09-12")]
    for value in values:
        yield from (_term(value, token) for token in dict.fromkeys(tokens))


def asked_terms(values: Iterable[str], first: dt.date | None, last: dt.date | None) -> tuple[str, ...]:
    """Return the terms of which any is on a task that one of the bodies must do on a day asked for, ends included."""
    spans = list(covering(max(first or FIRST, FIRST), min(last or LAST, LAST)))
    tokens = [f"in:{span}" for span in spans]
    tokens += [f"of:{wider}" for span in spans for wider in _from_the_widest(span) if wider != span]
    return tuple(_term(value, token) for value in values for token in dict.fromkeys(tokens))


def covering(first: dt.date, last: dt.date) -> Iterator[str]:
    """Yield the fewest years, months and days that make up [first, last], in order."""
    day = first
    while day <= last:
        if (day.month, day.day) == (1, 1) and dt.date(day.year, 12, 31) <= last:
            span, end = f"{day.year:04}", dt.date(day.year, 12, 31)
        elif day.day == 1 and _month_end(day) <= last:
            span, end = f"{day:%Y-%m}", _month_end(day)
        else:
            span, end = day.isoformat(), day
        yield span
        day = end + dt.timedelta(days=1)


def _month_end(day: dt.date) -> dt.date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _from_the_widest(span: str) -> Iterator[str]:
    parts = span.split("-")
    return ("-".join(parts[: n + 1]) for n in range(len(parts)))


def _term(value: str, token: str) -> str:
    return f"{value[:_VALUE_CHARS]}|{token}"
