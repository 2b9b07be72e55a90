"""Intervals of days as a few whole years, months and days, for what an index can only look up by value (pure)."""

import calendar
import datetime as dt
from collections.abc import Iterator

FIRST_YEAR, LAST_YEAR = 1945, 2100
"""Where an open end is taken to lie."""


def task_value(assignee: str, span: str) -> str:
    """Return the value of the `task` keyword: who has something due, and a span it is due in ("2021", "2021-09")."""
    return f"{assignee}|{span}"


def spans_of(first: dt.date | None, last: dt.date | None) -> Iterator[str]:
    """Yield the years, months and days that make up an interval, ends included and open where None.

    Some 200 of them at most; none where the interval ends before it begins.
    """
    day = max(first or dt.date.min, dt.date(FIRST_YEAR, 1, 1))
    end = min(last or dt.date.max, dt.date(LAST_YEAR, 12, 31))
    while day <= end:
        if (day.month, day.day) == (1, 1) and end >= dt.date(day.year, 12, 31):
            yield f"{day:%Y}"
            following = dt.date(day.year + 1, 1, 1)
        elif day.day == 1 and end >= _last_of_month(day):
            yield f"{day:%Y-%m}"
            following = _last_of_month(day) + dt.timedelta(days=1)
        else:
            yield f"{day}"
            following = day + dt.timedelta(days=1)
        day = following


def _last_of_month(day: dt.date) -> dt.date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])
