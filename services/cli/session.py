"""What commands on an archive stand on: the event loop, signals, an open archive, its search."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar

from services.archive import Archive, open_archive
from services.core.errors import UnavailableError
from services.core.settings import Settings
from services.fields import Taxonomy
from services.search import SearchEngine, SearchService, open_engine
from workers.lease import everybody_works
from workers.state import running

T = TypeVar("T")


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Archive]:
    """Open the archive, made or brought up to date where needed."""
    async with await open_archive(settings) as archive:
        yield archive


@asynccontextmanager
async def search_service(settings: Settings, archive: Archive) -> AsyncIterator[SearchService]:
    """Open the search over the archive's index; UnavailableError names `vanban up` where that runs the engine."""
    engine: SearchEngine = await open_engine(settings)
    try:
        yield SearchService(engine, archive, settings, label=_labels(settings))
    except UnavailableError as error:
        if settings.private_redis_socket is None or running(settings) is not None:
            raise
        raise UnavailableError(
            f"The search engine of {settings.data_dir} does not answer: it runs with `vanban up`. Start that first.",
            **error.params,
        ) from error
    finally:
        await engine.close()


@contextmanager
def stop_on_signal() -> Iterator[asyncio.Event]:
    """Set the event at the first SIGINT or SIGTERM; the second one cancels the work where it stands."""
    stop = asyncio.Event()
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()

    def on_signal() -> None:
        if stop.is_set() and task is not None:
            task.cancel()
        stop.set()

    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, on_signal)
    try:
        yield stop
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


async def pause(stop: asyncio.Event, seconds: float) -> bool:
    """Wait, and say whether the stop came meanwhile."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return False
    return True


async def somebody_works(settings: Settings) -> bool:
    """Say whether workers are there to read what is received: a local `vanban up`, or workers on a shared Redis."""
    if settings.private_redis_socket is not None:
        return running(settings) is not None
    return await everybody_works(settings.redis_url)


def _labels(settings: Settings) -> Callable[[str, str], str | None]:
    taxonomy = Taxonomy.load(settings.taxonomy_file)
    return lambda facet, value: taxonomy.label(value, settings.locale) if facet == "topic" else None
