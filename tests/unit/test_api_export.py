"""Exports over the API and from the search page."""

from __future__ import annotations

import json
import zipfile
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree as ET

import pytest

from services.core.model import local_principal
from services.core.settings import Limits
from tests.unit.export_support import csv_rows, docx_rows, xlsx_rows
from tests.unit.web_support import House, open_house

EXPORT = "/api/v1/export"
GIVEN = {
    "symbol": "2641/UBND-KGVX",
    "kind": "CV",
    "issuer": "UBND tỉnh Mẫu",
    "issued_on": "2021-08-18",
    "subject": "=V/v tiêm vắc xin",
    "arrival": {"number": "012", "on": "2021-08-19", "date": "19/08/2021"},
}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path, limits=Limits(export_documents=3)) as house:
        yield house


async def put(house: House, name: str, given: dict[str, Any] | None = None) -> str:
    """Put a document with these values into the archive; what is given is sure."""
    p = local_principal("test")
    batch = await house.archive.intake.create_batch(p)
    line = {"id": name, "text": f"Nội dung của {name}: tiêm vắc xin.", "record": given or {}}
    item = await house.archive.intake.import_line(p, batch.id, line)
    await house.work()
    return (await house.archive.account.item(p, item.id)).document_ids[0]


async def test_a_register_comes_as_a_file_with_a_name(house: House) -> None:
    await put(house, "a", GIVEN)
    for chosen, rows_of in (("csv", csv_rows), ("xlsx", xlsx_rows), ("docx", docx_rows)):
        answer = await house.client.get(EXPORT, params={"format": chosen, "register": "incoming", "q": "vac xin"})
        assert answer.status_code == 200, answer.text
        assert "so-dang-ky-van-ban-den-20" in answer.headers["content-disposition"]
        assert answer.headers["content-disposition"].startswith("attachment; ")
        assert int(answer.headers["content-length"]) == len(answer.content)
        row = rows_of(answer.content)[-1]
        assert row[:6] == ["19/08/2021", "012", "UBND tỉnh Mẫu", "2641/UBND-KGVX", "18/08/2021",
                           "Công văn =V/v tiêm vắc xin"]  # fmt: skip


async def test_json_lines_are_what_the_document_itself_answers(house: House) -> None:
    document_id = await put(house, "a", GIVEN)
    answer = await house.client.get(EXPORT, params={"format": "ndjson"})
    assert answer.headers["content-type"] == "application/x-ndjson"
    line, end = map(json.loads, answer.text.splitlines())
    assert end == {"end": {"total": 1, "documents": 1}}
    document = (await house.client.get(f"/api/v1/documents/{document_id}")).json()
    del document["pages"]
    assert line == document


async def test_filters_are_those_of_the_search(house: House) -> None:
    await put(house, "a", GIVEN)
    await put(house, "b", {**GIVEN, "kind": "QĐ", "symbol": "1/QĐ-UBND"})
    for params, symbols in (({"kind": "QĐ"}, ["1/QĐ-UBND"]), ({"from": "2022-01-01"}, []), ({"arrived_to": ""}, None)):
        answer = await house.client.get(EXPORT, params={"format": "csv", **params})
        shown = [row[1] for row in csv_rows(answer.content)[1:]]
        assert shown == symbols if symbols is not None else len(shown) == 2


async def test_edxml_is_one_message_or_an_archive_of_several_or_an_error(house: House) -> None:
    await put(house, "blank", {"kind": "CV"})
    none = await house.client.get(EXPORT, params={"format": "edxml"})
    assert (none.status_code, none.json()["code"]) == (422, "none_as_edxml")
    await put(house, "a", GIVEN)
    both = await house.client.get(EXPORT, params={"format": "edxml"})
    assert both.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(BytesIO(both.content)) as archive:
        assert len(archive.namelist()) == 2
    one = await house.client.get(EXPORT, params={"format": "edxml", "year": "2021"})
    assert one.headers["content-type"].startswith("application/xml")
    assert 'filename="2641-ubnd-kgvx_2021-08-18.edxml"' in one.headers["content-disposition"]
    ET.fromstring(one.content)


async def test_errors_say_what_to_do(house: House) -> None:
    for n in range(4):
        await put(house, f"d{n}")
    many = await house.client.get(EXPORT, params={"format": "csv"}, headers={"Accept-Language": "vi"})
    assert (many.status_code, many.json()["code"]) == (422, "too_many_documents")
    assert many.json()["params"] == {"found": 4, "limit": 3}
    assert "thu hẹp" in many.json()["detail"]
    for params in ({"format": "pdf"}, {}, {"format": "csv", "register": "x"}):
        answer = await house.client.get(EXPORT, params=params)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    answer = await house.client.get(EXPORT, params={"format": "csv", "from": "x"})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_day")
    wrong = await house.client.get(EXPORT, params={"format": "ndjson", "register": "incoming"})
    assert wrong.json()["code"] == "register_needs_table"


async def test_the_search_page_leads_to_the_same_search_as_a_file(house: House) -> None:
    await put(house, "a", GIVEN)
    page = (await house.client.get("/search", params={"q": "tiêm & vắc", "kind": "CV", "limit": "5"})).text
    assert "Tải về:" in page
    links = [part.split('"')[0].replace("&amp;", "&") for part in page.split('href="')[1:] if EXPORT in part]
    assert [parse_qs(urlsplit(link).query) for link in links] == [
        {"format": [chosen], "q": ["tiêm & vắc"], "kind": ["CV"]} for chosen in ("csv", "xlsx", "docx", "ndjson")
    ]
    for link in links:
        assert (await house.client.get(link)).status_code == 200
    assert "Tải về" not in (await house.client.get("/search", params={"q": "9999/QĐ-XXX"})).text
    for n in range(3):
        await put(house, f"d{n}")
    assert "tối đa 3 văn bản" in (await house.client.get("/search")).text
