"""What a facet counts is what picking it lists, whatever else is picked; on both engines, and the same on both."""

import dataclasses
import datetime as dt
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from services.core.model import Issuer, Kind, PartialDate, Record, Signer, Topic
from services.search import EngineHits, Filters, IndexDocument, SearchEngine, SearchQuery
from services.search.plan import Plan
from services.search.query import build_engine_query
from services.search.typed import take_apart
from services.search.types import FACETS
from tests.search_support import engine_at, entry

pytestmark = pytest.mark.opensearch

_WORDS = ("tiêm vắc xin", "phòng cháy", "báo cáo", "tăng cường", "ngân sách", "giáo dục")
_ISSUERS = ("dien-bien", "dien-bien/ubnd", "dien-bien/so-y-te", "lai-chau/ubnd", "trung-uong/bo-y-te")
_TOPICS = ("y-te", "y-te/tiem-chung", "y-te/xet-nghiem", "giao-duc", "ngan-sach")
_KINDS = ("CV", "QĐ", "KH", "TB")
_SIGNERS = ("Vừ A Bằng", "Lò Văn Tiến", "Nguyễn Thị Hoa")


def _document(rng: random.Random, number: int) -> IndexDocument:
    first = dt.date(2019, 1, 1) + dt.timedelta(days=rng.randrange(1000))
    dates = (
        PartialDate(year=first.year, month=first.month, day=first.day, earliest=first, latest=first),
        PartialDate(year=first.year, month=first.month),
        PartialDate(year=first.year),
        None,
    )
    record = Record(
        issuer=Issuer(id=rng.choice(_ISSUERS), name="UBND tỉnh") if rng.random() < 0.9 else None,
        kind=Kind(code=(code := rng.choice(_KINDS)), name=code),
        topics=tuple(Topic(id=topic, label=topic) for topic in rng.sample(_TOPICS, rng.randrange(3))),
        issued_on=rng.choice(dates),
        signer=Signer(name=rng.choice(_SIGNERS)) if rng.random() < 0.7 else None,
        urgency=rng.choice((None, None, "Khẩn", "Hỏa tốc")),
    )
    return entry(f"{number:03}", " ".join(rng.sample(_WORDS, 3)), record)


def _filters(rng: random.Random, found: EngineHits) -> Filters:
    """Pick up to three facets, one or two values of each, from those that are there."""
    filters = Filters()
    for facet in rng.sample(FACETS, rng.randrange(4)):
        values = [value for value, _ in found.facets[facet]]
        filters = _picked(filters, facet, *rng.sample(values, min(len(values), rng.randrange(1, 3))))
    return filters


def _picked(filters: Filters, facet: str, *values: str) -> Filters:
    changed: dict[str, Any] = {facet: values}
    return dataclasses.replace(filters, **changed)


async def _ask(engine: SearchEngine, q: str, filters: Filters, *, facets: tuple[str, ...] = FACETS) -> EngineHits:
    query = SearchQuery(q=q, filters=filters, limit=50, facets=facets)
    plan = Plan(take_apart(q))
    return await engine.search(build_engine_query(plan, query, frozenset({"public"})))


@pytest_asyncio.fixture
async def both(
    opensearch_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[tuple[SearchEngine, SearchEngine]]:
    index = f"{opensearch_url}/facets-{request.node.callspec.id}?shards=3"
    async with (
        engine_at(f"embedded://{tmp_path}/index", tmp_path) as embedded,
        engine_at(index, tmp_path) as opensearch,
    ):
        yield embedded, opensearch


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_count_is_what_picking_the_value_lists(both: tuple[SearchEngine, SearchEngine], seed: int) -> None:
    rng = random.Random(seed)
    documents = [_document(rng, number) for number in range(60)]
    for engine in both:
        await engine.apply(documents)
    everything = await _ask(both[0], "", Filters())
    for _ in range(12):
        q, filters = rng.choice(("", *_WORDS)), _filters(rng, everything)
        embedded, opensearch = [await _ask(engine, q, filters) for engine in both]
        assert embedded.total == opensearch.total, (q, filters)
        assert [hit.id for hit in embedded.hits] == [hit.id for hit in opensearch.hits], (q, filters)
        for facet in FACETS:
            counts = dict(embedded.facets[facet])
            assert counts == dict(opensearch.facets[facet]), (q, filters, facet)
            for value in rng.sample(sorted(counts), min(3, len(counts))):
                clicked = _picked(filters, facet, value)
                for engine in both:
                    assert (await _ask(engine, q, clicked, facets=())).total == counts[value], (
                        q,
                        filters,
                        facet,
                        value,
                    )
