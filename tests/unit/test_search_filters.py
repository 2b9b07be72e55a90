"""Filters made into what the index can look up: groups of addressees, intervals as spans; the date histogram."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.search import FacetValue, Filters, SearchPage
from services.search.filters import picked_and_filters
from services.search.groups import group_values, groups_of
from services.search.page import AskedQuery, Understood
from services.search.spans import spans_of
from services.search.types import KeywordIs
from services.web.pages.search import histogram
from services.web.query import SearchParams

DAYS = st.dates(dt.date(1990, 1, 1), dt.date(2035, 12, 31))


@given(first=DAYS, last=DAYS, day=DAYS)
def test_a_day_lies_in_one_span_of_an_interval_exactly_if_it_lies_in_the_interval(
    first: dt.date, last: dt.date, day: dt.date
) -> None:
    spans = list(spans_of(first, last))
    own = {f"{day}", f"{day:%Y-%m}", f"{day:%Y}"}
    assert len(own & set(spans)) == (first <= day <= last)
    assert len(spans) == len(set(spans)) <= 150


def test_open_ends_reach_over_all_years() -> None:
    assert "1990" in list(spans_of(None, dt.date(2021, 9, 12)))
    assert list(spans_of(dt.date(2021, 12, 30), None))[:3] == ["2021-12-30", "2021-12-31", "2022"]


def test_assignee_and_due_date_ask_for_one_task() -> None:
    filters = Filters(assignee=("Sở Y tế",), due_from=dt.date(2021, 9, 11), due_to=dt.date(2021, 9, 12))
    assert KeywordIs("task", ("so-y-te|2021-09-11", "so-y-te|2021-09-12")) in picked_and_filters(filters)[1]


@pytest.mark.parametrize(
    ("group", "member", "stranger"),
    [
        ("Các sở, ban, ngành tỉnh", "Sở Y tế", "Bộ Y tế"),
        ("Thủ trưởng các sở, ban, ngành, đoàn thể", "Sở Tài chính tỉnh Điện Biên", "Sở Y tế tỉnh Lai Châu"),
        ("UBND các huyện, thị xã, thành phố", "UBND huyện Tuần Giáo", "UBND huyện Phong Thổ"),
        ("Ủy ban nhân dân các xã, phường, thị trấn", "UBND xã Mường Phăng", "UBND tỉnh Điện Biên"),
        ("UBND các tỉnh, thành phố trực thuộc Trung ương", "UBND tỉnh Lai Châu", "UBND huyện Tuần Giáo"),
        ("Các Bộ, cơ quan ngang Bộ", "Bộ Y tế", "Sở Y tế"),
    ],
)
def test_a_group_holds_its_members_and_no_others(group: str, member: str, stranger: str) -> None:
    reached = set(group_values(group, "dien-bien"))
    assert reached & set(groups_of(member))
    assert not reached & set(groups_of(stranger))


@pytest.mark.parametrize("name", ["Sở Y tế", "Các đơn vị trực thuộc Sở", "Văn phòng UBND tỉnh", ""])
def test_one_office_is_no_group(name: str) -> None:
    assert list(group_values(name, "dien-bien")) == []


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
