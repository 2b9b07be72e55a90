"""The lines of /changes: events that tell an integrator what became of a document."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.paging import build_cursor, parse_cursor
from services.archive.schema import documents, events
from services.archive.seeing import seen
from services.core.model import Change, Principal


async def read_changes(conn: AsyncConnection, p: Principal, cursor: str | None, limit: int) -> tuple[list[Change], str]:
    """Return lines after a cursor, oldest first, and the next cursor; a document `p` may not see has no lines."""
    after = 0 if cursor is None else int(parse_cursor(cursor, int)[0])
    rows = await conn.execute(
        select(events)
        .join(documents, documents.c.id == events.c.subject_id)
        .where(events.c.change.is_not(None), events.c.seq > after, seen(p))
        .order_by(events.c.seq)
        .limit(limit)
    )
    told = rows.all()
    targets = {r.details["moved_to"] for r in told if r.details.get("moved_to")}
    known = set((await conn.execute(select(documents.c.id).where(documents.c.id.in_(targets), seen(p)))).scalars())
    found = [_change(r, known) for r in told]
    return found, found[-1].cursor if found else build_cursor(after)


def _change(row: Any, known: Collection[str]) -> Change:
    """Return a line; a document that moved where the asker may not look is gone for them."""
    moved_to = row.details.get("moved_to")
    hidden = moved_to is not None and moved_to not in known
    return Change(
        cursor=build_cursor(row.seq),
        action="deleted" if hidden else row.change,
        document_id=row.subject_id,
        revision=row.details["revision"],
        at=row.at,
        external_id=row.details.get("external_id"),
        moved_to=None if hidden else moved_to,
    )
