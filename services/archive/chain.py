"""The chain of the log: the hash of each line covers the line and the hash of the line before.

`log_head` has the last number and hash, written in the same transaction, so that a line which is changed, put in or
taken out (at the end too) is found. Whoever can write the catalogue can also make the whole chain anew: that shows
only against a head kept elsewhere, as every snapshot of a backup keeps one (docs/security.md).
"""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.schema import events, log_head
from services.core.trace import LogHead

START = "0" * 64
"""What the first line follows."""
_COVERED = ("seq", "at", "who", "origin", "action", "subject_type", "subject_id", "details", "change", "address")


def link(before: str, line: Mapping[str, Any]) -> str:
    """Return the hash of a line of the log that follows the one with the hash `before`.

    SHA-256 of that hash and of the line as JSON: its columns in the order of `_COVERED`, times in UTC to the
    microsecond, keys sorted, no blanks, ASCII. This form is for ever: another one would break every chain.
    """
    values = [_plain(line[name]) for name in _COVERED]
    written = json.dumps([before, *values], ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(written.encode("ascii")).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="microseconds")
    return value


async def holds(conn: AsyncConnection, head: LogHead) -> bool:
    """Tell whether the log has the line that was its last once, with that hash."""
    found = await conn.scalar(select(events.c.hash).where(events.c.seq == head.seq))
    return head.seq == 0 or found == head.hash


async def append(conn: AsyncConnection, lines: Sequence[Mapping[str, Any]]) -> None:
    """Write lines at the end of the log; the caller holds the lock that lets one do so at a time."""
    seq, before = (await conn.execute(select(log_head.c.seq, log_head.c.hash))).one()
    rows = []
    for line in lines:
        seq += 1
        before = link(before, {**line, "seq": seq})
        rows.append({**line, "seq": seq, "hash": before})
    await conn.execute(insert(events), rows)
    await conn.execute(update(log_head).values(seq=seq, hash=before))
