"""An item meets its content: a new source, one the archive has already, or one that was purged."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select, update

from services.archive.blobs import Blobs, original_key
from services.archive.database import Tx
from services.archive.entered import enter_given
from services.archive.outbox import insert_new
from services.archive.rows import stored
from services.archive.schema import batches, documents, import_ids, items, purged_hashes, sources
from services.archive.state import WAITING, lock_batch, lock_source, requeue, settle, touch_document
from services.core.ids import new_id
from services.core.model import BatchState, DocumentState, ItemState, Reason


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes that are in the blob store; `spare` has them still, in case a purge deletes the blob meanwhile."""

    sha256: str
    size: int
    media_type: str
    spare: Path | bytes
    import_id: str | None = None

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
    item = (await tx.conn.execute(select(items).where(items.c.id == item_id))).one()
    rule = str(await tx.conn.scalar(select(batches.c.on_duplicate).where(batches.c.id == item.batch_id)))
    source = await find_live(tx, content.sha256)
    if source is None:
        purged = (
            await tx.conn.execute(select(purged_hashes).where(purged_hashes.c.sha256 == content.sha256))
        ).one_or_none()
        if purged is not None and rule != "accept":
            params = {"who": purged.who, "at": purged.at.isoformat(), "why": purged.why}
            await fail(tx, item_id, Reason(code="purged_before", params=params))
            return
        source, made = await _create(tx, blobs, content)
        if purged is not None:
            await tx.conn.execute(delete(purged_hashes).where(purged_hashes.c.sha256 == content.sha256))
            tx.event("source.readmitted", "source", source.id, sha256=content.sha256)
    else:
        made = False
    if source.state == DocumentState.TRASHED:
        await _is_duplicate(tx, item, source, rule)
        return
    replaces = await _claim_import_id(tx, source, content.import_id)
    if not made and not replaces and await _is_duplicate(tx, item, source, rule):
        return
    await _follow(tx, item, source)
    if replaces and not made and source.version:
        # A line that was replaced comes again: its pages are read, its document has to come back to it.
        await tx.conn.execute(update(sources).where(sources.c.id == source.id).values(version=sources.c.version + 1))
    await _go_on(tx, source.id)


async def find_live(tx: Tx, sha256: str) -> Any | None:
    """Return the source with this content, locked; None when there is none or it was purged."""
    return (
        await tx.conn.execute(
            select(sources).where(sources.c.sha256 == sha256, sources.c.state != DocumentState.PURGED).with_for_update()
        )
    ).one_or_none()


async def _create(tx: Tx, blobs: Blobs, content: Content) -> tuple[Any, bool]:
    """Make the source, or find the one that another upload of the same bytes made at this very time."""
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
            state=DocumentState.READY,
            triage=WAITING,
            created_at=tx.now,
        )
    )
    source = await find_live(tx, content.sha256)
    assert source is not None
    if result.rowcount:
        tx.event("source.received", "source", source_id, sha256=content.sha256, bytes=content.size)
    return source, bool(result.rowcount)


async def _claim_import_id(tx: Tx, source: Any, import_id: str | None) -> bool:
    """Make this source the latest of its import identity; False when it is none or was the latest already."""
    if import_id is None:
        return False
    await tx.conn.execute(insert_new(tx.conn, import_ids).values(import_id=import_id, source_id=source.id))
    row = (await tx.conn.execute(select(import_ids).where(import_ids.c.import_id == import_id).with_for_update())).one()
    if row.source_id == source.id:
        return False
    await tx.conn.execute(update(import_ids).where(import_ids.c.import_id == import_id).values(source_id=source.id))
    return True


async def _is_duplicate(tx: Tx, item: Any, source: Any, rule: str) -> bool:
    """Settle an item whose content the archive has; False when the item is to follow the source after all."""
    first = (
        await tx.conn.execute(
            select(items)
            .where(items.c.source_id == source.id, items.c.duplicate_of.is_(None))
            .order_by(items.c.created_at, items.c.id)
            .limit(1)
        )
    ).one()
    if rule == "reject":
        reason = Reason(code="duplicate_rejected", params={"name": first.name})
        await fail(tx, item.id, reason, duplicate_of=first.id)
        return True
    trashed = source.state == DocumentState.TRASHED
    if not trashed and (rule == "accept" or not await _is_followed(tx, source.id)):
        return False
    code = "duplicate_in_trash" if trashed else "duplicate"
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


async def _follow(tx: Tx, item: Any, source: Any) -> None:
    """Tie the item's state to its source, unless its batch was cancelled while the bytes came in."""
    if await lock_batch(tx, item.batch_id) == BatchState.CANCELLED:
        await fail(tx, item.id, Reason(code="cancelled"), source_id=source.id)
        return
    await tx.conn.execute(
        update(items)
        .where(items.c.id == item.id)
        .values(source_id=source.id, follows=True, state=ItemState.RECEIVED, reason=None, updated_at=tx.now)
    )


async def _go_on(tx: Tx, source_id: str) -> None:
    """Bring work and states of a source in line with the item that has just come to follow it."""
    source = await lock_source(tx, source_id)
    assert source is not None
    await requeue(tx, source)
    await settle(tx, source_id)
    await touch_documents(tx, source_id)


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
