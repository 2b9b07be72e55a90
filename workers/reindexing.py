"""Keeping the index whole: ordinary index jobs, rebuilds on request, rebuilds of what was found damaged.

One process owns the embedded engine's writer, so a rebuild that is asked for on the command line runs in the index
worker when there is one; what is asked and how far it is stands in Redis, because losing it costs one more request.
"""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Mapping

from arq.connections import ArqRedis
from redis.exceptions import RedisError

from services.archive import Archive
from services.core.errors import CorruptError, UnavailableError, VanbanError
from services.core.ids import new_id
from services.core.model import JSON, OutboxRow, Reason, local_principal
from services.core.settings import Settings
from services.search import ReindexReport, SearchEngine, open_engine, reindex
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
    """The index worker's jobs over its one engine."""

    def __init__(self, archive: Archive, engine: SearchEngine, redis_url: str) -> None:
        self._archive = archive
        self._engine = engine
        self._redis_url = redis_url
        self._indexing = asyncio.Lock()
        self._rebuilding = asyncio.Lock()
        self._looked = False
        self._next_repair = 0.0

    async def look(self) -> None:
        """Rebuild the index where it is damaged, of another version, or lacks documents that it once had."""
        async with self._indexing:
            if not self._looked:
                await self._look()

    async def index(self, **_: str) -> None:
        """Bring the index up to date, after a first look at it."""
        await self.look()
        async with self._indexing:
            try:
                await jobs.index(self._archive, self._engine)
            except CorruptError as error:
                await self._repair(error)
                await jobs.index(self._archive, self._engine, isolate=True)

    async def _repair(self, error: CorruptError) -> None:
        """Rebuild, but not over and over: where that does not help, a document is at fault, not the index."""
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

        async def tell() -> None:
            await redis.set(_progress_key(request), json.dumps(said), ex=_KEEP_SECONDS)

        async def keep_telling() -> None:
            while True:
                await tell()
                await asyncio.sleep(_LOOK_SECONDS)

        telling = asyncio.create_task(keep_telling())
        try:
            report = await self._rebuild(lambda done, known: said.update(done=done, known=known))
            said["report"] = report.model_dump(mode="json")
        except VanbanError as error:
            said["error"] = str(error)
        finally:
            telling.cancel()
            await tell()
            await redis.aclose()

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
            held = await self._engine.count()
        except CorruptError as error:
            await self._repair(error)
        else:
            if held < status.indexed:
                log.warning("the index is rebuilt: it holds %d documents, the catalogue %d", held, status.indexed)
                await self._rebuild()
        self._looked = True

    async def _rebuild(self, progress: Progress | None = None) -> ReindexReport:
        async with self._rebuilding:
            report = await reindex(self._archive, self._engine, progress)
        log.info("the index was rebuilt: %s, %d documents", report.generation, report.documents)
        return report


async def request_reindex(redis: ArqRedis) -> str:
    """Ask the index worker for a rebuild and return the request's id; does not wait."""
    request = new_id()
    await enqueue(redis, OutboxRow(id=0, queue=INDEX, job="reindex", args={"request": request}))
    return request


async def rebuild_index(settings: Settings, archive: Archive, progress: Progress | None = None) -> ReindexReport:
    """Rebuild the index and return when it is live: `vanban reindex`.

    The index worker does it when one is alive, this process otherwise. Raises what `services.search.reindex` raises,
    and UnavailableError when the worker did not finish.
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


async def _rebuild_here(settings: Settings, archive: Archive, progress: Progress | None) -> ReindexReport:
    engine = await open_engine(settings, write=True)
    try:
        return await reindex(archive, engine, progress)
    finally:
        await engine.close()


async def _rebuild_there(redis: ArqRedis, progress: Progress | None) -> ReindexReport:
    request = await request_reindex(redis)
    waits = True
    while True:
        waits, gone = bool(await redis.zcard(queue_key(INDEX))), not waits
        value = await redis.get(_progress_key(request))
        said: dict[str, JSON] = json.loads(value) if value else {}
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
