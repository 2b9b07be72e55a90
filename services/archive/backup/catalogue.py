"""The catalogue at one instant: written into a file while others go on writing it, and read as that file has it."""

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from services.archive.backup import postgres
from services.archive.database import Database
from services.archive.migrate import schema_of
from services.archive.sqlite_copy import copy_sqlite

SQLITE_FILE = "catalogue.sqlite3"
POSTGRES_FILE = "catalogue.pgdump"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The catalogue as it was at an instant: the file it was written into, and a connection that sees just that."""

    kind: Literal["sqlite", "postgresql"]
    path: Path
    schema_revision: str
    taken_at: dt.datetime
    conn: AsyncConnection


@asynccontextmanager
async def snapshot(database: Database, folder: Path) -> AsyncIterator[Snapshot]:
    """Write the catalogue into the folder and lend it as it was then; nobody who writes waits for it."""
    taking = _sqlite(database, folder) if database.sqlite else _postgres(database, folder)
    async with taking as taken:
        yield taken


@asynccontextmanager
async def _sqlite(database: Database, folder: Path) -> AsyncIterator[Snapshot]:
    path, now = folder / SQLITE_FILE, dt.datetime.now(dt.UTC)
    await copy_sqlite(str(database.writer.url.database), path)
    engine = create_async_engine(f"sqlite+aiosqlite:///file:{path}?mode=ro&immutable=1&uri=true")
    try:
        async with engine.connect() as conn:
            yield Snapshot("sqlite", path, await _revision(conn), now, conn)
    finally:
        await engine.dispose()


@asynccontextmanager
async def _postgres(database: Database, folder: Path) -> AsyncIterator[Snapshot]:
    path = folder / POSTGRES_FILE
    postgres.find("pg_dump")
    async with database.read() as conn:
        exported = await conn.scalar(select(func.pg_export_snapshot()))
        now = dt.datetime.now(dt.UTC)
        await postgres.dump(database.writer.url.render_as_string(hide_password=False), path, str(exported))
        yield Snapshot("postgresql", path, await _revision(conn), now, conn)


async def _revision(conn: AsyncConnection) -> str:
    return str(await conn.run_sync(schema_of))
