"""Works over the whole archive say how far they are and how they ended, whatever ends them."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest

from services.archive import Archive
from services.core.errors import ConflictError, UnavailableError
from services.core.model import LongWork
from tests.contract.archive.archive_play import ME
from tests.integration.workers_support import until

START = dt.datetime(2026, 11, 20, 8, tzinfo=dt.UTC)


async def states(archive: Archive) -> list[str]:
    return [work.state for work in await archive.long_works.list(ME)]


async def test_a_work_runs_until_its_block_ends_and_then_says_how_far_it_came(archive: Archive) -> None:
    async with archive.long_works.watched(ME, "refresh") as tally:
        (running,) = await archive.long_works.list(ME)
        assert (running.state, running.done, running.ended_at, running.by) == ("running", 0, None, ME.name)
        tally.update(40, 40)
    async with archive.long_works.watched(ME, "reindex") as tally:
        tally.update(3, 9)
        tally.stopped = True
    newest, oldest = await archive.long_works.list(ME)
    assert (newest.kind, newest.state, newest.done, newest.total) == ("reindex", "stopped", 3, 9)
    assert (oldest.id, oldest.state, oldest.done, oldest.total) == (running.id, "done", 40, 40)
    assert oldest.ended_at is not None
    assert [work.id for work in await archive.long_works.list(ME, limit=1)] == [newest.id]


async def test_a_work_says_how_far_it_is_while_it_runs(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.archive.long_works.BEAT_SECONDS", 0.01)

    async def told() -> bool:
        return [(w.state, w.done) for w in await archive.long_works.list(ME)] == [("running", 7)]

    async with archive.long_works.watched(ME, "refresh") as tally:
        tally.update(7, 9)
        await until(told)


@pytest.mark.parametrize(
    ("error", "state"),
    [(UnavailableError("x"), "failed"), (RuntimeError("x"), "failed"), (ConflictError("x"), "stopped")],
)
async def test_what_breaks_a_work_is_raised_and_noted(archive: Archive, error: Exception, state: str) -> None:
    with pytest.raises(type(error)):
        async with archive.long_works.watched(ME, "reindex"):
            raise error
    assert await states(archive) == [state]


async def test_a_work_that_is_cancelled_is_noted_as_stopped(archive: Archive) -> None:
    begun = asyncio.Event()

    async def work() -> None:
        async with archive.long_works.watched(ME, "reindex"):
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await states(archive) == ["stopped"]


@pytest.mark.parametrize(
    ("state", "done", "total", "pace", "left"),
    [
        ("running", 100, 400, 10.0, 30.0),
        ("running", 0, 400, 0.0, None),
        ("running", 5, 4, 0.5, None),
        ("done", 100, 400, 10.0, None),
    ],
)
def test_the_time_that_is_left_goes_by_the_pace_so_far(
    state: str, done: int, total: int, pace: float, left: float | None
) -> None:
    work = LongWork.model_validate(
        {
            "id": "0",
            "kind": "refresh",
            "state": state,
            "done": done,
            "total": total,
            "by": "local",
            "started_at": START,
            "updated_at": START + dt.timedelta(seconds=10),
        }
    )
    assert work.per_second == pytest.approx(pace)
    assert (work.left.total_seconds() if work.left else None) == left
