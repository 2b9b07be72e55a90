"""Blobs that nothing refers to any more: noted in the transaction that let go of them, deleted after it."""

import datetime as dt
from collections.abc import Iterable

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.blobs import Blobs
from services.archive.database import Database, Tx
from services.archive.long_works import backup_runs
from services.archive.outbox import insert_new
from services.archive.schema import documents, garbage, pages, sources
from services.core.model import DocumentState, Principal

GRACE = dt.timedelta(minutes=10)  # who has just read the row that names a replaced blob still gets it


async def discard(tx: Tx, keys: Iterable[str | None], *, now: bool) -> None:
    """Note blobs that the transaction stops referring to; whether others do is looked at when they are deleted."""
    rows = [{"key": key, "not_before": tx.now if now else tx.now + GRACE} for key in set(keys) if key]
    if not rows:
        return
    if now:  # a purge does not wait for the grace of an earlier note
        await tx.conn.execute(delete(garbage).where(garbage.c.key.in_([r["key"] for r in rows])))
    await tx.conn.execute(insert_new(tx.conn, garbage), rows)


async def collect(database: Database, blobs: Blobs, p: Principal, limit: int = 1000) -> int:
    """Delete the noted blobs that are due and that nothing refers to; return how many notes were worked off.

    Each under the lock that whoever starts to refer to the key takes, so no reference is ever left without its blob.
    While a backup copies nothing is deleted: its catalogue may name what today's does not.
    """
    async with database.read() as conn:
        due = select(garbage.c.key).where(garbage.c.not_before <= dt.datetime.now(dt.UTC)).limit(limit)
        keys = list((await conn.execute(due)).scalars())
    for key in keys:
        async with database.write(p) as tx:
            await tx.lock_name(key)
            if not await _referred(tx.conn, key):
                if await backup_runs(tx.conn):  # asked after that: a backup that begins now names no such blob
                    return 0
                await blobs.delete(key)
            await tx.conn.execute(delete(garbage).where(garbage.c.key == key))
    return len(keys)


async def _referred(conn: AsyncConnection, key: str) -> bool:
    name = key.rsplit("/", 1)[-1]
    if key.startswith("originals/"):
        query = select(sources.c.id).where(sources.c.sha256 == name, sources.c.state != DocumentState.PURGED)
        return await conn.scalar(query.limit(1)) is not None
    by_page = select(pages.c.id).where(pages.c.blob_key == key).limit(1)
    by_text = select(documents.c.id).where(documents.c.clean_key == key).limit(1)
    return await conn.scalar(by_page) is not None or await conn.scalar(by_text) is not None
