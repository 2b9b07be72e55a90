"""`vanban doctor`: what is installed, in which version, what is missing and the line that installs it."""

import typer

from services.cli.console import out, print_json, printable
from services.cli.exits import EXIT_CODES
from services.cli.options import AsJson, DataDir, settings_of
from services.core.doctor import examine
from services.core.errors import MissingProgramError

_SIGNS = {"ok": "ok     ", "optional": "not there", "missing": "MISSING"}


def doctor(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Say what is installed, what is missing, and how to get it. The exit code is 0 when nothing needed is missing."""
    checks = examine(settings_of(data_dir))
    if as_json:
        print_json([check.model_dump(mode="json") for check in checks])
    else:
        for check in checks:
            out.print(f"{_SIGNS[check.state]:9} {check.name:18} {printable(check.found)}")
            if check.fix:
                out.print(f"{'':28} -> {check.fix}")
    if any(check.state == "missing" for check in checks):
        raise typer.Exit(EXIT_CODES[MissingProgramError])
