"""What a stamp of arrival says, in the wordings that are in use, and how many looks at it make it sure."""

from __future__ import annotations

import datetime as dt

import pytest

from services.core.model import Box, Reading
from services.fields.stamps import find_stamp

ISSUED = dt.date(2021, 8, 17)
DAY = dt.date(2021, 8, 18)


def seen(*looks: str) -> list[Reading]:
    return [Reading("stamp", looks[0], 0.0, "best", candidates=looks, box=Box(0, 0, 100, 40))]


@pytest.mark.parametrize(
    ("look", "number", "on"),
    [
        ("VĂN BẢN ĐIỆN TỬ\nSố 6906 Ngày 18/08/2021", "6906", DAY),
        ("VĂN BẢN ĐIỆN TỬ Số 6906 Ngày 18-8-2021", "6906", DAY),
        ("SỞ Y TẾ\nĐẾN Số: 0045\nNgày: 18.8.21\nChuyển: ....", "0045", DAY),
        ("CÔNG VĂN ĐẾN\nSố đến: 123/VB\nNgày đến: 18/8/2021\nGiờ: 08h30", "123/VB", DAY),
        ("ĐẾN\nNgày 18 tháng 8 năm 2021\nSố: 77", "77", DAY),
        ("CONG VAN DEN\nSo 12\nNgay 18/8/2021", "12", DAY),
        ("CÔNG VĂN ĐẾN\nSố: 123/CVĐ\nNgày: 18/8/2021", "123/CVĐ", DAY),
        ("UBND TỈNH\nĐẾN $#: 2184 Ngày: 18/8/2021", "2184", DAY),
        ("ĐẾN\nS6. 3415\nNgày: 18/8/2021", "3415", DAY),
        ("ĐẾN\nS S055 Ngày: 18/8/2021", "5055", DAY),
        ("CÔNG VĂN ĐẾN\nS5 tn: 4384\nNgày đến: 18/8/2021", "4384", DAY),
        ("ĐẾN\nSố: 123/UBND-VX\nNgày: 38/8/2021", None, None),
        ("ĐẾN\nGiờ: 0830\nNgày: 18/8/2021\nS6. 3415", "3415", DAY),
        ("VÅN BÁN DIÊN T\nS8 5680 Ngay 18-08-2021", "5680", DAY),
        ("ĐẾN\nSo:739g\nNgay:18/8/2021", "7399", DAY),
        ("ĐẾN\n14g05\nNgày: 18/8/2021\nSố 77", "77", DAY),
        ("CÔNG VĂN ĐẾN\nSố: 123/CVD\nNgày: 18/8/2021", "123/CVĐ", DAY),
    ],
)
def test_number_and_date_are_read_in_every_wording(look: str, number: str | None, on: dt.date | None) -> None:
    stamp = find_stamp([], seen(look, look), ISSUED)
    found = (stamp.arrival.number, stamp.arrival.on) if stamp else (None, None)
    assert found == (number, on)
    assert stamp is None or stamp.clear


@pytest.mark.parametrize(
    "line", ["Ngay 1808.2021", "Ngày: 18082021", "Ngay: 18/8 21", "Ngày 188 2021", "S 7 ngy 18 thng 8 nm 2021"]
)
def test_a_day_that_lost_strokes_or_letters_is_told_by_the_issue_and_doubtful(line: str) -> None:
    stamp = find_stamp([], seen(line, line), ISSUED)
    assert stamp is not None
    assert (stamp.arrival.on, stamp.clear) == (DAY, False)


def test_looks_that_stick_a_number_to_its_label_side_with_those_that_do_not() -> None:
    stamp = find_stamp([], seen(*["Số 6470\nNgày 18/8/2021"] * 2, *["S6470\nNgày 18/8/2021"] * 2), ISSUED)
    assert stamp is not None
    assert (stamp.arrival.number, stamp.clear) == ("6470", True)
    stamp = find_stamp([], seen(*["Số 34\nNgày 18/8/2021"] * 2, *["S034\nNgày 18/8/2021"] * 2), ISSUED)
    assert stamp is not None
    assert stamp.arrival.number == "34"


def test_letters_of_a_number_keep_the_marks_that_any_look_has() -> None:
    stamp = find_stamp([], seen("Số 12/CVĐ", "Số 12/CVD", "S 12/CVD"), ISSUED)
    assert stamp is not None
    assert stamp.arrival.number == "12/CVĐ"


def test_what_one_look_alone_says_is_doubtful_and_what_most_say_is_taken() -> None:
    right, wrong = "Số 6906 Ngày 18/8/2021", "Số 6908 Ngày 18/8/2021"
    alone = find_stamp([], seen(right, "ĐẾN"), ISSUED)
    assert alone is not None
    assert not alone.clear
    most = find_stamp([], seen(wrong, right, right), ISSUED)
    assert most is not None
    assert (most.arrival.number, most.clear) == ("6906", True)


def test_the_documents_own_date_beside_a_stamp_is_no_date_of_arrival() -> None:
    look = "CÔNG VĂN ĐẾN\nSố: 12\nHà Nội, ngày 29 tháng 3 năm 2024"
    stamp = find_stamp([], seen(look, look), dt.date(2024, 3, 29))
    assert stamp is not None
    assert (stamp.arrival.number, stamp.arrival.on) == ("12", None)
    assert not stamp.clear


def test_a_five_among_dots_is_no_label_of_a_number() -> None:
    assert find_stamp([], seen("ĐẾN Ngày...5..14.12 ©21...", "ĐẾN"), ISSUED) is None


def test_a_year_that_is_one_digit_off_is_put_right_and_stays_doubtful() -> None:
    stamp = find_stamp([], seen("Số 6906 Ngày 18/8/2921", "Số 6906 Ngày 18/8/2921"), ISSUED)
    assert stamp is not None
    assert (stamp.arrival.on, stamp.clear) == (DAY, False)


def test_a_day_soon_after_the_issue_goes_before_one_that_was_read_more_often() -> None:
    stamp = find_stamp([], seen("Số 1 Ngày 18/8/2091", "Số 1 Ngày 18/8/2091", "Số 1 Ngày 18/8/2021"), ISSUED)
    assert stamp is not None
    assert (stamp.arrival.on, stamp.clear) == (DAY, False)


def test_a_line_of_the_hour_is_no_number() -> None:
    stamp = find_stamp([], seen(*["ĐẾN\nNgày: 18/8/2021\nGiờ 1405"] * 2), ISSUED)
    assert stamp is not None
    assert (stamp.arrival.number, stamp.arrival.on) == (None, DAY)
    stamp = find_stamp([], seen(*["ĐẾN\nNgày: 18/8/2021\nSsờ' 14 giơ 05\nSố: 69"] * 2), ISSUED)
    assert stamp is not None
    assert stamp.arrival.number == "69"
