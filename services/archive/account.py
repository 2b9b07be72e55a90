"""The account of every file: batches, items, sources, and the counts over them."""

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.blobs import Blobs, original_key
from services.archive.database import Database
from services.archive.documents import find_source
from services.archive.paging import Page, build_cursor, parse_cursor
from services.archive.rows import load_batches, load_items, load_source
from services.archive.schema import batches, documents, items, outbox, pages, sources
from services.archive.seeing import seen, seen_batch, seen_item, seen_source
from services.archive.spool import Spool
from services.archive.steering import find_batch
from services.core.errors import NotFoundError
from services.core.model import (
    ArchiveStatus,
    Batch,
    DocumentState,
    Item,
    ItemState,
    Model,
    PageState,
    Principal,
    Source,
    local_principal,
)


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

    `reasons` counts items by the code of their reason. `pages_failed` and `documents` are over the batch's sources;
    nothing counts what may not be seen.
    """

    batch: Batch
    items: int
    complete: bool
    reasons: dict[str, int]
    pages_failed: int
    documents: int


class Account:
    """Ask what became of what was sent."""

    def __init__(self, database: Database, blobs: Blobs, spool: Spool) -> None:
        self._database, self._blobs, self._spool = database, blobs, spool

    async def batch(self, p: Principal, batch_id: str) -> Batch:
        """Return one batch with its counts; NotFoundError."""
        async with self._database.read() as conn:
            return (await load_batches(conn, p, [await find_batch(conn, p, batch_id)]))[0]

    async def batches(self, p: Principal, limit: int = 50, cursor: str | None = None) -> Page[Batch]:
        """Return batches, the newest first."""
        query = select(batches).where(seen_batch(p)).order_by(batches.c.id.desc()).limit(limit + 1)
        if cursor is not None:
            query = query.where(batches.c.id < parse_cursor(cursor, str)[0])
        async with self._database.read() as conn:
            rows = (await conn.execute(query)).all()
            loaded = await load_batches(conn, p, rows[:limit])
        return Page[Batch](items=tuple(loaded), next=build_cursor(loaded[-1].id) if len(rows) > limit else None)

    async def report(self, p: Principal, batch_id: str) -> BatchReport:
        """Return the completeness report of a batch; NotFoundError."""
        async with self._database.read() as conn:
            batch = (await load_batches(conn, p, [await find_batch(conn, p, batch_id)]))[0]
            inside = items.c.batch_id == batch_id, seen_item(p)
            own = select(items.c.source_id).where(*inside, items.c.source_id.is_not(None))
            code = items.c.reason["code"].as_string()
            reasons = await conn.execute(select(code, func.count()).where(*inside, code.is_not(None)).group_by(code))
            failed = await conn.scalar(select(func.sum(sources.c.pages_failed)).where(sources.c.id.in_(own)))
            made = await conn.scalar(
                select(func.count())
                .select_from(documents)
                .where(documents.c.source_id.in_(own), documents.c.state == DocumentState.READY, seen(p))
            )
            return BatchReport(
                batch=batch,
                items=sum(batch.counts.values()),
                complete=batch.finished and not batch.counts[ItemState.FAILED],
                reasons={str(r[0]): int(r[1]) for r in reasons},
                pages_failed=int(failed or 0),
                documents=int(made or 0),
            )

    async def item(self, p: Principal, item_id: str) -> Item:
        """Return one item; NotFoundError."""
        async with self._database.read() as conn:
            rows = (await conn.execute(select(items).where(items.c.id == item_id, seen_item(p)))).all()
            if not rows:
                raise NotFoundError(f"There is no file {item_id}.", id=item_id)
            return (await load_items(conn, p, rows))[0]

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
        order = (items.c.batch_id, items.c.ordinal)
        query = select(items).where(seen_item(p)).order_by(*order).limit(limit + 1)
        if batch_id is not None:
            query = query.where(items.c.batch_id == batch_id)
        if state is not None:
            query = query.where(items.c.state == state)
        if cursor is not None:
            last_batch, last_ordinal = parse_cursor(cursor, str, int)
            query = query.where(
                (items.c.batch_id > last_batch) | ((items.c.batch_id == last_batch) & (items.c.ordinal > last_ordinal))
            )
        async with self._database.read() as conn:
            rows = (await conn.execute(query)).all()
            loaded = await load_items(conn, p, rows[:limit])
        more = build_cursor(rows[limit - 1].batch_id, rows[limit - 1].ordinal) if len(rows) > limit else None
        return Page[Item](items=tuple(loaded), next=more)

    async def source(self, p: Principal, source_id: str) -> Source:
        """Return one source with the items that brought it; NotFoundError, GoneError when it was purged."""
        async with self._database.read() as conn:
            return await load_source(conn, p, await find_source(conn, p, source_id))

    async def find_source(self, p: Principal, sha256: str) -> Source | None:
        """Return the source with this content, None when the archive does not have it (or no longer)."""
        async with self._database.read() as conn:
            row = (await conn.execute(_live(sha256.lower()).where(seen_source(p)))).one_or_none()
            return None if row is None else await load_source(conn, p, row)

    async def original(self, p: Principal, source_id: str) -> Original:
        """Return the bytes as received; NotFoundError, GoneError when they were purged."""
        async with self._database.read() as conn:
            row = await find_source(conn, p, source_id)
            name = await conn.scalar(
                select(items.c.name)
                .where(items.c.source_id == source_id)
                .order_by(items.c.created_at, items.c.id)
                .limit(1)
            )
        key = original_key(row.sha256)
        if not await self._blobs.exists(key):
            raise NotFoundError(f"The original {row.sha256} is missing. `vanban check` lists what else is.", key=key)
        return Original(row.bytes, row.media_type, name or row.sha256, row.sha256, self._blobs.stream(key))

    @asynccontextmanager
    async def local_file(self, source_id: str) -> AsyncIterator[Path]:
        """Lend a path under which the reader can open the original, whoever asks; it is valid (and to be
        read only) inside the block.

        Raises NotFoundError or GoneError on entry.
        """
        async with self._database.read() as conn:
            row = await find_source(conn, local_principal("archive"), source_id)
        async with self._blobs.local_file(original_key(row.sha256), self._spool.spare) as path:
            yield path

    def spare(self) -> AbstractContextManager[Path]:
        """Lend a path for a file on its way out; it is gone when the block ends, and cleaned up after a crash."""
        return self._spool.spare()

    async def status(self, p: Principal) -> ArchiveStatus:
        """Return the counts over what may be seen of the archive."""
        ready = and_(documents.c.state == DocumentState.READY, seen(p))
        trashed = and_(documents.c.state == DocumentState.TRASHED, seen(p))
        shown = pages.c.source_id.in_(select(sources.c.id).where(seen_source(p)))
        at_work = outbox.c.source_id.in_(select(sources.c.id).where(seen_source(p)))
        async with self._database.read() as conn:
            states = dict.fromkeys(ItemState, 0)
            for row in await conn.execute(
                select(items.c.state, func.count()).where(seen_item(p)).group_by(items.c.state)
            ):
                states[ItemState(row[0])] = row[1]
            return ArchiveStatus(
                sources=states,
                batches=await _count(conn, select(func.count()).select_from(batches).where(seen_batch(p))),
                documents=await _count(conn, select(func.count()).select_from(documents).where(ready)),
                indexed=await _count(
                    conn,
                    select(func.count())
                    .select_from(documents)
                    .where(ready, documents.c.indexed_revision >= documents.c.revision),
                ),
                pages=await _count(conn, select(func.count()).select_from(pages).where(shown)),
                pages_done=await _count(
                    conn, select(func.count()).select_from(pages).where(shown, pages.c.state == PageState.DONE)
                ),
                outbox=await _count(conn, select(func.count()).select_from(outbox).where(at_work)),
                trashed=await _count(
                    conn,
                    select(func.count()).select_from(documents).where(trashed),
                ),
            )


def _live(sha256: str) -> Select[Any]:
    return select(sources).where(sources.c.sha256 == sha256, sources.c.state != DocumentState.PURGED)


async def _count(conn: AsyncConnection, query: Select[Any]) -> int:
    return int(await conn.scalar(query) or 0)
