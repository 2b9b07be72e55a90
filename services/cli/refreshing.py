"""`vanban refresh`: records made again from the words that were read."""

import asyncio
from typing import Annotated

import typer

from services.archive import Archive
from services.cli.console import print_json, say, ticker
from services.cli.exits import DONE, FILES_FAILED, INTERRUPTED
from services.cli.options import AsJson, DataDir, me, settings_of
from services.cli.pace import Pace
from services.cli.session import opened, somebody_works, stop_on_signal
from services.core.errors import InvalidInputError
from services.core.settings import Settings
from services.fields import Taxonomy
from workers.refreshing import RefreshReport
from workers.refreshing import refresh as make_again


def refresh(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Only these documents.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also what the rules in force have made.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Make records and topics again, without reading a page again.

    After an upgrade, or an edit of the taxonomy, this makes anew what older rules made. Corrections stay. A run that
    is stopped is taken up by the next.
    """
    if ids and everything:
        raise InvalidInputError("Name documents, or give --all, not both.")
    raise typer.Exit(asyncio.run(_refresh(settings_of(data_dir), ids or None, everything=everything, as_json=as_json)))


async def _refresh(settings: Settings, ids: list[str] | None, *, everything: bool, as_json: bool) -> int:
    taxonomy = Taxonomy.load(settings.taxonomy_file)
    async with opened(settings) as archive:
        if everything:
            await archive.work.outdate()
        sources = None if ids is None else await _sources(archive, ids)
        with stop_on_signal() as stop, ticker("Making records again") as shown:
            pace = Pace(shown, "files")
            report = await make_again(archive, taxonomy, stop, sources=sources, progress=pace.update)
        if as_json:
            print_json(report)
        await _tell(archive, settings, report, pace)
        if stop.is_set() and report.left:
            return INTERRUPTED
        return FILES_FAILED if report.failed else DONE


async def _sources(archive: Archive, ids: list[str]) -> list[str]:
    """Return the sources of documents, each once, in the order named; NotFoundError."""
    return list(dict.fromkeys([(await archive.documents.get(me(), i)).source_id for i in ids]))


async def _tell(archive: Archive, settings: Settings, report: RefreshReport, pace: Pace) -> None:
    for source_id in report.failed:
        say(f"{source_id}: no record could be made; the one it has stays. The log says why.")
    say(f"Records were made again: {pace.summary()}.")
    if report.fingerprints:
        say(f"{report.fingerprints} documents got the fingerprint by which rescans are found.")
    if report.left:
        say(f"{report.left} files are left. `vanban refresh` takes them up.")
    status = await archive.account.status(me())
    if status.indexed < status.documents and not await somebody_works(settings):
        say("What changed can be searched once `vanban up` runs.")
