"""A file of several documents, from the upload to the search: each is found by itself, with its own pages and marks."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from services.core.model import ItemState
from services.core.page_runs import parse_runs
from services.fields import Taxonomy
from services.search import SearchQuery, SearchService
from tests.corpus import Part, ScanSpec, make_bundle
from tests.corpus.model import Medium
from tests.integration.workers_support import House, P, house, settings_for
from tests.servers import RedisServer, redis_server

LETTER = Part(ScanSpec("letter", issuer="lai-chau", clauses=2, phrases=("Trạm biến áp Pa Tần tạm dừng vận hành.",)))
DECISION = Part(
    ScanSpec("decision", kind="QĐ", issuer="ben-tre", phrases=("Giao bến phà Rạch Miễu lập phương án.",)),
)


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with redis_server() as running:
        yield running


async def hits(h: House, q: str) -> dict[str, list[int]]:
    """Return the documents that a query finds, each with the pages that are marked."""
    service = SearchService(h.engine, h.archive, h.settings, label=Taxonomy.load().label)
    page = await service.search(P, SearchQuery(q=q))
    return {hit.id: [each.number for each in hit.pages if each.boxes] for hit in page.hits}


@pytest.mark.parametrize("medium", ["pdf_born", "pdf"])
async def test_two_documents_in_one_file_are_found_each_by_itself(
    tmp_path: Path, server: RedisServer, medium: Medium
) -> None:
    parts = [replace(part, spec=replace(part.spec, medium=medium)) for part in (LETTER, DECISION)]
    bundle = make_bundle("bundle", parts, 3)
    async with house(settings_for(tmp_path, server)) as h:
        (item,) = await h.finished(await h.send([(bundle.name, bundle.data)]))
        assert item.state in {ItemState.DONE, ItemState.NEEDS_REVIEW}
        documents = [await h.archive.documents.get(P, each) for each in item.document_ids]
        assert [(d.first_page, d.last_page) for d in documents] == list(bundle.runs)
        assert [d.record.symbol for d in documents] == [r.symbol for r in bundle.records]
        letter, decision = documents
        (first, last), (begin, end) = bundle.runs
        assert [p.number for p in decision.pages] == list(range(begin, end + 1))
        for query, document, run in (
            ('"biến áp Pa Tần"', letter, range(first, last + 1)),
            ('"bến phà Rạch Miễu"', decision, range(begin, end + 1)),
        ):
            found = await hits(h, query)
            assert list(found) == [document.id]
            assert found[document.id]
            assert set(found[document.id]) <= set(run)

        await h.archive.documents.split(P, letter.source_id, parse_runs(f"1-{end}"))
        await h.finished(await h.archive.account.batch(P, item.batch_id))
        joined = max(documents, key=lambda d: d.last_page - d.first_page)
        assert list(await hits(h, '"biến áp Pa Tần"')) == list(await hits(h, '"bến phà Rạch Miễu"')) == [joined.id]
        assert await h.engine.count() == 1
