"""How fast, in which order and whether at all a batch is worked on; and trying again what failed."""

from typing import Any

from sqlalchemy import and_, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive import outbox
from services.archive.database import Database, Tx
from services.archive.outbox import chunks, route_of
from services.archive.rows import load_batches, stored
from services.archive.schema import batches, items, pages, sources
from services.archive.schema import outbox as outbox_table
from services.archive.seeing import seen_batch, seen_item
from services.archive.state import FAILED, OPEN_STATES, WAITING, lock_batch, lock_source, pages_changed, requeue, settle
from services.core.errors import ConflictError, InvalidInputError, NotFoundError
from services.core.model import Batch, BatchState, DocumentState, ItemState, PageState, Principal, Reason

PRIORITIES = range(-1000, 1001)
_ITEMS_PER_TRANSACTION = 50  # other writers get their turn between


async def find_batch(conn: AsyncConnection, p: Principal, batch_id: str) -> Any:
    """Return a batch's row; NotFoundError, also where it may not be seen."""
    row = (await conn.execute(select(batches).where(batches.c.id == batch_id, seen_batch(p)))).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no batch {batch_id}.", id=batch_id)
    return row


def valid_priority(priority: int) -> int:
    """Return a priority that is in range; InvalidInputError."""
    if priority not in PRIORITIES:
        raise InvalidInputError("A priority is a whole number from -1000 to 1000.", key="priority")
    return priority


async def hold(database: Database, p: Principal, batch_id: str, state: BatchState) -> Batch:
    """Pause or resume a batch; ConflictError when it is cancelled."""
    async with database.write(p) as tx:
        row = await _lock_batch(tx, batch_id)
        if row.state == BatchState.CANCELLED:
            raise ConflictError("The batch is cancelled; retry it to go on.", batch_id=batch_id)
        if row.state != state:
            await _set_state(tx, batch_id, state)
        return await _batch(tx, batch_id)


async def set_priority(database: Database, p: Principal, batch_id: str, priority: int) -> Batch:
    """Give a batch another place in the order of work."""
    valid_priority(priority)
    async with database.write(p) as tx:
        await _lock_batch(tx, batch_id)
        await tx.conn.execute(update(batches).where(batches.c.id == batch_id).values(priority=priority))
        await tx.conn.execute(update(outbox_table).where(outbox_table.c.batch_id == batch_id).values(priority=priority))
        tx.event("batch.priority", "batch", batch_id, priority=priority)
        return await _batch(tx, batch_id)


async def cancel(database: Database, p: Principal, batch_id: str) -> Batch:
    """Give up what is not yet read; sources that other batches brought too go on there."""
    async with database.write(p) as tx:
        row = await _lock_batch(tx, batch_id)
        if row.state != BatchState.CANCELLED:
            await _set_state(tx, batch_id, BatchState.CANCELLED)
        shared = await _cancel_items(tx, batch_id)
    for source_id in shared:
        async with database.write(p) as tx:
            await _hand_over(tx, source_id)
    async with database.read() as conn:
        return (await load_batches(conn, p, [await find_batch(conn, p, batch_id)]))[0]


async def retry(database: Database, p: Principal, *, batch_id: str | None, item_id: str | None) -> int:
    """Work again on failed items; return how many."""
    async with database.write(p) as tx:
        await _reactivate(tx, batch_id, item_id)
    async with database.read() as conn:
        found = (await conn.execute(_failed(batch_id, item_id).where(seen_item(p)))).all()
    count = 0
    for start in range(0, len(found), _ITEMS_PER_TRANSACTION):
        async with database.write(p) as tx:
            for item in found[start : start + _ITEMS_PER_TRANSACTION]:
                count += await _retry_item(tx, item)
    return count


async def _lock_batch(tx: Tx, batch_id: str) -> Any:
    await tx.conn.execute(select(batches.c.id).where(batches.c.id == batch_id).with_for_update())
    return await find_batch(tx.conn, tx.p, batch_id)


async def _batch(tx: Tx, batch_id: str) -> Batch:
    return (await load_batches(tx.conn, tx.p, [await find_batch(tx.conn, tx.p, batch_id)]))[0]


async def _set_state(tx: Tx, batch_id: str, state: BatchState) -> None:
    """Write the state first, then mark the waiting rows: work that is made meanwhile waits for this transaction."""
    await tx.conn.execute(update(batches).where(batches.c.id == batch_id).values(state=state))
    await tx.conn.execute(
        update(outbox_table)
        .where(outbox_table.c.batch_id == batch_id, outbox_table.c.job != "index")
        .values(held=state == BatchState.PAUSED)
    )
    tx.event(f"batch.{state}", "batch", batch_id)


async def _cancel_items(tx: Tx, batch_id: str) -> list[str]:
    """Fail what is not yet read and delete its work; return the sources that other items brought too."""
    unread = or_(
        items.c.source_id.is_(None),
        sources.c.version == 0,
        sources.c.assembled < sources.c.version,
        exists().where(pages.c.source_id == items.c.source_id, pages.c.state == PageState.WAITING),
    )
    open_items = (
        select(items.c.id, items.c.source_id)
        .outerjoin(sources, sources.c.id == items.c.source_id)
        .where(items.c.batch_id == batch_id, items.c.state.in_(OPEN_STATES), unread)
    )
    found = (await tx.conn.execute(open_items)).all()
    for part in chunks([r.id for r in found]):
        await tx.conn.execute(
            update(items)
            .where(items.c.id.in_(part))
            .values(state=ItemState.FAILED, follows=False, reason=stored(Reason(code="cancelled")), updated_at=tx.now)
        )
    source_ids = sorted({r.source_id for r in found if r.source_id})
    shared: set[str] = set()
    for part in chunks(source_ids):
        others = await tx.conn.execute(
            select(items.c.source_id)
            .join(batches, batches.c.id == items.c.batch_id)
            .where(items.c.source_id.in_(part), batches.c.state != BatchState.CANCELLED)
            .distinct()
        )
        shared |= set(others.scalars())
    for part in chunks([s for s in source_ids if s not in shared]):
        await tx.conn.execute(
            outbox_table.delete().where(outbox_table.c.source_id.in_(part), outbox_table.c.job != "index")
        )
    return sorted(shared)


async def _hand_over(tx: Tx, source_id: str) -> None:
    """Let a source go on for another batch: for an item that follows it, else for its first duplicate."""
    source = await lock_source(tx, source_id)
    if source is None:
        return
    if await route_of(tx, source_id) is None:
        heir = (
            await tx.conn.execute(
                select(items)
                .join(batches, batches.c.id == items.c.batch_id)
                .where(
                    items.c.source_id == source_id,
                    items.c.state == ItemState.DUPLICATE,
                    batches.c.state != BatchState.CANCELLED,
                )
                .order_by(items.c.created_at, items.c.id)
                .limit(1)
            )
        ).one_or_none()
        if heir is not None:
            await lock_batch(tx, heir.batch_id)
            await tx.conn.execute(
                update(items)
                .where(items.c.id == heir.id)
                .values(follows=True, state=ItemState.RECEIVED, reason=None, duplicate_of=None, updated_at=tx.now)
            )
    await outbox.drop_source(tx, source_id)
    await requeue(tx, source)
    await settle(tx, source_id)


async def _reactivate(tx: Tx, batch_id: str | None, item_id: str | None) -> None:
    """Make the batch that is retried active, if it was cancelled; NotFoundError for unknown ids."""
    if item_id is not None:
        batch_id = await tx.conn.scalar(select(items.c.batch_id).where(items.c.id == item_id, seen_item(tx.p)))
        if batch_id is None:
            raise NotFoundError(f"There is no file {item_id}.", id=item_id)
    if batch_id is not None and (await _lock_batch(tx, batch_id)).state == BatchState.CANCELLED:
        await _set_state(tx, batch_id, BatchState.ACTIVE)
    tx.event("retry", "batch" if batch_id else "archive", batch_id or "", item_id=item_id)


def _failed(batch_id: str | None, item_id: str | None) -> Any:
    """Select the items that can be tried again, in the order they came."""
    query = (
        select(items.c.id, items.c.batch_id, items.c.source_id)
        .join(sources, sources.c.id == items.c.source_id)
        .join(batches, batches.c.id == items.c.batch_id)
        .where(
            sources.c.state == DocumentState.READY,
            batches.c.state != BatchState.CANCELLED,
            or_(
                items.c.state == ItemState.FAILED,
                and_(items.c.state == ItemState.NEEDS_REVIEW, sources.c.pages_failed > 0),
            ),
        )
        .order_by(items.c.created_at, items.c.id)
    )
    if item_id is not None:
        return query.where(items.c.id == item_id)
    return query.where(items.c.batch_id == batch_id) if batch_id is not None else query


async def _retry_item(tx: Tx, item: Any) -> bool:
    """Put what failed of an item's source back to work."""
    source = await lock_source(tx, item.source_id)
    if source is None or source.state != DocumentState.READY:
        return False
    if await lock_batch(tx, item.batch_id) == BatchState.CANCELLED:
        return False
    await tx.conn.execute(
        update(items)
        .where(items.c.id == item.id, items.c.state.in_((ItemState.FAILED, ItemState.NEEDS_REVIEW)))
        .values(follows=True, state=ItemState.RECEIVED, reason=None, updated_at=tx.now)
    )
    if source.triage == FAILED:
        await tx.conn.execute(
            update(sources).where(sources.c.id == source.id).values(triage=WAITING, attempts=0, reason=None)
        )
        await outbox.drop(tx, "triage", source.id)
    else:
        await _reset_failed_pages(tx, source)
    source = await lock_source(tx, item.source_id)
    await requeue(tx, source)
    await settle(tx, item.source_id)
    return True


async def _reset_failed_pages(tx: Tx, source: Any) -> None:
    """Make the failed pages of a source wait again, with work of their own."""
    failed = pages.c.source_id == source.id, pages.c.state == PageState.FAILED
    ids = list((await tx.conn.execute(select(pages.c.id).where(*failed))).scalars())
    if not ids:
        return
    await tx.conn.execute(update(pages).where(*failed).values(state=PageState.WAITING, attempts=0, reason=None))
    for page_id in ids:
        await outbox.drop(tx, "read_page", page_id)
    await pages_changed(tx, source)
