"""Is the catalogue itself whole: its file, its references, its log."""

from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import select, text

from services.archive.chain import START, link
from services.archive.checking.finding import Finding, Look, finding
from services.archive.schema import events, log_head
from services.core.trace import LogHead

_MOST_LINES = 20
_LINES_AT_ONCE = 2_000


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
    """Follow the chain of the log: a line that is gone, changed or put in breaks it, at its end the head tells.

    Each part is one snapshot: lines are only added, and the last part is held against the head of its own moment.
    `quick` looks at the end alone.
    """
    at = await _last(look) if look.quick else LogHead(seq=0, hash=START)
    while True:
        async with look.database.read() as conn:
            query = select(events).where(events.c.seq > at.seq).order_by(events.c.seq).limit(_LINES_AT_ONCE)
            rows = (await conn.execute(query)).all()
            head = (await conn.execute(select(log_head))).one_or_none()
        for row in rows:
            if (found := _broken(at, row)) is not None:
                yield found
            at = LogHead(seq=row.seq, hash=row.hash)
        look.progress("log", at.seq, head.seq if head else at.seq)
        if len(rows) < _LINES_AT_ONCE:
            break
    if head is None or head.seq < at.seq:
        yield finding("event_added", "event", str(at.seq), first=(head.seq if head else 0) + 1, last=at.seq)
    elif head.seq > at.seq:
        yield finding("event_missing", "event", str(at.seq + 1), first=at.seq + 1, last=head.seq)
    elif head.hash != at.hash:
        yield finding("event_changed", "event", str(at.seq), line=at.seq)


async def _last(look: Look) -> LogHead:
    async with look.database.read() as conn:
        row = (await conn.execute(select(events).order_by(events.c.seq.desc()).limit(1))).one_or_none()
    return LogHead(seq=row.seq, hash=row.hash) if row is not None else LogHead(seq=0, hash=START)


def _broken(before: LogHead, row: Any) -> Finding | None:
    """Hold a line against the one before it; before there was a chain, PostgreSQL left numbers out by itself."""
    if link(before.hash, row._asdict()) == row.hash:
        return None
    if row.seq != before.seq + 1:
        return finding("event_missing", "event", str(before.seq + 1), first=before.seq + 1, last=row.seq - 1)
    return finding("event_changed", "event", str(row.seq), line=row.seq)
