"""Numbers and days that a pen wrote: the second look is a witness beside the printed line and the file's name."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from services.core.dates import iso
from services.core.model import Box, Evidence, PageText, Reading, Record
from services.fields import Hints, extract
from tests.unit.fields_support import TAXONOMY, Row, compose, scan_page

SURE, UNSURE = 0.95, 0.4
STAMP = Box(90, 130, 200, 170)
LOOKED_AT = {"number": Box(118, 96, 160, 114), "day": Box(430, 98, 450, 116), "month": Box(500, 98, 520, 116)}


def seen(part: Literal["number", "day", "month", "arrival"], *texts: str, accepted: bool = False) -> Reading:
    confidence, box = 0.97 if accepted else 0.5, LOOKED_AT.get(part, STAMP)
    return Reading(part, texts[0], confidence, "pen", accepted=accepted, candidates=texts, box=box)


def page(number: str, date: str, confidence: float, *readings: Reading) -> PageText:
    rows: list[Row] = [
        ("ỦY BAN NHÂN DÂN", 90.0, 60.0),
        ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 330.0, 60.0),
        ("TỈNH QUẢNG NGÃI", 95.0, 75.0),
        ("Độc lập - Tự do - Hạnh phúc", 350.0, 75.0),
        (f"Số: {number}/QĐ-UBND", 100.0, 100.0, confidence),
        (f"Quảng Ngãi, ngày {date} năm 2024", 330.0, 102.0, confidence),
        ("QUYẾT ĐỊNH", 260.0, 140.0),
        ("Về việc phê duyệt kế hoạch ứng phó sự cố tràn dầu", 160.0, 160.0),
    ]
    return replace(scan_page(rows), readings=readings)


def read(made: PageText, file_name: str | None = None) -> tuple[Record, dict[str, Evidence]]:
    extraction = extract([made], compose([made]), Hints(file_name=file_name), TAXONOMY)
    return extraction.record, extraction.evidence


def test_an_accepted_second_look_fills_number_day_and_month_with_evidence_that_says_so() -> None:
    looks = [seen("number", "84", accepted=True), seen("day", "03", accepted=True), seen("month", "2", accepted=True)]
    record, evidence = read(page("#4 ", "à tháng 02", SURE, *looks))
    assert (record.symbol, iso(record.issued_on)) == ("84/QĐ-UBND", "2024-02-03")
    assert (evidence["symbol"].confirmed, evidence["symbol"].witness) == (True, "pen")
    assert (evidence["issued_on"].confirmed, evidence["issued_on"].witness) == (True, "place_date,pen")
    assert not {"number_blank", "day_blank"} & {warning.code for warning in record.warnings}


def test_one_that_was_not_accepted_is_a_guess_with_its_candidates() -> None:
    record, evidence = read(page("?? ", "&& tháng 9", UNSURE, seen("number", "41", "11"), seen("day", "15", "13")))
    assert (record.number, iso(record.issued_on)) == ("41", "2024-09-15")
    assert not evidence["symbol"].confirmed
    assert {"41/QĐ-UBND", "11/QĐ-UBND"} <= set(evidence["symbol"].candidates)
    assert not evidence["issued_on"].confirmed
    assert evidence["issued_on"].candidates[:2] == ("2024-09-15", "2024-09-13")


def test_print_that_is_sure_stands_against_a_second_look_that_is_not() -> None:
    record, evidence = read(page("575", "23 tháng 9", SURE, seen("number", "515"), seen("day", "28")))
    assert (record.number, iso(record.issued_on)) == ("575", "2024-09-23")
    assert evidence["symbol"].confirmed
    assert evidence["issued_on"].confirmed


def test_two_sure_witnesses_that_differ_confirm_nothing() -> None:
    looks = [seen("number", "515", accepted=True), seen("day", "28", accepted=True), seen("month", "9", accepted=True)]
    _, evidence = read(page("575", "23 tháng 9", SURE, *looks))
    assert {"575/QĐ-UBND", "515/QĐ-UBND"} <= set(evidence["symbol"].candidates)
    assert {"2024-09-23", "2024-09-28"} <= set(evidence["issued_on"].candidates)
    assert not evidence["symbol"].confirmed
    assert not evidence["issued_on"].confirmed


def test_print_and_pen_that_are_both_unsure_confirm_nothing_by_agreeing() -> None:
    record, evidence = read(page("44 ", "14 tháng 9", UNSURE, seen("number", "44"), seen("day", "14")))
    assert (record.number, iso(record.issued_on)) == ("44", "2024-09-14")
    assert not evidence["symbol"].confirmed
    assert not evidence["issued_on"].confirmed


@pytest.mark.parametrize(("looked", "confirmed"), [("051", True), ("57", False)])
def test_the_file_name_confirms_a_second_look_that_says_the_same_and_no_other(looked: str, confirmed: bool) -> None:
    _, evidence = read(page("§ ", "12 tháng 9", UNSURE, seen("number", looked)), "51_QD_UB.signed.pdf")
    assert evidence["symbol"].confirmed is confirmed


def test_an_accepted_second_look_and_the_file_name_outvote_a_printed_number_that_looked_sure() -> None:
    record, evidence = read(page("1", "12 tháng 9", SURE, seen("number", "51", accepted=True)), "51_QD_UB.signed.pdf")
    assert (record.number, evidence["symbol"].confirmed) == ("51", True)


def test_an_accepted_second_look_against_the_file_name_is_left_to_people() -> None:
    record, evidence = read(page("§ ", "12 tháng 9", UNSURE, seen("number", "57", accepted=True)), "51_QD_UB.pdf")
    assert record.number == "57"
    assert not evidence["symbol"].confirmed
    assert "51/QĐ-UBND" in evidence["symbol"].candidates


def test_a_place_left_blank_stays_unknown() -> None:
    blank = [Reading(part, "", 0.99, "pen") for part in ("number", "day")]
    record, _ = read(page(" ", "    tháng 9", SURE, *blank))
    assert (record.number, iso(record.issued_on)) == (None, "2024-09")
    assert {"number_blank", "day_blank"} <= {warning.code for warning in record.warnings}


def test_the_year_behind_a_blank_is_not_its_number() -> None:
    made = page("    /2024", "12 tháng 9", SURE, seen("number", "2024"))
    record, _ = read(made)
    assert (record.number, record.symbol) == (None, "/2024/QĐ-UBND")


def test_day_and_month_are_confirmed_only_together() -> None:
    _, evidence = read(page("5 ", "&& tháng @", UNSURE, seen("day", "28", accepted=True), seen("month", "6")))
    assert not evidence["issued_on"].confirmed


def test_the_date_a_pen_wrote_into_a_stamp_is_taken_unconfirmed_where_it_follows_the_issue() -> None:
    for texts, written, on in [
        (("121412024",), "12/4/2024", "2024-04-12"),  # slashes read as ones
        (("46/4/2024", "1"), "16/4/2024", "2024-04-16"),  # a pen's 1 read as 4
        (("1214",), "12/4", "2024-04-12"),
        (("441412024", "141412024"), "14/4/2024", "2024-04-14"),
    ]:
        record, evidence = read(page("12", "11 tháng 4", SURE, seen("arrival", *texts)))
        assert record.arrival is not None
        assert (record.arrival.date, str(record.arrival.on)) == (written, on)
        assert not evidence["arrival"].confirmed
        assert (evidence["arrival"].page, evidence["arrival"].box) == (1, STAMP)
        assert iso(record.issued_on) == "2024-04-11"


@pytest.mark.parametrize("text", ["101412024", "12142023", "1202", "991412024", "7"])
def test_digits_in_a_stamp_that_are_no_date_after_the_issue_are_no_arrival(text: str) -> None:
    record, evidence = read(page("12", "11 tháng 4", SURE, seen("arrival", text)))
    assert record.arrival is None
    assert "arrival" not in evidence
