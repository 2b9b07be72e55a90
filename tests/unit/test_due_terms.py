"""Who must do what by when as single terms: they meet exactly where the days of one task are asked for."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from services.search.due import FIRST, LAST, asked_terms, covering, task_terms

DAYS = st.dates(dt.date(2019, 12, 1), dt.date(2022, 2, 1))


@given(DAYS, DAYS, DAYS, DAYS, st.booleans(), st.booleans())
def test_terms_meet_exactly_where_days_overlap(
    a: dt.date, b: dt.date, c: dt.date, d: dt.date, from_: bool, to: bool
) -> None:
    (first, last), (low, high) = sorted((a, b)), sorted((c, d))
    asked = asked_terms(["so-y-te"], low if from_ else None, high if to else None)
    overlap = (not from_ or low <= last) and (not to or first <= high)
    assert bool({*task_terms(["so-y-te"], first, last)} & {*asked}) == overlap
    assert not {*task_terms(["so-noi-vu"], first, last)} & {*asked}


@given(DAYS, DAYS)
def test_spans_cover_each_day_once(a: dt.date, b: dt.date) -> None:
    first, last = sorted((a, b))
    days = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
    spans = list(covering(first, last))
    assert all(sum(day.isoformat().startswith(span) for span in spans) == 1 for day in days)
    assert len(spans) <= 2 * (30 + 11) + 3


def test_any_time_is_few_terms() -> None:
    assert len(asked_terms(["x"], None, None)) == LAST.year - FIRST.year + 1
