"""Mend what is derived: read again, make again, queue again. Originals and what people entered are never touched.

Every call looks again under the locks of the workers, does nothing where all is well by now, and may come twice.
"""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from services.archive import outbox
from services.archive.blob_keys import BlobKey
from services.archive.blobs import original_key
from services.archive.bulk import put_back
from services.archive.checking.contents import ORPHAN_AGE, is_named, is_right
from services.archive.checking.finding import Finding, Look
from services.archive.checking.jobs import dead_rows, held_rows
from services.archive.checking.records import damaged_layers, has_damaged_correction
from services.archive.codec import decode_text
from services.archive.database import Tx
from services.archive.entered import in_force
from services.archive.fingerprinting import put_fingerprint
from services.archive.reading import forget_reading
from services.archive.rows import PURGED_PAGE
from services.archive.schema import documents, pages, record_revisions, sources
from services.archive.schema import outbox as rows
from services.archive.state import (
    DONE,
    count_pages,
    lock_source,
    pages_changed,
    put_index,
    requeue,
    settle,
    touch_document,
)
from services.core.errors import CorruptError, NotFoundError
from services.core.fingerprint import fingerprint
from services.core.model import DocumentState, PageState, Principal

DERIVED_TABLES = frozenset({"citations", "fingerprints", "identities", "search_matches", "tasks"})
"""Their rows follow others: one whose document is gone can go."""

Mend = Callable[[Look, Principal, Finding], Awaitable[bool]]


async def _read_again(look: Look, p: Principal, found: Finding) -> bool:
    """Have a page read again; its other words are gone, so its row names no blob until then."""
    source_id = str(found.params["source_id"])
    if not await _has_original(look, source_id):
        return False
    async with look.database.write(p) as tx:
        source = await lock_source(tx, source_id)
        of_page = pages.c.id == found.subject_id, pages.c.blob_key == found.params["key"], pages.c.state != PURGED_PAGE
        gone = {"state": PageState.WAITING, "attempts": 0, "reason": None, "blob_key": None, "image_hash": None}
        if source is None or not (await tx.conn.execute(update(pages).where(*of_page).values(**gone))).rowcount:
            return False
        await outbox.drop(tx, "read_page", found.subject_id)
        await pages_changed(tx, source)
        return await _put_to_work(tx, source_id, found)


async def _make_again(look: Look, p: Principal, found: Finding) -> bool:
    """Have the documents of a source made again of the words that were read.

    The index gets them anew too: one that was rebuilt meanwhile lacks what had no text.
    """
    async with look.database.write(p) as tx:
        if not await _assemble(tx, str(found.params["source_id"]), found):
            return False
    await index_again(look, p, [found.subject_id])
    return True


async def _mend_record(look: Look, p: Principal, found: Finding) -> bool:
    """Lay the layers of a record anew; where the machine's own is damaged, have it made again."""
    source_id = str(found.params["source_id"])
    async with look.database.write(p) as tx:
        await lock_source(tx, source_id)
        if await has_damaged_correction(tx.conn, found.subject_id):
            return False
        damaged = await damaged_layers(tx.conn, found.subject_id)
        await tx.conn.execute(delete(record_revisions).where(record_revisions.c.id.in_(damaged)))
        own = documents.c.id == found.subject_id
        await tx.conn.execute(update(documents).where(own).values(record={}, evidence={}))
        row = (await tx.conn.execute(select(documents).where(own).with_for_update())).one()
        await touch_document(tx, row, **await in_force(tx.conn, row.id, source_id))
        return await _assemble(tx, source_id, found)


async def _triage_again(look: Look, p: Principal, found: Finding) -> bool:
    """Have a source read again from its triage on, which makes the rows of its pages."""
    if not await _has_original(look, found.subject_id):
        return False
    async with look.database.write(p) as tx:
        source = await lock_source(tx, found.subject_id)
        if source is None or source.state == DocumentState.PURGED:
            return False
        await forget_reading(tx, source)
        return await _put_to_work(tx, found.subject_id, found)


async def _count_again(look: Look, p: Principal, found: Finding) -> bool:
    async with look.database.write(p) as tx:
        source = await lock_source(tx, found.subject_id)
        if source is None:
            return False
        counts = await count_pages(tx, source.id)
        values = {"pages_done": counts.get(PageState.DONE, 0), "pages_failed": counts.get(PageState.FAILED, 0)}
        await tx.conn.execute(update(sources).where(sources.c.id == source.id).values(**values))
        await settle(tx, source.id)
    return True


async def _settle(look: Look, p: Principal, found: Finding) -> bool:
    source_id = str(found.params["source_id"])
    async with look.database.write(p) as tx:
        if await lock_source(tx, source_id) is None:
            return False
        await settle(tx, source_id)
    return True


async def _fingerprint_again(look: Look, p: Principal, found: Finding) -> bool:
    async with look.database.write(p) as tx:
        own = select(documents.c.clean_key).where(documents.c.id == found.subject_id).with_for_update()
        key = await tx.conn.scalar(own)
        if key is None:
            return False
        try:
            clean = decode_text(await look.blobs.get(key))
        except (NotFoundError, CorruptError):
            return False  # its text first
        await put_fingerprint(tx, found.subject_id, key, await asyncio.to_thread(fingerprint, clean.text))
    return True


async def _drop_job(look: Look, p: Principal, found: Finding) -> bool:
    dead = dead_rows().with_only_columns(rows.c.id).order_by(None)
    async with look.database.write(p) as tx:
        await tx.conn.execute(delete(rows).where(rows.c.id == int(found.subject_id), rows.c.id.in_(dead)))
    return True


async def _let_job_go(look: Look, p: Principal, found: Finding) -> bool:
    held = held_rows().with_only_columns(rows.c.id).order_by(None)
    async with look.database.write(p) as tx:
        own = rows.c.id == int(found.subject_id), rows.c.id.in_(held)
        await tx.conn.execute(update(rows).where(*own).values(held=False))
    return True


async def _queue_again(look: Look, p: Principal, found: Finding) -> bool:
    if found.subject_type == "document":
        await index_again(look, p, [found.subject_id])
        return True
    async with look.database.write(p) as tx:
        if found.subject_type == "bulk":
            return await put_back(tx) > 0
        return await requeue(tx, await lock_source(tx, found.subject_id))


async def _drop_row(look: Look, p: Principal, found: Finding) -> bool:
    """Delete a row that follows another which is gone; of any other table a person must decide."""
    table = str(found.params["table"])
    if table not in DERIVED_TABLES or not found.subject_id:
        return False
    statement = text(f"DELETE FROM {table} WHERE rowid = :row")  # noqa: S608 - one of our own names
    async with look.database.write(p) as tx:
        try:
            await tx.conn.execute(statement, {"row": int(found.subject_id)})
        except DBAPIError:
            return False
    return True


async def _delete_blob(look: Look, p: Principal, found: Finding) -> bool:
    """Delete a blob under the lock that whoever begins to name it takes."""
    async with look.database.write(p) as tx:
        await tx.lock_name(found.subject_id)
        if not await is_named(look, found.subject_id):
            await look.blobs.delete(found.subject_id)
    return True


async def _delete_file(look: Look, p: Principal, found: Finding) -> bool:
    del look, p
    before = (dt.datetime.now(dt.UTC) - ORPHAN_AGE).timestamp()

    def remove() -> None:
        path = Path(found.subject_id)
        if path.is_file() and path.stat().st_mtime < before:
            path.unlink()

    await asyncio.to_thread(remove)
    return True


async def index_again(look: Look, p: Principal, ids: Sequence[str]) -> None:
    """Have documents brought into the index anew, or out of it; no file waits for that."""
    for part in outbox.chunks(sorted(ids), 100):
        async with look.database.write(p) as tx:
            query = select(documents).where(documents.c.id.in_(part)).order_by(documents.c.id).with_for_update()
            for row in (await tx.conn.execute(query)).all():
                behind = {"indexed_revision": 0, "awaited_revision": 0}
                await tx.conn.execute(update(documents).where(documents.c.id == row.id).values(**behind))
                await put_index(tx, row.id, row.source_id, row.revision)


async def _assemble(tx: Tx, source_id: str, found: Finding) -> bool:
    source = await lock_source(tx, source_id)
    if source is None or source.triage != DONE:
        return False
    if source.assembled == source.version:
        await tx.conn.execute(update(sources).where(sources.c.id == source_id).values(version=source.version + 1))
    return await _put_to_work(tx, source_id, found)


async def _put_to_work(tx: Tx, source_id: str, found: Finding) -> bool:
    """Queue what a source lacks; one in the trash gets it when it is restored."""
    source = await lock_source(tx, source_id)
    assert source is not None
    queued = await requeue(tx, source)
    await settle(tx, source_id)
    tx.event("source.mended", "source", source_id, finding=found.code, subject=found.subject_id)
    return queued or source.state == DocumentState.TRASHED


async def _has_original(look: Look, source_id: str) -> bool:
    """Whether a source can be read again: its original is there and is what was received."""
    columns = sources.c.sha256, sources.c.bytes
    async with look.database.read() as conn:
        row = (await conn.execute(select(*columns).where(sources.c.id == source_id))).one_or_none()
    if row is None:
        return False
    if row.sha256 not in look.whole:
        if not await is_right(look.blobs, BlobKey(original_key(row.sha256), "original", row.sha256, row.bytes)):
            return False
        look.whole.add(row.sha256)
    return True


MENDS: Mapping[str, Mend] = {
    "page_words_missing": _read_again,
    "page_words_damaged": _read_again,
    "page_rows_missing": _triage_again,
    "page_counts_wrong": _count_again,
    "text_missing": _make_again,
    "text_damaged": _make_again,
    "record_missing": _make_again,
    "record_damaged": _mend_record,
    "fingerprint_missing": _fingerprint_again,
    "fingerprint_damaged": _fingerprint_again,
    "item_state_wrong": _settle,
    "job_dead": _drop_job,
    "job_held": _let_job_go,
    "job_missing": _queue_again,
    "foreign_key_broken": _drop_row,
    "orphan_blob": _delete_blob,
    "orphan_file": _delete_file,
}
"""What mends which finding. Those of the index are mended above (services.search.checking)."""
