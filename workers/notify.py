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
BUSY_SECONDS = 0.1  # while messages are on their way
REST = 4.0
"""Rest after an evaluation, in times that it took."""
PASSING = (UnavailableError, StorageFullError, CorruptError, GoneError)
"""What the notifier waits out; a damaged index is the index worker's to rebuild."""


async def notify(archive: Archive, search: SearchService, settings: Settings) -> None:
    """Evaluate and send until cancelled, each at its own pace; outages are waited out.

    Evaluating takes at most a fifth of one core, however many searches there are and however fast documents come in.
    """
    saved, sender = SavedSearches(search, archive), Sender(archive, settings.webhook)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_patiently(saved.evaluate, lambda _, took: max(TICK_SECONDS, REST * took)))
            group.create_task(_patiently(sender.tick, lambda sending, _: BUSY_SECONDS if sending else TICK_SECONDS))
    finally:
        await sender.stop()


async def _patiently(work: Callable[[], Awaitable[int]], pause: Callable[[int, float], float]) -> None:
    """Work until cancelled, with a pause that follows from what `work` returned and how many seconds it took."""
    failures = 0
    while True:
        started = time.monotonic()
        try:
            done = await work()
            failures = 0
            await asyncio.sleep(pause(done, time.monotonic() - started))
        except PASSING as error:
            failures += 1
            log.warning("notifying again in %.1f s: %s", back_off(failures), error)
            await asyncio.sleep(back_off(failures))
