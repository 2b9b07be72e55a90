"""`vanban split`: say which pages of a file are which document."""

import asyncio
from collections.abc import Sequence
from typing import Annotated

import typer

from services.cli.console import out, print_json, printable, say
from services.cli.options import AsJson, DataDir, me, settings_of
from services.cli.session import opened, somebody_works
from services.core.errors import InvalidInputError
from services.core.model import PageRun, SourceSplit
from services.core.page_runs import parse_runs, run_text
from services.core.settings import Settings


def split(
    source_id: Annotated[str, typer.Argument(metavar="SOURCE_ID", help="Id of a source: `vanban show` names it.")],
    runs: Annotated[
        list[str] | None,
        typer.Argument(metavar="RUN...", help="Pages of each document: 1-2 3-7; without, what holds now is shown."),
    ] = None,
    automatic: Annotated[bool, typer.Option("--automatic", help="Leave it to the machine again.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Cut a file into documents by hand, or show how it is cut."""
    if runs and automatic:
        raise InvalidInputError("Name runs of pages or --automatic, not both.")
    wanted = parse_runs(" ".join(runs)) if runs else None
    settings = settings_of(data_dir)
    shown = asyncio.run(_split(settings, source_id, wanted, change=bool(runs) or automatic))
    if as_json:
        print_json(shown)
    else:
        show_split(shown)


async def _split(settings: Settings, source_id: str, runs: Sequence[PageRun] | None, *, change: bool) -> SourceSplit:
    async with opened(settings) as archive:
        if not change:
            return await archive.documents.split_of(me(), source_id)
        split = await archive.documents.split(me(), source_id, runs)
        if split.pending and not await somebody_works(settings):
            say("Nobody works now: the documents are made once `vanban up` runs.")
        return split


def show_split(split: SourceSplit) -> None:
    """Print the documents of a source, and who cut it so."""
    how = f"by {printable(split.by)} at {split.at:%Y-%m-%d %H:%M}" if split.by and split.at else "by the machine"
    out.print(f"{split.pages} pages, split {how}")
    for document in split.documents:
        out.print(f"  {run_text(document.first_page, document.last_page):>9}  {document.id}")
    if split.pending:
        wanted = ", ".join(run_text(run.first_page, run.last_page) for run in split.runs or ())
        out.print(f"  being made anew: {wanted or 'as the machine finds them'}")
