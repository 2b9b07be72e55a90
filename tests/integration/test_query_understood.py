"""The query language through the service, on both engines: shown back, taken off, and never an error."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings

from services.core.model import Issuer, Kind, Record
from services.search import SearchEngine, SearchQuery, SearchService
from tests.search_servers import ENGINES, engine, index_url, opensearch_url
from tests.search_support import EVERYONE, FakeArchive, settings_for
from tests.unit.test_query_language import QUERIES

__all__ = ["ENGINES", "engine", "index_url", "opensearch_url"]  # fixtures


@pytest_asyncio.fixture
async def service(engine: SearchEngine, index_url: str, tmp_path: Path) -> AsyncIterator[SearchService]:
    """Three dispatches, one of the ministry."""
    archive = FakeArchive()
    issuer = Issuer(name="Bộ Y tế", id="trung-uong/bo-y-te", level="ministry")
    telegram = Record(kind=Kind(code="CĐ", name="Công điện"), issuer=issuer)
    archive.put_pages("telegram", ["Bảo đảm ô-xy y tế", "cho bệnh viện"], telegram)
    archive.put_pages("letter", ["Phân bổ oxy và vắc xin"])
    archive.put_pages("other", ["Phòng cháy chữa cháy"])
    await archive.index_all(engine)
    yield SearchService(engine, archive.as_archive, settings_for(index_url, tmp_path))


async def test_what_was_read_out_of_a_query_is_shown_and_can_be_taken_off(service: SearchService) -> None:
    q = 'oxy -"vắc xin" loại:"công điện"'
    page = await service.search(EVERYONE, SearchQuery(q=q))
    assert [h.id for h in page.hits] == ["telegram"]
    understood = page.query.understood
    assert understood.excluded == ("vắc xin",)
    assert [(p.how, p.field, p.value, p.label, q[p.start : p.end]) for p in understood.parts] == [
        ("excluded", None, "vắc xin", "vắc xin", '-"vắc xin"'),
        ("filter", "kind", "CĐ", "Công điện", 'loại:"công điện"'),
    ]
    for part in understood.parts:
        page = await service.search(EVERYONE, SearchQuery(q=part.without))
        assert len(page.query.understood.parts) == 1
    page = await service.search(EVERYONE, SearchQuery(q="oxy công điện của Bộ Y tế"))
    assert [(p.how, p.field) for p in page.query.understood.parts] == [("boost", "issuer")]
    assert page.hits[0].id == "telegram"
    literal = await service.search(EVERYONE, SearchQuery(q="oxy công điện của Bộ Y tế", literal=True))
    assert literal.query.understood.parts == ()


async def test_a_cursor_goes_on_under_the_same_understanding(service: SearchService) -> None:
    asked = SearchQuery(q='"oxy" -rừng', limit=1)
    first = await service.search(EVERYONE, asked)
    second = await service.search(EVERYONE, SearchQuery(q=asked.q, limit=1, cursor=first.next))
    assert (first.total, second.total, second.next) == (1, 1, None) or first.hits != second.hits


@given(q=QUERIES)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_nothing_typed_is_an_error(service: SearchService, q: str) -> None:
    page = await service.search(EVERYONE, SearchQuery(q=q))
    assert page.total >= len(page.hits)
    await service.marks(EVERYONE, "letter", q)


@pytest.mark.parametrize(
    "q",
    [
        '"',
        '""',
        '"a',
        'a"',
        "-",
        "--",
        "-a -b",
        "cơ quan:",
        ":",
        "\x00",
        "a\x00b",
        "e\u0301" * 50,
        "👍 -👍",
        '-"',
        "“”",
    ],
)
async def test_odd_things_are_answered(service: SearchService, q: str) -> None:
    await service.search(EVERYONE, SearchQuery(q=q))


@pytest.mark.parametrize("q", ['"', '"a b" ', "-a ", "loại:x ", "từ 1/7/2021 ", '-"a b c" ', "bệnh viện "])
async def test_five_thousand_characters_are_answered(service: SearchService, q: str) -> None:
    page = await service.search(EVERYONE, SearchQuery(q=(q * 5000)[:5000]))
    assert page.total >= len(page.hits)
