"""The app of `tests.unit.web_support` behind a real web server on loopback, for clients that want an address."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn

from tests.servers import free_port
from tests.unit.web_support import House, open_house

_START_SECONDS = 60.0
Prepare = Callable[[House], Awaitable[Any]]


@dataclass
class Loopback:
    """A server that runs in a thread of its own; `prepared` is what was returned by the preparation."""

    url: str
    prepared: Any = None
    _end: threading.Event = field(default_factory=threading.Event, repr=False)


@contextmanager
def on_loopback(folder: Path, prepare: Prepare, **values: Any) -> Iterator[Loopback]:
    """Run the app on a new archive; `prepare` fills it before the first request comes."""
    port = free_port()
    server = Loopback(f"http://127.0.0.1:{port}")
    ready, failure = threading.Event(), list[BaseException]()

    def run() -> None:
        try:
            asyncio.run(_serve(server, folder, port, prepare, ready, values))
        except BaseException as error:  # noqa: BLE001 - told in the thread of the test
            failure.append(error)
        finally:
            ready.set()

    thread = threading.Thread(target=run, name="loopback", daemon=True)
    thread.start()
    try:
        if not ready.wait(_START_SECONDS) or failure:
            raise RuntimeError("the app did not start") from (failure[0] if failure else None)
        yield server
    finally:
        server._end.set()
        thread.join(_START_SECONDS)
    if failure:
        raise RuntimeError("the app broke down") from failure[0]


async def _serve(
    loopback: Loopback, folder: Path, port: int, prepare: Prepare, ready: threading.Event, values: dict[str, Any]
) -> None:
    async with open_house(folder, **values) as house:
        loopback.prepared = await prepare(house)
        async with _listening(house, port):
            ready.set()
            await asyncio.to_thread(loopback._end.wait)


@asynccontextmanager
async def _listening(house: House, port: int) -> AsyncIterator[None]:
    options = uvicorn.Config(house.app, port=port, lifespan="off", log_level="warning", access_log=False)
    server = uvicorn.Server(options)
    serving = asyncio.create_task(server._serve())  # `serve` takes over the signals of the whole process
    try:
        while not server.started:  # noqa: ASYNC110 - uvicorn tells in no other way
            await asyncio.sleep(0.02)
        yield
    finally:
        server.should_exit = True
        await serving
