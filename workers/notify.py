"""The notifier: evaluates the saved searches after documents changed.

It follows the log of events in the catalogue and stands on no queue: a notifier that is killed goes on where it was,
and two of them do nothing twice.
"""

import asyncio
import logging
import time

from services.archive import Archive
from services.core.errors import CorruptError, GoneError, StorageFullError, UnavailableError
from services.search import SavedSearches, SearchService
from workers.queue import back_off

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
REST = 4.0
"""Rest after a tick, in times that it took."""
PASSING = (UnavailableError, StorageFullError, CorruptError, GoneError)
"""What the notifier waits out; a damaged index is the index worker's to rebuild."""


class Notifier:
    """Does in turns what has become due."""

    def __init__(self, archive: Archive, search: SearchService) -> None:
        self._saved = SavedSearches(search, archive)

    async def tick(self) -> int:
        """Do what is due now; returns how much was done, 0 when nothing is left."""
        return await self._saved.evaluate()


async def notify(notifier: Notifier) -> None:
    """Tick until cancelled; an outage of the database or of the engine is waited out.

    Evaluating takes at most a fifth of one core, however many searches there are and however fast documents come in.
    """
    failures = 0
    while True:
        started = time.monotonic()
        try:
            await notifier.tick()
            failures = 0
            await asyncio.sleep(max(TICK_SECONDS, REST * (time.monotonic() - started)))
        except PASSING as error:
            failures += 1
            log.warning("notifying again in %.1f s: %s", back_off(failures), error)
            await asyncio.sleep(back_off(failures))
