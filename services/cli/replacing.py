"""`vanban replace`: a better scan for a document that is in the archive."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from services.cli.ingest import finish
from services.cli.options import AsJson, DataDir, me, settings_of
from services.cli.session import opened, stop_on_signal
from services.core.errors import InvalidInputError
from services.core.settings import Settings


def replace(
    document_id: Annotated[str, typer.Argument(metavar="ID", help="Id of the document.")],
    file: Annotated[Path, typer.Argument(help="The better scan: PDF, TIFF, JPEG, PNG.")],
    wait: Annotated[bool, typer.Option("--wait", help="Return when the new scan is in force.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Send a better scan of a document: once it is read, id, corrections and links move to it; the old one is kept."""
    if not file.is_file():
        raise InvalidInputError(f"{ascii(str(file))[1:-1]} is no file. Check the name; nothing was sent.")
    raise typer.Exit(asyncio.run(_replace(settings_of(data_dir), document_id, file, wait=wait, as_json=as_json)))


async def _replace(settings: Settings, document_id: str, file: Path, *, wait: bool, as_json: bool) -> int:
    async with opened(settings) as archive:
        with stop_on_signal() as stop:
            item = await archive.intake.replace_path(me(), document_id, file)
            return await finish(archive, settings, item.batch_id, stop, wait=wait, as_json=as_json)
