"""Filters made into what the index can look up; the date histogram."""

from __future__ import annotations

import datetime as dt

from services.search import FacetValue, Filters, SearchPage
from services.search.filters import picked_and_filters, same_task
from services.search.page import AskedQuery, Understood
from services.search.types import KeywordIs
from services.web.pages.search import histogram
from services.web.query import SearchParams


def test_assignee_and_due_date_ask_for_one_task() -> None:
    filters = Filters(assignee=("Ban 47",), due_from=dt.date(2021, 9, 11), due_to=dt.date(2021, 9, 11))
    asked = same_task(picked_and_filters(filters)[1])
    assert asked == (KeywordIs("task", ("ban-47|in:2021-09-11", "ban-47|of:2021", "ban-47|of:2021-09")),)


def _page(**years: int) -> SearchPage:
    values = tuple(FacetValue(value=v.replace("_", "/").strip("y"), label="", count=n) for v, n in years.items())
    asked = AskedQuery(q="", understood=Understood(marks="none"))
    return SearchPage(query=asked, total=1, took_ms=0, facets={"year": values})


def test_a_histogram_has_months_while_they_are_few_and_gaps_are_shown() -> None:
    bars = histogram(_page(y2021=3, y2021_11=1, y2022=2, y2022_02=2), SearchParams())
    assert [(bar.value, bar.count, bar.height) for bar in bars] == [
        ("2021/11", 1, 50), ("2021/12", 0, 0), ("2022/01", 0, 0), ("2022/02", 2, 100),
    ]  # fmt: skip
    assert "year=2022%2F02" in bars[-1].address


def test_a_long_histogram_has_years_and_one_bar_is_none() -> None:
    assert [bar.value for bar in histogram(_page(y2015=1, y2015_01=1, y2020=4, y2020_05=1), SearchParams())] == [
        "2015", "2016", "2017", "2018", "2019", "2020",
    ]  # fmt: skip
    assert histogram(_page(y2021=3, y2021_11=3), SearchParams()) == []
    assert histogram(_page(yunknown=3), SearchParams()) == []
