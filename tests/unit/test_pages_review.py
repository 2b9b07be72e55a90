"""Correcting a record in the browser: the form means what it shows, nothing that was typed is lost."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.core.model import Arrival, Evidence, Issuer, PartialDate, Recipient, Record, Signer
from services.web.entries import ENTRIES, candidates, patch_of, shown, written
from tests.unit.web_support import House, P, open_house

LINES = [
    "UBND TỈNH LAI CHÂU",
    "Số: 3030/UBND-KGVX Lai Châu, ngày 14 tháng 9 năm 2021",
    "V/v tiêm vắc xin ưu tiên",
    "Khẩn trương tổ chức tiêm vắc xin phòng dịch.",
]
FULL = Record(
    symbol="3030/UBND-KGVX",
    number="3030",
    notation="UBND-KGVX",
    kind={"code": "CV", "name": "Công văn"},
    issuer=Issuer(name="SỞ Y TẾ", parent="UBND TỈNH LAI CHÂU", level="province"),
    issued_on=PartialDate(year=2021, month=9, earliest="2021-09-01", latest="2021-09-30"),
    place="Lai Châu",
    subject="tiêm vắc xin\nưu tiên",
    addressees=("Sở A", "Sở B"),
    recipients=(Recipient(name="Như trên"), Recipient(name="Bộ Y tế", role="b/c")),
    signer=Signer(authority=("TM. ỦY BAN", "KT. CHỦ TỊCH"), title="Phó Chủ tịch", name="Trần Tiến Dũng"),
    urgency="HỎA TỐC",
    arrival=Arrival(number="12", date="15/9/21", on="2021-09-15"),
)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path) as house:
        yield house


def form_of(page: str) -> dict[str, str]:
    """Return what a browser would send of the page's form if nobody touched it."""
    form = page[page.index('class="review-form"') : page.index('id="history"')]
    found = {}
    for tag in re.findall(r"<input [^>]*>", form):
        attributes = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if attributes.get("type") != "checkbox":
            found[attributes["name"]] = html.unescape(attributes["value"])
    for name, text in re.findall(r'<textarea [^>]*name="([^"]+)"[^>]*>\n(.*?)</textarea>', form, re.DOTALL):
        found[name] = html.unescape(text).replace("\n", "\r\n")  # as browsers send it
    for name, options in re.findall(r'<select [^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = html.unescape(chosen[1]) if chosen else ""
    return found


async def send(house: House, document: str, form: dict[str, str], **typed: Any) -> httpx.Response:
    return await house.client.post(f"/documents/{document}/review", data={**form, **typed})


async def opened(house: House, document: str) -> dict[str, str]:
    answer = await house.client.get(f"/documents/{document}/review")
    assert answer.status_code == 200
    return form_of(answer.text)


async def record_of(house: House, document: str) -> Record:
    return (await house.archive.documents.get(P, document)).record


# --------------------------------------------------------------------------- the form and the record


@pytest.mark.parametrize("record", [Record(), FULL])
def test_a_form_that_nobody_touched_means_no_change(record: Record) -> None:
    assert patch_of(record, written(record), ()) == {}


@pytest.mark.parametrize(
    ("said", "patch"),
    [
        ({"symbol": " 31/UBND-VX "}, {"symbol": "31/UBND-VX"}),
        ({"symbol": ""}, {"symbol": None}),
        ({"issued_on": "14/9/2021"}, {"issued_on": "14/9/2021"}),
        ({"issued_on": "8/2021"}, {"issued_on": "2021-08"}),
        ({"addressees": "Sở A\r\n\r\n Sở  C \r\n"}, {"addressees": ["Sở A", "Sở C"]}),
        (
            {"recipients": "Bộ Y tế (b/c)\nNhư trên"},
            {"recipients": [{"name": "Bộ Y tế", "role": "b/c"}, {"name": "Như trên"}]},
        ),
        (
            {"signer.authority": "KT. GIÁM ĐỐC"},
            {"signer": {"authority": ["KT. GIÁM ĐỐC"], "title": "Phó Chủ tịch", "name": "Trần Tiến Dũng"}},
        ),
        ({"arrival.date": "16/9/2021"}, {"arrival": {"number": "12", "date": "16/9/2021", "on": "2021-09-16"}}),
        ({"issuer.name": "", "issuer.parent": ""}, {"issuer": None}),
        ({"nothing": "of the form"}, {}),
    ],
)
def test_only_what_was_changed_is_entered(said: dict[str, str], patch: dict[str, Any]) -> None:
    assert patch_of(FULL, {**written(FULL), **said}, ()) == patch


def test_a_value_is_confirmed_as_it_stands() -> None:
    assert patch_of(FULL, written(FULL), ["place", "secrecy"]) == {"place": "Lai Châu", "secrecy": None}
    assert patch_of(FULL, {**written(FULL), "place": "Kon Tum"}, ["place"]) == {"place": "Kon Tum"}


def test_candidates_are_offered_as_they_would_be_typed() -> None:
    entries = {entry.key: entry for entry in ENTRIES}
    seen = Evidence(how="read", candidates=("3030", "3080", "3080/UBND-KGVX"))
    offered = candidates(entries["symbol"], seen, FULL, written(FULL))
    assert [(one.input, one.text) for one in offered] == [("symbol", "3080/UBND-KGVX")]
    dates = candidates(entries["issued_on"], Evidence(how="read", candidates=("2021-09-14",)), FULL, written(FULL))
    assert [(one.input, one.text) for one in dates] == [("issued_on", "14/09/2021")]


def test_values_of_the_history_are_shown_as_the_form_has_them() -> None:
    assert shown("signer", {"name": "A", "title": "B", "authority": ["C"]}) == "C · B · A"
    assert shown("addressees", ["Sở A", "Sở B"]) == "Sở A; Sở B"
    assert shown("place", None) == ""


# --------------------------------------------------------------------------- the page


async def test_what_is_saved_is_entered_and_the_next_of_the_queue_is_shown(house: House) -> None:
    first = await house.seed(LINES)
    form = await opened(house, first)
    answer = await send(house, first, form, place="Kon Tum", confirm=["signer"], then="next")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/review/next?cursor=")
    document = await house.archive.documents.get(P, first)
    assert document.record.place == "Kon Tum"
    assert {key for key, found in document.evidence.items() if found.how == "entered"} == {"place", "signer"}
    following = await house.client.get(answer.headers["location"])
    assert following.status_code == 303
    assert following.headers["location"] in ("/review", f"/documents/{first}/review")


async def test_the_second_of_two_is_told_and_keeps_what_was_typed(house: House) -> None:
    document = await house.seed(LINES)
    form = await opened(house, document)
    await house.archive.documents.correct(P, document, {"place": "Điện Biên", "shelf": "Kho 1"})
    answer = await send(house, document, form, place="Kon Tum", fonds="UB")
    assert answer.status_code == 409
    again = form_of(answer.text)
    assert (again["place"], again["was.place"], again["fonds"], again["shelf"]) == (
        "Kon Tum",
        "Điện Biên",
        "UB",
        "Kho 1",
    )
    assert "Người khác vừa nhập: Điện Biên" in answer.text
    assert (await record_of(house, document)).place == "Điện Biên"
    answer = await send(house, document, again, then="stay")
    assert answer.status_code == 303
    record = await record_of(house, document)
    assert (record.place, record.fonds, record.shelf) == ("Kon Tum", "UB", "Kho 1")


async def test_a_value_that_makes_no_sense_comes_back_with_the_rest(house: House) -> None:
    document = await house.seed(LINES)
    form = await opened(house, document)
    answer = await house.client.post(
        f"/documents/{document}/review", data={**form, "issued_on": "30/2/2021", "fonds": "UB"}
    )
    assert answer.status_code == 422
    again = form_of(answer.text)
    assert (again["issued_on"], again["fonds"]) == ("30/2/2021", "UB")
    assert (await record_of(house, document)).fonds is None


async def test_a_candidate_is_taken_without_scripts_and_nothing_is_saved_by_it(house: House) -> None:
    document = await house.seed(LINES)
    form = await opened(house, document)
    answer = await house.client.post(
        f"/documents/{document}/review", data={**form, "take": "symbol:12/UBND-VX", "fonds": "UB"}
    )
    assert answer.status_code == 200
    again = form_of(answer.text)
    assert (again["symbol"], again["fonds"], again["was.fonds"]) == ("12/UBND-VX", "UB", "")
    assert (await record_of(house, document)).symbol == "3030/UBND-KGVX"


async def test_a_correction_is_taken_back_on_the_page_and_over_the_api(house: House) -> None:
    document = await house.seed(LINES)
    await house.archive.documents.correct(P, document, {"fonds": "UB"})
    await house.archive.documents.correct(P, document, {"shelf": "Kho 1"})
    answer = await house.client.get(f"/api/v1/documents/{document}/corrections")
    newest, first = answer.json()["items"]
    assert newest["changes"] == [{"key": "shelf", "before": None, "after": "Kho 1"}]
    form = {"revision": str((await house.archive.documents.get(P, document)).revision)}
    answer = await house.client.post(f"/documents/{document}/corrections/{first['id']}/withdraw", data=form)
    assert answer.status_code == 303
    address = f"/api/v1/documents/{document}/corrections/{newest['id']}"
    assert (await house.client.delete(address)).status_code == 428
    assert (await house.client.delete(address, headers={"If-Match": '"1-done"'})).status_code == 412
    etag = (await house.client.get(f"/api/v1/documents/{document}")).headers["etag"]
    back = await house.client.delete(address, headers={"If-Match": etag})
    assert (back.status_code, back.json()["record"]["fonds"], back.json()["record"]["shelf"]) == (200, None, None)
    assert (await house.client.delete(address, headers={"If-Match": back.headers["etag"]})).status_code == 409


async def test_the_queue_is_there_for_programs_too(house: House) -> None:
    document = await house.seed([])  # a page without words is asked about
    queue = (await house.client.get("/api/v1/review")).json()
    (line,) = queue["items"]
    assert (queue["total"], line["document"]["id"]) == (1, document)
    assert [question["code"] for question in line["questions"]] == ["no_text"]
    assert line["links"]["html"] == f"/documents/{document}/review"
