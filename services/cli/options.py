"""What every command takes, and whom it acts for."""

import getpass
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from services.core.model import Principal, local_principal
from services.core.settings import Settings, load_settings

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Where the archive lives [env VANBAN_DATA_DIR; default ~/.local/share/vanban]."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON in the API's own shape.")]


def me() -> Principal:
    """Return the one who sits at this terminal; the log says by which account of the machine."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container may run under a number that has no name
        user = str(os.getuid())
    return local_principal(f"cli {user}")


def settings_of(data_dir: Path | None, **flags: Any) -> Settings:
    """Build the settings: flag over environment over data directory."""
    return load_settings(data_dir=data_dir, **flags)
