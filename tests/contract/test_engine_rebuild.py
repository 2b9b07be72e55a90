"""Rebuilding under load, killed, twice at once and into a damaged index, held against both real engines."""

import asyncio
import contextlib
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from opensearchpy import AsyncOpenSearch

from services.core.errors import ConflictError, CorruptError
from services.search import EngineHits, SearchEngine, SearchQuery, finish, reindex
from services.search.engines.opensearch import rebuild_lock
from services.search.query import Plan, build_engine_query
from services.search.typed import take_apart
from tests.search_servers import ENGINES, engine, index_url, opensearch_url
from tests.search_support import FakeArchive, FakeDocuments, engine_at, entry, made_up, make_document
from tests.servers import ROOT

__all__ = ["ENGINES", "engine", "index_url", "opensearch_url"]  # fixtures

STEADY = 2_000
"""Documents that nobody touches while the others come and go."""


async def ask(engine: SearchEngine, q: str = "", **given: object) -> EngineHits:
    query = SearchQuery(q=q, **given)  # type: ignore[arg-type]
    return await engine.search(build_engine_query(Plan(take_apart(q)), query, frozenset({"public"})))


async def found(engine: SearchEngine, q: str) -> set[str]:
    return {hit.id for hit in (await ask(engine, q, limit=100)).hits}


class Load:
    """Somebody who writes, changes, deletes and restores, each time first in the catalogue and then in the index.

    As the index job does: a document is announced in `changes` only once the engine has acknowledged it, and one that
    leaves before that never.
    """

    def __init__(self, archive: FakeArchive, engine: SearchEngine, gate: asyncio.Lock) -> None:
        self.archive, self.engine, self.gate = archive, engine, gate
        self.there: dict[str, int] = {}
        self.gone: set[str] = set()
        self.lost: list[str] = []
        self.rounds = 0
        self.over = False

    async def go_on(self) -> None:
        while not self.over:
            await self._round(f"{self.rounds:06}-came")
            self.rounds += 1

    async def _round(self, name: str) -> None:
        await self._put(name, "mới đến", 1, announced=self.rounds % 2 == 0)
        if self.rounds % 3 == 0:
            await self._put(name, "mới đến đã sửa", 2)
        if self.rounds % 4 == 1:
            await self._take_out(name)
        if self.rounds % 8 == 1:
            await self._put(name, "mới đến trở lại", 9)

    async def _put(self, name: str, text: str, revision: int, *, announced: bool = True) -> None:
        lines = len(self.archive.documents.lines)
        task = self.archive.put_pages(name, [text])
        document = make_document(name, revision=revision)
        self.archive.documents.kept[name].document = document
        assert task.clean is not None
        line = self.archive.documents.lines.pop().model_copy(update={"revision": revision})
        assert len(self.archive.documents.lines) == lines
        async with self.gate:
            await self.engine.apply([entry(name, task.clean.text, revision=revision)])
        if announced:
            self.archive.documents.lines.append(line)
        self.there[name] = revision
        self.gone.discard(name)
        if (await self.engine.revisions([name])).get(name) != revision:
            self.lost.append(name)

    async def _take_out(self, name: str) -> None:
        pair = self.archive.take_out(name)
        if self.rounds % 2:
            self.archive.documents.lines.pop()
        async with self.gate:
            await self.engine.apply([], [pair])
        self.there.pop(name)
        self.gone.add(name)


@contextlib.asynccontextmanager
async def meanwhile(work: Load) -> AsyncIterator[None]:
    task = asyncio.create_task(work.go_on())
    try:
        yield
    finally:
        work.over = True
        await task


def read_no_faster_than(load: Load, totals: list[int], documents: FakeDocuments) -> None:
    """Let the rebuild read a batch only after another round of writes and more searches, on a machine of any speed."""
    read = documents.ids

    async def ids(*args: Any, **kwargs: Any) -> list[str]:
        rounds, searches = load.rounds, len(totals)
        async with asyncio.timeout(60):
            while load.rounds == rounds or len(totals) < searches + 3:  # noqa: ASYNC110 - the load only counts
                await asyncio.sleep(0.01)
        return await read(*args, **kwargs)

    documents.ids = ids  # type: ignore[method-assign]  # the fake of this test alone


@pytest.mark.timeout(900)  # seconds alone; every write waits for the disk, which others may keep busy
async def test_searches_and_writes_go_on_during_a_rebuild_and_nothing_is_lost_or_comes_back(
    engine: SearchEngine, index_url: str, tmp_path: Path
) -> None:
    archive, gate = FakeArchive(), asyncio.Lock()
    for document, clean in made_up(STEADY):
        archive.put(document, clean)
    await archive.index_all(engine)
    steady = (await ask(engine, "kinh phí")).total
    assert steady > 100
    load = Load(archive, engine, gate)
    totals: list[int] = []

    async def search(reader: SearchEngine) -> None:
        while not load.over:
            totals.append((await ask(reader, "kinh phí")).total)

    async with engine_at(index_url, tmp_path, write=False) as reader, meanwhile(load):
        searching = asyncio.create_task(search(reader))
        read_no_faster_than(load, totals, archive.documents)
        report = await reindex(archive.as_archive, engine, gate=gate)
        rounds, searches = load.rounds, len(totals)
        await asyncio.sleep(0.2)  # they go on in the new generation
        load.over = True
        await searching
    assert rounds > 5
    assert searches > 20
    assert set(totals) == {steady}
    assert load.lost == []
    assert await engine.revisions(list(load.there)) == load.there
    assert await engine.revisions(list(load.gone)) == {}
    assert await engine.count() == STEADY + len(load.there)
    assert [g.name for g in await engine.generations()] == [report.generation]


async def test_what_another_writer_wrote_to_the_old_generation_at_the_switch_is_found_in_the_new_one(
    engine: SearchEngine,
) -> None:
    archive = FakeArchive()
    for document, clean in made_up(10):
        archive.put(document, clean)
    await archive.index_all(engine)
    with pytest.MonkeyPatch.context() as patch:
        publish = engine.publish

        async def written_before(generation: str) -> None:
            archive.put_pages("late", ["mới đến"])
            gone = archive.take_out(min(archive.documents.kept))
            del archive.documents.lines[-2:]  # not yet announced
            await engine.apply([entry("late", "mới đến")], [gone])
            await publish(generation)

        patch.setattr(engine, "publish", written_before)
        report = await reindex(archive.as_archive, engine)
    assert await found(engine, "mới đến") == {"late"}
    assert await engine.revisions(list(archive.documents.gone)) == {}
    assert report.caught_up == 2


async def test_a_generation_that_does_not_answer_gives_way_to_the_old_one_with_what_came_meanwhile(
    engine: SearchEngine,
) -> None:
    archive = FakeArchive()
    archive.put_pages("a", ["tiêm vắc xin"])
    await archive.index_all(engine)
    (old,) = await engine.generations()

    async def damaged() -> None:
        archive.put_pages("b", ["tiêm vắc xin"])
        raise CorruptError("it does not answer")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "ping", damaged)
        with pytest.raises(CorruptError, match="it does not answer"):
            await reindex(archive.as_archive, engine)
    assert [(g.name, g.live) for g in await engine.generations()] == [(old.name, True)]
    assert await found(engine, "vắc xin") == {"a", "b"}


async def test_a_second_rebuild_is_refused_while_the_first_goes_on_and_not_after_it(
    engine: SearchEngine, index_url: str, tmp_path: Path
) -> None:
    archive = FakeArchive()
    archive.put_pages("a", ["tiêm vắc xin"])
    async with engine_at(index_url, tmp_path) as other:
        async with engine.rebuilding():
            for second in (engine, other):
                with pytest.raises(ConflictError) as refused:
                    await reindex(archive.as_archive, second)
                assert refused.value.code == "rebuild_running"
        report = await reindex(archive.as_archive, other)
    assert report.documents == 1


async def test_a_rebuild_that_is_cancelled_leaves_nothing_behind(engine: SearchEngine) -> None:
    archive = FakeArchive()
    for document, clean in made_up(1_000):
        archive.put(document, clean)
    await archive.index_all(engine)
    begun = asyncio.Event()
    building = asyncio.create_task(reindex(archive.as_archive, engine, lambda done, known: begun.set()))
    await begun.wait()
    building.cancel()
    with pytest.raises(asyncio.CancelledError):
        await building
    assert [g.live for g in await engine.generations()] == [True]
    assert (await reindex(archive.as_archive, engine)).documents == 1_000


_REBUILDER = """
import asyncio, sys
from pathlib import Path
from services.search import reindex
from tests.search_support import FakeArchive, FakeDocuments, engine_at, made_up

async def main():
    archive = FakeArchive()
    for document, clean in made_up(6_000):
        archive.put(document, clean)
    async with engine_at(sys.argv[1], Path(sys.argv[2])) as engine:
        await reindex(archive.as_archive, engine, lambda done, known: print(done, known, flush=True))

asyncio.run(main())
"""


def rebuild_until_killed(url: str, folder: Path) -> list[str]:
    """Run a rebuild in a process that is killed after its first thousand; returns what it told of its progress."""
    told = []
    command = [sys.executable, "-c", _REBUILDER, url, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as rebuilder:
        for line in rebuilder.stdout or []:
            told.append(line.strip())
            if len(told) == 2:
                rebuilder.send_signal(signal.SIGKILL)
    return told


async def test_after_a_rebuild_was_killed_the_next_one_starts_at_once_and_drops_its_remains(
    engine: SearchEngine, index_url: str, tmp_path: Path
) -> None:
    archive = FakeArchive()
    archive.put_pages("a", ["tiêm vắc xin"])
    await archive.index_all(engine)
    told = await asyncio.to_thread(rebuild_until_killed, index_url, tmp_path)
    assert told[0].split()[1] == "6000"
    assert [g.live for g in await engine.generations()] == [True, False]
    assert await found(engine, "vắc xin") == {"a"}
    report = await reindex(archive.as_archive, engine)
    assert [g.name for g in await engine.generations()] == [report.generation]
    assert await found(engine, "vắc xin") == {"a"}


async def test_what_a_killed_rebuild_left_is_cleared_up_without_another_one(engine: SearchEngine) -> None:
    archive = FakeArchive()
    archive.put_pages("a", ["tiêm vắc xin"])
    await archive.index_all(engine)
    assert await finish(archive.as_archive, engine) == 0
    killed_after_the_switch = await engine.begin()
    await engine.publish(killed_after_the_switch)
    await engine.begin()
    assert await finish(archive.as_archive, engine) == 1
    assert [g.name for g in await engine.generations()] == [killed_after_the_switch]
    assert await found(engine, "vắc xin") == {"a"}


# --------------------------------------------------------------------------- the lock in the cluster


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuild_lock, "_BEAT_SECONDS", 0.1)
    monkeypatch.setattr(rebuild_lock, "_DEAD_SECONDS", 0.5)


@pytest.mark.opensearch
@pytest.mark.usefixtures("quick")
async def test_a_holder_elsewhere_counts_as_long_as_it_goes_on_writing(opensearch_url: str) -> None:
    elsewhere = {"host": "elsewhere", "pid": 1, "token": "t"}
    async with AsyncOpenSearch(hosts=[opensearch_url]) as client:
        await client.index(index="lock-a", id="holder", body=elsewhere)

        async def go_on_writing() -> None:
            while True:
                await client.index(index="lock-a", id="holder", body=elsewhere)
                await asyncio.sleep(0.05)

        writing = asyncio.create_task(go_on_writing())
        with pytest.raises(ConflictError, match="elsewhere"):
            async with rebuild_lock.hold(client, "lock-a"):
                pass
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        async with rebuild_lock.hold(client, "lock-a"):
            with pytest.raises(ConflictError):
                async with rebuild_lock.hold(client, "lock-a"):
                    pass
            await asyncio.sleep(0.3)  # it writes on itself
        async with rebuild_lock.hold(client, "lock-a"):
            pass


@pytest.mark.opensearch
@pytest.mark.usefixtures("quick")
async def test_a_rebuild_whose_lock_was_taken_over_ends(opensearch_url: str) -> None:
    async with AsyncOpenSearch(hosts=[opensearch_url]) as client:

        async def hold_on() -> None:
            async with rebuild_lock.hold(client, "lock-b"):
                await client.index(index="lock-b", id="holder", body={"host": "elsewhere", "pid": 1, "token": "t"})
                await asyncio.sleep(5)

        with pytest.raises(ConflictError, match="taken it over"):
            await hold_on()
        assert (await client.get(index="lock-b", id="holder"))["_source"]["host"] == "elsewhere"
