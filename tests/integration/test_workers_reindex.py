"""Rebuilds that are asked for while an index worker is at work: one at a time, stopped with whoever asked."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.core.errors import ConflictError
from services.search import IndexDocument, SearchEngine
from tests.integration.workers_support import House, P, house, settings_for, text_file, until
from tests.servers import RedisServer, redis_server
from workers.reindexing import rebuild_index


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with redis_server() as running:
        yield running


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Callable[[SearchEngine], asyncio.Event]:
    """Make the filling of new generations wait until told."""

    def slow_down(engine: SearchEngine) -> asyncio.Event:
        go_on, apply = asyncio.Event(), engine.apply

        async def applied(upserts: list[IndexDocument], deletes: object = (), *, generation: str | None = None) -> None:
            if generation:
                await go_on.wait()
            await apply(upserts, deletes, generation=generation)  # type: ignore[arg-type]

        monkeypatch.setattr(engine, "apply", applied)
        return go_on

    return slow_down


async def generations(h: House) -> list[bool]:
    return [generation.live for generation in await h.engine.generations()]


async def two(h: House) -> bool:
    return len(await generations(h)) == 2


async def test_a_second_rebuild_is_refused_and_uploads_become_searchable_during_the_first(
    tmp_path: Path, server: RedisServer, slow: Callable[[SearchEngine], asyncio.Event]
) -> None:
    settings = settings_for(tmp_path, server)
    async with house(settings) as h:
        await h.finished(await h.send([(f"{n}.txt", text_file(n)) for n in range(3)]))
        go_on = slow(h.engine)
        first = asyncio.create_task(rebuild_index(settings, h.archive))
        await until(lambda: two(h))
        with pytest.raises(ConflictError, match="already") as refused:
            await rebuild_index(settings, h.archive)
        assert refused.value.code == "rebuild_running"
        await h.finished(await h.send([("new.txt", text_file(7))]))
        assert await h.engine.count() == 4
        (noted,) = await h.archive.long_works.list(P)
        assert (noted.kind, noted.state, noted.ended_at) == ("reindex", "running", None)
        go_on.set()
        report = await first
        (noted,) = await h.archive.long_works.list(P)
        assert noted.state == "done"
        assert noted.ended_at is not None
        assert await h.engine.count() == 4
        assert [g.name for g in await h.engine.generations()] == [report.generation]


async def test_a_rebuild_ends_with_whoever_asked_for_it_and_leaves_nothing(
    tmp_path: Path, server: RedisServer, slow: Callable[[SearchEngine], asyncio.Event]
) -> None:
    settings = settings_for(tmp_path, server)
    async with house(settings) as h:
        await h.finished(await h.send([("a.txt", text_file(1))]))
        slow(h.engine)
        asked = asyncio.create_task(rebuild_index(settings, h.archive))
        await until(lambda: two(h))
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)

        async def one() -> bool:
            return await generations(h) == [True]

        await until(one)
        assert await h.engine.count() == 1

        async def noted_as_stopped() -> bool:
            return [w.state for w in await h.archive.long_works.list(P)] == ["stopped"]

        await until(noted_as_stopped)


async def test_the_index_worker_clears_up_after_a_rebuild_that_was_killed(tmp_path: Path, server: RedisServer) -> None:
    settings = settings_for(tmp_path, server)
    async with house(settings) as h:
        await h.finished(await h.send([("a.txt", text_file(1))]))
        await h.engine.begin()
        assert await generations(h) == [True, False]
    async with house(settings) as h:
        await h.finished(await h.send([("b.txt", text_file(2))]))
        assert await generations(h) == [True]
        assert await h.engine.count() == 2
