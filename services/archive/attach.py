"""An item meets its content: a new source, one the archive has already, or one that was purged."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select, update

from services.archive import garbage, outbox
from services.archive.blobs import Blobs, original_key
from services.archive.database import Tx
from services.archive.entered import enter_given
from services.archive.outbox import Route, insert_new
from services.archive.rows import stored
from services.archive.schema import batches, documents, import_ids, items, purged_hashes, sources
from services.archive.state import WAITING, lock_source, requeue, settle, touch_document
from services.core.ids import new_id
from services.core.model import BatchState, DocumentState, ItemState, Reason


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes that are in the blob store; `spare` has them still, in case a purge deletes the blob meanwhile.

    `restores`: a source had this content, and its bytes were missing or damaged until now.
    """

    sha256: str
    size: int
    media_type: str
    spare: Path | bytes
    import_id: str | None = None
    restores: bool = False

    @classmethod
    def of_bytes(cls, data: bytes, media_type: str, *, import_id: str | None = None) -> "Content":
        """Describe bytes in memory."""
        return cls(hashlib.sha256(data).hexdigest(), len(data), media_type, data, import_id)


async def fail(tx: Tx, item_id: str, reason: Reason, **values: Any) -> None:
    """End an item that has not got a source: it is failed for this reason."""
    await tx.conn.execute(
        update(items)
        .where(items.c.id == item_id, ~items.c.follows)
        .values(state=ItemState.FAILED, reason=stored(reason), updated_at=tx.now, **values)
    )
    tx.event("item.failed", "item", item_id, reason=stored(reason))


async def attach(tx: Tx, blobs: Blobs, item_id: str, content: Content) -> None:
    """Give an item its source, following the batch's rule for duplicates, and make the work this needs."""
    item = (
        await tx.conn.execute(
            select(items, batches.c.on_duplicate, batches.c.access, batches.c.collection)
            .join(batches, batches.c.id == items.c.batch_id)
            .where(items.c.id == item_id)
        )
    ).one()
    source = await find_live(tx, content.sha256)
    if source is None:
        if await _refuse_purged(tx, item, content):
            return
        source_id = await _create(tx, blobs, item, content)
        if source_id is not None:
            await _begin(tx, item, source_id, content.import_id)
            return
        source = await find_live(tx, content.sha256)
    assert source is not None
    await _join(tx, item, source, content)


async def _refuse_purged(tx: Tx, item: Any, content: Content) -> bool:
    """Fail an item whose content was purged before; False when it never was, or is accepted all the same."""
    same = purged_hashes.c.sha256 == content.sha256
    purged = (await tx.conn.execute(select(purged_hashes).where(same))).one_or_none()
    if purged is None:
        return False
    params = {"who": purged.who, "at": purged.at.isoformat(), "why": purged.why}
    if item.on_duplicate != "accept":
        await garbage.discard(tx, [original_key(content.sha256)], now=True)  # its bytes were stored on their way here
        await fail(tx, item.id, Reason(code="purged_before", params=params))
        return True
    await tx.conn.execute(delete(purged_hashes).where(same))
    tx.event("source.readmitted", "item", item.id, sha256=content.sha256, **params)
    return False


async def _begin(tx: Tx, item: Any, source_id: str, import_id: str | None) -> None:
    """Let an item follow the source that it has just brought, and make its first work."""
    await _claim_import_id(tx, source_id, import_id)
    route = await _follow(tx, item, source_id)
    if route is not None:
        await outbox.put(tx, "triage", source_id, route, source_id=source_id)


async def _join(tx: Tx, item: Any, source: Any, content: Content) -> None:
    """Settle an item whose content the archive has already: a duplicate, or one more that follows the source."""
    if content.restores:
        tx.event("source.original_restored", "source", source.id, item_id=item.id)
    if source.state == DocumentState.TRASHED:
        await _is_duplicate(tx, item, source, restores=content.restores)
        return
    replaces = await _claim_import_id(tx, source.id, content.import_id)
    if not replaces and await _is_duplicate(tx, item, source, restores=content.restores):
        return
    if await _follow(tx, item, source.id) is None:
        return
    if (replaces or item.replaces) and source.version:
        # What was read before is to be the document's scan (a replaced line that comes again, a better scan).
        await tx.conn.execute(update(sources).where(sources.c.id == source.id).values(version=sources.c.version + 1))
    await requeue(tx, await lock_source(tx, source.id))
    await settle(tx, source.id)
    await touch_documents(tx, source.id)


async def find_live(tx: Tx, sha256: str) -> Any | None:
    """Return the source with this content, locked; None when there is none or it was purged."""
    return (
        await tx.conn.execute(
            select(sources).where(sources.c.sha256 == sha256, sources.c.state != DocumentState.PURGED).with_for_update()
        )
    ).one_or_none()


async def _create(tx: Tx, blobs: Blobs, item: Any, content: Content) -> str | None:
    """Make the source and return its id; None when another upload of the same bytes made it at this very time."""
    key = original_key(content.sha256)
    await tx.lock_name(key)
    if not await blobs.exists(key):  # a purge may have deleted it since it was put
        await blobs.put(key, content.spare)
    source_id = new_id()
    result = await tx.conn.execute(
        insert_new(tx.conn, sources).values(
            id=source_id,
            sha256=content.sha256,
            bytes=content.size,
            media_type=content.media_type,
            import_id=content.import_id,
            access=item.access,
            collection=item.collection,
            state=DocumentState.READY,
            triage=WAITING,
            created_at=tx.now,
        )
    )
    if not result.rowcount:
        return None
    tx.event("source.received", "source", source_id, sha256=content.sha256, bytes=content.size)
    return source_id


async def _claim_import_id(tx: Tx, source_id: str, import_id: str | None) -> bool:
    """Make this source the latest of its import identity; False when it is none or was the latest already."""
    if import_id is None:
        return False
    await tx.conn.execute(insert_new(tx.conn, import_ids).values(import_id=import_id, source_id=source_id))
    row = (await tx.conn.execute(select(import_ids).where(import_ids.c.import_id == import_id).with_for_update())).one()
    if row.source_id == source_id:
        return False
    await tx.conn.execute(update(import_ids).where(import_ids.c.import_id == import_id).values(source_id=source_id))
    return True


async def _is_duplicate(tx: Tx, item: Any, source: Any, *, restores: bool) -> bool:
    """Settle an item whose content the archive has; False when the item is to follow the source after all.

    One that brought back the lost bytes of its source is never refused, and says so.
    """
    first = (
        await tx.conn.execute(
            select(items)
            .where(items.c.source_id == source.id, items.c.duplicate_of.is_(None))
            .order_by(items.c.created_at, items.c.id)
            .limit(1)
        )
    ).one()
    if item.on_duplicate == "reject" and not restores:
        reason = Reason(code="duplicate_rejected", params={"name": first.name})
        await fail(tx, item.id, reason, duplicate_of=first.id)
        return True
    trashed = source.state == DocumentState.TRASHED
    if not trashed and (item.on_duplicate == "accept" or not await _is_followed(tx, source.id)):
        return False
    code = "original_restored" if restores else "duplicate_in_trash" if trashed else "duplicate"
    await tx.conn.execute(
        update(items)
        .where(items.c.id == item.id)
        .values(
            state=ItemState.DUPLICATE,
            reason=stored(Reason(code=code, params={"name": first.name})),
            source_id=source.id,
            duplicate_of=first.id,
            updated_at=tx.now,
        )
    )
    tx.event("item.duplicate", "item", item.id, of=first.id, source_id=source.id)
    await touch_documents(tx, source.id)
    return True


async def _is_followed(tx: Tx, source_id: str) -> bool:
    """Whether an item stands for the source; none does when all that brought it were cancelled."""
    found = await tx.conn.scalar(select(items.c.id).where(items.c.source_id == source_id, items.c.follows).limit(1))
    return found is not None


async def _follow(tx: Tx, item: Any, source_id: str) -> Route | None:
    """Tie the item's state to its source; None when its batch was cancelled while the bytes came in."""
    batch = (
        await tx.conn.execute(select(batches).where(batches.c.id == item.batch_id).with_for_update(read=True))
    ).one()
    if batch.state == BatchState.CANCELLED:
        await fail(tx, item.id, Reason(code="cancelled"), source_id=source_id)
        return None
    await tx.conn.execute(
        update(items)
        .where(items.c.id == item.id)
        .values(source_id=source_id, follows=True, state=ItemState.RECEIVED, reason=None, updated_at=tx.now)
    )
    return Route(batch.id, batch.priority, item.ordinal, batch.state == BatchState.PAUSED)


async def touch_documents(tx: Tx, source_id: str) -> None:
    """Have the READY documents of a source indexed again: what the uploads say of them changed."""
    rows = await tx.conn.execute(
        select(documents)
        .where(documents.c.source_id == source_id, documents.c.state == DocumentState.READY)
        .order_by(documents.c.first_page, documents.c.id)
        .with_for_update()
    )
    for number, row in enumerate(rows.all()):
        await touch_document(tx, row, **(await enter_given(tx, row) if number == 0 else {}))
