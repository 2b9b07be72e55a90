"""The commands, and how every one of them ends."""

import sys
from collections.abc import Callable
from importlib.metadata import version
from typing import Annotated

import typer

from services.cli.checking import doctor
from services.cli.console import say
from services.cli.exits import INTERRUPTED, exit_code
from services.cli.imports import import_file
from services.cli.ingest import ingest
from services.cli.looking import batch, reindex, retry, show, status
from services.cli.reading import read
from services.cli.searching import search
from services.cli.upping import up
from services.core.errors import VanbanError
from services.core.messages import reason_sentences
from services.core.messages import say as sentence

app = typer.Typer(
    name="vanban",
    help="An archive that reads: scanned Vietnamese official documents in, records and full-text search out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_COMMANDS: dict[str, Callable[..., None]] = {
    "up": up,
    "ingest": ingest,
    "import": import_file,
    "search": search,
    "status": status,
    "show": show,
    "batch": batch,
    "retry": retry,
    "reindex": reindex,
    "read": read,
    "doctor": doctor,
}
for _name, _command in _COMMANDS.items():
    app.command(_name)(_command)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"vanban {version('vanban')}")
        raise typer.Exit


@app.callback()
def _options(
    show_version: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True)] = False,
) -> None:
    del show_version


def main() -> None:
    """Run the command line; the exit code follows the table in services.cli.exits."""
    try:
        app()
    except VanbanError as error:
        say(f"vanban: {message_of(error)}")
        sys.exit(exit_code(error))
    except KeyboardInterrupt:
        say("Stopped.")
        sys.exit(INTERRUPTED)


def message_of(error: VanbanError) -> str:
    """Return what the error says; one that carries only a code gets that code's sentence."""
    text = str(error)
    return sentence(error.reason, "en") if text == error.code and text in reason_sentences("en") else text
