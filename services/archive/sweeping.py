"""The sweeper's part in the archive: the catalogue alone is enough to finish everything."""

import datetime as dt
from typing import Any

from sqlalchemy import Select, exists, select

from services.archive import bulk, outbox
from services.archive.attach import fail
from services.archive.database import Database
from services.archive.schema import batches, documents, items, pages, sources
from services.archive.schema import outbox as rows
from services.archive.spool import Spool
from services.archive.state import DONE, WAITING, lock_source, put_index, requeue
from services.core.model import BatchState, DocumentState, ItemState, PageState, Principal, Reason

UPLOAD_LIFE = dt.timedelta(hours=1)  # an upload that this machine has no trace of may go on at another one so long
_AT_ONCE = 100  # sources put back in one transaction


async def sweep(database: Database, spool: Spool, p: Principal, claimed_seconds: float, sent_seconds: float) -> int:
    """Put back what is undone and has no live row; return how many rows became claimable."""
    now = dt.datetime.now(dt.UTC)
    async with database.write(p) as tx:
        count = await outbox.release_stale(
            tx, now - dt.timedelta(seconds=claimed_seconds), now - dt.timedelta(seconds=sent_seconds)
        )
    await end_dead_uploads(database, spool, p)
    async with database.write(p) as tx:
        count += await bulk.put_back(tx)
    return count + await _requeue_sources(database, p) + await _requeue_index(database, p)


async def _requeue_sources(database: Database, p: Principal) -> int:
    async with database.read() as conn:
        found: set[str] = set()
        for query in undone():
            found |= set((await conn.execute(query)).scalars())
    ids = sorted(found)
    count = 0
    for part in outbox.chunks(ids, _AT_ONCE):
        async with database.write(p) as tx:
            for source_id in part:
                count += await requeue(tx, await lock_source(tx, source_id))
    return count


def undone() -> list[Select[Any]]:
    """Select sources that somebody waits for and that lack a row: for triage, a page, the record."""
    wanted = (
        exists()
        .where(
            items.c.source_id == sources.c.id,
            items.c.follows,
            batches.c.id == items.c.batch_id,
            batches.c.state != BatchState.CANCELLED,
        )
        .correlate(sources)
    )
    ready = select(sources.c.id).where(sources.c.state == DocumentState.READY, wanted)
    triage_row = exists().where(rows.c.job == "triage", rows.c.subject_id == sources.c.id).correlate(sources)
    assemble_row = exists().where(rows.c.job == "assemble", rows.c.subject_id == sources.c.id).correlate(sources)
    page_row = exists().where(rows.c.job == "read_page", rows.c.subject_id == pages.c.id).correlate(pages)
    lost_page = (
        exists()
        .where(pages.c.source_id == sources.c.id, pages.c.state == PageState.WAITING, ~page_row)
        .correlate(sources)
    )
    still_waiting = (
        exists().where(pages.c.source_id == sources.c.id, pages.c.state == PageState.WAITING).correlate(sources)
    )
    return [
        ready.where(sources.c.triage == WAITING, ~triage_row),
        ready.where(sources.c.triage == DONE, lost_page),
        ready.where(
            sources.c.triage == DONE,
            sources.c.assembled < sources.c.version,
            sources.c.pages_done > 0,
            ~assemble_row,
            ~still_waiting,
        ),
    ]


def unindexed() -> Select[Any]:
    """Select documents whose index entry is behind them and that lack a row."""
    index_row = exists().where(rows.c.job == "index", rows.c.subject_id == documents.c.id).correlate(documents)
    return select(documents.c.id).where(documents.c.indexed_revision < documents.c.revision, ~index_row)


async def _requeue_index(database: Database, p: Principal) -> int:
    async with database.read() as conn:
        lost = list((await conn.execute(unindexed())).scalars())
    stale = documents.c.indexed_revision < documents.c.revision
    for part in outbox.chunks(lost, _AT_ONCE):
        async with database.write(p) as tx:
            found = await tx.conn.execute(
                select(documents).where(documents.c.id.in_(part), stale).order_by(documents.c.id).with_for_update()
            )
            for row in found.all():
                await put_index(tx, row.id, row.source_id, row.revision)
    return len(lost)


async def end_dead_uploads(database: Database, spool: Spool, p: Principal) -> None:
    """Fail items whose bytes stopped coming because the process that took them died; then clean the spool."""
    now = dt.datetime.now(dt.UTC)
    query = select(items.c.id, items.c.created_at).where(
        items.c.state == ItemState.RECEIVED, items.c.source_id.is_(None)
    )
    async with database.read() as conn:
        open_items = (await conn.execute(query)).all()
    for item in open_items:
        alive = spool.alive(item.id)
        if alive is None:
            alive = abs(now - item.created_at) < UPLOAD_LIFE
        if not alive:
            async with database.write(p) as tx:
                await fail(tx, item.id, Reason(code="interrupted"))
    spool.clean()
