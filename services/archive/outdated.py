"""Which records were made by older rules than those in force, so that a change redoes what hangs on it and no more."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.database import Tx
from services.archive.schema import documents, sources
from services.archive.state import DONE
from services.core.model import DocumentState


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


def _sources(made_by: str) -> Select[Any]:
    other_rules = documents.c.pipeline.is_distinct_from(made_by)
    made = select(documents.c.source_id).where(_alive(), other_rules)
    readable = (sources.c.state == DocumentState.READY, sources.c.triage == DONE)
    return select(sources.c.id).where(*readable, sources.c.id.in_(made))


def _alive() -> ColumnElement[bool]:
    return documents.c.state != DocumentState.PURGED
