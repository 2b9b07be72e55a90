"""A stamp of arrival in black among the lines of a head: its number is never taken for the document's own."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from services.core.model import Box, PageText, Reading
from services.fields import Hints, extract
from services.fields.own_lines import names_issuer
from tests.unit.fields_support import TAXONOMY, Row, compose, read, scan_page

HEAD: list[Row] = [
    ("BỘ NỘI VỤ", 130.0, 61.0),
    ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 330.0, 60.0),
    ("Độc lập - Tự do - Hạnh phúc", 340.0, 79.0),
    ("Số: 1208/BNV-TY", 112.0, 112.0),
    ("Hà Nội, ngày 26 tháng 12 năm 2021", 330.0, 113.0),
    ("Kính gửi: Ủy ban nhân dân các tỉnh", 131.0, 182.0),
]
TITLE: Row = ("ĐẾN", 249.0, 68.0)
REGISTERED: Row = ("Số: 7351/CVĐ", 189.0, 88.0)
OWN = HEAD[3]


def symbol_of(*rows: Row) -> str | None:
    return extract(
        [page := scan_page(sorted(rows, key=lambda row: row[2]))], compose([page]), Hints(), TAXONOMY
    ).record.symbol


def test_of_two_numbers_the_one_level_with_the_date_is_the_documents() -> None:
    assert symbol_of(*HEAD, REGISTERED) == "1208/BNV-TY"


@pytest.mark.parametrize("stamp", [(REGISTERED,), (TITLE, REGISTERED)])
def test_where_the_own_number_is_lost_that_of_the_stamp_does_not_stand_in(stamp: tuple[Row, ...]) -> None:
    assert symbol_of(*(row for row in HEAD if row is not OWN), *stamp) is None


def test_what_calls_itself_a_number_of_arrival_is_never_the_documents_own() -> None:
    arrived: Row = ("Số đến: 5378/VB - Ngày đến: 18.3.20", *OWN[1:])
    assert symbol_of(*(arrived if row is OWN else row for row in HEAD)) is None
    assert symbol_of(*HEAD, arrived) == "1208/BNV-TY"


def test_beside_the_title_of_a_stamp_a_number_without_an_issuer_is_the_stamps_in_text_too() -> None:
    assert (
        read("ĐẾN\n\nSố: 123/VB\n\nBỘ NỘI VỤ\n\nSố: 1208/BNV-TY\n\nHà Nội, ngày 26 tháng 12 năm 2021").record.number
        == "1208"
    )


@pytest.mark.parametrize(
    ("symbol", "named"),
    [
        ("12/UBND", True),
        ("12/TB-XYZ", True),
        ("12-CV/TU", True),
        ("7351/CVĐ", False),
        ("12/VB", False),
        ("12/CV", False),
    ],
)
def test_the_notation_of_a_register_names_no_issuer(symbol: str, named: bool) -> None:
    assert names_issuer(f"Số: {symbol}") is named


def with_look(box: Box, part: Literal["number", "stamp"] = "number") -> PageText:
    look = Reading(
        part, "1049", 0.99, "pen" if part == "number" else "best", accepted=True, candidates=("1049",), box=box
    )
    return replace(scan_page(HEAD), readings=(look,))


def test_a_second_look_at_another_line_says_nothing_of_the_number() -> None:
    above = with_look(Box(120, 79, 179, 96))
    assert extract([above], compose([above]), Hints(), TAXONOMY).record.number == "1208"


@pytest.mark.parametrize(
    ("own", "sure"), [("Số: 2687/BC-P", False), ("Số: 1208/TB", False), ("Số: 1208/BNV", True), ("Số: 88/BC-BNV", True)]
)
def test_a_notation_whose_end_is_lost_is_left_to_be_confirmed(own: str, sure: bool) -> None:
    page = scan_page([(own, *OWN[1:]) if row is OWN else row for row in HEAD])
    assert extract([page], compose([page]), Hints(), TAXONOMY).evidence["symbol"].confirmed is sure


@pytest.mark.parametrize(("own", "sure"), [("Số: 1208/BNV-TY", False), ("Số: 1208/BNV-TH", True)])
def test_under_a_stamp_a_notation_is_sure_only_where_all_its_groups_are_known(own: str, sure: bool) -> None:
    rows = [(own, *OWN[1:]) if row is OWN else row for row in HEAD]
    page = replace(scan_page(rows), readings=with_look(Box(100, 70, 300, 140), "stamp").readings)
    assert extract([page], compose([page]), Hints(), TAXONOMY).evidence["symbol"].confirmed is sure
