"""Works over the whole archive that take long: they say how far they are, and a page can show it."""

import asyncio
import contextlib
import datetime as dt
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Literal

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.database import Database, Tx
from services.archive.schema import long_works
from services.archive.seeing import sees_everything
from services.core.errors import ConflictError, VanbanError
from services.core.ids import new_id
from services.core.model import WORK_QUIET, LongWork, Principal

log = logging.getLogger(__name__)

BEAT_SECONDS = 2.0


async def backup_runs(conn: AsyncConnection) -> bool:
    """Say whether a backup copies blobs, as far as this connection sees."""
    alive = long_works.c.updated_at > dt.datetime.now(dt.UTC) - WORK_QUIET
    running = (long_works.c.kind == "backup", long_works.c.state == "running", alive)
    return await conn.scalar(select(long_works.c.id).where(*running).limit(1)) is not None


class Tally:
    """How far a work is; whoever does it keeps it up to date. `stopped` says that it ended before its end."""

    def __init__(self) -> None:
        self.done = self.total = 0
        self.stopped = False

    def update(self, done: int, total: int) -> None:
        """Say that `done` of about `total` are through."""
        self.done, self.total = done, total


class LongWorks:
    """Notes how far long works are, and lists them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self, p: Principal, *, limit: int = 20) -> Sequence[LongWork]:
        """Return the works that began last, the newest first; they count everything, and are for those who see it."""
        if not sees_everything(p):
            return []
        async with self._database.read() as conn:
            rows = await conn.execute(select(long_works).order_by(long_works.c.id.desc()).limit(limit))
            return [LongWork.model_validate(row._asdict()) for row in rows]

    @asynccontextmanager
    async def watched(self, p: Principal, kind: Literal["refresh", "reindex", "backup"]) -> AsyncIterator[Tally]:
        """Note a work while the block does it, every few seconds, and how it ended.

        A catalogue that cannot be written for a moment does not disturb the work.
        """
        tally, work_id, ended = Tally(), new_id(), asyncio.Event()
        await self._begin(p, work_id, kind)
        telling = asyncio.create_task(self._keep_telling(p, work_id, tally, ended))
        state = "failed"
        try:
            yield tally
            state = "stopped" if tally.stopped else "done"
        except (asyncio.CancelledError, ConflictError):  # whoever asked for it went away; another does it already
            state = "stopped"
            raise
        finally:
            ended.set()
            await telling
            await self._tell(p, work_id, tally, state)

    async def _begin(self, p: Principal, work_id: str, kind: str) -> None:
        with _undisturbed():
            async with self._database.write(p) as tx:
                await begin_work(tx, work_id, kind)

    async def _keep_telling(self, p: Principal, work_id: str, tally: Tally, ended: asyncio.Event) -> None:
        while not ended.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), BEAT_SECONDS)
            await self._tell(p, work_id, tally, "running")

    async def _tell(self, p: Principal, work_id: str, tally: Tally, state: str) -> None:
        with _undisturbed():
            async with self._database.write(p) as tx:
                ended_at = None if state == "running" else tx.now
                values = {"state": state, "done": tally.done, "total": tally.total, "ended_at": ended_at}
                await tx.conn.execute(
                    update(long_works).where(long_works.c.id == work_id).values(updated_at=tx.now, **values)
                )


async def begin_work(tx: Tx, work_id: str, kind: str, *, total: int = 0) -> None:
    """Note that a work begins, in place of what the one of this id said before."""
    await tx.conn.execute(delete(long_works).where(long_works.c.id == work_id))
    values = {"id": work_id, "kind": kind, "state": "running", "done": 0, "total": total, "by": tx.p.name}
    await tx.conn.execute(insert(long_works).values(started_at=tx.now, updated_at=tx.now, **values))


async def tell_work(tx: Tx, work_id: str, *, left: int, state: str = "running") -> None:
    """Note how much is left of a work that knows its total, and how it ended."""
    values = {"state": state, "done": long_works.c.total - left, "ended_at": None if state == "running" else tx.now}
    await tx.conn.execute(update(long_works).where(long_works.c.id == work_id).values(updated_at=tx.now, **values))


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    try:
        yield
    except VanbanError as error:
        log.warning("how far a long work is could not be noted: %s", error)
