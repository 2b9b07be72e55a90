"""What was only looked at goes into the log too: noted in memory, written together once a second, never waited for.

A crash loses the looks of its last second; changes stand in the log with their own transaction (database.Tx.event).
"""

import asyncio
import datetime as dt
import logging
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from services.archive.database import Database, log_line
from services.core.errors import StorageFullError, UnavailableError
from services.core.model import JSON, Principal, local_principal
from services.core.trace import Access

log = logging.getLogger(__name__)

ONE_LOOK_SECONDS = 300.0
"""Requests of one caller for one thing within so long are one look: pages come with pictures, files in ranges."""
FLUSH_SECONDS = 1.0
_AT_ONCE = 500
_MOST_WAITING = 20_000
_MOST_REMEMBERED = 20_000


class Trace:
    """Write down who looked at what."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: deque[dict[str, Any]] = deque(maxlen=_MOST_WAITING)
        self._lately: OrderedDict[tuple[str | None, ...], float] = OrderedDict()
        self._writing = asyncio.Lock()

    def note(self, p: Principal, action: Access, subject_type: str, subject_id: str, **details: JSON) -> None:
        """Note that somebody looks at a thing; what belongs to a look that was noted already is passed over."""
        if action is not Access.EXPORTED and self._is_same_look((p.name, p.origin, p.address, action, subject_id)):
            return
        if len(self._waiting) == _MOST_WAITING:
            log.error("the log cannot be written: the oldest of %d looks is lost", _MOST_WAITING)
        self._waiting.append(log_line(p, dt.datetime.now(dt.UTC), action, subject_type, subject_id, details))

    async def flush(self) -> None:
        """Write what was noted; where the catalogue cannot be written now, it waits for the next time."""
        async with self._writing:
            while self._waiting:
                lines = [self._waiting[n] for n in range(min(_AT_ONCE, len(self._waiting)))]
                try:
                    async with self._database.write(local_principal("web")) as tx:
                        tx.add_lines(lines)
                except (StorageFullError, UnavailableError) as error:
                    log.warning("%d looks wait to be written into the log: %s", len(self._waiting), error)
                    return
                for _ in lines:
                    self._waiting.popleft()

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Write what is noted once a second while the block runs, and at its end."""
        writing = asyncio.create_task(self._keep())
        try:
            yield
        finally:
            writing.cancel()
            with suppress(asyncio.CancelledError):
                await writing
            await self.flush()

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            try:
                await self.flush()
            except Exception:
                log.exception("looks could not be written into the log")

    def _is_same_look(self, look: tuple[str | None, ...]) -> bool:
        now, before = time.monotonic(), self._lately.get(look)
        if before is not None and now - before < ONE_LOOK_SECONDS:
            return True
        self._lately[look] = now
        self._lately.move_to_end(look)
        while len(self._lately) > _MOST_REMEMBERED:
            self._lately.popitem(last=False)
        return False
