"""Pictures of pages for people: drawn by the sandboxed reader when asked for, kept in memory for a while."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from services.archive import Archive
from services.core.errors import UnavailableError
from services.core.model import Document
from services.ocr import Reader

CACHE_BYTES = 64_000_000
"""About 200 pages at 1240 px (302 KB each, tech.md section 10)."""
MAX_WAITING = 64
"""Pictures that may wait for the reader; a page view asks for a handful at a time."""


@dataclass(frozen=True, slots=True)
class PictureKey:
    """Which picture: page `number` of a source, `width` pixels wide."""

    source_id: str
    number: int
    width: int

    @property
    def etag(self) -> str:
        """The strong ETag: a source's bytes never change, so that its id stands for them."""
        return f'"{self.source_id}-{self.number}-{self.width}"'


class Pictures:
    """Draws one page at a time in one sandboxed child; equal requests share one drawing."""

    def __init__(
        self,
        archive: Archive,
        reader: Callable[[], Reader],
        *,
        cache_bytes: int = CACHE_BYTES,
        max_waiting: int = MAX_WAITING,
    ) -> None:
        self._archive = archive
        self._make_reader = reader
        self._reader: Reader | None = None
        self._drawing = asyncio.Lock()
        self._under_way: dict[PictureKey, asyncio.Task[bytes]] = {}
        self._kept: OrderedDict[PictureKey, bytes] = OrderedDict()
        self._kept_bytes = 0
        self._cache_bytes = cache_bytes
        self._max_waiting = max_waiting

    async def get(self, document: Document, number: int, width: int) -> bytes:
        """Return a JPEG of a page of the document's source.

        Raises UnavailableError when too many pictures are waited for, ReadError when the page cannot be drawn.
        """
        key = PictureKey(document.source_id, number, width)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        task = self._under_way.get(key)
        if task is None:
            if len(self._under_way) >= self._max_waiting:
                raise UnavailableError(service="pictures")
            task = asyncio.create_task(self._draw(key, document.media_type))
            self._under_way[key] = task
            task.add_done_callback(lambda done: self._finish(key, done))
        return await asyncio.shield(task)

    def forget(self, source_id: str) -> None:
        """Drop every picture of a source that was purged."""
        for key in [key for key in self._kept if key.source_id == source_id]:
            self._kept_bytes -= len(self._kept.pop(key))

    async def close(self) -> None:
        """Stop the reader; drawings under way are given up."""
        for task in list(self._under_way.values()):
            task.cancel()
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)
        if self._reader is not None:
            await self._reader.stop()

    async def _draw(self, key: PictureKey, media_type: str) -> bytes:
        async with self._drawing, self._archive.account.local_file(key.source_id) as path:
            if self._reader is None:
                self._reader = self._make_reader()
                await self._reader.start()
            return await self._reader.page_image(path, media_type, key.number, key.width)

    def _finish(self, key: PictureKey, task: asyncio.Task[bytes]) -> None:
        self._under_way.pop(key, None)
        if task.cancelled() or task.exception() is not None:
            return
        picture = task.result()
        self._kept[key] = picture
        self._kept_bytes += len(picture)
        while self._kept_bytes > self._cache_bytes:
            _, oldest = self._kept.popitem(last=False)
            self._kept_bytes -= len(oldest)
