"""The values of one facet: all of them page by page, those with a word that begins so, counted as the search counts."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.test_api_export import GIVEN, put
from tests.unit.web_support import House, open_house

FACETS = "/api/v1/search/facets"
PROVINCES = ["Điện Biên", "Lai Châu", "Sơn La", "Bắc Kạn", "Hà Giang"]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path) as house:
        for number, province in enumerate([*PROVINCES, "Lai Châu"]):
            kind = {"kind": "KH", "symbol": f"{number}/KH-UBND"} if number % 2 else {"symbol": f"{number}/UBND-VX"}
            await put(house, f"d{number}", {**GIVEN, **kind, "issuer": f"UBND tỉnh {province}"})
        yield house


async def ask(house: House, facet: str, **params: Any) -> dict[str, Any]:
    answer = await house.client.get(f"{FACETS}/{facet}", params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_all_values_come_page_by_page_as_the_search_counts_them(house: House) -> None:
    searched = (await house.client.get("/api/v1/search")).json()["facets"]["issuer"]
    values: list[dict[str, Any]] = []
    offset: int | None = 0
    while offset is not None:
        page = await ask(house, "issuer", limit=4, offset=offset)
        assert page["total"] == len(searched) == 2 * len(PROVINCES)
        values += page["values"]
        offset = page["next"]
    assert values == searched
    assert [v["count"] for v in values[:2]] == [2, 2]


async def test_a_prefix_is_looked_for_at_every_word_with_or_without_marks(house: House) -> None:
    for prefix in ("lai ch", "Châu", "LAI"):
        found = await ask(house, "issuer", prefix=prefix)
        assert [v["value"] for v in found["values"]] == ["lai-chau"], prefix
        assert (found["total"], found["next"]) == (1, None)
    assert [v["value"] for v in (await ask(house, "kind", prefix="kế"))["values"]] == ["KH"]
    assert (await ask(house, "issuer", prefix="ai"))["values"] == []


async def test_its_own_filter_is_left_out_and_the_others_hold(house: House) -> None:
    found = await ask(house, "kind", kind="KH", issuer="lai-chau")
    assert {v["value"]: (v["count"], v["selected"]) for v in found["values"]} == {"KH": (2, True)}
    both = await ask(house, "kind", kind="KH")
    assert {v["value"]: v["count"] for v in both["values"]} == {"CV": 3, "KH": 3}


async def test_a_facet_that_there_is_not_is_said(house: House) -> None:
    answer = await house.client.get(f"{FACETS}/colour")
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_facet")
    assert "issuer" in answer.json()["params"]["facets"]
