"""`vanban check`: blobs, catalogue and index agree and hashes match; what is derived can be mended."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import typer
from pydantic import Field

from services.archive import Archive
from services.archive.checking import Finding, Progress, Severity
from services.cli.console import Ticker, out, print_json, printable, say, ticker
from services.cli.exits import DONE, EXIT_CODES, NOT_SOUND
from services.cli.options import AsJson, DataDir, me, settings_of
from services.cli.pace import Pace, duration
from services.cli.session import opened, somebody_works
from services.core.errors import InvalidInputError, UnavailableError
from services.core.messages import say as sentence
from services.core.model import Model
from services.core.settings import Settings
from services.search import SearchEngine, open_engine
from services.search.checking import REBUILT, check_index, mend_index
from workers.reindexing import rebuild_index

_LISTED = 20  # of one code; --json lists all
_HARMLESS = Severity.ORPHAN  # takes room, and nothing is wrong


class Reported(Finding):
    """A finding with its sentence; `mended` says, after `--repair`, that it is, or that the work for it is queued."""

    message: str
    mended: bool = False


class CheckReport(Model):
    """What `vanban check --json` prints."""

    sound: bool = Field(description="Nothing is lost, damaged or wrong, or all of it was mended; orphans do not count.")
    quick: bool
    repair: bool
    index_checked: bool = Field(description="False where the search engine does not answer.")
    seconds: float
    counts: dict[Severity, int]
    findings: tuple[Reported, ...]


def check(
    quick: Annotated[
        bool, typer.Option("--quick", help="Read no file: only look that it is there, and its size.")
    ] = False,
    repair: Annotated[bool, typer.Option("--repair", help="Mend what can be made again from what is there.")] = False,
    orphans: Annotated[
        bool, typer.Option("--orphans", help="With --repair: delete what nothing needs any more.")
    ] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Look whether everything the archive should hold is there and whole, and agrees. It may run meanwhile.

    Originals and what people entered are never changed. The exit code is 21 where something is wrong and not mended.
    """
    if orphans and not repair:
        raise InvalidInputError("--orphans goes with --repair.")
    settings = settings_of(data_dir)
    report = asyncio.run(_check(settings, quick=quick, repair=repair, orphans=orphans))
    if as_json:
        print_json(report)
    else:
        _show(report)
    if not report.sound:
        raise typer.Exit(NOT_SOUND)
    raise typer.Exit(DONE if report.index_checked else EXIT_CODES[UnavailableError])


async def _check(settings: Settings, *, quick: bool, repair: bool, orphans: bool) -> CheckReport:
    began = time.monotonic()
    async with opened(settings) as archive:
        with ticker("Checking") as shown:
            progress = _progress(shown)
            found = [each async for each in archive.checks.run(quick=quick, progress=progress)]
            of_index, looked = await _of_index(settings, archive, progress, quick=quick)
        mended = await _mend(settings, archive, found, orphans=orphans) if repair else set()
        if repair and of_index:
            await _mend_index(settings, archive, of_index)
            mended |= {id(each) for each in of_index}
        if mended and not await somebody_works(settings):
            say("What has to be read or made again waits: it is done once `vanban up` runs.")
    findings = tuple(_reported(each, settings, mended=id(each) in mended) for each in (*found, *of_index))
    return CheckReport(
        sound=all(each.mended or each.severity is _HARMLESS for each in findings),
        quick=quick,
        repair=repair,
        index_checked=looked,
        seconds=round(time.monotonic() - began, 1),
        counts={severity: sum(each.severity is severity for each in findings) for severity in Severity},
        findings=findings,
    )


def _progress(shown: Ticker) -> Progress:
    """Show each kind of thing with a pace of its own."""
    paces: dict[str, Pace] = {}

    def tell(what: str, done: int, total: int) -> None:
        paces.setdefault(what, Pace(shown, what)).update(done, total)

    return tell


async def _of_index(
    settings: Settings, archive: Archive, progress: Progress, *, quick: bool
) -> tuple[list[Finding], bool]:
    """Return what is wrong with the index, and whether it could be looked at."""
    try:
        async with _engine(settings, write=False) as engine:
            return [each async for each in check_index(archive, engine, progress, quick=quick)], True
    except UnavailableError as error:
        say(f"The index was not looked at: {error} Start `vanban up`, then check again.")
        return [], False


async def _mend(settings: Settings, archive: Archive, found: list[Finding], *, orphans: bool) -> set[int]:
    mended = set()
    with ticker("Repairing") as shown:
        for number, each in enumerate(found, 1):
            if await archive.checks.mend(me(), each, orphans=orphans):
                mended.add(id(each))
            shown.update(number, total=len(found))
    return mended


async def _mend_index(settings: Settings, archive: Archive, found: list[Finding]) -> None:
    if any(each.code in REBUILT for each in found):
        with ticker("Indexing") as shown:
            await rebuild_index(settings, archive, Pace(shown, "documents").update)
        return
    async with _engine(settings, write=True) as engine:
        await mend_index(archive, engine, found)


@asynccontextmanager
async def _engine(settings: Settings, *, write: bool) -> AsyncIterator[SearchEngine]:
    engine = await open_engine(settings, write=write)
    try:
        yield engine
    finally:
        await engine.close()


def _reported(found: Finding, settings: Settings, *, mended: bool) -> Reported:
    return Reported(**found.model_dump(), message=sentence(found.reason, settings.locale), mended=mended)


def _show(report: CheckReport) -> None:
    shown: Counter[str] = Counter()
    for severity in Severity:
        for each in (each for each in report.findings if each.severity is severity):
            shown[each.code] += 1
            if shown[each.code] <= _LISTED:
                note = "  [mended]" if each.mended else ""
                out.print(f"{severity.value:8} {each.code:22} {printable(each.message)}{note}")
    for code, count in shown.items():
        if count > _LISTED:
            out.print(f"... and {count - _LISTED} more of {code}; --json lists all.")
    counts = ", ".join(f"{count} {severity.value}" for severity, count in report.counts.items() if count)
    verdict = "The archive is sound" if report.sound else "The archive is NOT sound"
    repaired = f", {sum(each.mended for each in report.findings)} mended or queued" if report.repair else ""
    out.print(f"{verdict}: {counts or 'nothing found'}{repaired} ({duration(report.seconds)}).")
