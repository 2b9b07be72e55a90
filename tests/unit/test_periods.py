"""Deadlines that are counted from another day: by Điều 147 and 148 of the Civil Code, or kept as written."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.dates import partial_date
from services.core.deadlines import find_deadlines
from services.core.model import Due
from services.core.periods import is_day_off

ISSUED = partial_date(2021, 9, 9)  # a Thursday


def days(due: Due) -> tuple[str, str] | None:
    return (f"{due.earliest:%Y-%m-%d}", f"{due.latest:%Y-%m-%d}") if due.earliest and due.latest else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("trong thời hạn 05 ngày làm việc kể từ ngày ký.", ("2021-09-16", "2021-09-16")),
        ("trong thời hạn 10 (mười) ngày kể từ ngày ban hành Quyết định này", ("2021-09-19", "2021-09-20")),
        ("chậm nhất sau 3 ngày kể từ ngày 15/9/2021", ("2021-09-18", "2021-09-20")),
        ("không quá 02 tuần, tính từ ngày 15 tháng 9 năm 2021", ("2021-09-29", "2021-09-29")),
        ("báo cáo trong vòng 30 ngày sau ngày 01/9/2021", ("2021-10-01", "2021-10-01")),
        ("trong thời hạn một tháng kể từ ngày 31/8/2021", ("2021-09-30", "2021-09-30")),
        ("trong thời hạn 01 ngày làm việc kể từ ngày 01/9/2021", ("2021-09-03", "2021-09-03")),
    ],
)
def test_a_period_from_a_known_day_ends_on_a_day_or_the_working_day_after_it(
    text: str, expected: tuple[str, str]
) -> None:
    (found,) = find_deadlines(text, ISSUED)
    assert days(found.due) == expected
    assert text.rstrip(".").endswith(found.due.as_written)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "trong thời hạn 05 ngày làm việc kể từ ngày nhận được văn bản này, gửi về Sở",
            "trong thời hạn 05 ngày làm việc kể từ ngày nhận được văn bản này",
        ),
        ("chậm nhất sau 3 ngày kể từ ngày nhận.", "chậm nhất sau 3 ngày kể từ ngày nhận"),
        ("gửi báo cáo trong vòng 24 giờ", "trong vòng 24 giờ"),
        ("trong thời hạn 05 ngày kể từ ngày ký hợp đồng", "trong thời hạn 05 ngày kể từ ngày ký hợp đồng"),
        ("báo cáo hằng tháng trước ngày 25", "hằng tháng trước ngày 25"),
    ],
)
def test_a_period_from_a_day_that_nothing_tells_is_kept_as_written(text: str, words: str) -> None:
    (found,) = find_deadlines(text, ISSUED)
    assert found.due == Due(as_written=words)


@pytest.mark.parametrize(
    "text",
    [
        "cách ly tại nhà trong 14 ngày",
        "giãn cách xã hội trong 14 ngày kể từ 0 giờ ngày 09/9/2021",
        "báo cáo kết quả trong 05 năm qua",
        "tăng 5% trong 6 tháng đầu năm",
        "được lưu trữ với thời hạn 05 năm kể từ thời điểm sử dụng",
        "có hiệu lực trong thời hạn 12 tháng kể từ ngày ký",
        "có hiệu lực sau 45 ngày kể từ ngày ký",
    ],
)
def test_how_long_something_lasts_is_no_deadline(text: str) -> None:
    assert find_deadlines(text, ISSUED) == []


def test_a_period_from_the_day_of_signing_has_no_moment_where_that_day_is_unknown() -> None:
    (found,) = find_deadlines("trong thời hạn 05 ngày kể từ ngày ký", partial_date(2021, 9))
    assert days(found.due) is None


@given(st.dates(dt.date(2000, 1, 1), dt.date(2090, 12, 31)), st.integers(1, 60))
def test_so_many_working_days_lie_behind_the_first_day_and_the_last_is_one_of_them(first: dt.date, count: int) -> None:
    text = f"trong thời hạn {count} ngày làm việc kể từ ngày {first.day}/{first.month}/{first.year}"
    (found,) = find_deadlines(text, None)
    assert found.due.latest
    last = found.due.latest.date()
    between = [first + dt.timedelta(days=n) for n in range(1, (last - first).days + 1)]
    assert sum(not is_day_off(day) for day in between) == count
    assert not is_day_off(last)
