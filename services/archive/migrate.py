"""Bring the catalogue to the schema of this version, one process at a time."""

import re
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, column, func, inspect, select, table

from services.archive.database import Database, translated
from services.archive.sqlite_copy import copy_sqlite
from services.core.errors import SettingsError

BEFORE_UPGRADE = "catalogue.before-upgrade.sqlite3"
MIGRATION_LOCK = 0x76616E62616E02  # "vanban", 2
_VERSIONS = Path(__file__).parent / "migrations" / "versions"
_REVISION, _BELOW = (re.compile(rf'^{name} = "(\w+)"', re.MULTILINE) for name in ("revision", "down_revision"))
_VERSION_TABLE = table("alembic_version", column("version_num"))


@cache
def schema_needed() -> str:
    """Return the migration that none follows: the schema of this version."""
    files = [file.read_text(encoding="utf-8") for file in _VERSIONS.glob("[0-9]*_*.py")]
    (newest,) = {_REVISION.findall(file)[0] for file in files} - {r for file in files for r in _BELOW.findall(file)}
    return str(newest)


async def bring_up_to_date(database: Database) -> None:
    """Run all missing migrations in one transaction; a second process waits for it and then finds nothing to do.

    SQLite: `BEGIN IMMEDIATE` keeps others out; PostgreSQL: an advisory lock. A catalogue in SQLite is copied before,
    beside itself. Raises SettingsError for one that a newer version wrote.
    """
    if await _schema_found(database) == schema_needed():
        return
    from services.archive.upgrade import upgrade  # only here: every process opens a catalogue, one in a year changes it

    with translated():
        async with database.writer.begin() as conn:
            if not database.sqlite:
                await conn.execute(select(func.pg_advisory_xact_lock(MIGRATION_LOCK)))
            elif _is_older(await conn.run_sync(schema_of)):  # asked again: another process may have been quicker
                await _keep_copy(Path(str(database.writer.url.database)))
            await conn.run_sync(upgrade)


def _is_older(found: str | None) -> bool:
    return found is not None and found < schema_needed()


async def _keep_copy(catalogue: Path) -> None:
    """Keep the catalogue as it is before the migration, in place of the copy that the last one left."""
    part = catalogue.with_name(BEFORE_UPGRADE + ".part")
    part.unlink(missing_ok=True)
    await copy_sqlite(str(catalogue), part)
    part.replace(catalogue.with_name(BEFORE_UPGRADE))


async def require_up_to_date(database: Database) -> None:
    """Raise SettingsError unless the catalogue has exactly the schema of this version."""
    found, needed = await _schema_found(database), schema_needed()
    if found != needed:
        raise SettingsError(
            f"The catalogue has schema {found}, this version needs {needed}. Start `vanban up` once to migrate it.",
            current=found,
            needed=needed,
        )


async def _schema_found(database: Database) -> str | None:
    async with database.read() as conn:
        return await conn.run_sync(schema_of)


def schema_of(connection: Connection) -> str | None:
    """Return the number of the last migration of a catalogue, None where it has no tables yet."""
    if not inspect(connection).has_table(_VERSION_TABLE.name):
        return None
    found: str | None = connection.execute(select(_VERSION_TABLE.c.version_num)).scalar_one_or_none()
    return found
