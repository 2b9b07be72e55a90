"""Read files without an archive, several readers busy at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import TypeVar

from services.core.errors import ReaderLimitError, ReaderLostError, ReadError
from services.core.model import PageText, Reason, Triage, Zone
from services.core.settings import Settings
from services.ocr.reader import Reader
from services.ocr.text import text_pages

_KINDS = (
    (b"%PDF-", "application/pdf"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
)
_HEAD_BYTES = 1024
_PUT_OVER = {Zone.STAMP, Zone.ANNOTATION}
_NOT_READ = (ReadError, ReaderLimitError, ReaderLostError)
_T = TypeVar("_T")

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class FileRead:
    """What came of one file: `pages` in page order, each a PageText or the Reason why that page could not be read.

    `reason` is set, and `pages` empty, where the file as a whole could not be read; `no_copy` says why a searchable
    copy that was asked for could not be made.
    """

    path: Path
    triage: Triage | None
    pages: tuple[PageText | Reason, ...]
    reason: Reason | None = None
    no_copy: Reason | None = None

    def page_texts(self) -> tuple[PageText, ...]:
        """The pages that were read."""
        return tuple(page for page in self.pages if isinstance(page, PageText))


async def read_files(
    settings: Settings,
    paths: Sequence[Path],
    jobs: int | None = None,
    *,
    copy_to: Callable[[Path], Path] | None = None,
    progress: Progress = lambda done, total: None,
) -> AsyncIterator[FileRead]:
    """Read files with `jobs` readers (default: settings.reader.processes); yields in the order of `paths`.

    Readers are busy across files: a file of one page never holds up the rest. Nothing is kept between two runs.
    `copy_to` says where the searchable copy of a PDF or picture goes. `progress` is called after each page with the
    pages done and the pages there are, as far as it is known: files not looked at yet count as the mean of the others.
    Raises MissingProgramError where reading does not work on this machine; files that fail are yielded as such.
    """
    async with AsyncExitStack() as stack:
        tally = _Tally(len(paths), progress)
        pool = _Pool(settings, stack, jobs or settings.reader.processes, copy_to, tally)
        reads = [asyncio.create_task(pool.read_file(path)) for path in paths]
        stack.push_async_callback(_cancel, reads)
        for read in reads:
            yield await read


def plain_text(page: PageText) -> str:
    """The print of a page in reading order, a line for a line, as `vanban read --text-dir` writes it.

    What was put over it later, arrival stamps and annotations, is left out: it is no text of the document.
    """
    lines = groupby(
        (word for word in page.words if word.text and word.zone not in _PUT_OVER), key=lambda word: word.line
    )
    return "".join(" ".join(word.text for word in words) + "\n" for _, words in lines)


def media_type_of(path: Path) -> str:
    """Tell the kind of a file by how it begins, plain text by its ending; ReadError empty_file or not_recognised."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head:
        raise ReadError("empty_file")
    for mark, media_type in _KINDS:
        if head.startswith(mark) or (media_type == "application/pdf" and mark in head):
            return media_type
    if path.suffix.lower() == ".txt":
        return "text/plain"
    raise ReadError("not_recognised")


class _Tally:
    """How many pages are done, of how many."""

    def __init__(self, files: int, progress: Progress) -> None:
        self._files, self._progress = files, progress
        self._known_files = self._pages = self._done = 0

    def file(self, pages: int) -> None:
        """Count a file that was looked at."""
        self._known_files += 1
        self._pages += pages

    def page(self) -> None:
        """Count a page that is done, and tell."""
        self._done += 1
        self._progress(self._done, max(self._done, round(self._pages * self._files / self._known_files)))


class _Pool:
    """Readers that take turns on the pages of all files, in the order of the files."""

    def __init__(
        self,
        settings: Settings,
        stack: AsyncExitStack,
        jobs: int,
        copy_to: Callable[[Path], Path] | None,
        tally: _Tally,
    ) -> None:
        self._copy_to, self._tally = copy_to, tally
        self._attempts = settings.reader.attempts
        self._idle: asyncio.LifoQueue[Reader] = asyncio.LifoQueue()
        for _ in range(jobs):
            reader = Reader(settings)
            stack.push_async_callback(reader.stop)
            self._idle.put_nowait(reader)
        self._ahead = asyncio.Semaphore(jobs * 2)  # files whose pages may wait at once: bounds memory, keeps order

    async def read_file(self, path: Path) -> FileRead:
        async with self._ahead:
            triage: Triage | None = None
            try:
                media_type = await asyncio.to_thread(media_type_of, path)
                if media_type == "text/plain":
                    self._tally.file(0)
                    return FileRead(path, None, tuple(text_pages(await asyncio.to_thread(path.read_bytes))))
                triage = await self._with_reader(lambda reader: reader.triage(path, media_type))
                numbers = [page.number for page in triage.pages]
                self._tally.file(len(numbers))
                pages = await asyncio.gather(*(self._read_page(path, media_type, number) for number in numbers))
            except _NOT_READ as error:
                self._tally.file(0)
                return FileRead(path, triage, (), error.reason)
            except OSError as error:
                self._tally.file(0)
                return FileRead(path, None, (), Reason(code="cannot_open", params={"detail": error.strerror or ""}))
            result = FileRead(path, triage, tuple(pages))
            return replace(result, no_copy=await self._copy(result, media_type)) if self._copy_to else result

    async def _read_page(self, path: Path, media_type: str, number: int) -> PageText | Reason:
        try:
            return await self._with_reader(lambda reader: reader.read_page(path, media_type, number))
        except _NOT_READ as error:
            return error.reason
        finally:
            self._tally.page()

    async def _copy(self, result: FileRead, media_type: str) -> Reason | None:
        """Write the searchable copy of a file, whole or not at all; returns why it cannot be made."""
        assert self._copy_to is not None
        out = self._copy_to(result.path)
        part = out.with_name(out.name + ".part")
        texts = result.page_texts()
        try:
            await self._with_reader(lambda reader: reader.searchable(result.path, media_type, texts, part))
            await asyncio.to_thread(part.replace, out)
        except _NOT_READ as error:
            return error.reason
        finally:
            await asyncio.to_thread(part.unlink, missing_ok=True)
        return None

    async def _with_reader(self, use: Callable[[Reader], Awaitable[_T]]) -> _T:
        """Let the next idle reader do something, again where it was killed from outside."""
        reader = await self._idle.get()
        try:
            for _ in range(self._attempts - 1):
                with suppress(ReaderLostError):
                    return await use(reader)
            return await use(reader)
        finally:
            self._idle.put_nowait(reader)


async def _cancel(tasks: Sequence[asyncio.Task[FileRead]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
