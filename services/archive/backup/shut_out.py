"""Who was shut out, kept beside the snapshots: a restore from an older one lets nobody back in.

Every backup writes the users that are disabled and the keys that are revoked to `DIR/shut-out.jsonl`, in place of what
the one before wrote; the last line is the SHA-256 of the lines before. Who was shut out after the last backup is not
known here.
"""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.accounts.users import shut_out
from services.archive.backup.files import read_lines, write_lines
from services.archive.database import Tx
from services.archive.schema import api_keys, users
from services.core.model import Model

FILE = "shut-out.jsonl"


class ShutOut(Model):
    """A user who is disabled, or a key that is revoked (by its beginning)."""

    kind: Literal["user", "key"]
    id: str
    name: str
    at: dt.datetime


async def in_catalogue(conn: AsyncConnection) -> list[ShutOut]:
    """Return who is shut out."""
    disabled = select(users.c.id, users.c.name, users.c.disabled_at.label("at")).where(users.c.disabled_at.is_not(None))
    revoked = select(api_keys.c.id, api_keys.c.prefix.label("name"), api_keys.c.revoked_at.label("at"))
    found = [ShutOut(kind="user", **row._asdict()) for row in await conn.execute(disabled.order_by(users.c.id))]
    keys = await conn.execute(revoked.where(api_keys.c.revoked_at.is_not(None)).order_by(api_keys.c.id))
    return [*found, *(ShutOut(kind="key", **row._asdict()) for row in keys)]


def read(folder: Path) -> list[ShutOut]:
    """Return who was shut out at the last backup; CorruptError."""
    return read_lines(folder / FILE, ShutOut, "who is shut out")


def write(folder: Path, found: Sequence[ShutOut]) -> None:
    """Keep who is shut out."""
    write_lines(folder / FILE, found)


async def shut_out_again(tx: Tx, known: Sequence[ShutOut]) -> list[str]:
    """Disable and revoke again who came back with an older catalogue; return their names and the keys' beginnings."""
    again = []
    for one in known:
        table, column = (users, "disabled_at") if one.kind == "user" else (api_keys, "revoked_at")
        back = update(table).where(table.c.id == one.id, table.c[column].is_(None)).values({column: tx.now})
        row = (await tx.conn.execute(back.returning(table))).one_or_none()
        if row is None:
            continue
        again.append(one.name)
        if one.kind == "user":
            await shut_out(tx, row)
        else:
            tx.event("key.revoked", "user", row.user_id, key=one.name)
    return again
