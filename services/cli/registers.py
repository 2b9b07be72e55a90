"""`vanban register`: take in the book an office kept, and reconcile it with the archive."""

import asyncio
from pathlib import Path
from typing import Annotated, Literal

import typer

from services.archive import Reconciliation, Register
from services.cli.console import print_json, printable, say
from services.cli.exits import DONE, FILES_FAILED
from services.cli.options import AsJson, DataDir, me, settings_of
from services.cli.session import opened
from services.core.errors import InvalidInputError
from services.core.messages import Locale
from services.core.messages import say as sentence
from services.core.settings import Settings

SHOWN = 20


def register(
    action: Annotated[Literal["import", "show"], typer.Argument(help="import a FILE, or show a register by its ID.")],
    what: Annotated[str, typer.Argument(metavar="FILE|ID", help="CSV or XLSX; the id that import printed.")],
    kind: Annotated[
        Literal["incoming", "outgoing"] | None, typer.Option(help="Read off the columns where it is not given.")
    ] = None,
    office: Annotated[str | None, typer.Option(help="Whose register it is: the issuer of outgoing documents.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Take in an office's register, or hold one against the archive.

    Columns are known by their headings (NĐ 30/2020, PL IV): Ngày đến, Số đến, Tác giả, Số ký hiệu, Ngày tháng, Tên loại
    và trích yếu ... Rows become records without scans, or are matched with scans that are there or come later.
    """
    settings = settings_of(data_dir)
    if action == "show":
        raise typer.Exit(asyncio.run(_show(settings, what, as_json=as_json)))
    path = Path(what)
    try:
        with path.open("rb") as file:
            data = file.read(settings.limits.register_bytes + 1)
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be read: {error.strerror}. Check the name.") from error
    raise typer.Exit(asyncio.run(_import(settings, path.name, data, kind, office, as_json=as_json)))


async def _import(
    settings: Settings,
    name: str,
    data: bytes,
    kind: Literal["incoming", "outgoing"] | None,
    office: str | None,
    *,
    as_json: bool,
) -> int:
    async with opened(settings) as archive:
        taken = await archive.registers.take_in(me(), name, data, kind=kind, office=office)
        found = await archive.registers.reconcile(me(), taken.id)
    _give(found, settings.locale, as_json=as_json)
    return FILES_FAILED if taken.failed else DONE


async def _show(settings: Settings, register_id: str, *, as_json: bool) -> int:
    async with opened(settings) as archive:
        _give(await archive.registers.reconcile(me(), register_id), settings.locale, as_json=as_json)
    return DONE


def _give(found: Reconciliation, locale: Locale, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    say(_counts(found))
    for row in found.failures[:SHOWN]:
        place = f"{printable(row.sheet)}!{row.row}" if row.sheet else str(row.row)
        say(f"  row {place}: {sentence(row.reason, locale) if row.reason else ''}")
    for row in found.differing[:SHOWN]:
        for d in row.differences:
            values = f"{printable(d.register_value)!r} in the register, {printable(d.scan_value)!r} on the scan"
            say(f"  row {row.row}: {d.key} is {values}")
    for scan in found.without_row[:SHOWN]:
        say(f"  no row: {printable(scan.symbol or scan.subject or '')} ({scan.document_id})")


def _counts(found: Register) -> str:
    parts = f"{found.matched} matched with a scan, {found.imported} without one, {found.failed} not taken in"
    return f"Register {found.id} ({found.kind}, {printable(found.name)}): {found.rows} rows, {parts}."
