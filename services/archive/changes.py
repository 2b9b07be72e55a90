"""The lines of /changes: events that tell an integrator what became of a document."""

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.paging import build_cursor, parse_cursor
from services.archive.schema import documents, events
from services.core.model import Change, Principal


async def read_changes(conn: AsyncConnection, p: Principal, cursor: str | None, limit: int) -> tuple[list[Change], str]:
    """Return lines after a cursor, oldest first, and the next cursor; a document `p` may not see has no lines."""
    after = 0 if cursor is None else int(parse_cursor(cursor, int)[0])
    rows = await conn.execute(
        select(events)
        .outerjoin(documents, documents.c.id == events.c.subject_id)
        .where(
            events.c.change.is_not(None),
            events.c.seq > after,
            or_(documents.c.id.is_(None), documents.c.access.in_(p.access)),
        )
        .order_by(events.c.seq)
        .limit(limit)
    )
    found = [
        Change(
            cursor=build_cursor(r.seq),
            action=r.change,
            document_id=r.subject_id,
            revision=r.details["revision"],
            at=r.at,
            external_id=r.details.get("external_id"),
            moved_to=r.details.get("moved_to"),
        )
        for r in rows
    ]
    return found, found[-1].cursor if found else build_cursor(after)
