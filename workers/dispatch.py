"""The dispatcher: claims outbox rows and puts them on the queues, and has the sweeper put back what was lost.

The queues are kept short, two or three jobs for each living worker, so that the order of the outbox (priority, then
turn) is the order of the work: a single upload overtakes a backlog of ten thousand.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from itertools import groupby
from uuid import uuid4

from arq.connections import ArqRedis
from redis.exceptions import RedisError

from services.archive import Archive
from services.core.errors import StorageFullError, UnavailableError
from services.core.model import OutboxRow
from workers.lease import Reaper, workers_alive
from workers.queue import (
    INDEX,
    QUEUES,
    back_off,
    bring_forward,
    connect,
    enqueue,
    job_id,
    known,
    load,
    queue_key,
)

log = logging.getLogger(__name__)

TICK_SECONDS = 0.2
BUSY_SECONDS = 0.03
SWEEP_SECONDS = 30.0
LOOK_SECONDS = 1.0
LOST_SECONDS = 3.0
JOBS_PER_WORKER = 3
INDEX_ROWS = 500
EPOCH_KEY = "vanban:epoch"


class Dispatcher:
    """Moves work from the outbox to the queues; any number may run, each row is claimed by one."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._reaper = Reaper()
        self._sweep = Every(SWEEP_SECONDS)
        self._look = Every(LOOK_SECONDS)
        self._losses_expected = True
        self._workers: dict[str, int] = {}

    async def tick(self, redis: ArqRedis) -> int:
        """Do what is due now; returns how many rows were sent."""
        await self._upkeep(redis)
        claimable = await self._archive.work.claimable()
        return sum([await self._fill(redis, queue) for queue in QUEUES if queue in claimable])

    async def _upkeep(self, redis: ArqRedis) -> None:
        looks = self._look.due()
        if looks and await redis.set(EPOCH_KEY, uuid4().hex, nx=True):
            log.info("Redis is new or was wiped: asking the catalogue for all work that is undone")
            self._losses_expected = True
        if self._sweep.due() or self._losses_expected:
            await self._put_back()
        if looks:
            await self._recover(redis)

    async def _put_back(self) -> None:
        work = self._archive.work
        count = await (work.sweep(claimed_seconds=0, sent_seconds=0) if self._losses_expected else work.sweep())
        self._losses_expected = False
        if count:
            log.info("put back %d jobs that the catalogue says are undone", count)

    async def _recover(self, redis: ArqRedis) -> None:
        """Set free the jobs of dead workers, and send again what was sent but stands on no queue."""
        if early := sum([await bring_forward(redis, queue) for queue in QUEUES]):
            log.warning("the clock was set back: %d jobs wait no longer", early)
        dead = await self._reaper.look(redis)
        self._workers = {queue: len(await workers_alive(redis, queue)) for queue in QUEUES}
        if dead:
            log.warning("set free the jobs of dead workers: %s", ", ".join(sorted(dead)))
        rows = await self._archive.work.in_flight(older_than_seconds=LOST_SECONDS)
        found = await known(redis, rows)
        # one index job covers all index rows, so any of them on the queue stands for every row
        covered = any(job.startswith(b"index:") for job in await redis.zrange(queue_key(INDEX), 0, -1))
        lost = [row for row in rows if row.id not in found and not (covered and row.queue == INDEX)]
        if lost:
            log.warning("sending again %d jobs that stand on no queue, the first %s", len(lost), job_id(lost[0]))
            await self._archive.work.release([row.id for row in lost])

    async def _fill(self, redis: ArqRedis, queue: str) -> int:
        room = await self._room(redis, queue)
        if room <= 0:
            return 0
        rows = await self._archive.work.claim(INDEX_ROWS if queue == INDEX else room, queue)
        return await self._send(redis, rows)

    async def _room(self, redis: ArqRedis, queue: str) -> int:
        depth = JOBS_PER_WORKER * max(1, self._workers.get(queue, 0))
        ready, late = await load(redis, queue)
        # jobs that wait out an outage do not block others, within bounds: a long outage must not move the whole
        # outbox into Redis
        return depth - ready if late < 3 * depth else 0

    async def _send(self, redis: ArqRedis, rows: Sequence[OutboxRow]) -> int:
        sent: list[int] = []
        try:
            for row, covered in _jobs_of(rows):
                if await enqueue(redis, row):
                    sent += covered
        finally:
            unsent = [row.id for row in rows if row.id not in set(sent)]
            if sent:
                await self._archive.work.sent(sent)
            if unsent:
                await self._archive.work.release(unsent)
        return len(sent)

    def expect_losses(self) -> None:
        """Put back at the next tick all that was claimed or sent: the last second of Redis' memory may be gone."""
        self._losses_expected = True


class Every:
    """Something that is due every few seconds, the first time at once."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._next = clock()

    def due(self) -> bool:
        """Return whether it is due now; if so it is taken as done."""
        now = self._clock()
        if now < self._next:
            return False
        self._next = now + self._seconds
        return True


async def dispatch(archive: Archive, redis_url: str) -> None:
    """Dispatch until cancelled; an outage of Redis or of the database is waited out."""
    dispatcher = Dispatcher(archive)
    failures = 0
    while True:
        try:
            redis = await connect(redis_url)
            try:
                while True:
                    sent = await dispatcher.tick(redis)
                    failures = 0
                    await asyncio.sleep(BUSY_SECONDS if sent else TICK_SECONDS)
            finally:
                await redis.aclose()
        except (RedisError, OSError, UnavailableError, StorageFullError) as error:
            failures += 1
            dispatcher.expect_losses()
            log.warning("dispatching again in %.1f s: %s", back_off(failures), error)
            await asyncio.sleep(back_off(failures))


def _jobs_of(rows: Sequence[OutboxRow]) -> list[tuple[OutboxRow, list[int]]]:
    """Return the rows to enqueue in order, each with the rows its job covers: one index job covers all before it."""
    jobs: list[tuple[OutboxRow, list[int]]] = [(row, [row.id]) for row in rows if row.queue != INDEX]
    index = sorted((row for row in rows if row.queue == INDEX), key=lambda row: (row.job, row.id))
    for _, same in groupby(index, key=lambda row: row.job):
        group = list(same)
        jobs.append((group[-1], [row.id for row in group]))
    return jobs
