"""Both engines give the same lists to the fiftieth hit, totals and facets; OpenSearch in one shard and in three."""

import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from services.search import EngineHits, Filters, SearchEngine, SearchQuery, build_index_document, reindex
from services.search.query import Plan, build_engine_query
from services.search.synonyms import Synonyms
from services.search.typed import take_apart
from tests.search_support import FakeArchive, engine_at, made_up

pytestmark = pytest.mark.opensearch


@pytest_asyncio.fixture(params=[1, 3], ids=["one shard", "three shards"])
async def both(
    request: pytest.FixtureRequest, opensearch_url: str, tmp_path: Path
) -> AsyncIterator[tuple[SearchEngine, SearchEngine]]:
    """Two engines that went through the same updates and deletes, merged by a rebuild."""
    archive = FakeArchive()
    for document, clean in made_up(300):
        archive.put(document, clean)
    async with AsyncExitStack() as stack:
        urls = [f"embedded://{tmp_path}/index", f"{opensearch_url}/agree-{request.param}?shards={request.param}"]
        engines = [await stack.enter_async_context(engine_at(url, tmp_path)) for url in urls]
        for engine in engines:
            await archive.index_all(engine)
        newer = made_up(360, seed=8)[240:]
        gone = [archive.take_out(document_id) for document_id in sorted(archive.documents.kept)[:40]]
        for document, clean in newer:
            archive.put(document.model_copy(update={"revision": 9}), clean)
        for engine in engines:
            await engine.apply([build_index_document(d.model_copy(update={"revision": 9}), c) for d, c in newer], gone)
            await reindex(archive.as_archive, engine)
            assert await engine.count() == 320
        yield engines[0], engines[1]


async def test_both_engines_give_the_same_lists_totals_and_facets(both: tuple[SearchEngine, SearchEngine]) -> None:
    for query in _queries():
        embedded, opensearch = [await _ask(engine, query) for engine in both]
        assert opensearch.total == embedded.total, query
        assert [h.id for h in opensearch.hits] == [h.id for h in embedded.hits], query
        assert [h.score for h in opensearch.hits] == pytest.approx([h.score for h in embedded.hits], rel=1e-5), query
        assert {k: list(v) for k, v in opensearch.facets.items()} == {k: list(v) for k, v in embedded.facets.items()}


async def test_both_engines_know_the_same_syllables(both: tuple[SearchEngine, SearchEngine]) -> None:
    asked = ["vac", "vacc", "tiemm", "phong", "phonng", "xinh", "zzzz", "3030", "yy"]
    embedded, opensearch = [await engine.unknown(asked) for engine in both]
    assert opensearch == embedded
    assert embedded["phonng"] == ("phong",)


async def _ask(engine: SearchEngine, query: SearchQuery) -> EngineHits:
    typed = take_apart(query.q)
    near = await engine.unknown(typed.folded)
    plan = Plan(typed, tuple(Synonyms.load().alternatives(typed.syllables)), near, strict=query.marks == "strict")
    return await engine.search(build_engine_query(plan, query, frozenset({"public"})))


def _queries() -> list[SearchQuery]:
    random_ = random.Random(5)
    texts = [clean.text.split() for _, clean in made_up(300) if clean.text]
    queries = [SearchQuery(limit=50), SearchQuery(sort="oldest", limit=50)]
    for number in range(40):
        words = random_.choice(texts)
        start = random_.randrange(len(words))
        q = " ".join(words[start : start + random_.randint(1, 9)])
        filters = random_.choice(
            [
                Filters(),
                Filters(kind=("CV",), year=("2021", "unknown")),
                Filters(topic=("y-te",)),
                Filters(state=("done",)),
            ]
        )
        marks = "strict" if number % 6 == 5 else "wish"
        sort = "newest" if number % 10 == 9 else "relevance"
        queries.append(SearchQuery(q=q, filters=filters, marks=marks, sort=sort, limit=50))  # type: ignore[arg-type]
    typed = ['"vắc xin" tiêm', "17/UBND-KGVX", "18 kh ubnd", "UBND tỉnh Lai Châu", "oxy", "vaxxin ưu tiên", "vu a bang"]
    return queries + [SearchQuery(q=q, limit=50) for q in typed]
