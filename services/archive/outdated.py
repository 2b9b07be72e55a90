"""Which records were made by older rules than those in force, so that a change redoes what hangs on it and no more."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.database import Database, Tx
from services.archive.packed import Packed
from services.archive.schema import documents, record_revisions, sources
from services.archive.state import DONE
from services.core.model import DocumentState, Principal


async def outdated(conn: AsyncConnection, made_by: str, after: str | None, limit: int) -> Sequence[str]:
    """Return sources, in id order, of which a record was made by other rules than these."""
    query = _sources(made_by).order_by(sources.c.id).limit(limit)
    return list((await conn.execute(query if after is None else query.where(sources.c.id > after))).scalars())


async def count_outdated(conn: AsyncConnection, made_by: str) -> int:
    """Count those sources."""
    return int(await conn.scalar(select(func.count()).select_from(_sources(made_by).subquery())) or 0)


async def outdate(tx: Tx) -> None:
    """Let no record count as made by the rules in force."""
    await tx.conn.execute(update(documents).where(_alive()).values(pipeline=None))


async def confirm(
    database: Database, p: Principal, source_id: str, packed: Sequence[Packed], version: int | None, pipeline: str
) -> list[str]:
    """Where the drafts are what was recorded, let it count as made by these rules, in few steps, and return the ids.

    This is what most of an archive comes to when its rules change. Empty when anything is different.
    """
    layers = record_revisions.alias()
    newest = select(func.max(layers.c.revision)).where(layers.c.document_id == documents.c.id).scalar_subquery()
    recorded = (
        select(documents, record_revisions.c.record.label("read"), record_revisions.c.evidence.label("seen"))
        .join(sources, sources.c.id == documents.c.source_id)
        .join(record_revisions, record_revisions.c.document_id == documents.c.id)
        .where(
            documents.c.source_id == source_id,
            documents.c.state == DocumentState.READY,
            record_revisions.c.revision == newest,
            sources.c.assembled == version,
        )
        .order_by(documents.c.first_page, documents.c.last_page)
    )
    async with database.read() as conn:
        rows = (await conn.execute(recorded)).all()
    kept = [(r.first_page, r.last_page, r.read, r.seen, r.review, r.clean_key) for r in rows]
    made = [(d.draft.first_page, d.draft.last_page, d.record, d.evidence, d.review, d.clean_key) for d in packed]
    if kept != made:
        return []
    ids = [r.id for r in rows]
    unchanged = exists().where(sources.c.id == source_id, sources.c.version == version)
    async with database.write(p) as tx:
        result = await tx.conn.execute(
            update(documents).where(documents.c.id.in_(ids), unchanged).values(pipeline=pipeline)
        )
    return ids if result.rowcount == len(ids) else []


def _sources(made_by: str) -> Select[Any]:
    other_rules = documents.c.pipeline.is_distinct_from(made_by)
    made = select(documents.c.source_id).where(_alive(), other_rules)
    readable = (sources.c.state == DocumentState.READY, sources.c.triage == DONE)
    return select(sources.c.id).where(*readable, sources.c.id.in_(made))


def _alive() -> ColumnElement[bool]:
    return documents.c.state != DocumentState.PURGED
