"""Is the catalogue itself whole: its file, its references, its log."""

from collections.abc import AsyncIterator

from sqlalchemy import func, select, text

from services.archive.checking.finding import Finding, Look, finding
from services.archive.schema import events

_MOST_LINES = 20


async def check_database(look: Look) -> AsyncIterator[Finding]:
    """Have SQLite look at every page of its file; PostgreSQL keeps that to itself (`pg_amcheck`)."""
    if not look.database.sqlite:
        return
    async with look.database.read() as conn:
        pragma = "quick_check" if look.quick else "integrity_check"
        lines = (await conn.execute(text(f"PRAGMA {pragma}({_MOST_LINES})"))).scalars().all()
    for line in lines:
        if line != "ok":
            yield finding("catalogue_damaged", "catalogue", "", detail=str(line))


async def check_references(look: Look) -> AsyncIterator[Finding]:
    """Find rows that refer to rows which are not there; PostgreSQL does not let them come about."""
    if not look.database.sqlite:
        return
    async with look.database.read() as conn:
        rows = (await conn.execute(text("PRAGMA foreign_key_check"))).all()
    for table, row, parent, _ in rows:
        yield finding("foreign_key_broken", table, str(row or ""), table=table, parent=parent)


async def check_log(look: Look) -> AsyncIterator[Finding]:
    """Find lines of the log of events that are gone: on SQLite their numbers have no gaps (on PostgreSQL they may)."""
    if not look.database.sqlite:
        return
    async with look.database.read() as conn:
        count, last = (await conn.execute(select(func.count(), func.max(events.c.seq)))).one()
        given = await conn.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = 'events'"))
        if count == (given or 0) == (last or 0):
            return
        before = select(events.c.seq, func.lag(events.c.seq, 1, 0).over(order_by=events.c.seq).label("before"))
        gaps = before.subquery()
        rows = await conn.execute(select(gaps).where(gaps.c.seq != gaps.c.before + 1).limit(_MOST_LINES))
        found = [(row.before + 1, row.seq - 1) for row in rows]
    if (given or 0) > (last or 0):
        found.append(((last or 0) + 1, given))
    for first, end in found:
        yield finding("event_missing", "event", str(first), first=first, last=end)
