"""The pages of registers: the book of a month with chosen columns, and an office's own held against the archive."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.unit.test_api_citations import taken_in
from tests.unit.test_api_registers import BOOK
from tests.unit.test_web_pages import HOSTILE, Tags, page
from tests.unit.test_web_pages_lists import links, said
from tests.unit.web_support import House, open_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path) as house:
        yield house


async def letter(house: House, number: int, arrived: str = "2021-09-16", issuer: str = "UBND TỈNH ĐIỆN BIÊN") -> str:
    """A document that was issued on 14/9/2021, with its stamp of arrival."""
    record: dict[str, Any] = {
        "symbol": f"{number}/UBND-KGVX",
        "kind": "CV",
        "issuer": issuer,
        "issued_on": "2021-09-14",
        "subject": f"V/v tiêm vắc xin {number}",
        "arrival": {"number": str(number), "date": arrived, "on": arrived},
    }
    return await taken_in(house, record, "Công văn về việc tiêm vắc xin.")


def cells(tags: Tags) -> list[str]:
    """Return the texts of the book's cells."""
    return [text for text in tags.text("td") if text.strip()]


def heads(tags: Tags) -> list[str]:
    return [text for text in tags.text("th") if text.strip()]


@pytest.mark.parametrize("book", ["incoming", "outgoing", "follow-up"])
@pytest.mark.parametrize("language", ["vi", "en"])
async def test_the_page_is_well_formed_empty_and_full(house: House, book: str, language: str) -> None:
    for _ in range(2):
        tags = await page(house, f"/registers?book={book}", language=language)
        assert len(tags.of("h1")) == 1
        assert not [a for _, attrs, _ in tags.found for a in attrs if a.startswith("on") or a == "style"]
        assert tags.of("input", inside="form")
        await letter(house, 1)


async def test_the_month_of_the_newest_document_is_shown_and_its_neighbours_are_linked(house: House) -> None:
    await letter(house, 1)
    await letter(house, 2, arrived="2021-10-02")
    tags = await page(house, "/registers")
    assert "1/UBND-KGVX" in cells(tags)
    assert "2/UBND-KGVX" not in cells(tags)
    following = next(link for link in links(tags) if "month=2021-10" in link)
    assert "2/UBND-KGVX" in cells(await page(house, following))
    assert "2/UBND-KGVX" in cells(await page(house, "/registers?book=outgoing&month=2021-09"))


async def test_the_columns_chosen_are_those_shown_and_those_of_the_file(house: House) -> None:
    await letter(house, 1)
    chosen = urlencode({"month": "2021-09", "column": ["Số đến", "Ngày đến"]}, doseq=True)
    tags = await page(house, f"/registers?{chosen}")
    assert heads(tags) == ["Ngày đến", "Số đến"]
    assert cells(tags) == ["16/09/2021", "1"]
    answer = await house.client.get(next(link for link in links(tags) if "format=csv" in link))
    assert list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff")))) == [["Ngày đến", "Số đến"], ["16/09/2021", "1"]]
    everything = await page(house, "/registers?month=2021-09&column=nonsense")
    assert len(heads(everything)) == 10
    unknown = {"format": "csv", "register": "incoming", "column": "x"}
    refused = await house.client.get("/api/v1/export", params=unknown)
    assert (refused.status_code, refused.json()["code"]) == (422, "register_unknown_column")
    assert "Ngày đến" in refused.json()["detail"]


async def test_a_book_is_narrowed_down_to_an_issuing_body(house: House) -> None:
    await letter(house, 1)
    await letter(house, 2, issuer="BỘ Y TẾ")
    tags = await page(house, "/registers?month=2021-09")
    ministry = next(o["value"] for o in tags.of("option") if "bo-y-te" in o["value"])
    narrowed = await page(house, f"/registers?month=2021-09&issuer={ministry}")
    assert "2/UBND-KGVX" in cells(narrowed)
    assert "1/UBND-KGVX" not in cells(narrowed)
    answer = await house.client.get(next(link for link in links(narrowed) if "format=csv" in link))
    assert answer.text.count("UBND-KGVX") == 1


async def test_a_long_book_comes_in_pages(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.web.pages.registers.SHOWN", 2)
    for number in (1, 2, 3):
        await letter(house, number)
    first = await page(house, "/registers?month=2021-09")
    assert [c for c in cells(first) if c.endswith("KGVX")] == ["1/UBND-KGVX", "2/UBND-KGVX"]
    (following,) = [a["href"] for a in first.of("a") if a.get("rel") == "next"]
    second = await page(house, following)
    assert [c for c in cells(second) if c.endswith("KGVX")] == ["3/UBND-KGVX"]
    assert not [a for a in second.of("a") if a.get("rel") == "next"]


@pytest.mark.parametrize("query", ["month=2021-13", "month=09/2021", "book=x", "page=0"])
async def test_what_is_no_month_or_book_is_refused_with_a_page(house: House, query: str) -> None:
    assert (await page(house, f"/registers?{query}", 422)).of("h1")


async def test_a_month_of_too_many_documents_says_how_many_a_register_takes(tmp_path: Path) -> None:
    async with open_house(tmp_path, limits={"export_documents": 1}) as house:
        await letter(house, 1)
        await letter(house, 2)
        tags = await page(house, "/registers?month=2021-09", 422)
        assert [p for p in tags.of("p") if p.get("role") == "alert"]
        assert tags.of("input", inside="form")


async def test_a_register_sent_through_the_page_lands_on_its_report(house: House) -> None:
    parts = {"file": ("sổ đến.csv", BOOK)}
    sent = await house.client.post("/registers", files=parts, data={"kind": "", "office": " "})
    assert sent.status_code == 303, sent.text
    await house.work()
    tags = await page(house, sent.headers["location"], language="en")
    assert {"Rows not taken in", "Rows without a scan"} <= set(tags.text("h2"))
    assert "hôm qua" in said(tags, "span")
    assert [link for link in links(tags) if link.startswith("/documents/")]
    assert sent.headers["location"] in links(await page(house, "/registers"))
    cut = await page(house, f"{sent.headers['location']}?limit=0", 422)
    assert cut.of("h1")


async def test_the_report_names_scans_without_a_row_and_values_that_differ(house: House) -> None:
    scan = await house.seed(["Số: 2641/UBND-KGVX", "V/v tiêm vắc xin", "Nội dung công văn."])
    other = await house.seed(["Số: 7/UBND-KGVX", "V/v phòng cháy"], "b.pdf")
    for document, symbol, number in ((scan, "2641/UBND-KGVX", "6906"), (other, "7/UBND-KGVX", "6907")):
        record = {
            "symbol": symbol,
            "issuer": "UBND tỉnh Kon Tum",
            "issued_on": "2021-08-16" if document == other else "2021-08-17",
            "subject": "Một việc khác hẳn",
            "arrival": {"number": number, "date": "18/8/2021", "on": "2021-08-18"},
        }
        answer = await house.client.patch(
            f"/api/v1/documents/{document}/record", json=record, headers={"If-Match": "*"}
        )
        assert answer.is_success, answer.text
    sent = await house.client.post("/registers", files={"file": ("a.csv", BOOK)})
    tags = await page(house, sent.headers["location"], language="en")
    assert {"Values that differ", "Scans without a row"} <= set(tags.text("h2"))
    assert f"/documents/{scan}" in links(tags)
    assert f"/documents/{other}" in links(tags)
    assert "Subject" in said(tags, "td") or "subject" in said(tags, "td")


@pytest.mark.parametrize(("language", "words"), [("vi", "Không tìm thấy hàng tiêu đề"), ("en", "No header row")])
async def test_what_is_no_register_is_said_beside_the_form(house: House, language: str, words: str) -> None:
    answer = await house.client.post(
        "/registers", files={"file": ("x.csv", b"a,b\n1,2\n")}, headers={"Accept-Language": language}
    )
    assert answer.status_code == 422
    alert = [text for text in Tags(answer.text).text("p") if words in text]
    assert alert
    assert (await house.client.get("/api/v1/registers")).json()["items"] == []


async def test_a_register_that_is_not_there_is_not_found(house: House) -> None:
    await page(house, f"/registers/{'0' * 36}", 404)


async def test_names_in_a_register_are_only_ever_text(house: House) -> None:
    rows = BOOK.decode("utf-8-sig").replace("UBND tỉnh Kon Tum", HOSTILE).encode()
    sent = await house.client.post("/registers", files={"file": (f"{HOSTILE}.csv", rows)}, data={"office": HOSTILE})
    for address in ("/registers", sent.headers["location"]):
        answer = await house.client.get(address, headers={"Accept": "text/html"})
        assert HOSTILE not in answer.text, address
