"""The queues: the only place that knows arq's settings, and the traps behind each of them (tech.md section 5).

State lives in the catalogue. What stands in Redis may be lost at any moment, and may be delivered twice.
"""

import asyncio
import json
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from arq import func
from arq.connections import ArqRedis, RedisSettings, create_pool
from arq.constants import health_check_key_suffix, in_progress_key_prefix, job_key_prefix
from arq.worker import Function, Retry, Worker
from redis.exceptions import RedisError

from services.core.errors import MissingProgramError, ReaderLostError, StorageFullError, UnavailableError
from services.core.model import JSON, OutboxRow, Reason

log = logging.getLogger(__name__)

READ: Final = "read"
RECORD: Final = "record"
INDEX: Final = "index"
QUEUES: Final = (READ, RECORD, INDEX)

TRANSIENT: Final = (
    UnavailableError,
    StorageFullError,
    MissingProgramError,
    ReaderLostError,
    RedisError,
    ConnectionError,
)
"""What is no fault of the file and passes by itself or with the operator's help: the job is tried again, however often
(but see LOST_READERS). Everything else fails once, loudly."""

_HEALTH_SECONDS = 15
_POLL_SECONDS = 0.1  # a worker has its next job at hand, so it waits for a poll only when it was idle
_FAR_AHEAD_MS = 60_000  # the longest wait for another try is much shorter
_LONGEST_WAIT_SECONDS = 10.0
_NO_LIMIT = 1_000_000  # tries: kills and outages must never make a job fail
_GRACE_SECONDS = 30.0
LOST_READERS = 10
"""So often in a row a reader may be killed at one job of a worker; then it is the job that kills it, by its memory."""

Job = Callable[..., Awaitable[None]]
Failed = Callable[[Mapping[str, str], Reason], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class JobSpec:
    """A job as a worker runs it: `run` takes the arguments of its outbox row; `failed` keeps the reason of a failure.

    A job that takes longer than `timeout_seconds` is stopped and fails with the reason `job_timeout`.
    """

    name: str
    run: Job
    failed: Failed
    timeout_seconds: float


def queue_key(queue: str) -> str:
    """Return the name of a queue in Redis."""
    return f"vanban:{queue}"


def job_id(row: OutboxRow) -> str:
    """Return the id under which a row's job stands in Redis: the same however often the row is sent.

    New work on an old thing (another attempt, another revision) is a new row with a new number, so that it is never
    taken for the old work, which may be running while it is sent.
    """
    return ":".join([row.job, *(row.args[key] for key in sorted(row.args)), str(row.id)])


def redis_settings(url: str) -> RedisSettings:
    """Translate a Redis address (redis://, rediss://, unix://) for arq; connecting is tried once, callers back off."""
    settings = RedisSettings.from_dsn(url)
    settings.conn_retries = 0
    settings.conn_timeout = 5
    return settings


async def connect(url: str) -> ArqRedis:
    """Connect to Redis; raises RedisError or OSError when it does not answer."""
    return await create_pool(redis_settings(url), job_serializer=_dumps, job_deserializer=_loads)


async def enqueue(redis: ArqRedis, row: OutboxRow) -> bool:
    """Put a row's job on its queue; True once it certainly stands there.

    arq answers None both for a job that is there already and for a connection that broke while it wrote, so after
    None the queue itself is asked. A job that is known but stands on no queue would never run: it is forgotten, and
    the next call sends it.
    """
    name = job_id(row)
    queue = queue_key(row.queue)
    arguments: dict[str, Any] = dict(row.args)
    job = await redis.enqueue_job(row.job, _job_id=name, _queue_name=queue, **arguments)
    if job is not None or await redis.zscore(queue, name) is not None:
        return True
    await redis.delete(job_key_prefix + name)
    return False


async def known(redis: ArqRedis, rows: Sequence[OutboxRow]) -> set[int]:
    """Return the ids of those rows whose job stands on its queue, running or not."""
    async with redis.pipeline(transaction=False) as pipe:
        for row in rows:
            pipe.zscore(queue_key(row.queue), job_id(row))
        scores = await pipe.execute()
    return {row.id for row, score in zip(rows, scores, strict=True) if score is not None}


async def load(redis: ArqRedis, queue: str) -> tuple[int, int]:
    """Count the jobs of a queue: those that are running or could run now, and those that wait to be tried again."""
    now = int(time.time() * 1000)
    async with redis.pipeline(transaction=False) as pipe:
        pipe.zcount(queue_key(queue), "-inf", now)
        pipe.zcount(queue_key(queue), f"({now}", "+inf")
        ready, late = await pipe.execute()
    return int(ready), int(late)


async def bring_forward(redis: ArqRedis, queue: str) -> int:
    """Let jobs run whose time lies further ahead than any wait does; return how many there were.

    They were put there before the clock was set back, and would wait until it has caught up.
    """
    now = int(time.time() * 1000)
    late = await redis.zrangebyscore(queue_key(queue), f"({now + _FAR_AHEAD_MS}", "+inf")
    if late:
        await redis.zadd(queue_key(queue), dict.fromkeys(late, now), xx=True)
    return len(late)


async def in_progress(redis: ArqRedis, queue: str) -> set[str]:
    """Return the jobs of a queue that arq believes to be running."""
    ids = [name.decode() for name in await redis.zrange(queue_key(queue), 0, -1)]
    async with redis.pipeline(transaction=False) as pipe:
        for name in ids:
            pipe.exists(in_progress_key_prefix + name)
        found = await pipe.execute()
    return {name for name, exists in zip(ids, found, strict=True) if exists}


async def forget_in_progress(redis: ArqRedis, ids: set[str]) -> None:
    """Let other workers take these jobs; only for jobs whose worker is known to be dead."""
    if ids:
        await redis.delete(*(in_progress_key_prefix + name for name in ids))


def make_worker(url: str, queue: str, name: str, jobs: list[JobSpec], *, max_jobs: int) -> Worker:
    """Build the arq worker called `name`, which works on `queue`."""
    return Worker(
        [_function(job) for job in jobs],
        queue_name=queue_key(queue),
        redis_settings=redis_settings(url),
        handle_signals=False,
        max_jobs=max_jobs,
        keep_result=0,
        poll_delay=_POLL_SECONDS,
        max_tries=_NO_LIMIT,
        health_check_interval=_HEALTH_SECONDS,
        health_check_key=f"{queue_key(queue)}:{name}{health_check_key_suffix}",
        job_serializer=_dumps,
        job_deserializer=_loads,
        log_results=False,
    )


def back_off(attempt: int) -> float:
    """Return the seconds to wait before try number `attempt` + 1: 0.5, 1, 2, ... at most 10."""
    return float(min(_LONGEST_WAIT_SECONDS, 0.5 * 2 ** min(attempt - 1, 10)))


def _function(job: JobSpec) -> Function:
    lost: Counter[str] = Counter()

    async def guarded(ctx: dict[str, Any], **arguments: str) -> None:
        await _guard(job, int(ctx.get("job_try", 1)), arguments, lost)

    # keep_result=0 here too: a kept result makes arq drop the same job id in silence for an hour. arq's own limit is
    # the longer one: what it cuts off, it drops without a word to us.
    return func(guarded, name=job.name, keep_result=0, timeout=job.timeout_seconds + _GRACE_SECONDS)


async def _guard(job: JobSpec, attempt: int, arguments: Mapping[str, str], lost: Counter[str]) -> None:
    """Run a job: transient errors become arq's Retry, every other error is kept in the catalogue and ends the job.

    `lost` counts the readers that were killed at each job that is not yet done.
    """
    name = _shown(arguments)
    try:
        try:
            async with asyncio.timeout(job.timeout_seconds) as limit:
                await job.run(**arguments)
            lost.pop(name, None)
        except ReaderLostError:
            lost[name] += 1
            if lost[name] < LOST_READERS:
                raise
            del lost[name]
            log.exception("%s(%s) is given up", job.name, name)
            await job.failed(arguments, Reason(code="reader_lost_often", params={"times": LOST_READERS}))
        except TRANSIENT:
            raise
        except Exception as error:
            late = isinstance(error, TimeoutError) and limit.expired()
            reason = _timeout_reason(job) if late else _crash_reason(job, error)
            log.exception("%s(%s) failed", job.name, name)
            await job.failed(arguments, reason)
    except TRANSIENT as error:
        wait = back_off(attempt) / (5 if isinstance(error, ReaderLostError) else 1)
        log.warning("%s(%s) again in %.1f s: %s", job.name, name, wait, error)
        raise Retry(defer=wait) from error


def _timeout_reason(job: JobSpec) -> Reason:
    return Reason(code="job_timeout", params={"job": job.name, "seconds": job.timeout_seconds})


def _crash_reason(job: JobSpec, error: Exception) -> Reason:
    return Reason(code="job_crashed", params={"job": job.name, "error": f"{type(error).__name__}: {error}"[:500]})


def _shown(arguments: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in arguments.items())


def _dumps(value: dict[str, Any]) -> bytes:
    return json.dumps(value, default=repr).encode()  # arq hands exceptions to its serializer too


def _loads(data: bytes) -> dict[str, JSON]:
    loaded: dict[str, JSON] = json.loads(data)
    return loaded
