"""Citations over the API and on the page of a document: both ways, recalled, repeated, and what is missing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.web_support import House, P, open_house

DISPATCH = {
    "symbol": "1356/CĐ-BYT",
    "kind": "CĐ",
    "issuer": "BỘ Y TẾ",
    "issued_on": "2021-09-08",
    "subject": "Kiểm tra phòng dịch",
}
LETTER = {"symbol": "3030/UBND-KGVX", "kind": "CV", "issuer": "UBND TỈNH ĐIỆN BIÊN", "issued_on": "2021-09-14"}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path) as house:
        yield house


async def taken_in(house: House, record: dict[str, Any], text: str) -> str:
    """Import a document with this record; return its id."""
    batch = await house.archive.intake.create_batch(P)
    line = {"id": str(record["symbol"]), "text": text, "record": record}
    await house.archive.intake.import_line(P, batch.id, line)
    await house.work()
    (item,) = await house.items(batch.id)
    return item.document_ids[0]


async def letter_and_dispatch(house: House, verb: str = "Thực hiện") -> tuple[str, str]:
    text = f"{verb} Công điện số 1356/CĐ-BYT ngày 08/9/2021 của Bộ Y tế về kiểm tra."
    letter = await taken_in(house, LETTER, text)
    return letter, await taken_in(house, DISPATCH, "Yêu cầu kiểm tra công tác phòng dịch.")


async def relations(house: House, document: str) -> dict[str, Any]:
    answer = await house.client.get(f"/api/v1/documents/{document}/citations")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_document_tells_what_it_cites_and_what_cites_it(house: House) -> None:
    letter, dispatch = await letter_and_dispatch(house)
    (cited,) = (await relations(house, letter))["cites"]
    assert (cited["citation"]["raw"], cited["citation"]["role"]) == ("1356/CĐ-BYT", "implements")
    assert (cited["document"]["id"], cited["candidates"]) == (dispatch, 1)
    back = await relations(house, dispatch)
    assert [(c["document"]["id"], c["role"], c["page"]) for c in back["cited_by"]] == [(letter, "implements", 1)]
    assert (back["cited_by_count"], back["recalled_by"]) == (1, [])


async def test_the_record_names_the_cited_document_and_its_etag_changes_with_that_alone(house: House) -> None:
    letter = await taken_in(house, LETTER, "Thực hiện Công điện số 1356/CĐ-BYT ngày 08/9/2021 của Bộ Y tế.")
    address = f"/api/v1/documents/{letter}"
    before = await house.client.get(address)
    assert before.json()["record"]["citations"][0]["document_id"] is None
    dispatch = await taken_in(house, DISPATCH, "Yêu cầu kiểm tra.")
    after = await house.client.get(address, headers={"If-None-Match": before.headers["etag"]})
    assert (after.status_code, after.json()["revision"]) == (200, before.json()["revision"])
    assert after.json()["record"]["citations"][0]["document_id"] == dispatch
    same = await house.client.get(address, headers={"If-None-Match": after.headers["etag"]})
    assert same.status_code == 304


async def test_a_correction_is_taken_with_either_etag_of_the_revision_that_was_read(house: House) -> None:
    letter = await taken_in(house, LETTER, "Thực hiện Công điện số 1356/CĐ-BYT ngày 08/9/2021 của Bộ Y tế.")
    address = f"/api/v1/documents/{letter}"
    early = (await house.client.get(address)).headers["etag"]
    await taken_in(house, DISPATCH, "Yêu cầu kiểm tra.")
    done = await house.client.patch(f"{address}/record", json={"place": "Điện Biên"}, headers={"If-Match": early})
    assert done.status_code == 200, done.text
    again = await house.client.patch(
        f"{address}/record", json={"place": "x"}, headers={"If-Match": done.headers["etag"]}
    )
    assert again.status_code == 200
    stale = await house.client.patch(f"{address}/record", json={"place": "y"}, headers={"If-Match": early})
    assert stale.status_code == 412


async def test_what_is_cited_and_not_here_is_listed_until_it_comes(house: House) -> None:
    letter = await taken_in(house, LETTER, "Thực hiện Công điện số 1356/CĐ-BYT ngày 08/9/2021 của Bộ Y tế.")
    (missing,) = (await house.client.get("/api/v1/citations/missing")).json()["items"]
    assert (missing["symbol"], missing["issued_on"], missing["count"]) == ("1356/CĐ-BYT", "2021-09-08", 1)
    assert [ref["id"] for ref in missing["cited_by"]] == [letter]
    await taken_in(house, DISPATCH, "Yêu cầu kiểm tra.")
    assert (await house.client.get("/api/v1/citations/missing")).json() == {"items": [], "next": None}


async def test_the_page_links_citations_both_ways(house: House) -> None:
    letter, dispatch = await letter_and_dispatch(house)
    page = (await house.client.get(f"/documents/{letter}?lang=en")).text
    assert f'<a href="/documents/{dispatch}">1356/CĐ-BYT</a>' in page
    assert "carries out" in page
    back = (await house.client.get(f"/documents/{dispatch}?lang=en")).text
    assert f'<a href="/documents/{letter}">3030/UBND-KGVX</a>' in back
    assert "recalled" not in back


async def test_the_page_of_a_recalled_document_says_so_first(house: House) -> None:
    letter, dispatch = await letter_and_dispatch(house, "Thu hồi")
    assert [ref["id"] for ref in (await relations(house, dispatch))["recalled_by"]] == [letter]
    page = (await house.client.get(f"/documents/{dispatch}?lang=en")).text
    assert f'recalled by <a href="/documents/{letter}">' in page
    assert page.index("recalled by") < page.index("record-title")


async def test_the_page_and_the_answer_warn_of_a_number_that_repeats(house: House) -> None:
    _, dispatch = await letter_and_dispatch(house)
    line = {**DISPATCH, "symbol": "01356/CĐ-BYT", "issued_on": "2021-10-08"}
    await taken_in(house, line, "Yêu cầu khác.")
    (warning,) = (await relations(house, dispatch))["warnings"]
    assert warning == {"code": "number_repeated", "params": {"symbol": "1356/CĐ-BYT", "count": 1}}
    assert "are also those of 1 other document" in (await house.client.get(f"/documents/{dispatch}?lang=en")).text


async def test_the_citations_of_what_is_not_there_are_not_found(house: House) -> None:
    letter, _ = await letter_and_dispatch(house)
    assert (await house.client.get(f"/api/v1/documents/{'0' * 36}/citations")).status_code == 404
    await house.client.delete(f"/api/v1/documents/{letter}")
    assert (await house.client.get(f"/api/v1/documents/{letter}/citations")).status_code == 410
    assert (await house.client.get("/api/v1/citations/missing?cursor=x")).status_code == 422
