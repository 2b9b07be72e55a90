"""The search page shows what was read out of the query, with links that take each part off."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from services.cli.searching import show_page
from services.search.page import AskedQuery, SearchPage, Understood, UnderstoodPart
from tests.unit.test_web_pages import Tags
from tests.unit.web_support import House, open_house

LINES = ["Công điện", "V/v tiêm vắc xin ưu tiên", "Khẩn trương tổ chức tiêm vắc xin phòng dịch."]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path) as house:
        yield house


async def chips(house: House, **params: str) -> list[str]:
    """Return the addresses behind the chips of a search page."""
    response = await house.client.get(f"/search?{urlencode(params)}")
    assert response.status_code == 200
    return [a["href"] for a in Tags(response.text).of("a", inside="ul") if a.get("rel") == "nofollow"]


async def test_each_part_of_a_query_has_a_link_that_takes_it_off_and_one_takes_all_off(house: House) -> None:
    await house.seed(LINES)
    addresses = [parse_qs(urlsplit(a).query) for a in await chips(house, q='"tiêm vắc xin" -cháy năm:2021')]
    asked = [(a["q"][0], a.get("literal")) for a in addresses if "kind" not in a]
    assert asked == [
        ("tiêm vắc xin -cháy năm:2021", None),
        ('"tiêm vắc xin" năm:2021', None),
        ('"tiêm vắc xin" -cháy', None),
        ('"tiêm vắc xin" -cháy năm:2021', ["1"]),
    ]
    page = await house.client.get("/search?q=-v%E1%BA%AFc&literal=1")
    assert page.text.count("<article") == 1
    assert 'href="/search?q=-v%E1%BA%AFc"' in page.text  # back to understanding it


async def test_the_answer_of_the_api_has_the_parts(house: House) -> None:
    answer = (await house.client.get("/api/v1/search", params={"q": "oxy loại:CĐ"})).json()
    (part,) = answer["query"]["understood"]["parts"]
    assert part == {
        "how": "filter",
        "field": "kind",
        "value": "CĐ",
        "label": "Công điện",
        "start": 4,
        "end": 11,
        "without": "oxy",
    }
    literal = (await house.client.get("/api/v1/search", params={"q": "oxy loại:CĐ", "literal": "1"})).json()
    assert literal["query"]["understood"]["parts"] == []


def test_the_command_line_says_in_one_line_what_was_understood(capsys: pytest.CaptureFixture[str]) -> None:
    parts = [
        UnderstoodPart(how="excluded", value="cháy", label="cháy", start=0, end=5, without=""),
        UnderstoodPart(how="boost", field="issuer", value="x/y", label="Bộ Y tế", start=6, end=13, without=""),
    ]
    understood = Understood(marks="none", parts=tuple(parts))
    show_page(SearchPage(query=AskedQuery(q="", understood=understood), total=0, took_ms=1))
    assert 'Understood: without "cháy"; first issuer Bộ Y tế' in capsys.readouterr().err
