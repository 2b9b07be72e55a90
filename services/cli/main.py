"""The commands, and how every one of them ends."""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Annotated

import typer

from services.cli.console import say
from services.cli.exits import DONE, INTERRUPTED, exit_code
from services.core.errors import VanbanError
from services.core.messages import reason_sentences
from services.core.messages import say as sentence

_COMMANDS = {
    "up": "upping.up",
    "ingest": "ingest.ingest",
    "import": "imports.import_file",
    "dossier": "dossiers.dossier",
    "register": "registers.register",
    "search": "searching.search",
    "searches": "searches.searches",
    "export": "exporting.export",
    "status": "looking.status",
    "show": "looking.show",
    "split": "splitting.split",
    "replace": "replacing.replace",
    "batch": "looking.batch",
    "missing": "missing.missing",
    "task": "tasks.task",
    "aliases": "aliases.aliases",
    "access": "access.access",
    "retry": "looking.retry",
    "check": "check.check",
    "reindex": "looking.reindex",
    "refresh": "refreshing.refresh",
    "read": "reading.read",
    "lexicon": "lexicon.lexicon",
    "backup": "backups.backup",
    "restore": "backups.restore",
    "audit": "audit.audit",
    "user": "users.user",
    "key": "keys.key",
    "doctor": "checking.doctor",
}


def build_app(arguments: Sequence[str] = ()) -> typer.Typer:
    """Make the command line; where the arguments name a command, with that one only.

    So a command loads what it needs and nothing else: `doctor` runs where a library of the others is broken.
    """
    app = typer.Typer(
        name="vanban",
        help="An archive that reads: scanned Vietnamese official documents in, records and full-text search out.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    named = arguments[0] if arguments else ""
    for name in [named] if named in _COMMANDS else _COMMANDS:
        module, _, function = _COMMANDS[name].partition(".")
        app.command(name)(getattr(import_module(f"services.cli.{module}"), function))
    return app


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"vanban {version('vanban')}")
        raise typer.Exit


def _options(
    show_version: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True)] = False,
) -> None:
    del show_version


def main() -> None:
    """Run the command line of this process."""
    sys.exit(execute(sys.argv[1:]))


def execute(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code, which follows the table in services.cli.exits."""
    try:
        build_app(arguments)(list(arguments), prog_name="vanban")
    except VanbanError as error:
        say(f"vanban: {message_of(error)}")
        return exit_code(error)
    except KeyboardInterrupt:
        say("Stopped.")
        return INTERRUPTED
    except SystemExit as end:  # how the library ends a command
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return DONE


def message_of(error: VanbanError) -> str:
    """Return what the error says; one that carries only a code gets that code's sentence."""
    text = str(error)
    return sentence(error.reason, "en") if text == error.code and text in reason_sentences("en") else text
