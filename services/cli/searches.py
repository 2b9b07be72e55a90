"""`vanban searches`: the saved searches, and what one of them found."""

import asyncio
from collections.abc import Sequence
from typing import Annotated

import typer

from services.cli.console import out, print_json, printable, say
from services.cli.options import AsJson, DataDir, me, settings_of
from services.cli.session import opened
from services.core.settings import Settings
from services.core.watching import NewDocuments, SavedSearch


def searches(
    search_id: Annotated[str | None, typer.Argument(help="Id of a search: list what it found.")] = None,
    since: Annotated[str | None, typer.Option(help="`next` of the answer before.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many documents.")] = 100,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """List the saved searches with how many documents are new, or what one found, the oldest first."""
    settings = settings_of(data_dir)
    if search_id is None:
        saved = asyncio.run(_list(settings))
        if as_json:
            print_json([search.model_dump(mode="json") for search in saved])
            return
        for search in saved:
            out.print(f"{search.id}  {search.new:>5} new of {search.found}  {printable(search.name)}")
        if not saved:
            say("No search is saved yet: the search page and POST /api/v1/searches save one.")
        return
    found = asyncio.run(_new(settings, search_id, since, limit))
    if as_json:
        print_json(found)
        return
    for new in found.items:
        named = "  ".join(part for part in (new.document.symbol, new.document.subject) if part)
        out.print(f"{new.found_at:%Y-%m-%d %H:%M}  {new.document.id}  {printable(named)}")
    say(f"What comes later: vanban searches {search_id} --since {found.next}")


async def _list(settings: Settings) -> Sequence[SavedSearch]:
    async with opened(settings) as archive:
        return await archive.searches.list(me())


async def _new(settings: Settings, search_id: str, since: str | None, limit: int) -> NewDocuments:
    async with opened(settings) as archive:
        return await archive.searches.new(me(), search_id, since, limit)
