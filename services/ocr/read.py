"""Read files without an archive, several readers busy at once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.core.model import PageText, Reason, Triage
from services.core.settings import Settings


@dataclass(frozen=True, slots=True)
class FileRead:
    """What came of one file: `pages` in page order, each a PageText or the Reason why that page could not be read.

    `reason` is set, and `pages` empty, where the file as a whole could not be read.
    """

    path: Path
    triage: Triage | None
    pages: tuple[PageText | Reason, ...]
    reason: Reason | None = None

    def page_texts(self) -> tuple[PageText, ...]:
        """The pages that were read."""
        return tuple(page for page in self.pages if isinstance(page, PageText))


async def read_files(settings: Settings, paths: Sequence[Path], jobs: int | None = None) -> AsyncIterator[FileRead]:
    """Read files with `jobs` readers (default: settings.reader.processes); yields in the order of `paths`."""
    raise NotImplementedError
    yield


def plain_text(page: PageText) -> str:
    """The page's words in reading order, a line for a line, as `vanban read --text-dir` writes them."""
    raise NotImplementedError
