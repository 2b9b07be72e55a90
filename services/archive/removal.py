"""Trash, restore, purge: documents and sources leave, with who and why."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select, update

from services.archive import garbage, outbox
from services.archive.blobs import original_key
from services.archive.database import Tx
from services.archive.filing import leave_all, refuse_locked
from services.archive.outbox import insert_new
from services.archive.replacing import former_sources, lock_scans
from services.archive.rows import PURGED_PAGE, stored
from services.archive.schema import (
    aliases,
    bulk_entries,
    corrections,
    documents,
    import_ids,
    items,
    pages,
    purged_hashes,
    record_revisions,
    register_rows,
    sources,
    splits,
    task_progress,
    told_apart,
)
from services.archive.searches import forget_document
from services.archive.seeing import may_see, seen_source
from services.archive.state import OPEN_STATES, lock_source, requeue, settle, touch_document
from services.core.errors import ConflictError, GoneError, NotFoundError
from services.core.model import DocumentState, ItemState, Reason

READY, TRASHED, PURGED = DocumentState.READY, DocumentState.TRASHED, DocumentState.PURGED


async def lock_document(tx: Tx, document_id: str) -> tuple[Any, Any]:
    """Return (source row, document row) of a document that is not purged, both locked; NotFoundError, GoneError."""
    source_id = await tx.conn.scalar(select(documents.c.source_id).where(documents.c.id == document_id))
    source = None if source_id is None else await lock_source(tx, source_id)
    row = (
        await tx.conn.execute(select(documents).where(documents.c.id == document_id).with_for_update())
    ).one_or_none()
    if row is None or source is None or not may_see(tx.p, row):
        raise NotFoundError(f"There is no document {document_id}.", id=document_id)
    if row.state == PURGED:
        raise GoneError(f"The document {document_id} was purged.", id=document_id)
    return source, row


async def lock_visible_source(tx: Tx, source_id: str) -> Any:
    """Return a locked source that is not purged and all of which may be seen; NotFoundError, GoneError."""
    source = await lock_source(tx, source_id)
    shown = select(sources.c.id).where(sources.c.id == source_id, seen_source(tx.p))
    if source is None or await tx.conn.scalar(shown) is None:
        raise NotFoundError(f"There is no source {source_id}.", id=source_id)
    if source.state == PURGED:
        raise GoneError(f"The source {source_id} was purged.", id=source_id)
    return source


async def trash_document(tx: Tx, document_id: str, why: str) -> None:
    """Move one document to the trash."""
    _, row = await lock_document(tx, document_id)
    if row.state == READY:
        await _trash(tx, row, why, with_source=False)
        await settle(tx, row.source_id)


async def trash_source(tx: Tx, source_id: str, why: str) -> None:
    """Move a source with its documents to the trash and stop the work on it."""
    source = await lock_visible_source(tx, source_id)
    if source.state == TRASHED:
        return
    await tx.conn.execute(update(sources).where(sources.c.id == source_id).values(state=TRASHED))
    await outbox.drop_source(tx, source_id)
    for row in await _documents(tx, source_id, READY):
        await _trash(tx, row, why, with_source=True)
    await tx.conn.execute(
        update(items)
        .where(items.c.source_id == source_id, items.c.follows, items.c.state.in_(OPEN_STATES))
        .values(state=ItemState.FAILED, reason=stored(Reason(code="in_trash")), updated_at=tx.now)
    )
    tx.event("source.trashed", "source", source_id, why=why)


async def restore_document(tx: Tx, document_id: str) -> None:
    """Take one document out of the trash."""
    source, row = await lock_document(tx, document_id)
    if source.state == TRASHED:
        raise ConflictError(
            "The file of this document lies in the trash. Restore the file, and its documents come back with it.",
            source_id=source.id,
        )
    if row.state == TRASHED:
        await _restore(tx, row)


async def restore_source(tx: Tx, source_id: str) -> None:
    """Take a source out of the trash, with the documents that went there with it; its work goes on."""
    source = await lock_visible_source(tx, source_id)
    if source.state == READY:
        return
    await tx.conn.execute(update(sources).where(sources.c.id == source_id).values(state=READY))
    tx.event("source.restored", "source", source_id)
    for row in await _documents(tx, source_id, TRASHED):
        if row.trashed_with_source:
            await _restore(tx, row)
    await requeue(tx, await lock_source(tx, source_id))
    await settle(tx, source_id)


async def purge_document(tx: Tx, document_id: str, why: str) -> None:
    """Destroy one trashed document; its source with it when nothing else is left there."""
    source_id = await tx.conn.scalar(select(documents.c.source_id).where(documents.c.id == document_id))
    if source_id is not None:
        await lock_scans(tx, source_id)
    source, row = await lock_document(tx, document_id)
    if row.state != TRASHED:
        raise ConflictError("Only what lies in the trash can be purged. Delete the document first.", id=document_id)
    await _purge_one(tx, source, row, why)


async def purge_again(tx: Tx, kind: str, subject_id: str, why: str) -> bool:
    """Destroy a source or document that was purged after this catalogue was written, wherever it lies.

    A dossier that is locked here does not keep it: whoever purged it had taken it out. False where it is not here, or
    gone already.
    """
    row = None
    if kind == "document":
        row = (await tx.conn.execute(select(documents).where(documents.c.id == subject_id))).one_or_none()
        if row is None or row.state == PURGED:
            return False
    source_id = subject_id if row is None else row.source_id
    await lock_scans(tx, source_id)
    source = await lock_source(tx, source_id)
    if source is None or source.state == PURGED:
        return False
    for one in await _documents(tx, source_id, READY, TRASHED) if row is None else [row]:
        await leave_all(tx, one.id)
    await (_purge_source(tx, source, why) if row is None else _purge_one(tx, source, row, why))
    return True


async def _purge_one(tx: Tx, source: Any, row: Any, why: str) -> None:
    """Destroy a document; its source with it when nothing else is left there."""
    others = select(documents.c.id).where(
        documents.c.source_id == source.id, documents.c.id != row.id, documents.c.state != PURGED
    )
    if await tx.conn.scalar(others.limit(1)) is None:
        await _purge_source(tx, source, why)
        return
    run = pages.c.source_id == source.id, pages.c.number.between(row.first_page, row.last_page)
    await _purge_pages(tx, run)
    await _purge_document(tx, row, why)
    await settle(tx, source.id)


async def purge_source(tx: Tx, source_id: str, why: str) -> None:
    """Destroy one trashed source, and the scans that its documents had before."""
    await lock_scans(tx, source_id)
    source = await lock_visible_source(tx, source_id)
    if source.state != TRASHED:
        raise ConflictError("Only what lies in the trash can be purged. Delete the file first.", id=source_id)
    await _purge_source(tx, source, why)


async def _documents(tx: Tx, source_id: str, *states: DocumentState) -> Sequence[Any]:
    found = await tx.conn.execute(
        select(documents)
        .where(documents.c.source_id == source_id, documents.c.state.in_(states))
        .order_by(documents.c.id)
        .with_for_update()
    )
    return found.all()


async def _trash(tx: Tx, row: Any, why: str, *, with_source: bool) -> None:
    await refuse_locked(tx, [row.id])
    revision = await touch_document(tx, row, state=TRASHED, trashed_with_source=with_source, announced=False)
    tx.event(
        "document.trashed",
        "document",
        row.id,
        change="deleted" if row.announced else None,
        why=why,
        revision=revision,
        external_id=row.external_id,
    )


async def _restore(tx: Tx, row: Any) -> None:
    """Make a document READY; /changes says so once it is in the index again."""
    revision = await touch_document(tx, row, state=READY, trashed_with_source=False)
    tx.event("document.restored", "document", row.id, revision=revision)


async def _purge_source(tx: Tx, source: Any, why: str) -> None:
    """Destroy a source, and with it what the same import identity had before."""
    earlier: list[Any] = []
    if source.import_id is not None:
        found = await tx.conn.execute(
            select(sources)
            .where(sources.c.import_id == source.import_id, sources.c.id != source.id, sources.c.state != PURGED)
            .order_by(sources.c.id)
            .with_for_update()
        )
        earlier = list(found.all())
        await tx.conn.execute(delete(import_ids).where(import_ids.c.import_id == source.import_id))
    for one in (source, *earlier):
        await outbox.drop_source(tx, one.id)
        for row in await _documents(tx, one.id, READY, TRASHED):
            await _purge_document(tx, row, why)
        await _purge_layers(tx, one.id)
        await _purge_pages(tx, (pages.c.source_id == one.id,))
        await tx.conn.execute(delete(pages).where(pages.c.source_id == one.id))
        await tx.conn.execute(update(sources).where(sources.c.id == one.id).values(state=PURGED, warnings=None))
        reason = Reason(code="purged", params={"who": tx.p.name, "at": tx.now.isoformat(), "why": why})
        await tx.conn.execute(
            update(items)
            .where(items.c.source_id == one.id)
            .values(given=None, follows=False, reason=stored(reason), updated_at=tx.now)
        )
        await garbage.discard(tx, [original_key(one.sha256)], now=True)
        await tx.conn.execute(delete(purged_hashes).where(purged_hashes.c.sha256 == one.sha256))
        await tx.conn.execute(
            insert_new(tx.conn, purged_hashes).values(sha256=one.sha256, who=tx.p.name, why=why, at=tx.now)
        )
        tx.event("source.purged", "source", one.id, why=why, sha256=one.sha256)


async def _purge_former(tx: Tx, former: Any, why: str) -> None:
    """Destroy the scan that a document left: the source, or its pages only where other documents live there."""
    source = await lock_source(tx, former.old_source_id)
    if source is None or source.state == PURGED:
        return
    if not await _documents(tx, source.id, READY, TRASHED):
        await _purge_source(tx, source, why)
        return
    run = pages.c.number.between(former.first_page, former.last_page)
    await _purge_pages(tx, (pages.c.source_id == source.id, run))


async def _purge_layers(tx: Tx, source_id: str) -> None:
    """Forget what people said of a source: its splits, and corrections of documents that became part of others."""
    own = select(documents.c.id).where(documents.c.source_id == source_id)
    await tx.conn.execute(delete(corrections).where(corrections.c.document_id.in_(own)))
    await tx.conn.execute(delete(task_progress).where(task_progress.c.document_id.in_(own)))
    await tx.conn.execute(delete(aliases).where(aliases.c.document_id.in_(own)))
    await tx.conn.execute(delete(splits).where(splits.c.source_id == source_id))


async def _purge_pages(tx: Tx, which: Sequence[Any]) -> None:
    """Empty pages of what was read on them; they are never read again."""
    keys = (await tx.conn.execute(select(pages.c.blob_key).where(*which))).scalars()
    await garbage.discard(tx, list(keys), now=True)
    await tx.conn.execute(
        update(pages)
        .where(*which)
        .values(state=PURGED_PAGE, blob_key=None, image_hash=None, reason=None, quality=None, text_layer=None)
    )


async def _purge_document(tx: Tx, row: Any, why: str) -> None:
    """Empty a document's row, leaving the tombstone; its index entry goes by the index work."""
    await refuse_locked(tx, [row.id])
    await leave_all(tx, row.id)
    await tx.conn.execute(update(register_rows).where(register_rows.c.scan_id == row.id).values(scan_id=None))
    await garbage.discard(tx, [row.clean_key], now=True)
    await tx.conn.execute(delete(record_revisions).where(record_revisions.c.document_id == row.id))
    await tx.conn.execute(delete(corrections).where(corrections.c.document_id == row.id))
    await tx.conn.execute(delete(task_progress).where(task_progress.c.document_id == row.id))
    await tx.conn.execute(delete(aliases).where(aliases.c.document_id == row.id))
    await forget_document(tx, row.id)
    await tx.conn.execute(delete(bulk_entries).where(bulk_entries.c.document_id == row.id))
    await tx.conn.execute(
        delete(told_apart).where((told_apart.c.first_id == row.id) | (told_apart.c.second_id == row.id))
    )
    revision = await touch_document(
        tx, row, state=PURGED, record=None, evidence=None, review=None, clean_key=None, announced=False
    )
    for former in await former_sources(tx.conn, row.id):
        await _purge_former(tx, former, why)
    tx.event(
        "document.purged",
        "document",
        row.id,
        change="deleted" if row.announced else None,
        why=why,
        revision=revision,
        external_id=row.external_id,
    )
