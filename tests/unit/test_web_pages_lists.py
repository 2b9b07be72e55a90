"""The pages of what was learnt over the whole archive: symbols, missing documents, learnt names."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.test_api_citations import DISPATCH, LETTER, taken_in
from tests.unit.test_web_pages import HOSTILE, Tags, page
from tests.unit.web_support import House, open_house

CITING = "Thực hiện Công điện số 1356/CĐ-BYT ngày 08/9/2021 của Bộ Y tế."
KEY = "/symbols/1356%7C%7CCD-BYT"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path) as house:
        yield house


def said(tags: Tags, *names: str) -> str:
    """Return the texts directly inside such tags, as one."""
    return " ".join(" ".join(tags.text(name)) for name in names)


def links(tags: Tags) -> list[str]:
    """Return where the links of the page's main part lead."""
    return [a["href"] for a in tags.of("a", inside="main")]


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_the_pages_are_well_formed_empty_and_full_and_run_nothing_inline(house: House, language: str) -> None:
    for full in (False, True):
        if full:
            await taken_in(house, LETTER, CITING)
            await learnt(house)
        for address, status in ((KEY, 200 if full else 404), ("/missing", 200), ("/aliases", 200)):
            tags = await page(house, address, status, language)
            assert len(tags.of("h1")) == 1, address
            assert not [a for _, attrs, _ in tags.found for a in attrs if a.startswith("on") or a == "style"]
            assert tags.of("a", inside="main"), "no way on from here"


async def test_a_symbol_that_is_only_cited_says_so_and_shows_who_cites_it_where_and_as_what(house: House) -> None:
    letter = await taken_in(house, LETTER, CITING)
    tags = await page(house, KEY, language="en")
    assert "1356/CĐ-BYT" in said(tags, "h1")
    assert "Not in the archive." in said(tags, "b")
    assert f"/documents/{letter}?page=1#page-1" in links(tags)
    assert "carries out" in said(tags, "span")
    assert "Bộ Y tế, 8 Sept 2021" in said(tags, "span").replace("Sep ", "Sept ")


async def test_a_symbol_that_is_here_leads_to_its_document_and_from_every_citation(house: House) -> None:
    letter = await taken_in(house, LETTER, CITING)
    assert KEY in links(await page(house, f"/documents/{letter}"))
    dispatch = await taken_in(house, DISPATCH, "Yêu cầu kiểm tra.")
    shown = links(await page(house, KEY))
    assert f"/documents/{dispatch}" in shown
    assert f"/documents/{letter}" in shown
    assert KEY in links(await page(house, f"/documents/{letter}"))  # also where the citation leads to the document


async def test_a_symbol_as_people_write_it_leads_to_its_page(house: House) -> None:
    answer = await house.client.get("/symbols/01356/CĐ-BYT")
    assert (answer.status_code, answer.headers["location"]) == (303, KEY)
    unknown = await page(house, "/symbols/xyz", 404)
    assert "/search?q=xyz" in links(unknown)


async def test_who_cites_a_symbol_comes_in_pages_without_gaps(house: House) -> None:
    for n in range(5):
        await taken_in(house, {**LETTER, "symbol": f"{n + 1}/UBND-KGVX"}, CITING)
    address, seen = "/api/v1/citations/symbols/1356%7C%7CCD-BYT", []
    cursor: str | None = None
    while True:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        found = (await house.client.get(address, params=params)).json()
        assert found["count"] == 5
        seen += [c["document"]["symbol"] for c in found["citations"]]
        cursor = found["next"]
        if cursor is None:
            break
    assert seen == [f"{n}/UBND-KGVX" for n in (5, 4, 3, 2, 1)]
    assert (await house.client.get(address, params={"cursor": "x"})).status_code == 422


async def test_what_lies_in_the_trash_cites_nothing_and_has_no_symbol(house: House) -> None:
    letter = await taken_in(house, LETTER, CITING)
    assert (await house.client.delete(f"/api/v1/documents/{letter}")).is_success
    await page(house, KEY, 404)
    assert "/symbols/" not in "".join(links(await page(house, "/missing")))


async def test_missing_documents_lead_to_their_symbols_and_into_a_file(house: House) -> None:
    await taken_in(house, LETTER, CITING)
    await taken_in(house, {**LETTER, "symbol": "3031/UBND-KGVX"}, CITING + " Căn cứ Nghị quyết số 86/NQ-CP.")
    tags = await page(house, "/missing", language="en")
    assert KEY in links(tags)
    assert "2 documents" in said(tags, "a")
    file = next(a["href"] for a in tags.of("a", inside="main") if "format=csv" in a["href"])
    answer = await house.client.get(file)
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert [row[1] for row in rows[1:]] == ["1356/CĐ-BYT", "86/NQ-CP"]
    assert rows[1][2:6] == ["Công điện", "Bộ Y tế", "08/09/2021", "2"]
    refused = await house.client.get("/api/v1/citations/missing/export?format=ndjson")
    assert refused.status_code == 422


async def learnt(house: House, signer: str = "Trần Phước Hiền", number: int = 1) -> None:
    """Have a person correct the signer of a scan."""
    lines = ["CÔNG TY MINH ANH", f"Số: {number}/CV-MA", "V/v báo cáo", "Kính gửi: Sở Y tế", "Công ty báo cáo./."]
    document = await house.seed([*lines, "GIÁM ĐỐC", "Trần Phước Hiện"], f"{number}.pdf")
    values: dict[str, Any] = {"signer": {"name": signer}}
    answer = await house.client.patch(f"/api/v1/documents/{document}/record", json=values, headers={"If-Match": "*"})
    assert answer.is_success, answer.text


async def test_a_learnt_name_is_shown_and_forgotten(house: House) -> None:
    await learnt(house)
    tags = await page(house, "/aliases?kind=signer", language="en")
    assert "trần phước hiện" in said(tags, "td")
    assert "Trần Phước Hiền" in said(tags, "b")
    assert "shown as to be confirmed" in said(tags, "span")
    (form,) = tags.of("form", inside="td")
    assert "Trần Phước Hiền" in next(b["aria-label"] for b in tags.of("button") if "aria-label" in b)
    answer = await house.client.post(form["action"])
    assert (answer.status_code, answer.headers["location"]) == (303, "/aliases")
    assert not (await page(house, "/aliases")).of("table")
    assert (await house.client.post(form["action"])).status_code == 404


async def test_names_that_contradict_each_other_are_shown_as_not_used(house: House) -> None:
    await learnt(house)
    await learnt(house, "Trần Phước Hiển", 2)
    assert said(await page(house, "/aliases", language="en"), "span").count("not used") == 2


async def test_names_are_only_ever_text(house: House) -> None:
    await taken_in(house, {**LETTER, "subject": HOSTILE, "issuer": HOSTILE}, CITING)
    for address in (KEY, "/missing", f"/symbols/{HOSTILE}"):
        answer = await house.client.get(address, headers={"Accept": "text/html"})
        assert HOSTILE not in answer.text, address
