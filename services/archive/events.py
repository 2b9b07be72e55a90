"""The append-only log: who did or looked at what, when and from where."""

from collections.abc import AsyncIterator, Collection
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select

from services.archive.chain import holds
from services.archive.database import Database
from services.archive.paging import Page, build_cursor, parse_cursor
from services.archive.schema import documents, events, log_head
from services.archive.seeing import seen, sees_everything
from services.core.errors import NotFoundError
from services.core.model import Event, Principal, Scope
from services.core.permits import require
from services.core.trace import SIGN_INS, Access, AccessHistory, LogFilter, LogHead, LogKind

_AT_ONCE = 1_000
_LAST = 10


class Events:
    """Read the log. Its lines are written in the transactions of the other rooms, and by `Archive.trace`."""

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
        query = _visible(p).order_by(events.c.seq).limit(limit)
        if cursor is not None:
            query = query.where(events.c.seq > parse_cursor(cursor, int)[0])
        if subject_id is not None:
            query = query.where(events.c.subject_id == subject_id)
        if actions:
            query = query.where(events.c.action.in_(actions))
        async with self._database.read() as conn:
            found = [event_of(r) for r in await conn.execute(query)]
        return Page[Event](items=tuple(found), next=build_cursor(found[-1].seq) if found else cursor)

    async def search(
        self, p: Principal, wanted: LogFilter, *, limit: int = 100, cursor: str | None = None
    ) -> Page[Event]:
        """Return the lines that are wanted, the newest first."""
        require(p, Scope.AUDIT)
        query = _visible(p).where(*_wanted(wanted)).order_by(events.c.seq.desc()).limit(limit + 1)
        if cursor is not None:
            query = query.where(events.c.seq < parse_cursor(cursor, int)[0])
        async with self._database.read() as conn:
            found = [event_of(r) for r in await conn.execute(query)]
        more = build_cursor(found[limit - 1].seq) if len(found) > limit else None
        return Page[Event](items=tuple(found[:limit]), next=more)

    async def each(self, p: Principal, wanted: LogFilter) -> AsyncIterator[Event]:
        """Yield all lines that are wanted, the oldest first, those too that are written meanwhile."""
        require(p, Scope.AUDIT)
        query, seq = _visible(p).where(*_wanted(wanted)).order_by(events.c.seq).limit(_AT_ONCE), 0
        while True:
            async with self._database.read() as conn:
                found = [event_of(r) for r in await conn.execute(query.where(events.c.seq > seq))]
            for event in found:
                yield event
            if len(found) < _AT_ONCE:
                return
            seq = found[-1].seq

    async def accesses(self, p: Principal, document_id: str) -> AccessHistory:
        """Return how often and by whom a document was looked at, and its file where nothing of that is kept from `p`.

        One that was purged keeps its history. Raises NotFoundError.
        """
        require(p, Scope.AUDIT)
        ids = _with_its_file(document_id) if sees_everything(p) else [document_id]
        of_it = (events.c.subject_id.in_(ids), events.c.action.in_((Access.VIEWED, Access.DOWNLOADED)))
        counts = select(events.c.action, func.count().label("count")).where(*of_it).group_by(events.c.action)
        people = select(func.count(events.c.who.distinct())).where(*of_it)
        last = _visible(p).where(*of_it).order_by(events.c.seq.desc()).limit(_LAST)
        async with self._database.read() as conn:
            if await conn.scalar(select(documents.c.id).where(documents.c.id == document_id, seen(p))) is None:
                raise NotFoundError(id=document_id)
            by_action: dict[str, int] = {row.action: row[1] for row in await conn.execute(counts)}
            number = await conn.scalar(people)
            lines = tuple(event_of(row) for row in await conn.execute(last))
        return AccessHistory(
            document_id=document_id,
            views=by_action.get(Access.VIEWED, 0),
            downloads=by_action.get(Access.DOWNLOADED, 0),
            people=number or 0,
            lines=lines,
        )

    async def head(self, p: Principal) -> LogHead:
        """Return the last line's number and hash."""
        require(p, Scope.AUDIT)
        async with self._database.read() as conn:
            row = (await conn.execute(select(log_head))).one()
        return LogHead(seq=row.seq, hash=row.hash)

    async def holds(self, p: Principal, head: LogHead) -> bool:
        """Tell whether the log has the line that was its last once, with that hash."""
        require(p, Scope.AUDIT)
        async with self._database.read() as conn:
            return await holds(conn, head)


def _visible(p: Principal) -> Select[Any]:
    """Select the lines that somebody may see: of others than documents one may name any document."""
    query = select(events)
    if not sees_everything(p):
        own = select(documents.c.id).where(documents.c.id == events.c.subject_id, seen(p))
        query = query.where(own.correlate(events).exists())
    if not p.may(Scope.AUDIT):  # who else looks at a document is not for its readers
        query = query.where(events.c.action.not_in(list(Access)))
    return query


def _wanted(wanted: LogFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.who:
        conditions.append(or_(events.c.who == wanted.who, events.c.origin == f"key {wanted.who}"))
    if wanted.subject_id:
        conditions.append(events.c.subject_id.in_(_with_its_file(wanted.subject_id)))
    if wanted.since is not None:
        conditions.append(events.c.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(events.c.at < wanted.until)
    if wanted.kind is LogKind.CHANGE:
        conditions.append(events.c.action.not_in([*SIGN_INS, *Access]))
    elif wanted.kind is not None:
        conditions.append(events.c.action.in_(SIGN_INS if wanted.kind is LogKind.SIGN_IN else list(Access)))
    return conditions


def _with_its_file(subject_id: str) -> list[Any]:
    own = select(documents.c.source_id).where(documents.c.id == subject_id).scalar_subquery()
    return [subject_id, own]


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
        hash=row.hash,
    )
