"""Alembic at work on a connection. Imported only where a catalogue must change: its import takes a quarter second."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection

from services.core.errors import SettingsError

_FOLDER = Path(__file__).parent / "migrations"


def alembic_config(connection: Connection) -> Config:
    """Return Alembic's configuration for our migrations on this connection."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection) -> None:
    """Run all missing migrations; raises SettingsError for a catalogue that a newer version wrote."""
    try:
        command.upgrade(alembic_config(connection), "head")
    except CommandError as error:
        raise SettingsError(
            f"The catalogue was written by another version of vanban ({error}). Install that version or a newer one."
        ) from error
