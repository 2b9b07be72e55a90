"""A better scan of a document: once it is read, the document moves to it; the old scan stays as history.

Until then, and where the new file cannot be read whole, the old scan is in force. What people entered, the id, the name
of the sender and links stay with the document.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import exists, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.database import Tx
from services.archive.schema import documents, items, redirects, replacements, sources
from services.archive.seeing import stricter
from services.archive.state import lock_source
from services.core.model import DocumentState


async def lock_scans(tx: Tx, source_id: str) -> None:
    """Lock a source and those that its documents left or are to leave, in id order: two who do so cannot deadlock."""
    pending = select(items.c.replaces).where(items.c.source_id == source_id, items.c.replaces.is_not(None))
    here = select(documents.c.id).where(documents.c.source_id == source_id)
    leaving = await tx.conn.execute(select(documents.c.source_id).where(documents.c.id.in_(pending)))
    left = await tx.conn.execute(select(replacements.c.old_source_id).where(replacements.c.document_id.in_(here)))
    for each in sorted({source_id, *leaving.scalars(), *left.scalars()}):
        await lock_source(tx, each)


async def awaited_document(tx: Tx, source: Any) -> tuple[Any, Any] | None:
    """Return (item, document) when a source is a better scan that has not taken its place yet, the document locked.

    None too where the document lies in the trash or was purged meanwhile: the scan is then a document of its own.
    """
    item = (
        await tx.conn.execute(
            select(items)
            .where(
                items.c.source_id == source.id,
                items.c.follows,
                items.c.replaces.is_not(None),
                ~exists().where(replacements.c.item_id == items.c.id).correlate(items),
            )
            .order_by(items.c.created_at.desc(), items.c.id.desc())
            .limit(1)
        )
    ).one_or_none()
    if item is None:
        return None
    moved_to = await tx.conn.scalar(select(redirects.c.new_id).where(redirects.c.old_id == item.replaces))
    document = (
        await tx.conn.execute(select(documents).where(documents.c.id == (moved_to or item.replaces)).with_for_update())
    ).one_or_none()
    if document is None or document.state != DocumentState.READY or document.source_id == source.id:
        return None
    return item, document


async def record_replacement(tx: Tx, item: Any, document: Any, source: Any) -> None:
    """Keep which scan a document leaves, and give the new one the level and collection of the document."""
    await tx.conn.execute(
        insert(replacements).values(
            document_id=document.id,
            item_id=item.id,
            old_source_id=document.source_id,
            first_page=document.first_page,
            last_page=document.last_page,
            at=tx.now,
        )
    )
    values = {"access": stricter(source.access, document.access), "collection": document.collection}
    await tx.conn.execute(update(sources).where(sources.c.id == source.id).values(**values))
    tx.event(
        "document.replaced",
        "document",
        document.id,
        old_source_id=document.source_id,
        source_id=source.id,
        pages=[document.first_page, document.last_page],
    )


async def replaced_runs(conn: AsyncConnection, source_id: str) -> Sequence[tuple[int, int]]:
    """Return the page runs of a source that better scans took the place of."""
    rows = await conn.execute(
        select(replacements.c.first_page, replacements.c.last_page).where(replacements.c.old_source_id == source_id)
    )
    return [(first, last) for first, last in rows]


def is_replaced(run: tuple[int, int], gone: Sequence[tuple[int, int]]) -> bool:
    """Tell whether most pages of a run were replaced: it does not come back when its old scan is read again."""
    shared = sum(max(0, min(run[1], last) - max(run[0], first) + 1) for first, last in gone)
    return 2 * shared > run[1] - run[0] + 1


async def former_sources(conn: AsyncConnection, document_id: str) -> list[Any]:
    """Return the replacements of a document, each with the source it left, the oldest first."""
    rows = await conn.execute(
        select(replacements).where(replacements.c.document_id == document_id).order_by(replacements.c.id)
    )
    return list(rows.all())
