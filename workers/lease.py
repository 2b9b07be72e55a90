"""Who is alive and holds which job.

arq marks a running job with a key that lives as long as the longest job may take and is never refreshed, so the job of
a killed worker would wait for minutes. A lease is the short-lived word of a living worker; a job that is marked as
running while no lease names it belongs to a dead worker and is set free.
"""

import asyncio
import json
import time
from collections.abc import Callable, Iterable

from arq.connections import ArqRedis
from arq.constants import in_progress_key_prefix
from redis.exceptions import RedisError

from workers.queue import QUEUES, connect, forget_in_progress, in_progress

BEAT_SECONDS = 1.0
LEASE_SECONDS = 5.0
_ORPHAN_SECONDS = 3.0  # longer than a beat: a job that began after the last beat is not an orphan


class Lease:
    """The lease of one worker. Its name is unique among living workers; a restarted worker bears its old name."""

    def __init__(self, redis: ArqRedis, queue: str, name: str) -> None:
        self._redis = redis
        self._key = f"{_prefix(queue)}{name}"

    async def take_over(self) -> None:
        """Set free what the dead bearer of this name held, so that it is done again at once."""
        value = await self._redis.get(self._key)
        await forget_in_progress(self._redis, _jobs(value))
        await self.beat(())

    async def beat(self, jobs: Iterable[str]) -> None:
        """Say: alive, and at work on these jobs."""
        await self._redis.set(self._key, json.dumps(sorted(jobs)), px=int(LEASE_SECONDS * 1000))

    async def keep(self, jobs: Callable[[], Iterable[str]]) -> None:
        """Say so every second until cancelled."""
        while True:
            await self.beat(jobs())
            await asyncio.sleep(BEAT_SECONDS)

    async def end(self) -> None:
        """Say good-bye."""
        await self._redis.delete(self._key)


async def workers_alive(redis: ArqRedis, queue: str) -> dict[str, set[str]]:
    """Return the living workers of a queue by name, each with the jobs it holds.

    A lease that is good for longer than any is given was given before the clock was set back, and nobody renews it.
    """
    keys = [key async for key in redis.scan_iter(match=_prefix(queue) + "*", count=1000)]
    async with redis.pipeline(transaction=True) as pipe:
        for key in keys:
            pipe.get(key)
            pipe.pttl(key)
        answers = await pipe.execute()
    prefix = len(_prefix(queue))
    leases = zip(keys, answers[::2], answers[1::2], strict=True)
    longest = LEASE_SECONDS * 1000
    return {key.decode()[prefix:]: _jobs(value) for key, value, left in leases if value and left <= longest}


async def forget_dead(redis: ArqRedis) -> None:
    """Set free every job at the start of a process group: nobody can be at work yet, whatever the keys say.

    Only for a Redis of our own. Does nothing where a lease shows a living worker.
    """
    for queue in QUEUES:
        if await workers_alive(redis, queue):
            return
    keys = [key async for key in redis.scan_iter(match=in_progress_key_prefix + "*", count=1000)]
    if keys:
        await redis.delete(*keys)


class Reaper:
    """Sets free the jobs of dead workers; look again every second or so."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._first_seen: dict[str, float] = {}

    async def look(self, redis: ArqRedis) -> set[str]:
        """Return the jobs that were set free: marked as running for some seconds while no lease names them."""
        orphans: set[str] = set()
        for queue in QUEUES:
            running = await in_progress(redis, queue)
            alive = await workers_alive(redis, queue) if running else {}
            orphans |= running.difference(*alive.values())
        now = self._clock()
        self._first_seen = {name: self._first_seen.get(name, now) for name in orphans}
        dead = {name for name, since in self._first_seen.items() if now - since >= _ORPHAN_SECONDS}
        await forget_in_progress(redis, dead)
        return dead


def _prefix(queue: str) -> str:
    return f"vanban:lease:{queue}:"


def _jobs(value: bytes | None) -> set[str]:
    return set(json.loads(value)) if value else set()


async def everybody_works(url: str) -> bool:
    """Say whether every queue has a living worker; no when Redis does not answer."""
    try:
        redis = await connect(url)
    except (RedisError, OSError):
        return False
    try:
        return all([await workers_alive(redis, queue) for queue in QUEUES])
    finally:
        await redis.aclose()
