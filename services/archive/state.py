"""The state of a source and of the items that follow it: one place decides both.

Order of locks, everywhere: source, batch, items and documents, outbox, events.
"""

from functools import reduce
from typing import Any

from sqlalchemy import func, select, update

from services.archive import outbox
from services.archive.asking import put_tasks
from services.archive.citing import put_citations
from services.archive.database import Tx
from services.archive.edxml import EDXML_MEDIA_TYPE
from services.archive.fingerprinting import forget_fingerprint
from services.archive.outbox import Route, route_of
from services.archive.questions import open_questions, standing
from services.archive.rows import PURGED_PAGE, reason_of, stored
from services.archive.schema import batches, documents, items, pages, sources
from services.archive.seeing import level_of, stricter
from services.core.model import DocumentState, ItemState, PageState, Reason

WAITING, DONE, FAILED = "waiting", "done", "failed"  # of a source's triage
OPEN_STATES = (ItemState.RECEIVED, ItemState.READING)


async def lock_source(tx: Tx, source_id: str) -> Any | None:
    """Return a source's row, locked until the end of the transaction; None when there is none."""
    return (await tx.conn.execute(select(sources).where(sources.c.id == source_id).with_for_update())).one_or_none()


async def lock_batch(tx: Tx, batch_id: str) -> str:
    """Return the state of a batch, which then cannot change until the end of the transaction."""
    state = await tx.conn.scalar(select(batches.c.state).where(batches.c.id == batch_id).with_for_update(read=True))
    return str(state)


async def count_pages(tx: Tx, source_id: str) -> dict[str, int]:
    """Count a source's pages by state, those of purged documents left out."""
    rows = await tx.conn.execute(
        select(pages.c.state, func.count())
        .where(pages.c.source_id == source_id, pages.c.state != PURGED_PAGE)
        .group_by(pages.c.state)
    )
    return {state: n for state, n in rows}  # noqa: C416 - rows are no pairs to the type checker


async def pages_changed(tx: Tx, source: Any) -> None:
    """Bring the counts of a locked source up to date; when its last page is settled, make the assemble work."""
    counts = await count_pages(tx, source.id)
    complete = not counts.get(PageState.WAITING, 0)
    version = source.version + 1 if complete else source.version
    await tx.conn.execute(
        update(sources)
        .where(sources.c.id == source.id)
        .values(pages_done=counts.get(PageState.DONE, 0), pages_failed=counts.get(PageState.FAILED, 0), version=version)
    )
    if not complete:
        return
    if counts.get(PageState.DONE, 0) and (route := await route_of(tx, source.id)) is not None:
        await outbox.put(tx, "assemble", source.id, route, source_id=source.id, version=version)
    await settle(tx, source.id)


async def requeue(tx: Tx, source: Any) -> bool:
    """See to it that all undone work of a locked source has live rows; return whether there is any."""
    if source.state != DocumentState.READY or (route := await route_of(tx, source.id)) is None:
        return False
    if source.triage == WAITING:
        await outbox.put(tx, "triage", source.id, route, source_id=source.id)
        return True
    if source.triage == FAILED:
        return False
    waiting = (
        await tx.conn.execute(
            select(pages.c.id)
            .where(pages.c.source_id == source.id, pages.c.state == PageState.WAITING)
            .order_by(pages.c.number)
        )
    ).scalars()
    if ids := list(waiting):
        await outbox.put_pages(tx, ids, route, source.id)
        return True
    if source.assembled < source.version and source.pages_done:
        await outbox.put(tx, "assemble", source.id, route, source_id=source.id, version=source.version)
        return True
    return False


async def touch_document(tx: Tx, row: Any, **values: Any) -> int:
    """Give a locked document new values and its next revision, and have it indexed; return the revision.

    What it cites, asks for and is known by follows its record, what is open about it its evidence. A mark of secrecy
    that was not there before makes it secret; nothing makes it less strict but a person.
    """
    revision = int(row.revision) + 1
    if "evidence" in values and "outcome" not in values:
        failed = await tx.conn.scalar(select(sources.c.pages_failed).where(sources.c.id == row.source_id))
        values |= standing(values.get("review", row.review), values["evidence"], pages_failed=bool(failed))
    if "record" in values:
        await put_citations(tx, row.id, values["record"], values.get("evidence"))
        await put_tasks(tx, row.id, values["record"])
        if _newly_marked(row.record, values["record"]) and "access" not in values:
            values["access"] = level_of(values["record"], row.access)
            if values["access"] != row.access:
                tx.event("document.access", "document", row.id, access=values["access"], before=row.access)
    if "clean_key" in values and values["clean_key"] is None:
        await forget_fingerprint(tx, row.id)
    await tx.conn.execute(
        update(documents).where(documents.c.id == row.id).values(revision=revision, updated_at=tx.now, **values)
    )
    await put_index(tx, row.id, row.source_id, revision)
    return revision


def _newly_marked(before: Any, now: Any) -> bool:
    """Tell whether a record has another mark of secrecy: one that a person decided upon is not decided again."""
    mark = (now or {}).get("secrecy")
    return bool(mark) and mark != (before or {}).get("secrecy")


async def follow_documents(tx: Tx, source_id: str) -> None:
    """Put a locked source on the level of its strictest document, and into their collection where it is one."""
    rows = await tx.conn.execute(
        select(documents.c.access, documents.c.collection).where(
            documents.c.source_id == source_id, documents.c.state != DocumentState.PURGED
        )
    )
    kept = rows.all()
    if kept:
        values = {"access": reduce(stricter, [row.access for row in kept])}
        if len(into := {row.collection for row in kept}) == 1:
            values["collection"] = into.pop()
        await tx.conn.execute(update(sources).where(sources.c.id == source_id).values(**values))


async def put_index(tx: Tx, document_id: str, source_id: str, revision: int) -> None:
    """Make the work of bringing a document's index entry to a revision."""
    route = await route_of(tx, source_id) or Route()
    await outbox.put(tx, "index", document_id, route, source_id=source_id, version=revision)


async def settle(tx: Tx, source_id: str) -> None:
    """Give all items that follow a source the state that the source has come to."""
    await route_of(tx, source_id)  # locks the batches before the items, as `cancel` does
    source = (await tx.conn.execute(select(sources).where(sources.c.id == source_id))).one()
    if source.state != DocumentState.READY:
        return
    made = (
        await tx.conn.execute(
            select(
                documents.c.review, documents.c.evidence, documents.c.indexed_revision < documents.c.awaited_revision
            ).where(documents.c.source_id == source_id, documents.c.state == DocumentState.READY)
        )
    ).all()
    waiting = (await count_pages(tx, source_id)).get(PageState.WAITING, 0)
    unfinished = bool(waiting) or any(r[2] for r in made)
    state, reason = source_state(source, [open_questions(r[0], r[1]) for r in made], unfinished=unfinished)
    page_attempts = await tx.conn.scalar(select(func.max(pages.c.attempts)).where(pages.c.source_id == source_id))
    attempts = max(source.attempts, page_attempts or 0)
    for item in await tx.conn.execute(select(items).where(items.c.source_id == source_id, items.c.follows)):
        if (item.state, reason_of(item.reason), item.attempts) == (state, reason, attempts):
            continue
        await tx.conn.execute(
            update(items)
            .where(items.c.id == item.id, items.c.follows)
            .values(state=state, reason=stored(reason), attempts=attempts, updated_at=tx.now)
        )
        if item.state != state and state not in OPEN_STATES:
            tx.event(f"item.{state}", "item", item.id, reason=stored(reason))


def source_state(source: Any, reviews: list[Any], *, unfinished: bool) -> tuple[ItemState, Reason | None]:
    """Decide what an item that follows the source is.

    `reviews` are the open questions of its READY documents; `unfinished`: pages wait to be read, or documents to be
    indexed.
    """
    if source.triage == FAILED:
        return ItemState.FAILED, reason_of(source.reason)
    if source.triage == WAITING:
        return (ItemState.RECEIVED if source.pages is None else ItemState.READING), None
    if source.media_type == EDXML_MEDIA_TYPE:  # a message has no pages; its files are items of their own
        recalled = source.reason is not None and source.reason["code"] == "edxml_recalled"
        return (ItemState.NEEDS_REVIEW if recalled else ItemState.DONE), reason_of(source.reason)
    if unfinished or source.version == 0:
        return ItemState.READING, None
    failed = source.pages_failed
    if failed and not source.pages_done:
        return ItemState.FAILED, Reason(code="no_page_read", params={"pages": failed})
    if source.assembled < source.version:
        return ItemState.READING, None
    if failed:
        return ItemState.NEEDS_REVIEW, Reason(code="pages_failed", params={"failed": failed, "pages": source.pages})
    for questions in reviews:
        if questions:
            return ItemState.NEEDS_REVIEW, Reason.model_validate(questions[0])
    return ItemState.DONE, None
