"""Digital signatures as witnesses of date and issuer."""

from __future__ import annotations

import datetime as dt

import pytest

from services.core.dates import iso
from services.core.model import DigitalSignature, Evidence, Record
from services.fields import Hints, extract
from tests.unit.fields_support import TAXONOMY, compose, text_page
from tests.unit.test_fields_pen import SURE, UNSURE, page, seen

OFFICE = "Ủy ban nhân dân tỉnh Quảng Ngãi"
PORTAL = "CỔNG THÔNG TIN ĐIỆN TỬ CHÍNH PHỦ"


def signature(day: str, name: str = OFFICE, *, intact: bool | None = True) -> DigitalSignature:
    """Make a signature of the late evening of a day in Vietnam, which is that day in UTC too."""
    at = dt.datetime.fromisoformat(f"{day}T23:30:00+07:00")
    return DigitalSignature(name=name, organization="Tỉnh Quảng Ngãi", signed_at=at, intact=intact)


def dated(date: str, confidence: float, day: str, *signatures: DigitalSignature) -> tuple[Record, Evidence]:
    made = page("84", date, confidence, seen("day", *day.split()))
    extraction = extract([made], compose([made]), Hints(signatures=signatures), TAXONOMY)
    return extraction.record, extraction.evidence["issued_on"]


def test_of_several_days_a_pen_may_have_written_the_one_of_the_issuers_signature_is_taken() -> None:
    record, evidence = dated("&& tháng 9", UNSURE, "01 11", signature("2024-09-11"))
    assert iso(record.issued_on) == "2024-09-11"
    assert not evidence.confirmed
    assert evidence.candidates[:2] == ("2024-09-11", "2024-09-01")
    assert evidence.witness == "place_date,pen,signature"


def test_a_day_read_and_the_same_day_signed_confirm_each_other() -> None:
    record, evidence = dated("&& tháng 9", UNSURE, "11 17", signature("2024-09-11"))
    assert iso(record.issued_on) == "2024-09-11"
    assert evidence.confirmed


def test_a_publishers_signature_names_no_day() -> None:
    record, evidence = dated("&& tháng 9", UNSURE, "01 11", signature("2024-09-11", PORTAL))
    assert iso(record.issued_on) == "2024-09-01"
    assert not evidence.confirmed


@pytest.mark.parametrize(("intact", "confirmed"), [(True, False), (False, True), (None, True)])
def test_a_date_after_a_sound_signature_is_a_guess(intact: bool | None, confirmed: bool) -> None:
    record, evidence = dated("23 tháng 9", SURE, "23", signature("2024-09-20", PORTAL, intact=intact))
    assert iso(record.issued_on) == "2024-09-23"
    assert evidence.confirmed is confirmed


def test_a_blank_day_is_not_after_the_signature() -> None:
    made = text_page(
        "UBND TỈNH QUẢNG NGÃI\n\nSố: /UBND-KGVX\n\nQuảng Ngãi, ngày   tháng 9 năm 2024\n\nKính gửi: Sở Y tế."
    )
    hints = Hints(signatures=(signature("2024-09-12", PORTAL),))
    date = extract([made], compose([made]), hints, TAXONOMY).record.issued_on
    assert date is not None
    assert (date.day, date.earliest, date.latest) == (None, dt.date(2024, 9, 1), dt.date(2024, 9, 12))


HEADLESS = (
    "Số: 12/UBND-KGVX\n\nQuảng Ngãi, ngày 10 tháng 9 năm 2024\n\nKính gửi: Sở Y tế.\n\nThực hiện kế hoạch năm học."
)


def issuer_of(*signatures: DigitalSignature, text: str = HEADLESS) -> tuple[str | None, Evidence | None]:
    made = text_page(text)
    extraction = extract([made], compose([made]), Hints(signatures=signatures), TAXONOMY)
    issuer = extraction.record.issuer
    return issuer.id if issuer else None, extraction.evidence.get("issuer")


def test_an_issuer_told_by_place_and_notation_is_sure_once_the_office_signed() -> None:
    alone, doubted = issuer_of()
    agreed, evidence = issuer_of(signature("2024-09-10"))
    assert alone == agreed
    assert doubted is not None
    assert not doubted.confirmed
    assert evidence is not None
    assert evidence.confirmed
    assert evidence.witness == "place,notation,signature"


def test_where_nothing_names_an_issuer_the_office_that_signed_is_a_guess_and_a_portal_is_none() -> None:
    text = "Kính gửi: Sở Y tế.\n\nThực hiện kế hoạch năm học, đề nghị các đơn vị báo cáo."
    named, evidence = issuer_of(signature("2024-09-11", PORTAL), signature("2024-09-10"), text=text)
    assert named == issuer_of(signature("2024-09-10"))[0]
    assert evidence is not None
    assert not evidence.confirmed
    assert issuer_of(signature("2024-09-11", PORTAL), text=text) == (None, None)
