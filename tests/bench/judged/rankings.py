"""The rankings that are compared: the product's, through its own service, and the baselines'."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from services.core.text import fold
from services.search import SearchQuery, SearchService, build_index_document
from tests.bench.judged.baselines import RANKERS, Baselines
from tests.bench.judged.collection import Text
from tests.bench.judged.grades import DEPTH, read_queries
from tests.search_support import EVERYONE, FakeArchive, engine_at, make_document, settings_for

WRITINGS: dict[str, Callable[[str], str]] = {"typed": str, "ASCII": fold}
_BATCH = 500

Rankings = Mapping[str, Sequence[str]]
"""For every query's number the ids listed, best first."""


def baseline_rankings(url: str, texts: Sequence[Text]) -> dict[tuple[str, str], Rankings]:
    """Rank with every baseline on an OpenSearch node; (ranker, writing) -> rankings."""
    baselines = Baselines(url)
    baselines.fill(texts)
    return {
        (ranker, writing): {n: baselines.ranking(ranker, write(q), DEPTH) for n, q in read_queries().items()}
        for ranker in RANKERS
        for writing, write in WRITINGS.items()
    }


async def our_rankings(index_url: str, folder: Path, texts: Sequence[Text]) -> dict[str, Rankings]:
    """Index the texts as the product does and ask its search service; writing -> rankings."""
    archive = FakeArchive()
    documents = [make_document(text.id, text.record) for text in texts]
    entries = []
    for document, text in zip(documents, texts, strict=True):
        archive.put(document, text.clean)
        entries.append(build_index_document(document, text.clean))
    async with engine_at(index_url, folder) as engine:
        for start in range(0, len(entries), _BATCH):
            await engine.apply(entries[start : start + _BATCH])
        service = SearchService(engine, archive.as_archive, settings_for(index_url, folder))
        return {
            writing: {n: await _ids(service, write(q)) for n, q in read_queries().items()}
            for writing, write in WRITINGS.items()
        }


async def _ids(service: SearchService, q: str) -> list[str]:
    page = await service.search(EVERYONE, SearchQuery(q=q, limit=DEPTH, facets=()))
    return [hit.id for hit in page.hits]
