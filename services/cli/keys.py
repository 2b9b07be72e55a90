"""`vanban key`: keys of programs."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Literal

import typer

from services.cli.console import out, print_json, printable, say
from services.cli.options import AsJson, DataDir, me, settings_of
from services.cli.session import opened
from services.core.accounts import ApiKey, NewApiKey
from services.core.errors import InvalidInputError
from services.core.model import Scope
from services.core.settings import Settings

Action = Literal["add", "list", "revoke"]


def key(
    action: Annotated[Action, typer.Argument(help="add and list (of a user), revoke (a key).")],
    name: Annotated[str, typer.Argument(help="Name of the user; for revoke the id or the beginning of the key.")],
    label: Annotated[str, typer.Option("--for", help="For add: what the key is for.")] = "",
    scope: Annotated[list[Scope] | None, typer.Option(help="For add, repeatable: what it may do [read].")] = None,
    days: Annotated[int, typer.Option(min=1, help="For add: how long it is valid.")] = 365,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Keep keys of programs: `Authorization: Bearer KEY`. A key is shown once, when it is made."""
    if action == "add" and not label:
        raise InvalidInputError("Say with --for what the key is for.")
    found = asyncio.run(_do(settings_of(data_dir), action, name, label, scope or [Scope.READ], days))
    if as_json:
        print_json([one.model_dump(mode="json") for one in found])
        return
    for one in found:
        if isinstance(one, NewApiKey):
            out.print(one.key)
            say(f"Valid until {one.expires_at:%Y-%m-%d}, for: {', '.join(one.scopes)}. It is not shown again.")
        else:
            out.print(_line(one))


async def _do(
    settings: Settings, action: Action, name: str, label: str, scopes: Sequence[Scope], days: int
) -> Sequence[ApiKey]:
    async with opened(settings) as archive:
        match action:
            case "add":
                return [await archive.keys.make(me(), name, label, scopes, days=days)]
            case "list":
                return await archive.keys.list(me(), name)
            case "revoke":
                await archive.keys.revoke(me(), name)
                return []


def _line(one: ApiKey) -> str:
    used = f"used {one.used_at:%Y-%m-%d %H:%M}" if one.used_at else "never used"
    until = f"revoked {one.revoked_at:%Y-%m-%d}" if one.revoked_at else f"until {one.expires_at:%Y-%m-%d}"
    return f"{one.prefix}…  {printable(one.name)}  {','.join(one.scopes)}  {until}  {used}"
