"""`vanban audit`: who did or looked at what, when and from where, and whether the log is whole."""

import asyncio
import datetime as dt
import sys
from functools import partial
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import typer

from services.archive import Archive, log_heads
from services.archive.checking import Finding
from services.cli.console import Ticker, out, print_json, printable, say, ticker
from services.cli.exits import DONE, NOT_SOUND
from services.cli.options import AsJson, DataDir, me, settings_of
from services.cli.session import opened
from services.core.errors import InvalidInputError
from services.core.messages import say as sentence
from services.core.model import JSON, Event
from services.core.settings import Settings
from services.core.trace import LogFilter, LogHead, LogKind

Action = Literal["list", "verify", "export"]
_FORMS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]


def audit(
    action: Annotated[Action, typer.Argument(help="list (the newest lines), verify (the chain), export (NDJSON).")],
    who: Annotated[str, typer.Option(help="Only what this account did, or a key (its beginning, vbk_...).")] = "",
    of: Annotated[str, typer.Option(help="Only what was done to this: an id; of a document, its file too.")] = "",
    since: Annotated[dt.datetime | None, typer.Option(formats=_FORMS, help="Only from this day or moment on.")] = None,
    until: Annotated[dt.datetime | None, typer.Option(formats=_FORMS, help="Only before this day or moment.")] = None,
    kind: Annotated[LogKind | None, typer.Option(help="Only changes, sign-ins or accesses.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="For list: at most so many lines.")] = 50,
    backup: Annotated[
        Path | None, typer.Option(metavar="DIR", help="For verify: hold the log against each snapshot in DIR too.")
    ] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Read the log of everything that was changed or looked at, hold it against itself, or take it along.

    Days and moments are those of the archive's time zone.
    """
    if backup is not None and action != "verify":
        raise InvalidInputError("--backup goes with `vanban audit verify`.")
    settings = settings_of(data_dir)
    if action == "verify":
        raise typer.Exit(asyncio.run(_verify(settings, backup, as_json=as_json)))
    zone = ZoneInfo(settings.timezone)
    wanted = LogFilter(who, of, since and since.replace(tzinfo=zone), until and until.replace(tzinfo=zone), kind)
    if action == "export":
        asyncio.run(_export(settings, wanted))
        return
    found = asyncio.run(_list(settings, wanted, limit))
    if as_json:
        print_json([line.model_dump(mode="json") for line in found])
        return
    for line in found:
        out.print(_shown(line, zone))


async def _list(settings: Settings, wanted: LogFilter, limit: int) -> tuple[Event, ...]:
    async with opened(settings) as archive:
        return (await archive.events.search(me(), wanted, limit=limit)).items


async def _export(settings: Settings, wanted: LogFilter) -> None:
    async with opened(settings) as archive:
        async for line in archive.events.each(me(), wanted):
            sys.stdout.write(line.model_dump_json() + "\n")


async def _verify(settings: Settings, backup: Path | None, *, as_json: bool) -> int:
    heads = await log_heads(backup) if backup is not None else {}
    async with opened(settings) as archive:
        with ticker("Verifying") as shown:
            broken = [found async for found in archive.checks.run_log(progress=partial(_step, shown))]
        head = await archive.events.head(me())
        other = await _not_held(archive, heads)
    if as_json:
        print_json(
            {
                "whole": not broken and not other,
                "head": head.model_dump(),
                "findings": [found.model_dump(mode="json") for found in broken],
                "not_held": list[JSON](other),
            }
        )
    else:
        _tell(settings, head, broken, other, len(heads))
    return NOT_SOUND if broken or other else DONE


def _step(shown: Ticker, _: str, done: int, total: int) -> None:
    shown.update(done, "lines", total)


async def _not_held(archive: Archive, heads: dict[str, LogHead]) -> list[str]:
    return [name for name, head in heads.items() if not await archive.events.holds(me(), head)]


def _tell(settings: Settings, head: LogHead, broken: list[Finding], other: list[str], snapshots: int) -> None:
    for found in broken:
        out.print(f"{found.code:14} {sentence(found.reason, settings.locale)}")
    for name in other:
        out.print(f"not_held       The snapshot {name} ends with a line that the log does not have any more.")
    if not broken and not other:
        held = f", and goes on from each of {snapshots} snapshots" if snapshots else ""
        out.print(f"The log is whole{held}.")
    say(f"Its last line: {head.seq} {head.hash}. Kept elsewhere, it proves later that nothing up to it was changed.")


def _shown(line: Event, zone: ZoneInfo) -> str:
    where = " ".join(part for part in (line.origin, line.address) if part)
    details = " ".join(f"{key}={value}" for key, value in line.details.items())
    what = f"{line.action} {line.subject_id}".rstrip()
    parts = (f"{line.seq:>8}", f"{line.at.astimezone(zone):%Y-%m-%d %H:%M:%S}", line.who, f"({where})", what, details)
    return printable("  ".join(part for part in parts if part))
