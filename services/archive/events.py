"""The append-only log: who did what, on which thing, when and from where."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import select

from services.archive.database import Database
from services.archive.paging import Page, build_cursor, parse_cursor
from services.archive.schema import documents, events
from services.archive.seeing import seen, sees_everything
from services.core.model import Event, Principal


class Events:
    """Read the log. Its lines are written in the transactions of the other rooms."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(
        self,
        p: Principal,
        *,
        subject_id: str | None = None,
        actions: Collection[str] = (),
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[Event]:
        """Return events in the order they became true, oldest first: of everything or of one thing or of some actions.

        Who may not see everything gets those of the documents that they may see. The last page
        has a cursor too, so that a reader can come back for what happened since; an empty page gives back the cursor
        it was asked with.
        """
        query = select(events).order_by(events.c.seq).limit(limit)
        if not sees_everything(p):  # of other things than documents an event may name any document
            own = select(documents.c.id).where(documents.c.id == events.c.subject_id, seen(p))
            query = query.where(own.correlate(events).exists())
        if cursor is not None:
            query = query.where(events.c.seq > parse_cursor(cursor, int)[0])
        if subject_id is not None:
            query = query.where(events.c.subject_id == subject_id)
        if actions:
            query = query.where(events.c.action.in_(actions))
        async with self._database.read() as conn:
            found = [event_of(r) for r in await conn.execute(query)]
        return Page[Event](items=tuple(found), next=build_cursor(found[-1].seq) if found else cursor)


def event_of(row: Any) -> Event:
    """Return a line of the log."""
    return Event(
        seq=row.seq,
        at=row.at,
        who=row.who,
        action=row.action,
        subject_type=row.subject_type,
        subject_id=row.subject_id,
        origin=row.origin,
        address=row.address,
        details=row.details,
    )
