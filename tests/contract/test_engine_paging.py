"""Pages to the end of a result while documents come, change and go, held against both real engines."""

import asyncio
import base64
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opensearchpy import AsyncOpenSearch

from services.core.errors import GoneError, InvalidInputError
from services.core.model import Record
from services.search import EngineHits, Filters, IndexDocument, SearchEngine, SearchQuery, SearchService
from services.search.engines.embedded import paging, reader
from services.search.paging import Place, digest_of, take
from services.search.query import Plan, build_engine_query
from services.search.typed import take_apart
from tests.search_servers import ENGINES, engine, index_url, opensearch_url
from tests.search_support import EVERYONE, FakeArchive, day, engine_at, entry, made_up, settings_for

__all__ = ["ENGINES", "engine", "index_url", "opensearch_url"]  # fixtures

SORTS = ("relevance", "newest", "oldest")


async def ask(engine: SearchEngine, q: str = "", *, after: str | None = None, **given: Any) -> EngineHits:
    query = SearchQuery(q=q, facets=(), **given)
    return await engine.search(build_engine_query(Plan(take_apart(q)), query, frozenset({"public"}), after=after))


async def walk(engine: SearchEngine, q: str = "", **given: Any) -> list[str]:
    """Return the ids of all pages."""
    found: list[str] = []
    after: str | None = None
    while True:
        page = await ask(engine, q, after=after, **given)
        found += [hit.id for hit in page.hits]
        after = page.next
        if after is None:
            return found


# --------------------------------------------------------------------------- the law


@dataclass(frozen=True)
class Write:
    """What happens between two pages: a document comes, changes its words and day, or goes."""

    what: str
    number: int
    words: int
    month: int


WRITES = st.lists(
    st.builds(Write, st.sampled_from(["add", "change", "delete"]), st.integers(0, 29), st.integers(1, 6),
              st.integers(1, 12)),
    max_size=6,
)  # fmt: skip


def document(example: str, number: int, words: int, month: int, revision: int) -> IndexDocument:
    text = "tiêm vắc xin " * words + f"chữ thêm {number % 5}"
    record = Record(issued_on=day(2021, month, 5))
    return entry(f"{example}-{number:03}", text, record, revision=revision, batch=example)


async def between(engine: SearchEngine, example: str, writes: Sequence[Write], there: set[str], revision: int) -> None:
    """Write, all at once; what was deleted stays so."""
    gone = {f"{example}-{write.number:03}" for write in writes if write.what == "delete"}
    there -= gone
    changed = [w for w in writes if w.what == "add" or (w.what == "change" and f"{example}-{w.number:03}" in there)]
    upserts = [
        document(example, w.number + (100 if w.what == "add" else 0), w.words, w.month, revision) for w in changed
    ]
    await engine.apply(upserts, [(name, revision) for name in gone])


async def go_through(engine: SearchEngine, example: str, rounds: list[list[Write]], **given: Any) -> None:
    """Go through all pages with writes between them, and hold the law."""
    await engine.apply([document(example, n, 1 + n % 4, 1 + n % 12, 1) for n in range(30)])
    there = {f"{example}-{n:03}" for n in range(30)}
    seen: list[str] = []
    after: str | None = None
    for revision in itertools.count(2):
        page = await ask(engine, after=after, filters=Filters(batch=(example,)), **given)
        seen += [hit.id for hit in page.hits]
        after = page.next
        if after is None:
            break
        if rounds:
            await between(engine, example, rounds.pop(), there, revision)
    assert len(seen) == len(set(seen))
    assert there <= set(seen)


@pytest.mark.parametrize("sort", SORTS)
async def test_nothing_that_was_there_all_along_is_left_out_or_comes_twice(
    engine: SearchEngine, index_url: str, sort: str
) -> None:
    examples = (f"example{n}" for n in itertools.count())
    loop = asyncio.get_running_loop()

    @settings(
        max_examples=40 if index_url.startswith("embedded") else 25,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(st.sampled_from(["vắc xin", "", "tiêm"]), st.integers(1, 12), st.lists(WRITES, max_size=5))
    def law(q: str, limit: int, rounds: list[list[Write]]) -> None:
        going = go_through(engine, next(examples), rounds, q=q, limit=limit, sort=sort)
        asyncio.run_coroutine_threadsafe(going, loop).result()

    await asyncio.to_thread(law)


@given(st.lists(st.integers(0, 30), unique=True), st.sets(st.integers(0, 30)), st.integers(1, 9))
def test_taking_page_after_page_gives_everything_that_was_not_shown_once(
    order: list[int], shown: set[int], limit: int
) -> None:
    ids, left, at, seen = [str(n) for n in order], tuple(digest_of(str(n)) for n in shown), 0, []
    while True:
        place = Place("view", at, left)
        taken = take(ids[at : at + place.wanted(limit)], left, limit)
        seen += [ids[at + number] for number in taken.numbers]
        at, left = at + taken.passed, taken.shown
        if not taken.more:
            break
        assert len(taken.numbers) == limit
    assert seen == [i for i in ids if int(i) not in shown]


@given(st.one_of(st.none(), st.text(max_size=9)), st.integers(0, 9), st.lists(st.text(max_size=5), max_size=4))
def test_reading_a_place_is_the_inverse_of_writing_it(view: str | None, at: int, ids: list[str]) -> None:
    shown = tuple(map(digest_of, ids))
    place = Place(view or None, at if view else None, shown)
    if view or shown:
        assert Place.read(place.encode(), is_position=lambda value: isinstance(value, int)) == place


# --------------------------------------------------------------------------- order


@pytest.mark.parametrize("top", [0, 150, 4_000])
@pytest.mark.parametrize("q", ["", "kinh phí", "tiêm vắc xin"])
async def test_pages_are_the_list_as_a_whole_however_it_is_collected(
    engine: SearchEngine, monkeypatch: pytest.MonkeyPatch, q: str, top: int
) -> None:
    monkeypatch.setattr(paging, "_TOP", top)
    archive = FakeArchive()
    for made in made_up(300):
        archive.put(*made)
    await archive.index_all(engine)
    for sort in SORTS:
        whole = [hit.id for hit in (await ask(engine, q, sort=sort, limit=1_000)).hits]
        assert len(whole) > 50
        assert await walk(engine, q, sort=sort, limit=7) == whole


async def test_the_last_pages_of_a_long_result_take_no_longer_than_the_first(tmp_path: Path) -> None:
    async with engine_at(f"embedded://{tmp_path}/index", tmp_path) as engine:
        await engine.apply([entry(f"{n:05}", "tiêm vắc xin " * (1 + n % 9)) for n in range(6_000)])
        after: str | None = None
        spent: list[float] = []
        while True:
            started = time.thread_time() + time.process_time()
            page = await ask(engine, "vắc xin", limit=50, after=after)
            spent.append(time.thread_time() + time.process_time() - started)
            after = page.next
            if after is None:
                break
        assert len(spent) == 120
        assert sum(spent[-20:]) < 3 * sum(spent[5:25])


# --------------------------------------------------------------------------- views that end


async def test_a_first_page_s_cursor_needs_no_view_and_those_that_follow_say_when_theirs_has_ended(
    index_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "_SNAPSHOTS", 0)
    async with engine_at(index_url, tmp_path) as engine:
        await engine.apply([entry(f"{n:02}", "tiêm vắc xin") for n in range(30)])
        first = await ask(engine, "vắc xin", limit=5)
        await engine.apply([entry("new", "tiêm vắc xin")])
        second = await ask(engine, "vắc xin", limit=5, after=first.next)
        await _end_views(index_url)
        await engine.apply([entry("newer", "tiêm vắc xin")])
        with pytest.raises(GoneError) as ended:
            await ask(engine, "vắc xin", limit=5, after=second.next)
        assert ended.value.code == "cursor_expired"
        again = await ask(engine, "vắc xin", limit=5, after=first.next)
        assert [hit.id for hit in again.hits] == [hit.id for hit in second.hits]


@pytest.mark.opensearch
async def test_no_view_is_left_open_at_the_end_of_a_result(opensearch_url: str, tmp_path: Path) -> None:
    url = f"{opensearch_url}/left-open"
    async with engine_at(url, tmp_path) as engine, AsyncOpenSearch(hosts=[opensearch_url]) as client:
        await engine.apply([entry(f"{n:02}", "tiêm vắc xin") for n in range(30)])
        page = await ask(engine, "vắc xin", limit=7)
        await ask(engine, "vắc xin", limit=7, after=page.next)
        (left,) = await _open_views(client, "left-open")
        await client.delete_pit(body={"pit_id": [left]})
        assert len(await walk(engine, "vắc xin", limit=7)) == 30
        assert await _open_views(client, "left-open") == []


async def test_another_process_goes_on_where_the_index_is_still_the_same(index_url: str, tmp_path: Path) -> None:
    async with engine_at(index_url, tmp_path) as engine, engine_at(index_url, tmp_path, write=False) as other:
        await engine.apply([entry(f"{n:02}", "tiêm vắc xin") for n in range(30)])
        first = await ask(engine, "vắc xin", limit=10)
        second = await ask(other, "vắc xin", limit=10, after=first.next)
        third = await ask(engine, "vắc xin", limit=10, after=second.next)
        assert [hit.id for hit in third.hits] == [f"{n:02}" for n in range(20, 30)]


@pytest.mark.parametrize("forged", [Place("x", 3, ()), Place("x", [1.0, "a"], ()), Place("x", ["a"], ())])
async def test_a_forged_view_is_no_error_of_ours(engine: SearchEngine, forged: Place) -> None:
    await engine.apply([entry("a", "tiêm vắc xin")])
    with pytest.raises((GoneError, InvalidInputError)):
        await ask(engine, "vắc xin", after=forged.encode())


async def _end_views(index_url: str) -> None:
    if index_url.startswith("http"):
        address, _, alias = index_url.rpartition("/")
        async with AsyncOpenSearch(hosts=[address]) as client:
            await client.delete_pit(body={"pit_id": await _open_views(client, alias)})


async def _open_views(client: AsyncOpenSearch, alias: str) -> list[str]:
    """Return the views of our index: the id of a view has the name of its index in it."""
    views = [view["pit_id"] for view in (await client.get_all_pits())["pits"]]
    return [view for view in views if f"{alias}-".encode() in base64.urlsafe_b64decode(view + "==")]


# --------------------------------------------------------------------------- through the service


async def test_everything_is_walked_once_though_the_view_ends_on_the_way(
    engine: SearchEngine, index_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.search.service.WALKED_IDS", 20)
    monkeypatch.setattr(reader, "_SNAPSHOTS", 0)
    archive = FakeArchive()
    for made in made_up(100):
        archive.put(*made)
    await archive.index_all(engine)
    service = SearchService(engine, archive.as_archive, settings_for(index_url, tmp_path))
    found = await service.all_documents(EVERYONE, SearchQuery())
    seen: list[str] = []
    async for document in found.documents:
        seen.append(document.id)
        if len(seen) == 50:
            await _end_views(index_url)
            await engine.apply([entry("zzz", "tiêm vắc xin")])
            archive.put_pages("zzz", ["tiêm vắc xin"])
    assert len(seen) == len(set(seen))
    assert set(seen) >= {document.id for document, _ in made_up(100)}


async def test_guesses_of_the_first_page_hold_for_those_that_follow(
    engine: SearchEngine, index_url: str, tmp_path: Path
) -> None:
    archive = FakeArchive()
    for number in range(9):
        archive.put_pages(f"{number}", ["tiêm vắc xin"])
    await archive.index_all(engine)
    service = SearchService(engine, archive.as_archive, settings_for(index_url, tmp_path))
    first = await service.search(EVERYONE, SearchQuery(q="tiêmm", limit=3))
    assert first.total == 9
    archive.put_pages("other", ["tiêmm"])
    await archive.index_all(engine)
    second = await service.search(EVERYONE, SearchQuery(q="tiêmm", limit=100, cursor=first.next))
    ids = [hit.id for hit in (*first.hits, *second.hits)]
    assert len(ids) == len(set(ids))
    assert set(ids) >= {f"{number}" for number in range(9)}
