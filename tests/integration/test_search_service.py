"""The search service over an archive in memory and both engines: answers, marks, facets, cursors, errors."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest
import pytest_asyncio

from services.core.errors import InvalidInputError, NotFoundError
from services.core.model import Issuer, Kind, Principal, Record, Topic
from services.search import Filters, SearchEngine, SearchQuery, SearchService
from tests.search_servers import ENGINES, engine, index_url
from tests.search_support import EVERYONE, FakeArchive, day, made_up, settings_for

__all__ = ["ENGINES", "engine", "index_url"]  # fixtures

LETTER = Record(
    symbol="3030/UBND-KGVX",
    number="3030",
    symbol_key="3030||UBND-KGVX",
    kind=Kind(code="CV", name="Công văn"),
    issuer=Issuer(name="ỦY BAN NHÂN DÂN TỈNH ĐIỆN BIÊN", id="dien-bien/ubnd", level="province", place="Điện Biên"),
    issued_on=day(2021, 9, 14),
    subject="V/v triển khai tiêm vắc xin",
    topics=(Topic(id="y-te/tiem-chung", label="Tiêm chủng"),),
    pages=2,
)


class Desk(NamedTuple):
    """What a test works with."""

    archive: FakeArchive
    engine: SearchEngine
    service: SearchService


@pytest_asyncio.fixture
async def desk(engine: SearchEngine, index_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    """Two dispatches, the first with a phrase that a page end cuts in two."""
    archive = FakeArchive()
    archive.put_pages("letter", ["Sở Y tế tổ chức\ntiêm vắc xin ưu", "tiên cho người già"], LETTER)
    archive.put_pages("notice", ["Thông báo về phòng cháy\nchữa cháy rừng"])
    await archive.index_all(engine)
    label = {("topic", "y-te"): "Y tế"}.get
    service = SearchService(
        engine, archive.as_archive, settings_for(index_url, tmp_path), label=lambda f, v: label((f, v))
    )
    yield Desk(archive, engine, service)


async def test_a_hit_carries_its_record_its_pages_and_boxes_over_the_words(desk: Desk) -> None:
    page = await desk.service.search(EVERYONE, SearchQuery(q="tiêm vắc xin ưu tiên"))
    (hit,) = page.hits
    assert (page.total, hit.id, hit.tier, hit.symbol, hit.external_id) == (
        1,
        "letter",
        "exact",
        "3030/UBND-KGVX",
        "ext-letter",
    )
    assert hit.kind == LETTER.kind
    assert hit.issuer is not None
    assert (hit.issuer.id, hit.issuer.name) == ("dien-bien/ubnd", "ỦY BAN NHÂN DÂN TỈNH ĐIỆN BIÊN")
    assert [p.number for p in hit.pages] == [1, 2]
    words = desk.archive.documents.kept["letter"].pages[1].words
    assert list(hit.pages[0].boxes) == [tuple(w.box or ()) for w in words if w.text in ("tiêm", "vắc", "xin", "ưu")]
    assert "".join(p.text for p in hit.pages[0].snippet if p.hit) == "tiêm vắc xin ưu tiên"
    assert hit.links["self"] == "/api/v1/documents/letter"


async def test_facets_have_labels_and_know_what_was_picked(desk: Desk) -> None:
    page = await desk.service.search(EVERYONE, SearchQuery(filters=Filters(topic=("y-te",), kind=("QĐ",))))
    assert page.total == 0
    assert [(v.value, v.label, v.count, v.selected) for v in page.facets["kind"]] == [
        ("CV", "Công văn", 1, False),
        ("QĐ", "Quyết định", 0, True),
    ]
    everything = await desk.service.search(EVERYONE, SearchQuery())
    assert [(v.value, v.label) for v in everything.facets["topic"]] == [
        ("y-te", "Y tế"),
        ("y-te/tiem-chung", "Tiêm chủng"),
    ]
    assert [(v.value, v.label) for v in everything.facets["issuer"]] == [
        ("dien-bien", "Điện Biên"),
        ("dien-bien/ubnd", "UBND tỉnh Điện Biên"),
    ]


async def test_a_query_that_matches_nothing_is_tried_with_fewer_words(desk: Desk) -> None:
    page = await desk.service.search(EVERYONE, SearchQuery(q="cháy rừng phòng già"))
    assert [h.id for h in page.hits] == ["notice"]
    nothing = await desk.service.search(EVERYONE, SearchQuery(q="9999/UBND-KGVX"))
    assert (nothing.total, nothing.hits) == (0, ())
    relaxed = await desk.service.search(EVERYONE, SearchQuery(q="người rừng"))
    assert sorted(h.id for h in relaxed.hits) == ["letter", "notice"]


async def test_the_answer_says_how_the_query_was_understood(desk: Desk) -> None:
    wish = (await desk.service.search(EVERYONE, SearchQuery(q='tiêm vaccine "người già" thonng'))).query.understood
    assert wish.marks == "wish"
    assert wish.phrases == ("người già",)
    assert "vắc xin" in wish.synonyms["vaccine"]
    assert wish.near == {"thonng": ("thong",)}
    symbol = (await desk.service.search(EVERYONE, SearchQuery(q="3030 ubnd kgvx"))).query.understood
    assert (symbol.symbol, symbol.marks) == ("3030/UBND-KGVX", "none")


async def test_the_typed_symbol_brings_its_document_in_any_writing(desk: Desk) -> None:
    for q in ("3030/UBND-KGVX", "3030 ubnd kgvx", "số 3030", "03030/ubnd-kgvx"):
        page = await desk.service.search(EVERYONE, SearchQuery(q=q))
        assert [(h.id, h.tier) for h in page.hits] == [("letter", "symbol")], q


async def test_cursors_lead_through_everything_once_and_belong_to_their_query(desk: Desk) -> None:
    for document, clean in made_up(45):
        desk.archive.put(document, clean)
    await desk.archive.index_all(desk.engine)
    seen: list[str] = []
    query = SearchQuery(limit=10)
    while True:
        page = await desk.service.search(EVERYONE, query)
        assert page.total == 47
        seen += [h.id for h in page.hits]
        if page.next is None:
            break
        query = SearchQuery(limit=10, cursor=page.next)
    assert sorted(seen) == sorted(desk.archive.documents.kept)
    first = await desk.service.search(EVERYONE, SearchQuery(limit=10))
    with pytest.raises(InvalidInputError):
        await desk.service.search(EVERYONE, SearchQuery(q="khác", cursor=first.next))
    with pytest.raises(InvalidInputError):
        await desk.service.search(EVERYONE, SearchQuery(cursor="không phải"))


async def test_limits_are_said_and_everything_else_is_answered(desk: Desk) -> None:
    for wrong in (SearchQuery(q="a" * 5001), SearchQuery(limit=0), SearchQuery(limit=101)):
        with pytest.raises(InvalidInputError):
            await desk.service.search(EVERYONE, wrong)
    for q in ('"', "tiêm " * 1000, "\ud800", "/" * 5000, "(((", "😀"):
        assert (await desk.service.search(EVERYONE, SearchQuery(q=q))).total >= 0


async def test_nobody_finds_or_marks_what_they_may_not_see(desk: Desk) -> None:
    stranger = Principal(name="stranger", access=frozenset({"nothing"}))
    assert (await desk.service.search(stranger, SearchQuery())).total == 0
    with pytest.raises(NotFoundError):
        await desk.service.marks(stranger, "letter", "tiêm")


async def test_a_document_that_left_the_archive_this_moment_is_no_hit(desk: Desk) -> None:
    desk.archive.take_out("letter")
    page = await desk.service.search(EVERYONE, SearchQuery(q="tiêm vắc xin"))
    assert (page.total, page.hits) == (1, ())


async def test_the_marks_of_a_document_are_on_every_page_that_answers(desk: Desk) -> None:
    marks = await desk.service.marks(EVERYONE, "letter", "uu tien")
    assert [(p.number, len(p.boxes)) for p in marks.pages] == [(1, 1), (2, 1)]
    assert (await desk.service.marks(EVERYONE, "letter", "rừng")).pages == ()
    with pytest.raises(NotFoundError):
        await desk.service.marks(EVERYONE, "none", "tiêm")


async def test_the_answer_is_json_in_the_shape_of_the_api(desk: Desk) -> None:
    page = (await desk.service.search(EVERYONE, SearchQuery(q="tiêm vắc xin"))).model_dump(mode="json")
    assert set(page) == {"query", "total", "took_ms", "hits", "facets", "next"}
    (hit,) = page["hits"]
    design = {"id", "score", "tier", "symbol", "kind", "issuer", "issued_on", "subject", "topics", "signer", "pages"}
    assert design | {"external_id", "links"} <= set(hit)
    assert set(hit["pages"][0]) == {"number", "snippet", "boxes"}
    assert set(page["facets"]["kind"][0]) == {"value", "label", "count", "selected"}
