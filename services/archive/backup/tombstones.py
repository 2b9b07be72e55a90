"""What was purged, kept beside the snapshots: a restore from an older one does not bring it back unasked.

Every backup adds the purges that the catalogue's events tell of to `DIR/purged.jsonl`, whose last line is the SHA-256
of the lines before. A purge after the last backup is not known here.
"""

import datetime as dt
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.backup.files import read_lines, write_lines
from services.archive.schema import events
from services.core.model import Model

FILE = "purged.jsonl"


PURGED = ("source.purged", "document.purged")
RETURNED = ("source.returned", "document.returned")
"""Events of a restore that was told to bring back what was purged later."""


class Tombstone(Model):
    """A source or document that somebody purged."""

    kind: Literal["source", "document"]
    id: str
    at: dt.datetime
    who: str
    why: str


async def in_events(conn: AsyncConnection) -> list[Tombstone]:
    """Return the purges that a catalogue knows of."""
    rows = await conn.execute(select(events).where(events.c.action.in_(PURGED)).order_by(events.c.seq))
    return [
        Tombstone(kind=r.subject_type, id=r.subject_id, at=r.at, who=r.who, why=str(r.details.get("why", "")))
        for r in rows
    ]


async def later(conn: AsyncConnection, tombstones: Iterable[Tombstone]) -> list[Tombstone]:
    """Return those that a catalogue does not know of yet: later than its own purges, and than what was brought back."""
    about = select(events.c.subject_type, events.c.subject_id, func.max(events.c.at))
    rows = await conn.execute(
        about.where(events.c.action.in_(PURGED + RETURNED)).group_by(events.c.subject_type, events.c.subject_id)
    )
    known = {(kind, subject_id): at for kind, subject_id, at in rows}
    return [one for one in tombstones if (one.kind, one.id) not in known or known[one.kind, one.id] < one.at]


def read(folder: Path) -> list[Tombstone]:
    """Return the purges that a folder of backups knows of, sources first; CorruptError."""
    return read_lines(folder / FILE, Tombstone, "its purges")


def add(folder: Path, tombstones: Iterable[Tombstone]) -> None:
    """Add purges to those that the folder knows of; the last purge of a thing counts."""
    known = {(t.kind, t.id): t for t in read(folder)}
    for one in tombstones:
        before = known.get((one.kind, one.id))
        if before is None or before.at < one.at:
            known[one.kind, one.id] = one
    ordered = sorted(known.values(), key=lambda t: (t.kind != "source", t.at, t.id))
    write_lines(folder / FILE, ordered)
