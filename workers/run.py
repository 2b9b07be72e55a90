"""`python -m workers.run read|record|index|dispatch|notify`: one worker process, for supervisor and containers."""

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Literal, TypeVar, get_args

from arq.worker import Worker
from redis.exceptions import RedisError

from services.archive import Archive, open_archive
from services.core.errors import ConflictError, SettingsError, UnavailableError, VanbanError
from services.core.settings import Settings, load_settings
from services.fields import followed_taxonomy
from services.ocr import Reader
from services.search import SearchService, open_engine
from workers import jobs
from workers.dispatch import dispatch
from workers.lease import Lease
from workers.log import set_up
from workers.queue import READ, RECORD, JobSpec, back_off, connect, make_worker
from workers.reindexing import REINDEX_SECONDS, Rebuilder

log = logging.getLogger(__name__)

Role = Literal["read", "record", "index", "dispatch", "notify"]
T = TypeVar("T")

_RECORD_SECONDS = 600.0
_INDEX_SECONDS = 900.0
_READ_JOBS = 2  # one page is being read (the reader takes one at a time) while the next is fetched or the last kept
_RECORD_JOBS = 2  # one waits for the disk while the other thinks
_INDEX_JOBS = 2  # a rebuild, and the index jobs that go on beside it


async def run(role: Role, settings: Settings) -> None:
    """Work until cancelled; a job that is cut off is done again by another worker.

    Outages of Redis, the database or the engine are waited out. Raises SettingsError for a catalogue of another
    version, MissingProgramError for what is not installed.
    """
    async with await _patiently(partial(open_archive, settings, migrate=False), "the archive") as archive:
        if role == "dispatch":
            await dispatch(archive, settings.redis_url)
            return
        if role == "notify":
            from workers.notify import notify  # only here: an HTTP client that no other worker needs

            engine = await _patiently(partial(open_engine, settings), "the index")
            try:
                await notify(archive, SearchService(engine, archive, settings), settings)
            finally:
                await engine.close()
            return
        async with _jobs(role, settings, archive) as (specs, max_jobs):
            await serve(settings.redis_url, role, worker_name(), specs, max_jobs=max_jobs)


async def serve(url: str, queue: str, name: str, specs: list[JobSpec], *, max_jobs: int) -> None:
    """Work on one queue until cancelled; when Redis goes away the worker is made anew once it is back."""
    failures = 0
    while True:
        try:
            await _work(url, queue, name, specs, max_jobs)
        except (RedisError, OSError) as error:
            failures += 1
            log.warning("working again in %.1f s: %s", back_off(failures), error)
            await asyncio.sleep(back_off(failures))
        else:
            failures = 0


def worker_name() -> str:
    """Return the name under which this worker holds its jobs: given by the supervisor, or made of host and process."""
    return os.environ.get("VANBAN_WORKER") or f"{socket.gethostname()}.{os.getpid()}"


@asynccontextmanager
async def _jobs(role: Role, settings: Settings, archive: Archive) -> AsyncIterator[tuple[list[JobSpec], int]]:
    if role == READ:
        async with Reader(settings) as reader:
            yield read_jobs(settings, archive, reader), _READ_JOBS
    elif role == RECORD:
        yield record_jobs(settings, archive), _RECORD_JOBS
    else:
        engine = await _patiently(partial(open_engine, settings, write=True), "the index")
        rebuilder = Rebuilder(archive, engine, settings.redis_url)
        looking = asyncio.create_task(_patiently(rebuilder.look, "the index"))
        try:
            yield index_jobs(rebuilder), _INDEX_JOBS
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
            await engine.close()


def read_jobs(settings: Settings, archive: Archive, reader: Reader) -> list[JobSpec]:
    """Return the jobs of a read worker. The reader keeps its own limits; the job's are there for what it misses."""
    seconds = 2 * settings.reader.page_wall_seconds + 60
    return [
        JobSpec("triage", partial(jobs.triage, archive, reader), partial(jobs.triage_crashed, archive), seconds),
        JobSpec("read_page", partial(jobs.read_page, archive, reader), partial(jobs.page_crashed, archive), seconds),
    ]


def record_jobs(settings: Settings, archive: Archive) -> list[JobSpec]:
    """Return the jobs of a record worker; an edit of the taxonomy counts from the next document on."""
    taxonomy = followed_taxonomy(settings.taxonomy_file)

    async def assemble(source_id: str) -> None:
        await jobs.assemble(archive, taxonomy.current(), source_id)

    return [
        JobSpec("assemble", assemble, partial(jobs.assemble_crashed, archive), _RECORD_SECONDS),
        JobSpec("bulk", partial(jobs.bulk, archive), partial(jobs.bulk_crashed, archive), _RECORD_SECONDS),
    ]


def index_jobs(rebuilder: Rebuilder) -> list[JobSpec]:
    """Return the jobs of the index worker."""
    return [
        JobSpec("index", rebuilder.index, rebuilder.failed, _INDEX_SECONDS),
        JobSpec("reindex", rebuilder.reindex, rebuilder.failed, REINDEX_SECONDS),
    ]


async def _work(url: str, queue: str, name: str, specs: list[JobSpec], max_jobs: int) -> None:
    redis = await connect(url)
    try:
        lease = Lease(redis, queue, name)
        await lease.take_over()
        worker = make_worker(url, queue, name, specs, max_jobs=max_jobs)
        worker.on_job_start = lambda _: lease.beat(worker.tasks)
        tasks = [asyncio.create_task(worker.async_run()), asyncio.create_task(lease.keep(lambda: worker.tasks))]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await _close(worker, tasks)
            with contextlib.suppress(RedisError, OSError):
                await lease.end()
    finally:
        await redis.aclose()


async def _close(worker: Worker, tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    running = list(worker.tasks.values())
    for job in running:
        job.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    with contextlib.suppress(RedisError, OSError):
        await _disconnect(worker)


async def _disconnect(worker: Worker) -> None:
    # arq's own close() calls what redis-py has deprecated, and waits for tasks again
    if worker._pool is not None:
        await worker.pool.delete(worker.health_check_key)
        await worker.pool.aclose(close_connection_pool=True)


async def _patiently(open_it: Callable[[], Awaitable[T]], what: str) -> T:
    """Open what may not be there yet: a server that starts, a writer whose predecessor is about to let go."""
    failures = 0
    while True:
        try:
            return await open_it()
        except (UnavailableError, ConflictError) as error:
            failures += 1
            log.warning("opening %s again in %.1f s: %s", what, back_off(failures), error)
            await asyncio.sleep(back_off(failures))


async def _until_told(role: Role, settings: Settings) -> None:
    task = asyncio.current_task()
    assert task is not None
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await run(role, settings)


def main(argv: list[str] | None = None) -> int:
    """Run one worker of the settings in the environment; 0 after SIGTERM or SIGINT, 1 when it cannot work."""
    parser = argparse.ArgumentParser(prog="python -m workers.run", description=__doc__)
    parser.add_argument("role", choices=get_args(Role))
    role: Role = parser.parse_args(argv).role
    try:
        settings = load_settings()
        set_up(settings.log_level)
        asyncio.run(_until_told(role, settings))
    except SettingsError as error:
        log.error("%s", error)  # noqa: TRY400 - the message tells what to do, the traceback does not
        return 1
    except VanbanError as error:
        log.error("the %s worker ends: %s", role, error)  # noqa: TRY400 - as above
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
