"""`vanban export`: everything that answers a query, as one file."""

import asyncio
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from services.cli.console import say, ticker
from services.cli.options import DataDir, me, settings_of
from services.cli.querying import one_of, takes_query
from services.cli.session import opened, search_service
from services.core.errors import InvalidInputError
from services.core.settings import Settings
from services.core.trace import Access
from services.export import ExportFile, ExportFormat, Exports, RegisterName
from services.search import SearchQuery

_STANDARD_OUTPUT = Path("-")
_FORMATS = tuple(ExportFormat)
_REGISTERS = tuple(RegisterName)


@takes_query
def export(
    asked: SearchQuery,
    format_: Annotated[str, typer.Option("--format", help=f"{', '.join(_FORMATS)}.")] = ExportFormat.CSV,
    register: Annotated[str, typer.Option(help=f"{', '.join(_REGISTERS)} (csv, xlsx, docx).")] = RegisterName.LIST,
    out: Annotated[
        Path | None,
        typer.Option(help="The file, - for standard output; by default a name of its own here.", show_default=False),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Write all documents of a query into one file: a list, a register of NĐ 30/2020, JSON lines or edXML."""
    chosen = ExportFormat(one_of("--format", format_, _FORMATS))
    named = RegisterName(one_of("--register", register, _REGISTERS))
    if out == _STANDARD_OUTPUT and sys.stdout.isatty() and chosen is not ExportFormat.NDJSON:
        raise InvalidInputError("The terminal shows no such file: name one with --out, or send the output elsewhere.")
    asyncio.run(_export(settings_of(data_dir), asked, chosen, named, out))


async def _export(
    settings: Settings, asked: SearchQuery, format_: ExportFormat, register: RegisterName, out: Path | None
) -> None:
    from services.web.schemas import DocumentView  # the web's libraries are slow to load

    async with opened(settings) as archive, search_service(settings, archive) as search:
        with ticker("Exporting") as shown:
            exports = Exports(search, settings, DocumentView.of, archive.documents.followed)
            file = await exports.export(
                me(), asked, format_, register, lambda done, total: shown.update(done, "documents", total)
            )
            archive.trace.note(me(), Access.EXPORTED, "list", "", format=format_.value, register=register.value)
            path = out or Path(file.name)
            await _take(file, path)
    if path != _STANDARD_OUTPUT:
        say(f"Written: {path}")


async def _take(file: ExportFile, path: Path) -> None:
    """Write the file to its place at once and whole: a file that is there already stays until then."""
    if path == _STANDARD_OUTPUT:
        await _copy(file, sys.stdout.buffer)
        return
    part = path.with_name(f"{path.name}.part")
    try:
        with ExitStack() as stack:
            stack.callback(part.unlink, missing_ok=True)
            with part.open("wb") as target:
                await _copy(file, target)
            part.replace(path)
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be written ({error}). Name another file with --out.") from error


async def _copy(file: ExportFile, target: BinaryIO) -> None:
    async for chunk in file.chunks:
        target.write(chunk)
    target.flush()
