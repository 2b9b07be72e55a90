"""`vanban missing`: the documents that others cite and that the archive does not have."""

import asyncio
from typing import Annotated

import typer

from services.archive import Page
from services.cli.console import out, print_json, printable, say
from services.cli.options import AsJson, DataDir, me, settings_of
from services.cli.session import opened
from services.core.model import MissingDocument
from services.core.settings import Settings


def missing(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 20,
    cursor: Annotated[str | None, typer.Option(help="`next` of the answer before.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """List the documents that others cite and that the archive does not have, the most cited first."""
    found = asyncio.run(_missing(settings_of(data_dir), limit, cursor))
    if as_json:
        print_json(found)
        return
    for one in found.items:
        named = ", ".join(part for part in (one.symbol, one.issuer, str(one.issued_on or one.year or "")) if part)
        citing = ", ".join(ref.symbol or ref.id for ref in one.cited_by)
        out.print(f"{one.count:>6}  {printable(named)}  (cited by {printable(citing)})")
    if found.next:
        say(f"More: vanban missing --cursor {found.next}")


async def _missing(settings: Settings, limit: int, cursor: str | None) -> Page[MissingDocument]:
    async with opened(settings) as archive:
        return await archive.documents.missing(me(), limit=limit, cursor=cursor)
