"""`vanban aliases`: what corrections taught of names, to list and to forget."""

import asyncio
from typing import Annotated

import typer

from services.cli.console import out, print_json, printable, say
from services.cli.options import AsJson, DataDir, me, settings_of
from services.cli.session import opened
from services.core.model import Alias
from services.core.settings import Settings


def aliases(
    forget: Annotated[int | None, typer.Option(min=1, help="Id of an alias to forget.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """List the names that people put in the place of what was read; `vanban refresh` applies them to what is there."""
    found = asyncio.run(_do(settings_of(data_dir), forget))
    if as_json:
        print_json([alias.model_dump(mode="json") for alias in found])
        return
    for alias in found:
        state = "sure" if alias.sure else "to confirm"
        out.print(f"{alias.id:>5}  {alias.kind}  {printable(alias.reading)} -> {printable(alias.name)}", end="")
        out.print(f"  ({alias.seen} documents, {state})")
    if not found:
        say("No correction of a name that was read otherwise yet.")


async def _do(settings: Settings, forget: int | None) -> list[Alias]:
    async with opened(settings) as archive:
        if forget is not None:
            await archive.learning.forget(me(), forget)
        return await archive.learning.list(me())
