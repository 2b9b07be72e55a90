"""The worker loop, its leases and the reaper on a real Redis."""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager

import pytest
from arq.connections import ArqRedis

from services.core.model import OutboxRow, Reason
from tests.servers import ROOT, RedisServer, redis_server
from workers.lease import Lease, Reaper, forget_dead, workers_alive
from workers.queue import READ, JobSpec, bring_forward, connect, enqueue, in_progress, known, load, queue_key
from workers.run import serve

# A worker that takes one job and never ends it.
STUCK = """
import asyncio, sys
from workers.queue import JobSpec
from workers.run import serve

async def run(**_):
    print("started", flush=True)
    await asyncio.sleep(600)

async def failed(_, reason):
    pass

asyncio.run(serve(sys.argv[1], "read", "read.1", [JobSpec("work", run, failed, 500)], max_jobs=1))
"""


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with redis_server() as running:
        yield running


class Done:
    """A job that notes with which number it was run."""

    def __init__(self) -> None:
        self.numbers: list[str] = []

    async def run(self, number: str) -> None:
        self.numbers.append(number)

    async def failed(self, _: Mapping[str, str], reason: Reason) -> None:
        raise AssertionError(reason)

    def spec(self) -> JobSpec:
        return JobSpec("work", self.run, self.failed, 500)


def _row(number: int) -> OutboxRow:
    return OutboxRow(number, READ, "work", {"number": str(number)})


@asynccontextmanager
async def _serving(url: str, done: Done, name: str = "read.1") -> AsyncIterator[None]:
    task = asyncio.create_task(serve(url, READ, name, [done.spec()], max_jobs=1))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def _redis(server: RedisServer) -> AsyncIterator[ArqRedis]:
    redis = await connect(server.url)
    try:
        yield redis
    finally:
        await redis.aclose()


async def _until(true: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        await asyncio.sleep(0.02)


async def _until_empty(redis: ArqRedis) -> None:
    for _ in range(1000):
        if not await redis.zcard(queue_key(READ)):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the queue did not get empty")


def _kill_while_working(server: RedisServer) -> None:
    process = subprocess.Popen([sys.executable, "-c", STUCK, server.url], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    process.kill()
    process.wait()


async def test_jobs_run_in_the_order_in_which_they_were_sent(server: RedisServer) -> None:
    done = Done()
    async with _redis(server) as redis:
        for number in range(5):
            assert await enqueue(redis, _row(number))
            await asyncio.sleep(0.002)
        async with _serving(server.url, done):
            await _until(lambda: len(done.numbers) == 5)
    assert done.numbers == ["0", "1", "2", "3", "4"]


async def test_a_job_that_stands_on_the_queue_counts_as_sent_the_second_time_and_runs_once(server: RedisServer) -> None:
    done = Done()
    async with _redis(server) as redis:
        assert await enqueue(redis, _row(1))
        assert await enqueue(redis, _row(1))
        assert await load(redis, READ) == (1, 0)
        assert await known(redis, [_row(1), _row(2)]) == {1}
        async with _serving(server.url, done):
            await _until(lambda: done.numbers == ["1"])


async def test_a_job_that_is_known_but_stands_on_no_queue_does_not_count_as_sent_until_it_does(
    server: RedisServer,
) -> None:
    async with _redis(server) as redis:
        assert await enqueue(redis, _row(1))
        await redis.delete(queue_key(READ))  # what a connection that breaks at EXEC leaves behind
        assert not await enqueue(redis, _row(1))
        assert await enqueue(redis, _row(1))
        assert await known(redis, [_row(1)]) == {1}


async def test_the_same_job_can_be_sent_again_as_soon_as_it_has_ended(server: RedisServer) -> None:
    done = Done()
    async with _redis(server) as redis, _serving(server.url, done):
        for count in (1, 2):
            await enqueue(redis, _row(1))
            await _until(lambda count=count: len(done.numbers) == count)  # type: ignore[misc]
            await _until_empty(redis)


async def test_a_worker_outlives_a_kill_of_redis_and_goes_on(server: RedisServer) -> None:
    done = Done()
    async with _serving(server.url, done):
        async with _redis(server) as redis:
            await enqueue(redis, _row(1))
            await _until(lambda: done.numbers == ["1"])
        server.kill()
        await asyncio.sleep(1)
        server.restart()
        async with _redis(server) as redis:
            await enqueue(redis, _row(2))
            await _until(lambda: done.numbers == ["1", "2"])


async def test_a_worker_outlives_a_wiped_redis(server: RedisServer) -> None:
    done = Done()
    async with _redis(server) as redis, _serving(server.url, done):
        await enqueue(redis, _row(1))
        await _until(lambda: done.numbers == ["1"])
        await redis.flushall()
        await enqueue(redis, _row(2))
        await _until(lambda: done.numbers == ["1", "2"])


async def test_the_job_of_a_killed_worker_is_done_at_once_by_the_next_of_its_name(server: RedisServer) -> None:
    done = Done()
    async with _redis(server) as redis:
        await enqueue(redis, _row(1))
        await asyncio.to_thread(_kill_while_working, server)
        assert await in_progress(redis, READ) == {"work:1:1"}
        async with _serving(server.url, done):
            await _until(lambda: done.numbers == ["1"])


async def test_the_job_of_a_killed_worker_is_set_free_by_the_reaper_for_workers_of_other_names(
    server: RedisServer,
) -> None:
    done = Done()
    async with _redis(server) as redis:
        await enqueue(redis, _row(1))
        await asyncio.to_thread(_kill_while_working, server)
        reaper = Reaper()
        async with _serving(server.url, done, name="read.2"):
            freed: set[str] = set()
            while not freed:
                freed = await reaper.look(redis)
                await asyncio.sleep(0.2)
            assert freed == {"work:1:1"}
            await _until(lambda: done.numbers == ["1"])


async def test_the_reaper_leaves_the_job_of_a_living_worker_alone(server: RedisServer) -> None:
    async with _redis(server) as redis:
        await enqueue(redis, _row(1))
        await redis.set("arq:in-progress:work:1:1", b"1")
        lease = Lease(redis, READ, "read.1")
        now = 0.0
        reaper = Reaper(clock=lambda: now)
        await lease.beat({"work:1:1"})
        assert await reaper.look(redis) == set()
        now = 100.0
        assert await reaper.look(redis) == set()
        await lease.beat(())
        assert await reaper.look(redis) == set(), "once is not enough: the job may have begun after the last beat"
        now = 200.0
        assert await reaper.look(redis) == {"work:1:1"}


async def test_marks_of_running_jobs_are_cleared_at_the_start_only_while_nobody_lives(server: RedisServer) -> None:
    async with _redis(server) as redis:
        await redis.set("arq:in-progress:work:1:1", b"1")
        lease = Lease(redis, READ, "read.1")
        await lease.beat(())
        await forget_dead(redis)
        assert await redis.exists("arq:in-progress:work:1:1")
        await lease.end()
        assert await workers_alive(redis, READ) == {}
        await forget_dead(redis)
        assert not await redis.exists("arq:in-progress:work:1:1")


async def test_after_the_clock_was_set_back_neither_jobs_nor_the_leases_of_the_dead_wait_until_it_has_caught_up(
    server: RedisServer,
) -> None:
    day = 86_400_000
    done = Done()
    async with _redis(server) as redis:
        await enqueue(redis, _row(1))
        await redis.zincrby(queue_key(READ), day, "work:1:1")
        lease = Lease(redis, READ, "read.1")
        await lease.beat({"work:1:1"})
        await redis.pexpire(f"vanban:lease:{READ}:read.1", day)
        assert await workers_alive(redis, READ) == {}
        await lease.beat(())
        assert await workers_alive(redis, READ) == {"read.1": set()}, "who lives says so within a second"
        await lease.end()
        async with _serving(server.url, done):
            assert await bring_forward(redis, READ) == 1
            await _until(lambda: done.numbers == ["1"])
        assert await bring_forward(redis, READ) == 0
