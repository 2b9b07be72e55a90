"""Keeping the index whole: ordinary index jobs, rebuilds on request, rebuilds of what was found damaged.

One process owns the embedded engine's writer, so a rebuild that is asked for on the command line runs in the index
worker when there is one; what is asked and how far it is stands in Redis, because losing it costs one more request.
"""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping

from arq.connections import ArqRedis
from redis.exceptions import RedisError

from services.archive import Archive
from services.core.errors import ConflictError, CorruptError, UnavailableError, VanbanError
from services.core.ids import new_id
from services.core.model import JSON, OutboxRow, Reason, local_principal
from services.core.settings import Settings
from services.search import ReindexReport, SearchEngine, finish, open_engine, reindex
from services.search.problems import REBUILD_RUNNING, rebuild_running
from workers import jobs
from workers.lease import workers_alive
from workers.queue import INDEX, connect, enqueue, queue_key

log = logging.getLogger(__name__)

REINDEX_SECONDS = 6 * 3600.0
_KEEP_SECONDS = 3600
_REPAIR_SECONDS = 600.0
_LOOK_SECONDS = 0.3

Progress = Callable[[int, int], None]


class Rebuilder:
    """The index worker's jobs over its one engine.

    Of the two locks the rebuild's is taken first: a job that finds the index damaged waits for a rebuild under way, and
    the rebuild waits for the job that writes, before it goes live.
    """

    def __init__(self, archive: Archive, engine: SearchEngine, redis_url: str) -> None:
        self._archive = archive
        self._engine = engine
        self._redis_url = redis_url
        self._looking = asyncio.Lock()
        self._rebuilding = asyncio.Lock()
        self._indexing = asyncio.Lock()
        self._looked = False
        self._next_repair = 0.0

    async def look(self) -> None:
        """Rebuild the index where it is damaged, of another version, or lacks documents that it once had.

        What a killed rebuild left behind is cleared up.
        """
        async with self._looking:
            if not self._looked:
                with _waiting_for_others():
                    await self._look()
                self._looked = True

    async def index(self, **_: str) -> None:
        """Bring the index up to date, after a first look at it."""
        await self.look()
        try:
            async with self._indexing:
                await jobs.index(self._archive, self._engine)
        except CorruptError as error:
            with _waiting_for_others():
                await self._repair(error)
            async with self._indexing:
                await jobs.index(self._archive, self._engine, isolate=True)

    async def _repair(self, error: CorruptError) -> None:
        """Rebuild, but not over and over: where that does not help, a document is at fault, not the index."""
        async with self._rebuilding:
            if time.monotonic() < self._next_repair:
                return
            self._next_repair = time.monotonic() + _REPAIR_SECONDS
            log.warning("the index is rebuilt: %s", error)
            try:
                await self._rebuild()
            except CorruptError as failure:
                log.error("the index could not be rebuilt: %s", failure)  # noqa: TRY400 - the error is ours and says it all

    async def reindex(self, request: str) -> None:
        """Rebuild the index because somebody asked, and tell them how far it is and how it ended."""
        redis = await connect(self._redis_url)
        said: dict[str, JSON] = {}
        building = asyncio.create_task(self._asked(said))
        telling = asyncio.create_task(_keep_telling(redis, request, said, building))
        try:
            said["report"] = (await building).model_dump(mode="json")
        except VanbanError as error:
            said |= {"error": str(error), "code": error.code}
        except asyncio.CancelledError:
            if not building.cancelled() or _is_cancelled():
                raise
            said["error"] = "it was stopped by whoever asked for it"
        finally:
            telling.cancel()
            await _tell(redis, request, said)
            await redis.aclose()

    async def _asked(self, said: dict[str, JSON]) -> ReindexReport:
        if self._rebuilding.locked():
            raise rebuild_running("the index worker")
        async with self._rebuilding:
            return await self._rebuild(lambda done, known: said.update(done=done, known=known))

    async def failed(self, arguments: Mapping[str, str], reason: Reason) -> None:
        """Note an index job that broke: its documents stay undone in the catalogue and are tried again later."""
        log.error("the index is behind: %s %s", reason.code, dict(reason.params))
        if "request" in arguments:
            redis = await connect(self._redis_url)
            said = json.dumps({"error": f"{reason.code}: {reason.params.get('error', '')}"})
            await redis.set(_progress_key(arguments["request"]), said, ex=_KEEP_SECONDS)
            await redis.aclose()

    async def _look(self) -> None:
        status = await self._archive.account.status(local_principal("worker"))
        try:
            await self._engine.ping()
            if mended := await finish(self._archive, self._engine):
                log.warning("a rebuild was cut off: %d documents were brought along", mended)
            held = await self._engine.count()
        except CorruptError as error:
            await self._repair(error)
        else:
            if held < status.indexed:
                log.warning("the index is rebuilt: it holds %d documents, the catalogue %d", held, status.indexed)
                async with self._rebuilding:
                    await self._rebuild()

    async def _rebuild(self, progress: Progress | None = None) -> ReindexReport:
        report = await _watched(self._archive, self._engine, progress, gate=self._indexing)
        log.info("the index was rebuilt: %s, %d documents", report.generation, report.documents)
        return report


async def _keep_telling(
    redis: ArqRedis, request: str, said: Mapping[str, JSON], building: asyncio.Task[ReindexReport]
) -> None:
    while True:
        await _tell(redis, request, said)
        if await redis.exists(_stop_key(request)):
            building.cancel()
        await asyncio.sleep(_LOOK_SECONDS)


async def _tell(redis: ArqRedis, request: str, said: Mapping[str, JSON]) -> None:
    await redis.set(_progress_key(request), json.dumps(said), ex=_KEEP_SECONDS)


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


@contextlib.contextmanager
def _waiting_for_others() -> Iterator[None]:
    """Have the job tried again later when another process rebuilds: a conflict of a job's own would end it."""
    try:
        yield
    except ConflictError as error:
        raise UnavailableError(str(error), server="index") from error


async def request_reindex(redis: ArqRedis) -> str:
    """Ask the index worker for a rebuild and return the request's id; does not wait."""
    request = new_id()
    await enqueue(redis, OutboxRow(id=0, queue=INDEX, job="reindex", args={"request": request}))
    return request


async def rebuild_index(settings: Settings, archive: Archive, progress: Progress | None = None) -> ReindexReport:
    """Rebuild the index and return when it is live: `vanban reindex`.

    The index worker does it when one is alive, this process otherwise; it stops when this call is cancelled. Raises
    what `services.search.reindex` raises, and UnavailableError when the worker did not finish.
    """
    try:
        redis = await connect(settings.redis_url)
    except (RedisError, OSError):
        return await _rebuild_here(settings, archive, progress)
    try:
        if await workers_alive(redis, INDEX):
            return await _rebuild_there(redis, progress)
    finally:
        await redis.aclose()
    return await _rebuild_here(settings, archive, progress)


async def _watched(
    archive: Archive, engine: SearchEngine, progress: Progress | None, *, gate: asyncio.Lock | None = None
) -> ReindexReport:
    """Rebuild the index, noted in the catalogue (`Archive.long_works`) and told to `progress`."""
    async with archive.long_works.watched(local_principal("worker"), "reindex") as tally:

        def tell(done: int, known: int) -> None:
            tally.update(done, known)
            if progress is not None:
                progress(done, known)

        return await reindex(archive, engine, tell, gate=gate)


async def _rebuild_here(settings: Settings, archive: Archive, progress: Progress | None) -> ReindexReport:
    engine = await open_engine(settings, write=True)
    try:
        return await _watched(archive, engine, progress)
    finally:
        await engine.close()


async def _rebuild_there(redis: ArqRedis, progress: Progress | None) -> ReindexReport:
    request = await request_reindex(redis)
    try:
        return await _wait(redis, request, progress)
    except asyncio.CancelledError:
        await redis.set(_stop_key(request), 1, ex=_KEEP_SECONDS)
        raise


async def _wait(redis: ArqRedis, request: str, progress: Progress | None) -> ReindexReport:
    waits = True
    while True:
        waits, gone = bool(await redis.zcard(queue_key(INDEX))), not waits
        value = await redis.get(_progress_key(request))
        said: dict[str, JSON] = json.loads(value) if value else {}
        if said.get("code") == REBUILD_RUNNING:
            raise ConflictError(str(said["error"]), why=REBUILD_RUNNING)
        if "error" in said:
            raise UnavailableError(f"The index worker could not rebuild the index: {said['error']}", server="index")
        if "report" in said:
            return ReindexReport.model_validate(said["report"])
        if progress is not None and "done" in said:
            progress(said["done"], said["known"])
        if gone:  # no job is left, and the look after that still shows no end
            raise UnavailableError("Redis lost the request to rebuild the index. Ask again.", server="redis")
        await asyncio.sleep(_LOOK_SECONDS)


def _progress_key(request: str) -> str:
    return f"vanban:reindex:{request}"


def _stop_key(request: str) -> str:
    return f"vanban:reindex:{request}:stop"
