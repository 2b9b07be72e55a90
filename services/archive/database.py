"""The catalogue's connections: SQLite or PostgreSQL, readers and writers, and no lost updates on either."""

import datetime as dt
import json
import sqlite3
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event, func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from services.archive.chain import append
from services.core.errors import CorruptError, SettingsError, StorageFullError, UnavailableError
from services.core.model import JSON, Principal

BUSY_TIMEOUT_MS = 30_000
EVENTS_LOCK = 0x76616E62616E01  # "vanban", 1: one writer of events at a time, so that no cursor passes an unseen line
_SHUT = ("readonly database", "unable to open database file")
_DAMAGED = ("malformed", "file is not a database", "Could not decode to UTF-8")
_FULL = ("database or disk is full", "No space left on device", "disk I/O error")


@dataclass(slots=True)
class Tx:
    """One write transaction: its connection, who it is made for, its time, and the events it will end with."""

    conn: AsyncConnection
    p: Principal
    now: dt.datetime
    _lines: list[dict[str, Any]] = field(default_factory=list)

    def event(
        self, action: str, subject_type: str, subject_id: str, *, change: str | None = None, **details: JSON
    ) -> None:
        """Add an event; events are written last, so that their lock is held for the shortest time."""
        self._lines.append(log_line(self.p, self.now, action, subject_type, subject_id, details, change))

    def add_lines(self, lines: Iterable[dict[str, Any]]) -> None:
        """Add lines of the log that were made elsewhere."""
        self._lines.extend(lines)

    async def write_events(self) -> None:
        """Write the events under the lock that makes `seq` grow in the order of the commits."""
        if not self._lines:
            return
        if self.conn.dialect.name == "postgresql":
            await self.conn.execute(select(func.pg_advisory_xact_lock(EVENTS_LOCK)))
        await append(self.conn, self._lines)

    async def lock_name(self, name: str) -> None:
        """Hold a lock on a name until the end of the transaction (a SQLite writer is alone anyway)."""
        if self.conn.dialect.name == "postgresql":
            await self.conn.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def log_line(
    p: Principal,
    at: dt.datetime,
    action: str,
    subject_type: str,
    subject_id: str,
    details: Mapping[str, JSON],
    change: str | None = None,
) -> dict[str, Any]:
    """Return a line of the log as a row, but for its number and its hash."""
    return {
        "at": at,
        "who": p.name,
        "origin": p.origin,
        "action": action,
        "subject_type": subject_type,
        "subject_id": subject_id,
        "details": dict(details),
        "change": change,
        "address": p.address,
    }


class _Connection(sqlite3.Connection):
    """A connection that lets go of its locks when it is closed, whatever still refers to its statements.

    A call that is cancelled leaves its cursor to the garbage collector. Until that has come, SQLite keeps a connection
    that was closed over it alive, transaction and write lock included (sqlite3_close_v2), and nobody else can write.
    """

    def close(self) -> None:
        """Undo what was not committed, then close; a second time is no error."""
        with suppress(sqlite3.ProgrammingError):  # closed already
            self.rollback()
        super().close()


class Database:
    """The engines of one catalogue. On SQLite one writer connection queues the writers of this process."""

    def __init__(self, url: str) -> None:
        try:
            parsed = make_url(url)
        except ArgumentError as error:
            raise SettingsError(f"VANBAN_DATABASE_URL: {url!r} is no database address.") from error
        self.sqlite = parsed.get_backend_name() == "sqlite"
        if self.sqlite:
            sqlite: dict[str, Any] = {"connect_args": {"factory": _Connection}, "json_serializer": _dump_json}
            self.writer = create_async_engine(parsed, pool_size=1, max_overflow=0, pool_timeout=600, **sqlite)
            self.reader = create_async_engine(parsed, pool_size=4, max_overflow=4, **sqlite)
            _prepare_sqlite(self.writer, begin="BEGIN IMMEDIATE", query_only=False)
            _prepare_sqlite(self.reader, begin="BEGIN", query_only=True)
        elif parsed.get_driver_name() == "asyncpg":
            self.writer = create_async_engine(
                parsed, pool_size=5, max_overflow=15, pool_pre_ping=True, json_serializer=_dump_json
            )
            self.reader = self.writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        else:
            raise SettingsError(
                f"VANBAN_DATABASE_URL: {parsed.drivername} is not supported. "
                "Use sqlite+aiosqlite or postgresql+asyncpg."
            )

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Lend a connection that sees one consistent state and cannot write."""
        with translated():
            async with self.reader.connect() as conn, conn.begin():
                yield conn

    @asynccontextmanager
    async def write(self, p: Principal) -> AsyncIterator[Tx]:
        """Run a write transaction; it commits, with its events, when the block ends without an error.

        Never open a second one inside the block.
        """
        with translated():
            async with self.writer.begin() as conn:
                tx = Tx(conn, p, dt.datetime.now(dt.UTC))
                yield tx
                await tx.write_events()

    async def ping(self) -> None:
        """Raise UnavailableError when the database does not answer."""
        async with self.read() as conn:
            await conn.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Give back all connections."""
        await self.writer.dispose()
        await self.reader.dispose()


@contextmanager
def translated() -> Iterator[None]:
    """Turn the database's errors into ours: full disk, unreachable server; programming errors stay what they are."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise _translate(error) from error
    except DBAPIError as error:
        if any(sign in str(error.orig) for sign in _DAMAGED):
            raise _translate(error) from error
        if error.connection_invalidated or _sqlstate(error) in ("40P01", "40001", "53100", "57P01", "57P03"):
            raise _translate(error) from error
        raise
    except (OSError, sqlite3.OperationalError) as error:  # a socket that is not there, a driver's own
        raise _translate(error) from error


def _translate(error: Exception) -> Exception:
    said = str(getattr(error, "orig", None) or error)
    if any(sign in said for sign in _DAMAGED):
        return CorruptError(
            f"The catalogue is damaged ({said}). Stop vanban, keep a copy of the data directory, and restore the "
            "catalogue from a backup; the originals are unharmed by it.",
            why="catalogue_damaged",
            detail=said,
        )
    if any(sign in said for sign in _SHUT):
        return UnavailableError(
            f"The catalogue cannot be written ({said}). Check the rights of the data directory, and that its disk is "
            "not read-only.",
            what=said,
        )
    if any(sign in said for sign in _FULL) or _sqlstate(error) == "53100":
        return StorageFullError("The disk of the catalogue is full. Free some space and try again.")
    return UnavailableError(f"The catalogue does not answer ({said}). Check the database and try again.", what=said)


def _sqlstate(error: Exception) -> str:
    return str(getattr(getattr(error, "orig", None), "sqlstate", "") or "")


def _dump_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))


def _prepare_sqlite(engine: AsyncEngine, *, begin: str, query_only: bool) -> None:
    """Set up every connection: our own BEGIN (the driver's loses updates), WAL, durable commits, foreign keys."""

    def connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        if query_only:
            cursor.execute("PRAGMA query_only = ON")
        cursor.close()

    def began(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine.sync_engine, "connect", connected)
    event.listen(engine.sync_engine, "begin", began)
