"""Similar documents over the API and on the page of a document."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.core.errors import UnavailableError
from services.search import SearchService
from tests.unit.web_support import House, open_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path) as house:
        yield house


async def three(house: House) -> tuple[str, str, str]:
    """Two about the same thing, one about another."""
    first = await house.seed(["Tổ chức tiêm vắc xin cho lực lượng tuyến đầu"], "a.pdf")
    second = await house.seed(["Rà soát lực lượng tuyến đầu để tiêm vắc xin"], "b.pdf")
    return first, second, await house.seed(["Phòng cháy chữa cháy rừng mùa khô"], "c.pdf")


async def test_similar_documents_are_listed_with_what_they_share(house: House) -> None:
    first, second, other = await three(house)
    answer = await house.client.get(f"/api/v1/documents/{first}/similar")
    assert answer.status_code == 200, answer.text
    (item,) = answer.json()["items"]
    assert (answer.json()["document_id"], item["id"], item["links"]["html"]) == (first, second, f"/documents/{second}")
    assert {"vắc xin", "tuyến đầu"} <= set(item["terms"])
    assert (await house.client.get(f"/api/v1/documents/{other}/similar")).json()["items"] == []


async def test_what_was_thrown_away_is_listed_no_more_and_has_no_list(house: House) -> None:
    first, second, _ = await three(house)
    await house.client.delete(f"/api/v1/documents/{second}")
    assert (await house.client.get(f"/api/v1/documents/{first}/similar")).json()["items"] == []
    assert (await house.client.get(f"/api/v1/documents/{second}/similar")).status_code == 410
    assert (await house.client.get(f"/api/v1/documents/{'0' * 36}/similar")).status_code == 404


@pytest.mark.parametrize("limit", ["0", "51", "x"])
async def test_a_limit_out_of_range_is_refused(house: House, limit: str) -> None:
    first = await house.seed(["Công văn"])
    assert (await house.client.get(f"/api/v1/documents/{first}/similar?limit={limit}")).status_code == 422


async def test_the_page_lists_them_in_the_reader_s_language(house: House) -> None:
    first, second, other = await three(house)
    page = (await house.client.get(f"/documents/{first}")).text
    listed = page[page.index("Văn bản tương tự") :]
    assert f'<a href="/documents/{second}">' in listed
    assert "Similar documents" in (await house.client.get(f"/documents/{first}?lang=en")).text
    assert "Văn bản tương tự" not in (await house.client.get(f"/documents/{other}")).text


async def test_the_page_is_shown_while_the_index_cannot_be_asked(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    first, _, _ = await three(house)

    async def away(*_: object, **__: object) -> None:
        raise UnavailableError("The index does not answer.")

    monkeypatch.setattr(SearchService, "similar", away)
    page = await house.client.get(f"/documents/{first}")
    assert page.status_code == 200
    assert "Văn bản tương tự" not in page.text
