"""What was purged, kept beside the snapshots: a restore from an older one does not bring it back unasked.

Every backup adds the purges that the catalogue's events tell of to `DIR/purged.jsonl`, whose last line is the SHA-256
of the lines before. A purge after the last backup is not known here.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.backup.files import write_durably
from services.archive.schema import events
from services.core.errors import CorruptError
from services.core.model import Model

FILE = "purged.jsonl"


class Tombstone(Model):
    """A source or document that somebody purged."""

    kind: Literal["source", "document"]
    id: str
    at: dt.datetime
    who: str
    why: str


async def in_events(conn: AsyncConnection) -> list[Tombstone]:
    """Return the purges that a catalogue knows of."""
    purged = events.c.action.in_(("source.purged", "document.purged"))
    rows = await conn.execute(select(events).where(purged).order_by(events.c.seq))
    return [
        Tombstone(kind=r.subject_type, id=r.subject_id, at=r.at, who=r.who, why=str(r.details.get("why", "")))
        for r in rows
    ]


def read(folder: Path) -> list[Tombstone]:
    """Return the purges that a folder of backups knows of, sources first; CorruptError."""
    try:
        lines = (folder / FILE).read_bytes().splitlines(keepends=True)
    except FileNotFoundError:
        return []
    error = f"{folder / FILE} is damaged. Delete it and run `vanban backup` once more: the archive knows its purges."
    if not lines or lines[-1].strip() != hashlib.sha256(b"".join(lines[:-1])).hexdigest().encode():
        raise CorruptError(error)
    try:
        return [Tombstone.model_validate_json(line) for line in lines[:-1]]
    except ValidationError as cause:
        raise CorruptError(error) from cause


def add(folder: Path, tombstones: Iterable[Tombstone]) -> None:
    """Add purges to those that the folder knows of; the last purge of a thing counts."""
    known = {(t.kind, t.id): t for t in read(folder)}
    for one in tombstones:
        before = known.get((one.kind, one.id))
        if before is None or before.at < one.at:
            known[one.kind, one.id] = one
    ordered = sorted(known.values(), key=lambda t: (t.kind != "source", t.at, t.id))
    body = "".join(json.dumps(t.model_dump(mode="json"), ensure_ascii=False) + "\n" for t in ordered).encode()
    write_durably(folder / FILE, body + f"{hashlib.sha256(body).hexdigest()}\n".encode())
