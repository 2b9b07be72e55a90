"""The reader as the rest of the house sees it: one sandboxed child process behind async calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from services.core.model import PageText, Triage
from services.core.settings import Settings

Known = Callable[[str], Awaitable[PageText | None]]


async def nothing(image_hash: str) -> PageText | None:
    """Know no page: every page is recognised."""
    del image_hash
    return None


class Reader:
    """One sandboxed child that reads one request at a time; `async with Reader(settings) as reader`.

    Every call may raise ReadError (the file's fault; its `code` says why), ReaderLimitError (the child died of its own
    limits), ReaderLostError (it was killed from outside). The next call starts a new child.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def start(self) -> None:
        """Start the child; a call starts it too where it is not running."""
        raise NotImplementedError

    async def stop(self) -> None:
        """End the child and everything it started."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def triage(self, path: Path, media_type: str) -> Triage:
        """Learn pages, sizes, encryption and signatures; refuse what is over the limits."""
        raise NotImplementedError

    async def read_page(self, path: Path, media_type: str, number: int, known: Known = nothing) -> PageText:
        """Read page `number` (from 1); `known` is asked with the hash of its picture before it is recognised."""
        raise NotImplementedError

    async def page_image(self, path: Path, media_type: str, number: int, width: int) -> bytes:
        """Draw page `number` for people: a JPEG `width` pixels wide, upright, annotations drawn."""
        raise NotImplementedError
