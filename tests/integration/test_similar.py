"""Documents like a given one over both engines: the same list, under access, with what they share."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest
import pytest_asyncio

from services.core.errors import NotFoundError
from services.core.model import Principal, Record
from services.search import SearchEngine, SearchService
from tests.search_servers import ENGINES, engine, index_url
from tests.search_support import EVERYONE, FakeArchive, engine_at, made_up, settings_for

__all__ = ["ENGINES", "engine", "index_url"]  # fixtures

TEXTS = {
    "a": "Sở Y tế tổ chức tiêm vắc xin phòng bệnh cho lực lượng tuyến đầu",
    "b": "Đề nghị các huyện tiêm vắc xin phòng bệnh cho người cao tuổi",
    "c": "Rà soát lực lượng tuyến đầu để tiêm vắc xin phòng bệnh",
    "d": "Phòng cháy chữa cháy rừng mùa khô",
    "e": "Tăng cường chữa cháy rừng trên địa bàn",
}


class Desk(NamedTuple):
    """What a test works with."""

    archive: FakeArchive
    engine: SearchEngine
    service: SearchService


@pytest_asyncio.fixture
async def desk(engine: SearchEngine, index_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    archive = FakeArchive()
    for name, text in TEXTS.items():
        archive.put_pages(name, [text])
    await archive.index_all(engine)
    yield Desk(archive, engine, SearchService(engine, archive.as_archive, settings_for(index_url, tmp_path)))


async def similar(desk: Desk, name: str, p: Principal = EVERYONE, limit: int = 10) -> list[str]:
    return [found.id for found in (await desk.service.similar(p, name, limit)).items]


async def test_an_engine_counts_the_documents_that_have_a_token(desk: Desk) -> None:
    counts = await desk.engine.frequencies("body_pf", ["vac_xin", "chay_rung", "khong_co"])
    assert counts == {"vac_xin": 3, "chay_rung": 2, "khong_co": 0}
    assert await desk.engine.frequencies("body_pf", []) == {}


async def test_an_engine_that_nobody_has_written_has_no_token(engine: SearchEngine) -> None:
    assert await engine.frequencies("body_pf", ["vac_xin"]) == {"vac_xin": 0}


async def test_those_that_share_most_come_first_and_say_what_they_share(desk: Desk) -> None:
    found = await desk.service.similar(EVERYONE, "a", 10)
    assert [item.id for item in found.items] == ["c", "b"]
    assert {"vắc xin", "tuyến đầu"} <= set(found.items[0].terms)
    assert "tuyến đầu" not in found.items[1].terms
    assert await similar(desk, "a", limit=1) == ["c"]


async def test_a_document_is_never_its_own_likeness_and_may_have_none(desk: Desk) -> None:
    assert await similar(desk, "d") == ["e"]
    desk.archive.put_pages("f", ["một điều hoàn toàn khác"], Record(subject="", pages=1))
    await desk.archive.index_all(desk.engine)
    assert await similar(desk, "f") == []


async def test_what_a_principal_may_not_see_is_neither_asked_for_nor_shown(desk: Desk) -> None:
    kept = desk.archive.documents.kept["c"]
    hidden = kept.document.model_copy(update={"access": "secret", "revision": kept.document.revision + 1})
    desk.archive.put(hidden, kept.clean)
    await desk.archive.index_all(desk.engine)
    outsider = Principal(name="outsider")
    assert await similar(desk, "a", outsider) == ["b"]
    with pytest.raises(NotFoundError):
        await desk.service.similar(outsider, "c", 10)


@pytest.mark.opensearch
async def test_both_engines_give_the_same_lists(opensearch_url: str, tmp_path: Path) -> None:
    archive = FakeArchive()
    for document, clean in made_up(200):
        archive.put(document, clean)
    lists = []
    for url in (f"embedded://{tmp_path}/both", f"{opensearch_url}/similar"):
        async with engine_at(url, tmp_path) as engine:
            await archive.index_all(engine)
            service = SearchService(engine, archive.as_archive, settings_for(url, tmp_path))
            answers = [await service.similar(EVERYONE, i, 20) for i in sorted(archive.documents.kept)[::20]]
            lists.append([[item.id for item in answer.items] for answer in answers])
    assert lists[0] == lists[1]
    assert max(map(len, lists[0])) == 20
