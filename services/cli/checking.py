"""`vanban doctor`: what is installed, in which version, what is missing and the line that installs it."""

import typer

from services.cli.console import out, print_json, printable
from services.cli.exits import EXIT_CODES
from services.cli.options import AsJson, DataDir, settings_of
from services.core.doctor import Check, examine
from services.core.errors import MissingProgramError, SettingsError
from services.core.settings import Settings

_SIGNS = {"ok": "ok     ", "optional": "not there", "missing": "MISSING"}


def doctor(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Say what is installed, what is missing, and how to get it. The exit code is 0 when nothing needed is missing."""
    settings = settings_of(data_dir)
    checks = [*examine(settings), _synonyms(settings)]
    if as_json:
        print_json([check.model_dump(mode="json") for check in checks])
    else:
        for check in checks:
            out.print(f"{_SIGNS[check.state]:9} {check.name:18} {printable(check.found)}")
            if check.fix:
                out.print(f"{'':28} -> {check.fix}")
    if any(check.state == "missing" for check in checks):
        raise typer.Exit(EXIT_CODES[MissingProgramError])


def _synonyms(settings: Settings) -> Check:
    try:
        from services.search import Synonyms  # only here: `doctor` runs where a library of searching is broken

        rules = Synonyms.load(settings.synonyms_file).rules
    except ImportError as error:
        return Check(name="synonyms", state="optional", found=f"not looked at: {error}")
    except SettingsError as error:
        fix = "correct the file: a running archive uses the last one it could read, a new one does not start"
        return Check(name="synonyms", state="missing", found=str(error), fix=fix)
    return Check(name="synonyms", state="ok", found=f"{len(rules)} words with others that stand for them")
