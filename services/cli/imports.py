"""`vanban import`: documents that were read elsewhere, one JSON line each."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from services.cli.account import give_account
from services.cli.console import say, ticker
from services.cli.exits import INTERRUPTED
from services.cli.ingest import finish
from services.cli.options import AsJson, DataDir, me, settings_of
from services.cli.session import opened, stop_on_signal
from services.core.errors import InvalidInputError
from services.core.settings import Settings


def import_file(
    file: Annotated[Path, typer.Argument(help="JSON lines, - for standard input.")],
    wait: Annotated[bool, typer.Option("--wait", help="Return when every document can be found.")] = False,
    label: Annotated[str | None, typer.Option(help="What people call this batch.")] = None,
    priority: Annotated[int, typer.Option(min=-1000, max=1000, help="Higher is worked on earlier.")] = 0,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Take in documents that were read elsewhere.

    A line is {"id", "text" or "pages": [...], "record": {...}}; what `record` does not give is read from the text. The
    same id again is a new revision of the same document.
    """
    settings = settings_of(data_dir)
    with _lines(file) as lines:
        raise typer.Exit(
            asyncio.run(_import(settings, lines, label or _label(file), priority, wait=wait, as_json=as_json))
        )


async def _import(settings: Settings, lines: BinaryIO, label: str, priority: int, *, wait: bool, as_json: bool) -> int:
    async with opened(settings) as archive:
        with stop_on_signal() as stop:
            batch = await archive.intake.create_batch(me(), label=label, priority=priority)
            count = 0
            with ticker("Importing") as shown:
                for line in _whole_lines(lines, settings.limits.import_line_bytes):
                    if stop.is_set():
                        break
                    await archive.intake.import_line(me(), batch.id, line)
                    count += 1
                    shown.update(count, "documents")
            if stop.is_set():
                await give_account(archive, batch.id, settings.locale)
                say(f"Stopped: {count} lines were received and stay. Import the file again for the rest: ids are kept.")
                return INTERRUPTED
            return await finish(archive, settings, batch.id, stop, wait=wait, as_json=as_json)


def _whole_lines(lines: BinaryIO, limit_bytes: int) -> Iterator[str]:
    """Yield the lines that are not blank; of a line over the limit only so much that it is refused as too large."""
    while line := lines.readline(limit_bytes + 2):
        whole = line.endswith(b"\n")
        while not whole and len(line) > limit_bytes and (rest := lines.readline(1 << 20)):
            whole = rest.endswith(b"\n")
        if line.strip():
            yield line.decode("utf-8-sig", "surrogateescape")  # the archive refuses what is not UTF-8


@contextmanager
def _lines(file: Path) -> Iterator[BinaryIO]:
    if str(file) == "-":
        yield sys.stdin.buffer
        return
    try:
        with file.open("rb") as lines:
            yield lines
    except OSError as error:
        raise InvalidInputError(f"{file} cannot be read: {error.strerror}. Check the name.") from error


def _label(file: Path) -> str:
    return "import" if str(file) == "-" else file.name
