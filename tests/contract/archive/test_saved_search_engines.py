"""Saved searches over both engines and both catalogues: what is new is the same everywhere."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from services.archive import Archive, open_archive
from services.core.errors import UnavailableError
from services.core.settings import Settings
from services.fields import Taxonomy
from services.search import (
    SavedSearches,
    SearchEngine,
    SearchQuery,
    SearchService,
    open_engine,
    reindex,
)
from services.search.types import EngineHits, EngineQuery
from tests.contract.archive.archive_play import ME
from tests.inline_work import work_off
from tests.search_servers import ENGINES, index_url

__all__ = ["ENGINES", "index_url"]  # fixtures

TAXONOMY = Taxonomy.load(None)


@dataclass
class Desk:
    """An archive with an engine, and the saved searches over both."""

    settings: Settings
    archive: Archive
    engine: SearchEngine

    @property
    def saved(self) -> SavedSearches:
        return SavedSearches(SearchService(self.engine, self.archive, self.settings), self.archive)

    async def take_in(self, *texts: str) -> list[str]:
        """Import texts and return their documents in order."""
        batch = await self.archive.intake.create_batch(ME)
        for text in texts:
            await self.archive.intake.import_line(ME, batch.id, {"id": text, "text": text})
        await work_off(self.archive, TAXONOMY, self.engine)
        items = (await self.archive.account.items(ME, batch.id, limit=1000)).items
        return [item.document_ids[0] for item in items]

    async def save(self, q: str) -> str:
        search = (await self.saved.create(ME, q or "all", SearchQuery(q=q))).id
        await self.settle()
        return search

    async def settle(self) -> None:
        while await self.saved.evaluate():
            pass

    async def new(self, search: str) -> set[str]:
        await self.settle()
        return {n.document.id for n in (await self.archive.searches.new(ME, search, None, 1000)).items}


@pytest.fixture
async def desk(settings: Settings, index_url: str) -> AsyncIterator[Desk]:
    settings = settings.model_copy(update={"index_url": index_url})
    async with await open_archive(settings) as archive:
        engine = await open_engine(settings, write=True)
        try:
            yield Desk(settings, archive, engine)
        finally:
            await engine.close()


async def test_every_way_of_asking_finds_what_the_search_page_would(desk: Desk) -> None:
    await desk.take_in("tiêm vắc xin đợt một")
    asked = ["vắc xin", "vac xin", "vaccine", '"tiêm vắc xin"', "tiêm -cháy", "loại:CV", "", "cháy", "-tiêm"]
    searches = {q: await desk.save(q) for q in asked}
    assert [await desk.new(search) for search in searches.values()] == [set()] * len(asked)
    vaccine, fire, both = await desk.take_in("tiêm vắc xin đợt hai", "chữa cháy rừng", "tiêm phòng cháy nổ vắc xin")
    expected = {
        "vắc xin": {vaccine, both},
        "vac xin": {vaccine, both},
        "vaccine": {vaccine, both},
        '"tiêm vắc xin"': {vaccine},
        "tiêm -cháy": {vaccine},
        "loại:CV": set[str](),
        "": {vaccine, fire, both},
        "cháy": {fire, both},
        "-tiêm": {fire},
    }
    assert {q: await desk.new(search) for q, search in searches.items()} == expected


async def test_a_query_is_never_relaxed_to_half_of_its_words(desk: Desk) -> None:
    search = await desk.save("tiêm cháy rừng")
    await desk.take_in("tiêm vắc xin đợt hai", "chữa cháy rừng")
    page = await SearchService(desk.engine, desk.archive, desk.settings).search(ME, SearchQuery(q="tiêm cháy rừng"))
    assert page.total > 0
    assert await desk.new(search) == set()


async def test_a_correction_a_rereading_and_a_rebuild(desk: Desk) -> None:
    (old, other) = await desk.take_in("tiêm vắc xin", "chữa cháy")
    search = await desk.save("vắc xin")
    for document, subject in ((old, "vắc xin cho trẻ em"), (other, "bảo quản vắc xin")):
        await desk.archive.documents.correct(ME, document, {"subject": subject}, if_revision=None)
    await work_off(desk.archive, TAXONOMY, desk.engine)
    assert await desk.new(search) == {other}
    await reindex(desk.archive, desk.engine)
    assert await desk.new(search) == {other}
    await desk.archive.documents.trash_document(ME, other, "x")
    await work_off(desk.archive, TAXONOMY, desk.engine)
    assert await desk.new(search) == set()
    await desk.archive.documents.restore_document(ME, other)
    await work_off(desk.archive, TAXONOMY, desk.engine)
    assert await desk.new(search) == {other}


async def test_many_imports_at_once_are_evaluated_in_bounded_batches(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.search.saved.BATCH", 40)
    search = await desk.save("vắc xin")
    texts = [f"tiêm vắc xin số {n}" if n % 3 else f"chữa cháy số {n}" for n in range(100)]
    documents = await desk.take_in(*texts)
    asked: list[int] = []
    plain = desk.engine.search

    async def counted(query: EngineQuery) -> EngineHits:
        if query.among is not None:
            asked.append(len(query.among))
        return await plain(query)

    monkeypatch.setattr(desk.engine, "search", counted)
    assert await desk.new(search) == {d for n, d in enumerate(documents) if n % 3}
    assert asked == [40, 40, 20]


async def test_what_a_lost_engine_held_up_is_found_later(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    search = await desk.save("vắc xin")
    (document,) = await desk.take_in("tiêm vắc xin")
    plain = desk.engine.search

    async def away(query: EngineQuery) -> EngineHits:
        raise UnavailableError("away")

    monkeypatch.setattr(desk.engine, "search", away)
    with pytest.raises(UnavailableError):
        await desk.saved.evaluate()
    monkeypatch.setattr(desk.engine, "search", plain)
    assert await desk.new(search) == {document}


async def test_nothing_else_is_among_those_asked_for(desk: Desk) -> None:
    a, b = await desk.take_in("tiêm vắc xin", "tiêm vắc xin nữa")
    search = SearchService(desk.engine, desk.archive, desk.settings)
    assert await search.matching(ME, SearchQuery(q="vắc xin"), [a, "unknown"]) == {a}
    assert await search.matching(ME, SearchQuery(q="vắc xin"), []) == set()
    assert await search.matching(ME, SearchQuery(), [a, b]) == {a, b}
    assert {i async for part in search.all_ids(ME, SearchQuery(q="nữa")) for i in part} == {b}
