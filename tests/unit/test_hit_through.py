"""A hit that is there only because its letter went to many says so, in the API and on the page."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.test_api_export import GIVEN, put
from tests.unit.web_support import House, open_house

MANY = "Các sở, ban, ngành tỉnh"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path) as house:
        yield house


async def test_a_hit_says_by_which_name_of_many_it_is_meant(house: House) -> None:
    many = await put(house, "many", {**GIVEN, "issuer": "UBND tỉnh Điện Biên", "addressees": [MANY]})
    one = await put(house, "one", {**GIVEN, "issuer": "UBND tỉnh Điện Biên", "addressees": ["Sở Y tế", MANY]})
    await put(house, "other", {**GIVEN, "issuer": "UBND tỉnh Điện Biên", "addressees": ["Bộ Y tế"]})
    found = (await house.client.get("/api/v1/search", params={"addressee": "Sở Y tế tỉnh Điện Biên"})).json()
    assert {hit["id"]: hit["through"] for hit in found["hits"]} == {many: [MANY], one: []}
    typed = (await house.client.get("/api/v1/search", params={"q": 'nơi nhận:"Sở Y tế"'})).json()
    assert {hit["id"]: hit["through"] for hit in typed["hits"]} == {many: [MANY], one: []}
    assert all(not hit["through"] for hit in (await house.client.get("/api/v1/search")).json()["hits"])
    page = (await house.client.get("/search", params={"addressee": "Sở Y tế"}, headers={"accept-language": "vi"})).text
    assert page.count(f"được gọi chung trong “{MANY}”") == 1
