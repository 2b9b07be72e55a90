"""Clauses over the API and on the document page: cited by a link, marked where they stand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.web_support import House, open_house

LINES = [
    "Số: 77/UBND-VX",
    "Kính gửi: Sở Y tế.",
    "1. Sở Y tế rà soát kho thuốc, báo cáo UBND tỉnh trước ngày 20/9/2021.",
    "2. Công an tỉnh kiểm tra các chốt.",
]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path) as house:
        yield house


async def test_the_clauses_of_a_document_are_a_tree_with_boxes(house: House) -> None:
    here = f"/api/v1/documents/{await house.seed(LINES)}"
    answer = await house.client.get(f"{here}/clauses")
    assert answer.status_code == 200
    clauses = answer.json()["clauses"]
    assert [(c["id"], c["agencies"]) for c in clauses] == [("1", ["Sở Y tế"]), ("2", ["Công an tỉnh"])]
    assert clauses[0]["places"] == [{"page": 1, "boxes": [[50.0, 100.0, 720.0, 116.0]]}]
    again = await house.client.get(f"{here}/clauses", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    record = (await house.client.get(here)).json()
    assert record["links"]["clauses"] == f"{here}/clauses"
    assert [t["clause"] for t in record["record"]["tasks"]] == ["1", "2"]


async def test_the_page_lists_tasks_and_marks_the_clause_that_is_cited(house: House) -> None:
    document_id = await house.seed(LINES)
    page = (await house.client.get(f"/documents/{document_id}?lang=en")).text
    assert f'href="/documents/{document_id}?clause=1#page-1"' in page
    assert "reports to UBND tỉnh" in page
    assert "20 Sep 2021" in page
    assert "hit-box" not in page
    cited = (await house.client.get(f"/documents/{document_id}?clause=1")).text
    assert cited.count('class="hit-box"') == 1


async def test_a_clause_that_is_not_there_is_said_to_be_missing(house: House) -> None:
    document_id = await house.seed(LINES)
    answer = await house.client.get(f"/documents/{document_id}?clause=dieu-9&lang=en")
    assert answer.status_code == 200
    assert "This document has no clause dieu-9." in answer.text


async def test_a_clause_opens_the_part_of_a_long_document_that_has_it(house: House) -> None:
    document_id = await house.seed(LINES, pages=25)
    clauses = (await house.client.get(f"/api/v1/documents/{document_id}/clauses")).json()["clauses"]
    late = next(c["id"] for c in clauses if c["page"] == 23)
    page = (await house.client.get(f"/documents/{document_id}", params={"clause": late})).text
    assert 'id="page-23"' in page
    assert 'id="page-1"' not in page
