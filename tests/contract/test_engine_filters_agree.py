"""Facets beside every other filter: what is counted is what clicking lists, and both engines find the same."""

import dataclasses
import datetime as dt
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.core.dates import VIETNAM
from services.core.gazetteer import lookup_issuer
from services.core.model import Document, Due, Recipient, Task
from services.search import EngineHits, Filters, SearchEngine, SearchQuery, build_index_document
from services.search.query import Plan, build_engine_query
from services.search.typed import take_apart
from services.search.types import FACETS, IndexDocument
from tests.search_support import engine_at, made_up

pytestmark = pytest.mark.opensearch

DOCUMENTS = 160
BODIES = ["Sở Y tế", "Các sở, ban, ngành tỉnh", "UBND các huyện, thành phố", "UBND tỉnh Lai Châu", "Bộ Y tế", "Các bộ"]
ASKED = ["Sở Y tế", "Sở Y tế Lai Châu", "UBND huyện Mường Nhé", "BYT", "UBND tỉnh Lai Châu", "Văn phòng Chính phủ"]
DAYS = st.one_of(st.none(), st.dates(dt.date(2021, 8, 1), dt.date(2021, 12, 31)))
VALUES = {
    "kind": ["CV", "Quyết định", "KH"],
    "year": ["2020", "2021", "2021/09", "unknown"],
    "topic": ["y-te", "y-te/tiem-chung", "giao-duc"],
    "signer": ["Vừ A Bằng", "Mùa A Sơn"],
    "urgency": ["khẩn", "hỏa tốc"],
    "issuer": ["lai-chau", "lai-chau/ubnd", "dien-bien/ubnd"],
    "level": ["tỉnh"],
    "province": ["Lai Châu", "tỉnh Bắc Kạn", "Thái Nguyên"],
    "addressee": ASKED,
    "assignee": ASKED,
}
FILTERS = st.builds(
    Filters,
    **{name: st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple) for name, values in VALUES.items()},
    date_from=DAYS,
    due_from=st.one_of(st.none(), st.dates(dt.date(2021, 8, 1), dt.date(2021, 10, 1))),
    due_to=st.one_of(st.none(), st.dates(dt.date(2021, 10, 1), dt.date(2021, 12, 31))),
)
WORDS = st.sampled_from(["", "", "tiêm vắc xin", "giáo dục", "ban", "phòng chống dịch -cách"])


@pytest_asyncio.fixture
async def both(opensearch_url: str, tmp_path: Path) -> AsyncIterator[tuple[SearchEngine, SearchEngine]]:
    async with AsyncExitStack() as stack:
        urls = [f"embedded://{tmp_path}/index", f"{opensearch_url}/filters-agree"]
        engines = [await stack.enter_async_context(engine_at(url, tmp_path)) for url in urls]
        for engine in engines:
            await engine.apply(entries())
        yield engines[0], engines[1]


@settings(max_examples=30, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filters=FILTERS, loose=st.sets(st.sampled_from(sorted(VALUES)), min_size=6), q=WORDS)
async def test_counts_are_what_clicking_lists_on_both_engines(
    both: tuple[SearchEngine, SearchEngine], filters: Filters, loose: set[str], q: str
) -> None:
    query = SearchQuery(q=q, filters=changed(filters, dict.fromkeys(loose, ())), limit=50)
    embedded, opensearch = [await ask(engine, query) for engine in both]
    assert opensearch.total == embedded.total
    assert [hit.id for hit in opensearch.hits] == [hit.id for hit in embedded.hits]
    assert {k: list(v) for k, v in opensearch.facets.items()} == {k: list(v) for k, v in embedded.facets.items()}
    for facet in FACETS:
        for value, count in embedded.facets[facet][:3]:
            clicked = changed(query.filters, {facet: (value,)})
            listed = [await ask(engine, dataclasses.replace(query, filters=clicked, facets=())) for engine in both]
            assert [found.total for found in listed] == [count, count], (facet, value)


async def test_the_made_up_documents_are_told_apart_by_every_filter(both: tuple[SearchEngine, SearchEngine]) -> None:
    for name, values in VALUES.items():
        for value in values:
            found = await ask(both[0], SearchQuery(filters=Filters(**{name: (value,)})))  # type: ignore[arg-type]
            least = 0 if value in ("tỉnh Bắc Kạn", "Thái Nguyên", "lai-chau") else 1
            assert least <= found.total < DOCUMENTS, (name, value)


def changed(filters: Filters, values: dict[str, Any]) -> Filters:
    return dataclasses.replace(filters, **values)


async def ask(engine: SearchEngine, query: SearchQuery) -> EngineHits:
    return await engine.search(build_engine_query(Plan(take_apart(query.q)), query, frozenset({"public"})))


def entries() -> list[IndexDocument]:
    random_ = random.Random(3)
    return [build_index_document(fuller(random_, document), clean) for document, clean in made_up(DOCUMENTS)]


def fuller(random_: random.Random, document: Document) -> Document:
    """Add what made-up dispatches lack: bodies of the gazetteer, addressees, tasks with days, urgency."""
    record = document.record
    issuer = lookup_issuer(record.issuer.name) if record.issuer else None
    due = [_due(random_.randint(1, 120)), _due(random_.randint(1, 120), 40), None]
    changed: dict[str, Any] = {
        "issuer": issuer,
        "addressees": tuple(random_.sample(BODIES, random_.randint(0, 2))),
        "recipients": (Recipient(name="Như trên", role=None),),
        "urgency": random_.choice(["Khẩn", "Hỏa tốc", None]),
        "tasks": tuple(
            Task(
                assignees=tuple(random_.sample(BODIES, random_.randint(1, 2))), text="báo cáo", due=random_.choice(due)
            )
            for _ in range(random_.randint(0, 2))
        ),
    }
    return document.model_copy(update={"record": record.model_copy(update=changed)})


def _due(day: int, length: int = 0) -> Due:
    first = dt.datetime(2021, 8, 1, tzinfo=VIETNAM) + dt.timedelta(days=day)
    return Due(as_written="trước ngày", earliest=first, latest=first + dt.timedelta(days=length))
