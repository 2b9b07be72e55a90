"""Deadlines are intervals at +07:00: hours, days, months, quarters; what recurs or is past has or is none."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.archive.records import apply, shape
from services.core.dates import VIETNAM, partial_date
from services.core.deadlines import find_deadlines, parse_due
from services.core.errors import InvalidInputError
from services.core.model import Due, Record

ISSUED = partial_date(2021, 9, 9)


def ends(due: Due) -> tuple[str | None, str | None]:
    written = "%Y-%m-%d %H:%M:%S%z"
    return tuple(moment.strftime(written) if moment else None for moment in (due.earliest, due.latest))  # type: ignore[return-value] # two


def day(first: str, last: str | None = None) -> tuple[str, str]:
    return f"{first} 00:00:00+0700", f"{last or first} 23:59:59+0700"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gửi trước 11h30' ngày 11/9/2021", ("2021-09-11 11:30:00+0700",) * 2),
        ("gửi trước 16 giờ 00 phút, ngày 12/9/2021", ("2021-09-12 16:00:00+0700",) * 2),
        ("gửi trước 17h00 thứ Sáu, ngày 10 tháng 9", ("2021-09-10 17:00:00+0700",) * 2),
        ("gửi trước ngày 20/9/2021 để tổng hợp", day("2021-09-20")),
        ("chậm nhất là ngày 05 tháng 10 năm 2021", day("2021-10-05")),
        ("chậm nhất 24h00 ngày 20/9/2021", day("2021-09-20")),
        ("hạn cuối: ngày 20/9/2021", day("2021-09-20")),
        ("hoàn thành trong tháng 10/2021", day("2021-10-01", "2021-10-31")),
        ("trình phê duyệt trong quý IV/2021", day("2021-10-01", "2021-12-31")),
        ("đến hết tháng 12", day("2021-12-31")),
        ("trước tháng 11/2021", day("2021-10-31")),
        ("trước ngày 15/9", day("2021-09-15")),
        ("trước ngày 15/01", day("2022-01-15")),
    ],
)
def test_a_deadline_is_the_interval_its_words_leave_open(text: str, expected: tuple[str, str]) -> None:
    (found,) = find_deadlines(text, ISSUED)
    assert ends(found.due) == expected
    assert text[found.start : found.end].strip() == found.due.as_written


@pytest.mark.parametrize("text", ["báo cáo hằng ngày trước 15h00", "gửi trước ngày 25 hằng tháng"])
def test_what_recurs_is_kept_as_written_and_has_no_moment(text: str) -> None:
    (found,) = find_deadlines(text, ISSUED)
    assert (found.due.earliest, found.due.latest) == (None, None)
    assert found.due.as_written in text


@pytest.mark.parametrize(
    "text",
    [
        "trước mắt cần 5 người",
        "các hồ sơ nộp trước ngày 01/7/2020",
        "tình hình dịch bệnh trong tháng 9/2021",
        "trước ngày 31/9/2021",
        "trong thời hạn 05 ngày làm việc",
    ],
)
def test_days_that_are_past_or_impossible_and_months_merely_spoken_of_are_no_deadlines(text: str) -> None:
    assert find_deadlines(text, ISSUED) == []


def test_a_deadline_without_a_year_has_no_moment_where_nothing_tells_the_year() -> None:
    (found,) = find_deadlines("gửi trước ngày 15/9", None)
    assert found.due == Due(as_written="trước ngày 15/9")


@given(st.dates(dt.date(2000, 1, 1), dt.date(2090, 12, 31)))
def test_every_day_is_found_in_figures_and_in_words(wanted: dt.date) -> None:
    for written in (
        f"{wanted.day}/{wanted.month}/{wanted.year}",
        f"{wanted.day:02d} tháng {wanted.month} năm {wanted.year}",
    ):
        (found,) = find_deadlines(f"báo cáo trước ngày {written}.", None)
        assert found.due.earliest == dt.datetime.combine(wanted, dt.time(), VIETNAM)
        assert found.due.latest == dt.datetime.combine(wanted, dt.time(23, 59, 59), VIETNAM)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021-09-20", day("2021-09-20")),
        ("2021-09", day("2021-09-01", "2021-09-30")),
        ("20/9/2021", day("2021-09-20")),
        ("2021-09-20T11:30", ("2021-09-20 11:30:00+0700",) * 2),
        ("2021-09-20T04:30:00+00:00", ("2021-09-20 04:30:00+0000",) * 2),
        ("trước 11h30 ngày 20/9/2021", ("2021-09-20 11:30:00+0700",) * 2),
    ],
)
def test_a_person_may_enter_a_deadline_as_a_text(text: str, expected: tuple[str, str]) -> None:
    patch = shape({"tasks": [{"text": "báo cáo", "assignees": ["Sở Y tế"], "due": text}]})
    record = Record.model_validate(apply(Record().model_dump(mode="json"), patch)[0])
    assert record.tasks[0].due is not None
    assert ends(record.tasks[0].due) == expected


def test_a_text_that_is_no_deadline_is_refused_with_what_to_write() -> None:
    assert parse_due("sớm nhất có thể") is None
    with pytest.raises(InvalidInputError, match="2021-09-20T11:30"):
        shape({"tasks": [{"text": "báo cáo", "due": "sớm nhất có thể"}]})
