"""Bring the catalogue to the schema of this version, one process at a time."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, func, select

from services.archive.database import Database, translated
from services.core.errors import SettingsError

MIGRATION_LOCK = 0x76616E62616E02  # "vanban", 2
_FOLDER = Path(__file__).parent / "migrations"


def alembic_config(connection: Connection) -> Config:
    """Return Alembic's configuration for our migrations on this connection."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


async def bring_up_to_date(database: Database) -> None:
    """Run all missing migrations in one transaction; a second process waits for it and then finds nothing to do.

    SQLite: `BEGIN IMMEDIATE` keeps others out; PostgreSQL: an advisory lock. Raises SettingsError for a catalogue
    that a newer version wrote.
    """
    with translated():
        async with database.writer.begin() as conn:
            if not database.sqlite:
                await conn.execute(select(func.pg_advisory_xact_lock(MIGRATION_LOCK)))
            await conn.run_sync(_upgrade)


async def require_up_to_date(database: Database) -> None:
    """Raise SettingsError unless the catalogue has exactly the schema of this version."""
    async with database.read() as conn:
        current = await conn.run_sync(lambda c: MigrationContext.configure(c).get_current_revision())
    head = ScriptDirectory(str(_FOLDER)).get_current_head()
    if current != head:
        raise SettingsError(
            f"The catalogue has schema {current}, this version needs {head}. Start `vanban up` once to migrate it.",
            current=current,
            needed=head,
        )


def _upgrade(connection: Connection) -> None:
    try:
        command.upgrade(alembic_config(connection), "head")
    except CommandError as error:
        raise SettingsError(
            f"The catalogue was written by another version of vanban ({error}). Install that version or a newer one."
        ) from error
