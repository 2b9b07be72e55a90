"""The account of every file: batches, items, sources, and the counts over them."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

from services.archive.paging import Page
from services.core.model import ArchiveStatus, Batch, Item, ItemState, Model, Principal, Source


@dataclass(frozen=True, slots=True)
class Original:
    """The bytes as received: `name` is that of the first file that brought them; `chunks` can be read once."""

    size: int
    media_type: str
    name: str
    sha256: str
    chunks: AsyncIterator[bytes]


class BatchReport(Model):
    """Whether a batch is complete, and what is missing: the completeness report.

    `reasons` counts items by the code of their reason. `pages_failed` and `documents` are over the batch's sources.
    """

    batch: Batch
    items: int
    complete: bool
    reasons: dict[str, int]
    pages_failed: int
    documents: int


class Account:
    """Ask what became of what was sent."""

    async def batch(self, p: Principal, batch_id: str) -> Batch:
        """Return one batch with its counts; NotFoundError."""
        raise NotImplementedError

    async def batches(self, p: Principal, limit: int = 50, cursor: str | None = None) -> Page[Batch]:
        """Return batches, the newest first."""
        raise NotImplementedError

    async def report(self, p: Principal, batch_id: str) -> BatchReport:
        """Return the completeness report of a batch; NotFoundError."""
        raise NotImplementedError

    async def item(self, p: Principal, item_id: str) -> Item:
        """Return one item; NotFoundError."""
        raise NotImplementedError

    async def items(
        self,
        p: Principal,
        batch_id: str | None = None,
        *,
        state: ItemState | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> Page[Item]:
        """Return items in the order they came, of one batch or of all, of one state or of all."""
        raise NotImplementedError

    async def source(self, p: Principal, source_id: str) -> Source:
        """Return one source with the items that brought it; NotFoundError, GoneError when it was purged."""
        raise NotImplementedError

    async def find_source(self, p: Principal, sha256: str) -> Source | None:
        """Return the source with this content, None when the archive does not have it (or no longer)."""
        raise NotImplementedError

    async def original(self, p: Principal, source_id: str) -> Original:
        """Return the bytes as received; NotFoundError, GoneError when they were purged."""
        raise NotImplementedError

    def local_file(self, source_id: str) -> AbstractAsyncContextManager[Path]:
        """Lend a path under which the reader can open the original; it is valid (and to be read only) inside the block.

        Raises NotFoundError or GoneError on entry.
        """
        raise NotImplementedError

    async def status(self, p: Principal) -> ArchiveStatus:
        """Return the counts over the whole archive."""
        raise NotImplementedError
