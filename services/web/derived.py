"""Files made of what was read, when somebody asks for them: searchable copies, ALTO, hOCR. None of them is kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import PurePath
from typing import BinaryIO

from services.archive import Archive, Original
from services.core.errors import ConflictError, GoneError, NotFoundError, UnavailableError
from services.core.files import pieces
from services.core.model import Document, PageState, PageStatus, PageText, Principal, Source
from services.ocr import DERIVED_VERSION, Format, Reader

MAX_WAITING = 8
"""Searchable copies that may wait for the reader; one takes well under a second for most files."""
_PAGES_AT_ONCE = 20


def has_copy(media_type: str) -> bool:
    """Whether a source has pages over which words can be laid; a text has none."""
    return media_type == "application/pdf" or media_type.startswith("image/")


class Searchables:
    """Makes searchable copies of sources, one at a time, in one sandboxed child."""

    def __init__(self, archive: Archive, reader: Callable[[], Reader], *, max_waiting: int = MAX_WAITING) -> None:
        self._archive = archive
        self._make_reader = reader
        self._reader: Reader | None = None
        self._making = asyncio.Lock()
        self._waiting = 0
        self._max_waiting = max_waiting

    async def etag(self, source: Source) -> str:
        """Return the strong ETag of the copy: the content, the state of its pages, the way copies are made."""
        work = await self._archive.work.source(source.id)
        if work is None:
            raise GoneError(id=source.id)
        return f'"{source.sha256}-{work.version}-{DERIVED_VERSION}"'

    async def make(self, source: Source) -> Original:
        """Make the copy from the kept words; what comes back is not the original, only described in the same way.

        Raises NotFoundError for a text, ConflictError while pages are still being read, UnavailableError when too many
        wait, ReadError and ReaderLimitError when it cannot be made.
        """
        if not has_copy(source.media_type):
            raise NotFoundError(
                "A text has no pages that words could be laid over; ask for the original.", id=source.id
            )
        if self._waiting >= self._max_waiting:
            raise UnavailableError(service="searchable copies")
        pages = await self._archive.work.source_pages(source.id)
        if not pages or any(isinstance(page, PageStatus) and page.state is PageState.WAITING for page in pages):
            raise ConflictError("The file is still being read. Ask again when its pages are done.", id=source.id)
        self._waiting += 1
        try:
            file = await self._write(source, [page for page in pages if isinstance(page, PageText)])
        finally:
            self._waiting -= 1
        size = await asyncio.to_thread(file.seek, 0, 2)
        name = PurePath(source.items[0].name).stem if source.items else source.sha256
        return Original(size, "application/pdf", f"{name}.pdf", source.sha256, pieces(file))

    async def close(self) -> None:
        """Stop the reader."""
        if self._reader is not None:
            await self._reader.stop()

    async def _write(self, source: Source, pages: list[PageText]) -> BinaryIO:
        """Write the copy into the spool; the file lives as long as somebody reads it."""
        account = self._archive.account
        async with self._making, account.local_file(source.id) as path:
            if self._reader is None:
                self._reader = self._make_reader()
            with account.spare() as out:
                await self._reader.searchable(path, source.media_type, pages, out)
                return await asyncio.to_thread(out.open, "rb")


async def written(
    archive: Archive, p: Principal, document: Document, form: Format, page: int | None = None
) -> AsyncIterator[bytes]:
    """Yield the pages of a document, or one of them, in an export format; what could not be read is left out."""
    yield form.head.encode()
    run = range(document.first_page, document.last_page + 1) if page is None else range(page, page + 1)
    for first in run[::_PAGES_AT_ONCE]:
        numbers = range(first, min(first + _PAGES_AT_ONCE, run.stop))
        found = await archive.documents.pages(p, document.id, numbers)
        yield "".join(form.page(found[number]) for number in numbers if number in found).encode()
    yield form.end.encode()
