"""Results of the reading jobs, recorded exactly once: triage and pages."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert, select, update

from services.archive import garbage, outbox
from services.archive.blobs import Blobs, page_key
from services.archive.codec import encode_page
from services.archive.database import Database, Tx
from services.archive.keeping import keep_page
from services.archive.outbox import route_of
from services.archive.rows import PURGED_PAGE, page_of, stored
from services.archive.schema import pages, sources
from services.archive.state import DONE, FAILED, WAITING, lock_source, pages_changed, requeue, settle
from services.core.ids import new_id
from services.core.model import DocumentState, PageState, PageStatus, PageText, Principal, Reason, Triage


async def triaged(database: Database, p: Principal, source_id: str, triage: Triage, max_pages: int) -> None:
    """Record what a source holds; pages that are there already keep their ids and wait to be read again."""
    if len(triage.pages) > max_pages:
        reason = Reason(code="too_many_pages", params={"pages": len(triage.pages), "limit": max_pages})
        await source_failed(database, p, source_id, reason, attempts_allowed=0)
        return
    if not triage.pages:
        await source_failed(database, p, source_id, Reason(code="no_pages"), attempts_allowed=0)
        return
    async with database.write(p) as tx:
        source = await lock_source(tx, source_id)
        await outbox.drop(tx, "triage", source_id)
        if source is None or source.state != DocumentState.READY or source.triage != WAITING:
            return
        await _write_pages(tx, source, triage)
        await tx.conn.execute(
            update(sources)
            .where(sources.c.id == source_id)
            .values(
                triage=DONE,
                reason=None,
                pages=len(triage.pages),
                signatures=[s.model_dump(mode="json") for s in triage.signatures],
                warnings=[w.model_dump(mode="json") for w in triage.warnings],
            )
        )
        tx.event("source.triaged", "source", source_id, pages=len(triage.pages))
        source = await lock_source(tx, source_id)
        await pages_changed(tx, source)
        await requeue(tx, source)
        await settle(tx, source_id)


async def unpacked(database: Database, p: Principal, source_id: str, outcome: Reason) -> None:
    """Record what became of a message whose files were taken in; it has no pages of its own."""
    async with database.write(p) as tx:
        source = await lock_source(tx, source_id)
        await outbox.drop(tx, "triage", source_id)
        if source is None or source.state != DocumentState.READY or source.triage != WAITING:
            return
        await tx.conn.execute(
            update(sources).where(sources.c.id == source_id).values(triage=DONE, pages=0, reason=stored(outcome))
        )
        tx.event("source.unpacked", "source", source_id, reason=stored(outcome))
        await settle(tx, source_id)


async def source_failed(
    database: Database, p: Principal, source_id: str, reason: Reason, *, attempts_allowed: int
) -> bool:
    """Record a failed triage; True when another attempt is due (0 allowed: the file is at fault)."""
    async with database.write(p) as tx:
        source = await lock_source(tx, source_id)
        await outbox.drop(tx, "triage", source_id)
        if source is None or source.state != DocumentState.READY or source.triage != WAITING:
            return False
        attempts = source.attempts + (1 if attempts_allowed else 0)
        again = bool(attempts < attempts_allowed)
        await tx.conn.execute(
            update(sources)
            .where(sources.c.id == source_id)
            .values(attempts=attempts, reason=stored(reason), triage=WAITING if again else FAILED)
        )
        if again:
            await requeue(tx, source)
        else:
            tx.event("source.failed", "source", source_id, reason=stored(reason))
        await settle(tx, source_id)
        return again


async def assemble_failed(database: Database, p: Principal, source_id: str, reason: Reason) -> None:
    """Record that no record can be made of a source's pages; a retry begins again with the triage."""
    async with database.write(p) as tx:
        source = await lock_source(tx, source_id)
        await outbox.drop(tx, "assemble", source_id)
        if source is None or source.state != DocumentState.READY:
            return
        await tx.conn.execute(
            update(sources).where(sources.c.id == source_id).values(reason=stored(reason), triage=FAILED)
        )
        tx.event("source.failed", "source", source_id, reason=stored(reason))
        await settle(tx, source_id)


async def page_read(
    database: Database, blobs: Blobs, p: Principal, page_id: str, text: PageText, pipeline: str
) -> None:
    """Record the words of a page: blob first, then the row; a page that has its words keeps them."""
    packed = encode_page(text)
    key = page_key(text.image_hash, pipeline, (text.width, text.height, text.rotation), packed)
    await keep_page(blobs, key, packed)
    async with database.write(p) as tx:
        source, page = await _lock_page(tx, page_id)
        await outbox.drop(tx, "read_page", page_id)
        if (
            page is None
            or source.state != DocumentState.READY
            or page.state
            not in (
                PageState.WAITING,
                PageState.FAILED,
            )
        ):
            await garbage.discard(tx, [key], now=False)
            return
        await tx.lock_name(key)
        if not await blobs.exists(key):  # a purge may have deleted it since it was put
            await blobs.put(key, packed)
        await tx.conn.execute(
            update(pages)
            .where(pages.c.id == page_id)
            .values(
                state=PageState.DONE,
                reason=None,
                width=text.width,
                height=text.height,
                rotation=text.rotation,
                text_layer=text.text_layer,
                quality=text.quality.score if text.quality else text.mean_confidence,
                image_hash=text.image_hash or None,
                pipeline=pipeline,
                blob_key=key,
            )
        )
        if page.blob_key != key:
            await garbage.discard(tx, [page.blob_key], now=False)
        await pages_changed(tx, source)


async def page_failed(
    database: Database, p: Principal, page_id: str, reason: Reason, *, attempts_allowed: int
) -> PageState:
    """Record that a page could not be read; it waits again while attempts are left (0 allowed: final)."""
    async with database.write(p) as tx:
        source, page = await _lock_page(tx, page_id)
        await outbox.drop(tx, "read_page", page_id)
        if page is None or page.state != PageState.WAITING or source.state != DocumentState.READY:
            return PageState(page.state) if page is not None and page.state != PURGED_PAGE else PageState.FAILED
        attempts = page.attempts + (1 if attempts_allowed else 0)
        state = PageState.WAITING if attempts < attempts_allowed else PageState.FAILED
        await tx.conn.execute(
            update(pages).where(pages.c.id == page_id).values(attempts=attempts, reason=stored(reason), state=state)
        )
        if state == PageState.FAILED:
            tx.event("page.failed", "source", source.id, page=page.number, reason=stored(reason))
            await pages_changed(tx, source)
        elif (route := await route_of(tx, source.id)) is not None:
            await outbox.put_pages(tx, [page_id], route, source.id)
        return state


async def words_lost(
    database: Database, p: Principal, page_id: str, key: str, reason: Reason, *, attempts_allowed: int
) -> PageStatus | None:
    """Have a page read again whose words, under `key`, are gone or damaged; it fails where that happened too often.

    Returns what the page is now, None when it is gone; one that has other words by now stays as it is.
    """
    async with database.write(p) as tx:
        source, page = await _lock_page(tx, page_id)
        if page is None or page.state == PURGED_PAGE or source.state != DocumentState.READY:
            return None
        if page.state == PageState.DONE and page.blob_key == key:
            attempts = page.attempts + 1
            state = PageState.WAITING if attempts < attempts_allowed else PageState.FAILED
            values = {"attempts": attempts, "reason": stored(reason), "state": state}
            nothing = {"blob_key": None, "image_hash": None}
            await tx.conn.execute(update(pages).where(pages.c.id == page_id).values(**values, **nothing))
            await outbox.drop(tx, "assemble", source.id)
            await pages_changed(tx, source)
            tx.event("page.lost", "source", source.id, page=page.number, reason=stored(reason))
            if state == PageState.WAITING and (route := await route_of(tx, source.id)) is not None:
                await outbox.put_pages(tx, [page_id], route, source.id)
            page = (await tx.conn.execute(select(pages).where(pages.c.id == page_id))).one()
        return page_of(page)


async def _lock_page(tx: Tx, page_id: str) -> tuple[Any, Any]:
    """Return source and page rows, the source locked; (None, None) when the page is gone."""
    source_id = await tx.conn.scalar(select(pages.c.source_id).where(pages.c.id == page_id))
    source = None if source_id is None else await lock_source(tx, source_id)
    if source is None:
        return None, None
    page = (await tx.conn.execute(select(pages).where(pages.c.id == page_id))).one_or_none()
    return source, page


async def _write_pages(tx: Tx, source: Any, triage: Triage) -> None:
    """Make the rows of all pages; known ones wait again, those beyond the end go."""
    known = {r.number: r for r in await tx.conn.execute(select(pages).where(pages.c.source_id == source.id))}
    fresh = [
        {
            "id": new_id(),
            "source_id": source.id,
            "number": info.number,
            "width": info.width,
            "height": info.height,
            "rotation": info.rotation,
            "state": PageState.WAITING,
        }
        for info in triage.pages
        if info.number not in known
    ]
    if fresh:
        await tx.conn.execute(insert(pages), fresh)
    await _forget(tx, source.id)
    last = max(info.number for info in triage.pages)
    beyond = [r for r in known.values() if r.number > last]
    await garbage.discard(tx, [r.blob_key for r in beyond], now=False)
    await _delete_pages(tx, [r.id for r in beyond])


async def _forget(tx: Tx, source_id: str) -> None:
    """Let all pages wait; their words are shown until new ones are there."""
    await tx.conn.execute(
        update(pages)
        .where(pages.c.source_id == source_id, pages.c.state != PURGED_PAGE)
        .values(state=PageState.WAITING, attempts=0, reason=None)
    )


async def _delete_pages(tx: Tx, ids: Sequence[str]) -> None:
    for part in outbox.chunks(ids):
        await tx.conn.execute(delete(pages).where(pages.c.id.in_(part)))


async def forget_reading(tx: Tx, source: Any) -> None:
    """Have a locked source read again from its triage on."""
    await outbox.drop_source(tx, source.id)
    await tx.conn.execute(
        update(sources).where(sources.c.id == source.id).values(triage=WAITING, attempts=0, reason=None)
    )
    await _forget(tx, source.id)
