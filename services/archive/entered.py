"""The human layer of documents in the catalogue: append-only, laid anew over whatever is read."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, case, false, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.database import Tx
from services.archive.records import Layer, apply, lay
from services.archive.schema import corrections, documents, items, record_revisions, replacements
from services.core.model import JSON, DocumentState


async def machine_layer(conn: AsyncConnection, document_id: str) -> tuple[dict[str, JSON], dict[str, JSON]]:
    """Return what was read last: record and evidence."""
    row = (
        await conn.execute(
            select(record_revisions)
            .where(record_revisions.c.document_id == document_id)
            .order_by(record_revisions.c.revision.desc())
            .limit(1)
        )
    ).one_or_none()
    return (row.record, row.evidence) if row is not None else ({}, {})


async def layers(conn: AsyncConnection, document_id: str, source_id: str, *, first: bool) -> list[Layer]:
    """Return what people entered and did not withdraw, in the order of `entries`."""
    rows = await entries(conn, document_id, source_id, first=first)
    return [layer_of(row) for row in rows if row.withdrawn_at is None]


def layer_of(row: Any) -> Layer:
    """Return a stored correction as a layer."""
    return Layer(row.patch, row.result, row.who, row.at, row.witness)


async def entries(
    conn: AsyncConnection, document_id: str, source_id: str, *, first: bool | None = None
) -> list[Row[Any]]:
    """Return all that people ever entered: first what the uploads of its scans gave, then corrections, oldest first.

    What uploads gave speaks of the `first` document of the source only, also where a split made another one first;
    that is looked up where the caller does not say.
    """
    if first is None:
        first = await _is_first(conn, document_id, source_id)
    former = select(replacements.c.old_source_id).where(replacements.c.document_id == document_id)
    given = or_(items.c.source_id == source_id, items.c.source_id.in_(former)) if first else false()
    rows = await conn.execute(
        select(corrections)
        .outerjoin(items, items.c.id == corrections.c.item_id)
        .where(
            corrections.c.document_id == document_id,
            or_(corrections.c.item_id.is_(None), given),
        )
        .order_by(case((corrections.c.item_id.is_(None), 1), else_=0), corrections.c.id)
    )
    return list(rows.all())


async def in_force(
    conn: AsyncConnection, document_id: str, source_id: str, *, first: bool | None = None
) -> dict[str, Any]:
    """Return `record` and `evidence` of a document with all layers laid, as its row keeps them.

    `first`: whether it is the first of its source; looked up where the caller does not say.
    """
    if first is None:
        first = await _is_first(conn, document_id, source_id)
    record, evidence = await machine_layer(conn, document_id)
    record, evidence = lay(record, evidence, await layers(conn, document_id, source_id, first=first))
    return {"record": record, "evidence": evidence}


async def _is_first(conn: AsyncConnection, document_id: str, source_id: str) -> bool:
    first = await conn.scalar(
        select(documents.c.id)
        .where(documents.c.source_id == source_id, documents.c.state != DocumentState.PURGED)
        .order_by(documents.c.first_page, documents.c.id)
        .limit(1)
    )
    return bool(first == document_id)


async def enter(
    tx: Tx,
    document: Any,
    patch: Mapping[str, JSON],
    *,
    item: Any | None = None,
    who: str | None = None,
    witness: str | None = None,
) -> int:
    """Append a shaped patch to a document's human layer and return its id; the caller updates the document's row.

    `who` stands for it where that is not the one who calls, `witness` says what it was taken from. Raises
    InvalidInputError naming the key that the record in force does not take.
    """
    result, touched = apply(document.record or {}, patch)
    added = await tx.conn.execute(
        insert(corrections)
        .values(
            document_id=document.id,
            revision=document.revision + 1,
            item_id=None if item is None else item.id,
            patch=dict(patch),
            result={key: result[key] for key in touched},
            witness=witness if item is None else item.given_from,
            who=who or (tx.p.name if item is None else item.created_by),
            at=tx.now if item is None else item.created_at,
        )
        .returning(corrections.c.id)
    )
    return int(added.scalar_one())


async def enter_given(tx: Tx, document: Any) -> dict[str, Any]:
    """Enter the values that uploads of the document's source gave and that are not entered yet.

    Return the new `record` and `evidence`; nothing when no upload gave anything new.
    """
    known = select(corrections.c.item_id).where(
        corrections.c.document_id == document.id, corrections.c.item_id.is_not(None)
    )
    fresh = (
        await tx.conn.execute(
            select(items)
            .where(
                items.c.source_id == document.source_id,
                items.c.follows,
                items.c.given.is_not(None),
                items.c.id.not_in(known),
            )
            .order_by(items.c.created_at, items.c.id)
        )
    ).all()
    for item in fresh:
        await enter(tx, document, item.given, item=item)
    return await in_force(tx.conn, document.id, document.source_id, first=True) if fresh else {}
