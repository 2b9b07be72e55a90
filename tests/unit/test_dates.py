"""Dates: blanks are unknown, slips are repaired, impossible days are doubted, and intervals are narrowed."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.dates import (
    find_dates,
    find_long_dates,
    iso,
    narrow,
    parse_iso,
    parse_slash_date,
    partial_date,
)

days = st.dates(dt.date(1946, 1, 1), dt.date(2099, 12, 31))


@given(days)
def test_a_date_in_words_is_read_back_whatever_its_zeros(day: dt.date) -> None:
    for text in (
        f"ngày {day.day} tháng {day.month} năm {day.year}",
        f"ngày {day.day:02d} tháng {day.month:02d} năm {day.year}",
        f"ngày{day.day:02d}tháng{day.month}năm {day.year}",
    ):
        (found,) = find_long_dates(f"Hà Nội, {text}")
        assert (found.date.earliest, found.date.latest) == (day, day)


@given(days)
def test_iso_writing_and_reading_are_inverse(day: dt.date) -> None:
    for date in (
        partial_date(day.year, day.month, day.day),
        partial_date(day.year, day.month),
        partial_date(day.year),
    ):
        assert parse_iso(iso(date) or "") == date


@pytest.mark.parametrize("text", ["2021-13-01", "2021-02-30", "14/9/2021", "nay"])
def test_what_is_no_iso_date_is_refused(text: str) -> None:
    assert parse_iso(text) is None


@pytest.mark.parametrize(
    ("text", "value", "illegible"),
    [
        ("ngày tháng 9 năm 2021", "2021-09", False),
        ("ngày .... tháng 9 năm 2021", "2021-09", False),
        ("ngày   tháng   năm 2025", "2025", False),
        ("ngày I0 tháng 9 năm 2021", "2021-09-10", False),
        ("ngày 1l tháng I0năm 202l", "2021-10-11", False),
        ("ngày 4† tháng 12 năm 2024", "2024-12", True),
        ("ngày 31 tháng 9 năm 2021", "2021-09", True),
        ("ngày **05** tháng **3** năm 2020", "2020-03-05", False),
    ],
)
def test_blank_and_spoilt_parts_are_unknown_and_told_apart(text: str, value: str, illegible: bool) -> None:
    (found,) = find_long_dates(text)
    assert (iso(found.date), found.illegible) == (value, illegible)


@pytest.mark.parametrize("day", ["", "Z", "15", "†4"])
def test_a_place_that_sounds_like_the_word_for_day_stays_out_of_the_date(day: str) -> None:
    text = f"Quảng Ngãi, ngày {day} tháng 4 năm 2020"
    (found,) = find_long_dates(text)
    assert text[: found.start] == "Quảng Ngãi, "


def test_a_blank_day_is_the_interval_of_its_month() -> None:
    (found,) = find_long_dates("ngày tháng 2 năm 2024")
    assert (found.date.earliest, found.date.latest) == (dt.date(2024, 2, 1), dt.date(2024, 2, 29))


def test_running_text_gives_dates_in_order_and_leaves_what_only_looks_like_them() -> None:
    text = (
        "Văn bản ngày 09/9/2021, số 30/2020/NĐ-CP, trực 24/7, ngày 08/9, giai đoạn 2021-2022, "
        "tháng 10/2021, ngày 02 tháng 11 năm 2021, 31/9/2021"
    )
    assert [iso(f.date) for f in find_dates(text)] == ["2021-09-09", "2021-10", "2021-11-02", "2021-09"]


@pytest.mark.parametrize(
    ("text", "value"),
    [("18/08/2021", "2021-08-18"), ("Ngày: 6.9.22", "2022-09-06"), ("12-4-2024", "2024-04-12")],
)
def test_dates_of_stamps_are_day_month_year(text: str, value: str) -> None:
    found = parse_slash_date(text)
    assert found is not None
    assert iso(found.date) == value


@given(st.lists(days, max_size=6), st.lists(days, max_size=6), st.integers(1, 12))
def test_narrowing_never_empties_an_interval_and_never_widens_it(
    before: list[dt.date], after: list[dt.date], month: int
) -> None:
    date = partial_date(2021, month)
    narrowed = narrow(date, before, after)
    assert date.earliest is not None
    assert date.latest is not None
    assert narrowed.earliest is not None
    assert narrowed.latest is not None
    assert date.earliest <= narrowed.earliest <= narrowed.latest <= date.latest
    assert narrowed.day is None


def test_a_document_is_not_older_than_what_it_cites_nor_younger_than_its_first_deadline() -> None:
    narrowed = narrow(
        partial_date(2021, 9),
        [dt.date(2021, 8, 23), dt.date(2021, 9, 8)],
        [dt.date(2021, 9, 12), dt.date(2021, 9, 11), dt.date(2021, 9, 1)],
    )
    assert (narrowed.earliest, narrowed.latest) == (dt.date(2021, 9, 8), dt.date(2021, 9, 11))
