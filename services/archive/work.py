"""What the jobs stand on: claims from the outbox, and results that are recorded exactly once.

Every call is idempotent and may come twice, late or at once from two workers; "gone" is not an error.
An outbox row lives until the transaction that records its result deletes it, so a job that Redis lost is found again.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from services.archive import assembling, garbage, indexing, outbox, outdated, reading, sweeping
from services.archive.blobs import Blobs
from services.archive.codec import decode_page
from services.archive.database import Database
from services.archive.learning import load_learnt
from services.archive.rows import PURGED_PAGE, page_of
from services.archive.schema import items, pages, sources
from services.archive.splitting import runs_in_force
from services.archive.spool import Spool
from services.core.errors import CorruptError, NotFoundError
from services.core.learnt import NOTHING, Learnt
from services.core.model import (
    JSON,
    DigitalSignature,
    DocumentDraft,
    DocumentState,
    IndexTask,
    OutboxRow,
    PageState,
    PageStatus,
    PageText,
    Reason,
    Triage,
    local_principal,
)
from services.core.settings import Settings


@dataclass(frozen=True, slots=True)
class SourceWork:
    """What a job needs to know of a source. `version` goes back into `Work.assembled`.

    Name, day, batch, sender and given values are those of the first file that brought the content. `runs` are the
    documents that a person cut the source into, None where the machine decides. `learnt` is what corrections taught.
    """

    id: str
    sha256: str
    bytes: int
    media_type: str
    file_name: str
    received_on: dt.date
    received_by: str
    batch_id: str
    external_id: str | None
    given: Mapping[str, JSON]
    pages: int | None
    version: int
    signatures: tuple[DigitalSignature, ...] = ()
    runs: tuple[tuple[int, int], ...] | None = None
    learnt: Learnt = NOTHING


class Work:
    """Outbox and results.

    Jobs and their `args`: `triage` {source_id} and `read_page` {page_id, source_id} on queue "read", `assemble`
    {source_id} and `bulk` {action_id} on "record", `index` {document_id, revision} on "index". A row's `id` is never
    used again: it makes a good arq job id.
    """

    def __init__(self, database: Database, blobs: Blobs, spool: Spool, settings: Settings) -> None:
        self._database, self._blobs, self._spool, self._settings = database, blobs, spool, settings
        self._p = local_principal("worker")

    async def claim(self, limit: int, queue: str | None = None) -> list[OutboxRow]:
        """Take up to `limit` rows that nobody has, in order of batch priority, turn, age; paused batches wait."""
        if limit < 1 or not await self._claimable(queue):
            return []
        async with self._database.write(self._p) as tx:
            return await outbox.claim(tx, limit, queue)

    async def claimable(self) -> set[str]:
        """Return the queues that have rows to claim: one look at all of them, for a dispatcher that asks often."""
        async with self._database.read() as conn:
            return await outbox.claimable_queues(conn)

    async def sent(self, ids: Sequence[int]) -> None:
        """Note that claimed rows are on the queue. They stay until their result is recorded."""
        async with self._database.write(self._p) as tx:
            await outbox.mark_sent(tx, ids)

    async def release(self, ids: Sequence[int]) -> None:
        """Put claimed or sent rows back, to be claimed again."""
        async with self._database.write(self._p) as tx:
            await outbox.release(tx, ids)

    async def in_flight(self, *, older_than_seconds: float = 0, limit: int = 1000) -> list[OutboxRow]:
        """Return rows sent at least so long ago, the oldest first: ask Redis whether it still knows them."""
        before = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=older_than_seconds)
        async with self._database.read() as conn:
            return await outbox.in_flight(conn, before, limit)

    async def sweep(self, *, claimed_seconds: float = 60, sent_seconds: float = 900) -> int:
        """Put back whatever the catalogue says is undone and has no live row; return how many rows became claimable.

        Rows claimed or sent longer ago than given count as lost. After Redis was wiped: `sweep(claimed_seconds=0,
        sent_seconds=0)`. Also ends uploads whose process died and deletes blobs that nothing needs any more.
        """
        count = await sweeping.sweep(self._database, self._spool, self._p, claimed_seconds, sent_seconds)
        await garbage.collect(self._database, self._blobs, self._p)
        return count

    async def source(self, source_id: str) -> SourceWork | None:
        """Return what there is to know about a source; None when there is nothing to do on it any more."""
        async with self._database.read() as conn:
            row = (
                await conn.execute(
                    select(sources).where(sources.c.id == source_id, sources.c.state == DocumentState.READY)
                )
            ).one_or_none()
            first = (
                await conn.execute(
                    select(items)
                    .where(items.c.source_id == source_id)
                    .order_by(items.c.follows.desc(), items.c.created_at, items.c.id)
                    .limit(1)
                )
            ).one_or_none()
            runs = await runs_in_force(conn, source_id)
            learnt = await load_learnt(conn)
        if row is None or first is None:
            return None
        return SourceWork(
            id=row.id,
            sha256=row.sha256,
            bytes=row.bytes,
            media_type=row.media_type,
            file_name=first.name,
            received_on=first.created_at.astimezone(ZoneInfo(self._settings.timezone)).date(),
            received_by=first.created_by,
            batch_id=first.batch_id,
            external_id=first.external_id,
            given=first.given or {},
            pages=row.pages,
            version=row.version,
            signatures=tuple(DigitalSignature.model_validate(s) for s in row.signatures or ()),
            learnt=learnt,
            runs=runs,
        )

    async def triaged(self, source_id: str, triage: Triage) -> None:
        """Record what a source holds and make the work on its pages. A source without pages fails (`no_pages`)."""
        await reading.triaged(self._database, self._p, source_id, triage, self._settings.limits.file_pages)

    async def unpacked(self, source_id: str, outcome: Reason) -> None:
        """Record what became of a message, once its attachments are items of their own (`Intake.receive_enclosed`)."""
        await reading.unpacked(self._database, self._p, source_id, outcome)

    async def source_failed(self, source_id: str, reason: Reason, *, attempt: bool) -> bool:
        """Record that triage failed; return True when it will be tried again.

        `attempt=True`: the reader died under its own limits; it is tried `settings.reader.attempts` times.
        `attempt=False`: the file is at fault, final.
        """
        return await reading.source_failed(
            self._database, self._p, source_id, reason, attempts_allowed=self._attempts(attempt)
        )

    async def assemble_failed(self, source_id: str, reason: Reason) -> None:
        """Record that no record can be made of a source's pages, final; a retry begins again with the triage."""
        await reading.assemble_failed(self._database, self._p, source_id, reason)

    async def page(self, page_id: str) -> PageStatus | None:
        """Return the account of a page; None when it is gone."""
        async with self._database.read() as conn:
            row = (
                await conn.execute(select(pages).where(pages.c.id == page_id, pages.c.state != PURGED_PAGE))
            ).one_or_none()
        return None if row is None else page_of(row)

    async def page_result(self, image_hash: str, *, pipeline: str = "") -> PageText | None:
        """Return what this pipeline version read on a page with this picture, in whatever source; None if unknown.

        Number and size are those of that other page.
        """
        query = select(pages.c.blob_key).where(
            pages.c.image_hash == image_hash, pages.c.pipeline == pipeline, pages.c.blob_key.is_not(None)
        )
        async with self._database.read() as conn:
            key = await conn.scalar(query.limit(1)) if image_hash else None
        try:
            return None if key is None else decode_page(await self._blobs.get(key))
        except (NotFoundError, CorruptError):
            return None  # purged at this moment, or damaged: read it

    async def page_read(self, page_id: str, text: PageText, *, pipeline: str = "") -> None:
        """Record what was read on a page; the last page of a source makes the assemble work, exactly once."""
        await reading.page_read(self._database, self._blobs, self._p, page_id, text, pipeline)

    async def page_failed(self, page_id: str, reason: Reason, *, attempt: bool) -> PageState:
        """Record that a page could not be read; `attempt` as in `source_failed`. Return the state it has now."""
        return await reading.page_failed(
            self._database, self._p, page_id, reason, attempts_allowed=self._attempts(attempt)
        )

    async def source_pages(self, source_id: str) -> list[PageText | PageStatus]:
        """Return all pages of a source in order: the words, or the status of a page that failed (or still waits).

        A page whose words are gone or damaged in the store is put to be read again, and waits.
        """
        async with self._database.read() as conn:
            rows = (
                await conn.execute(
                    select(pages)
                    .where(pages.c.source_id == source_id, pages.c.state != PURGED_PAGE)
                    .order_by(pages.c.number)
                )
            ).all()
        found: list[PageText | PageStatus] = []
        for row in rows:
            page = await self._words(row) if row.state == PageState.DONE else page_of(row)
            if page is not None:
                found.append(page)
        return found

    async def _words(self, row: Any) -> PageText | PageStatus | None:
        try:
            return replace(decode_page(await self._blobs.get(row.blob_key)), number=row.number)
        except (NotFoundError, CorruptError):
            reason = Reason(code="page_words_lost", params={"page": row.number})
            return await reading.words_lost(
                self._database, self._p, row.id, row.blob_key, reason, attempts_allowed=self._attempts(True)
            )

    async def assembled(
        self,
        source_id: str,
        drafts: Sequence[DocumentDraft],
        *,
        version: int | None = None,
        pipeline: str = "",
        again: bool = False,
    ) -> list[str]:
        """Make documents of the drafts and return their ids in order; known page runs keep their ids.

        `version` is that of the `SourceWork` the drafts were made from: when the pages changed since, the drafts are
        ignored (newer assemble work exists) and the list is empty. `pipeline` names all rules that made the drafts;
        with `again` drafts count that other rules made of pages which were assembled before.
        """
        return await assembling.assembled(
            self._database, self._blobs, self._p, source_id, drafts, version=version, pipeline=pipeline, again=again
        )

    async def outdated(self, pipeline: str, *, after: str | None = None, limit: int = 500) -> Sequence[str]:
        """Return sources, in id order, with a record that was made by other rules than these."""
        async with self._database.read() as conn:
            return await outdated.outdated(conn, pipeline, after, limit)

    async def count_outdated(self, pipeline: str) -> int:
        """Count the sources with a record that was made by other rules than these."""
        async with self._database.read() as conn:
            return await outdated.count_outdated(conn, pipeline)

    async def outdate(self) -> None:
        """Let all records be outdated; they stay in force until they are made again."""
        async with self._database.write(self._p) as tx:
            await outdated.outdate(tx)

    async def index_tasks(self, limit: int = 500) -> list[IndexTask]:
        """Return documents whose index entry is older than their revision, the longest waiting first."""
        return await indexing.index_tasks(self._database, self._blobs, limit)

    async def index_failed(self, document_id: str, revision: int, reason: Reason) -> None:
        """Record that the engine refuses a document: its items need review; later index jobs try it again."""
        await indexing.index_failed(self._database, self._p, document_id, revision, reason)

    async def indexed(self, done: Sequence[tuple[str, int]]) -> None:
        """Record that (document id, revision) pairs are durable in the index; their items may become done."""
        await indexing.indexed(self._database, self._p, done)

    def _attempts(self, attempt: bool) -> int:
        return self._settings.reader.attempts if attempt else 0

    async def _claimable(self, queue: str | None) -> bool:
        """Look before writing: the dispatcher asks often, and mostly there is nothing."""
        async with self._database.read() as conn:
            return await outbox.any_claimable(conn, queue)
