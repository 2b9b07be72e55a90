"""The notifier: evaluates the saved searches after documents changed, and sends what webhooks are told.

It follows the log of events in the catalogue and stands on no queue: a notifier that is killed goes on where it was,
and two of them do nothing twice.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from services.archive import Archive
from services.core.errors import CorruptError, GoneError, StorageFullError, UnavailableError
from services.core.settings import Settings
from services.search import SavedSearches, SearchService
from workers.queue import back_off
from workers.webhooks import Sender

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
REST = 4.0
"""Rest after a tick, in times that it took."""
PASSING = (UnavailableError, StorageFullError, CorruptError, GoneError)
"""What the notifier waits out; a damaged index is the index worker's to rebuild."""


async def notify(archive: Archive, search: SearchService, settings: Settings) -> None:
    """Evaluate and send until cancelled, each at its own pace; outages are waited out.

    Evaluating takes at most a fifth of one core, however many searches there are and however fast documents come in.
    """
    saved, sender = SavedSearches(search, archive), Sender(archive, settings.webhook)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_patiently(saved.evaluate, rest=REST))
            group.create_task(_patiently(sender.tick, rest=0.0))
    finally:
        await sender.stop()


async def _patiently(work: Callable[[], Awaitable[object]], *, rest: float) -> None:
    failures = 0
    while True:
        started = time.monotonic()
        try:
            await work()
            failures = 0
            await asyncio.sleep(max(TICK_SECONDS, rest * (time.monotonic() - started)))
        except PASSING as error:
            failures += 1
            log.warning("notifying again in %.1f s: %s", back_off(failures), error)
            await asyncio.sleep(back_off(failures))
