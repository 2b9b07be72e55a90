"""`vanban dossier`: documents that belong together, in order; closed ones are locked."""

import asyncio
from typing import Annotated, Literal

import typer
from pydantic import ValidationError

from services.archive import Archive
from services.cli.console import out, print_json, printable
from services.cli.options import AsJson, DataDir, me, settings_of
from services.cli.session import opened
from services.core.errors import InvalidInputError
from services.core.model import Document, Dossier, DossierForm
from services.core.settings import Settings

Action = Literal["list", "new", "show", "put", "take", "lock", "unlock"]
_NAMED: dict[str, int] = {"list": 0, "new": 0, "show": 1, "put": 2, "take": 2, "lock": 1, "unlock": 1}


def dossier(
    action: Annotated[Action, typer.Argument(help="What to do.")],
    ids: Annotated[
        list[str] | None, typer.Argument(help="Id of the dossier; for put and take also of a document.")
    ] = None,
    code: Annotated[str | None, typer.Option(help="For new: number and symbol, such as 01.TCCB.")] = None,
    title: Annotated[str | None, typer.Option(help="For new: what it is about.")] = None,
    retention: Annotated[str | None, typer.Option(help="For new: how long it is kept.")] = None,
    fonds: Annotated[str | None, typer.Option(help="For new: the fonds that it belongs to.")] = None,
    year: Annotated[int | None, typer.Option(help="For new: its year.")] = None,
    position: Annotated[
        int | None, typer.Option(min=1, help="For put: place in the order; the end without one.")
    ] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Keep dossiers (hồ sơ): list, open (new), show, put documents in, take them out, lock and unlock."""
    named = ids or []
    if len(named) != _NAMED[action]:
        raise InvalidInputError(f"`vanban dossier {action}` takes {_NAMED[action]} ids, not {len(named)}.")
    form = _form(code=code, title=title, retention=retention, fonds=fonds, year=year) if action == "new" else None
    found, documents = asyncio.run(_do(settings_of(data_dir), action, named, form, position))
    if as_json:
        print_json([d.model_dump(mode="json") for d in found] if action == "list" else found[0])
        return
    for one in found:
        locked = ", locked" if one.state == "locked" else ""
        out.print(f"{one.id}  {printable(one.code)}  {printable(one.title)} ({one.documents} documents{locked})")
    for number, document in enumerate(documents, start=1):
        record = document.record
        out.print(f"{number:>4}  {document.id}  {printable(record.symbol or '')}  {printable(record.subject or '')}")


async def _do(
    settings: Settings, action: Action, ids: list[str], form: DossierForm | None, position: int | None
) -> tuple[list[Dossier], list[Document]]:
    async with opened(settings) as archive:
        dossiers, p = archive.dossiers, me()
        match action:
            case "list":
                return await _all(archive), []
            case "new":
                assert form is not None
                return [await dossiers.create(p, form)], []
            case "show":
                return [await dossiers.get(p, ids[0])], await _contents(archive, ids[0])
            case "put":
                return [await dossiers.put(p, ids[0], ids[1], position=position)], []
            case "take":
                return [await dossiers.take_out(p, ids[0], ids[1])], []
            case "lock" | "unlock":
                state = "locked" if action == "lock" else "open"
                return [await dossiers.change(p, ids[0], {"state": state})], []


async def _all(archive: Archive) -> list[Dossier]:
    page = await archive.dossiers.list(me())
    found = list(page.items)
    while page.next is not None:
        page = await archive.dossiers.list(me(), cursor=page.next)
        found += page.items
    return found


async def _contents(archive: Archive, dossier_id: str) -> list[Document]:
    page = await archive.dossiers.documents(me(), dossier_id)
    found = list(page.items)
    while page.next is not None:
        page = await archive.dossiers.documents(me(), dossier_id, cursor=page.next)
        found += page.items
    return found


def _form(**values: str | int | None) -> DossierForm:
    try:
        return DossierForm.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidInputError(f"--{'.'.join(map(str, first['loc']))}: {first['msg']}.") from error
