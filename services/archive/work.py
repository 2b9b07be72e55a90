"""What the jobs stand on: claims from the outbox, and results that are recorded exactly once.

Every call is idempotent and may come twice, late or at once from two workers; "gone" is not an error.
An outbox row lives until the transaction that records its result deletes it, so a job that Redis lost is found again.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.core.model import (
    JSON,
    DocumentDraft,
    IndexTask,
    OutboxRow,
    PageState,
    PageStatus,
    PageText,
    Reason,
    Triage,
)


@dataclass(frozen=True, slots=True)
class SourceWork:
    """What a job needs to know of a source. `version` goes back into `Work.assembled`."""

    id: str
    sha256: str
    bytes: int
    media_type: str
    file_name: str
    received_on: dt.date
    external_id: str | None
    given: Mapping[str, JSON]
    pages: int | None
    version: int


class Work:
    """Outbox and results.

    Jobs and their `args`: `triage` {source_id} and `read_page` {page_id, source_id} on queue "read", `assemble`
    {source_id} on "record", `index` {document_id, revision} on "index". A row's `id` is never used again: it makes a
    good arq job id.
    """

    async def claim(self, limit: int, queue: str | None = None) -> list[OutboxRow]:
        """Take up to `limit` rows that nobody has, in order of batch priority, turn, age; paused batches wait."""
        raise NotImplementedError

    async def sent(self, ids: Sequence[int]) -> None:
        """Note that claimed rows are on the queue. They stay until their result is recorded."""
        raise NotImplementedError

    async def release(self, ids: Sequence[int]) -> None:
        """Put claimed or sent rows back, to be claimed again."""
        raise NotImplementedError

    async def in_flight(self, *, older_than_seconds: float = 0, limit: int = 1000) -> list[OutboxRow]:
        """Return rows sent at least so long ago, the oldest first: ask Redis whether it still knows them."""
        raise NotImplementedError

    async def sweep(self, *, claimed_seconds: float = 60, sent_seconds: float = 900) -> int:
        """Put back whatever the catalogue says is undone and has no live row; return how many rows became claimable.

        Rows claimed or sent longer ago than given count as lost. After Redis was wiped: `sweep(claimed_seconds=0,
        sent_seconds=0)`. Also ends uploads whose process died and deletes blobs that a purge left behind.
        """
        raise NotImplementedError

    async def source(self, source_id: str) -> SourceWork | None:
        """Return what there is to know about a source; None when there is nothing to do on it any more."""
        raise NotImplementedError

    async def triaged(self, source_id: str, triage: Triage) -> None:
        """Record what a source holds and make the work on its pages. A source without pages fails (`no_pages`)."""
        raise NotImplementedError

    async def source_failed(self, source_id: str, reason: Reason, *, attempt: bool) -> bool:
        """Record that triage failed; return True when it will be tried again.

        `attempt=True`: the reader died under its own limits; it is tried `settings.reader.attempts` times.
        `attempt=False`: the file is at fault, final.
        """
        raise NotImplementedError

    async def page(self, page_id: str) -> PageStatus | None:
        """Return the account of a page; None when it is gone."""
        raise NotImplementedError

    async def page_result(self, image_hash: str, *, pipeline: str = "") -> PageText | None:
        """Return what this pipeline version read on a page with this picture, in whatever source; None if unknown.

        Number and size are those of that other page.
        """
        raise NotImplementedError

    async def page_read(self, page_id: str, text: PageText, *, pipeline: str = "") -> None:
        """Record what was read on a page; the last page of a source makes the assemble work, exactly once."""
        raise NotImplementedError

    async def page_failed(self, page_id: str, reason: Reason, *, attempt: bool) -> PageState:
        """Record that a page could not be read; `attempt` as in `source_failed`. Return the state it has now."""
        raise NotImplementedError

    async def source_pages(self, source_id: str) -> list[PageText | PageStatus]:
        """Return all pages of a source in order: the words, or the status of a page that failed (or still waits)."""
        raise NotImplementedError

    async def assembled(
        self,
        source_id: str,
        drafts: Sequence[DocumentDraft],
        *,
        version: int | None = None,
        pipeline: str = "",
    ) -> list[str]:
        """Make documents of the drafts and return their ids in order; known page runs keep their ids.

        `version` is that of the `SourceWork` the drafts were made from: when the pages changed since, the drafts are
        ignored (newer assemble work exists) and the list is empty.
        """
        raise NotImplementedError

    async def index_tasks(self, limit: int = 500) -> list[IndexTask]:
        """Return documents whose index entry is older than their revision, the longest waiting first."""
        raise NotImplementedError

    async def indexed(self, done: Sequence[tuple[str, int]]) -> None:
        """Record that (document id, revision) pairs are durable in the index; their items may become done."""
        raise NotImplementedError
