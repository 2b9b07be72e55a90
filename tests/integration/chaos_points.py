"""Points around every commit of the catalogue at which a test can have a process killed.

`install` runs in the real processes of `vanban up` (see chaos_site), and changes nothing but this: right before and
right after each transaction that writes something, the point's name and the process are noted in the folder's log; when
the test has armed that point, what it asks for happens there and then.
"""

import contextlib
import fcntl
import json
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from functools import wraps
from pathlib import Path
from typing import Any

from redis import Redis
from sqlalchemy import text

_call: ContextVar[list[Any] | None] = ContextVar("chaos_call", default=None)


@dataclass(frozen=True, slots=True)
class Armed:
    """What shall happen the `nth` time that `point` is passed.

    `kill` is the process to kill, 0 the one that passes the point, `after` so many seconds; with `flush` that Redis is
    wiped instead.
    """

    point: str
    nth: int
    kill: int = 0
    after: float = 0.0
    flush: str = ""


class Points:
    """The folder through which the test and the processes speak."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._log = folder / "log"
        self._armed = folder / "armed"

    def arm(self, armed: Armed | None) -> None:
        """Begin a new log and wait for this point."""
        with self._locked():
            self._log.write_text("")
            self._armed.unlink(missing_ok=True)
            if armed is not None:
                self._armed.write_text(json.dumps(asdict(armed)))

    def fired(self) -> bool:
        """Return whether the armed point was reached."""
        return not self._armed.exists()

    def passed(self) -> list[str]:
        """Return the points passed since the last `arm`, in order."""
        with self._locked():
            return self._log.read_text().splitlines()

    def reach(self, point: str) -> None:
        """Note that a point is passed, and do what is armed for it."""
        with self._locked():
            with self._log.open("a") as log:
                log.write(f"{point}\n")
            armed = self._take(point)
        if armed is None:
            return
        if armed.flush:
            with Redis.from_url(armed.flush) as redis:
                redis.flushall()
        elif armed.after:
            threading.Timer(armed.after, os.kill, (armed.kill, signal.SIGKILL)).start()
        else:
            os.kill(armed.kill or os.getpid(), signal.SIGKILL)

    def _take(self, point: str) -> Armed | None:
        with contextlib.suppress(FileNotFoundError):
            armed = Armed(**json.loads(self._armed.read_text()))
            if armed.point == point and self._log.read_text().splitlines().count(point) == armed.nth:
                self._armed.unlink()
                return armed
        return None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self._folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def install(folder: Path) -> None:
    """Put the points into this process."""
    from services.archive import Documents, Intake, Work
    from services.archive.database import Database
    from services.ocr import Reader

    points = Points(folder)
    for room in (Work, Intake, Documents):
        for name in [name for name in vars(room) if not name.startswith("_")]:
            function = getattr(room, name)
            if callable(function):
                setattr(room, name, _named(name, function))
    Database.write = _watched(points, Database.write)  # type: ignore[method-assign]
    Reader.read_page = _reading(points, Reader.read_page)  # type: ignore[method-assign]


def _named(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    async def call(*args: Any, **kwargs: Any) -> Any:
        token = _call.set([name, 0])
        try:
            return await function(*args, **kwargs)
        finally:
            _call.reset(token)

    return call


def _watched(points: Points, write: Callable[..., Any]) -> Callable[..., Any]:
    @asynccontextmanager
    async def watched(self: Any, p: Any) -> AsyncIterator[Any]:
        call = _call.get() or ["other", 0]
        async with write(self, p) as tx:
            before = await _changes(tx)
            yield tx
            writes = await _changes(tx) != before
            if writes:
                call[1] += 1
                point = f"{call[0]}.{call[1]}"
                points.reach(f"{point}.before")
        if writes:
            points.reach(f"{point}.after")

    return watched


def _reading(points: Points, read_page: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(read_page)
    async def reading(self: Any, *args: Any, **kwargs: Any) -> Any:
        points.reach("reader.begins")
        return await read_page(self, *args, **kwargs)

    return reading


async def _changes(tx: Any) -> int:
    return int((await tx.conn.execute(text("SELECT total_changes()"))).scalar_one())
