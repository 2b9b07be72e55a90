"""`vanban access`: who may see a document."""

import asyncio
from typing import Annotated

import typer

from services.cli.console import print_json, say
from services.cli.options import AsJson, DataDir, me, settings_of
from services.cli.session import opened
from services.core.model import Document, Level
from services.core.settings import Settings


def access(
    document: Annotated[str, typer.Argument(help="Id of the document.")],
    level: Annotated[Level | None, typer.Argument(help="The level to put it on.")] = None,
    collection: Annotated[str | None, typer.Option(help="The collection to put it into.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Show the access level and collection of a document, or change them; the index follows within seconds."""
    found = asyncio.run(_do(settings_of(data_dir), document, level, collection))
    if as_json:
        print_json({"id": found.id, "access": found.access, "collection": found.collection})
    else:
        say(f"{found.id}  {found.access}  {found.collection}")


async def _do(settings: Settings, document_id: str, level: Level | None, collection: str | None) -> Document:
    async with opened(settings) as archive:
        if level is None and collection is None:
            return await archive.documents.get(me(), document_id)
        return await archive.documents.set_access(me(), document_id, level, collection=collection)
