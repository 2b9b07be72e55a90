"""`vanban user`: who has an account. Whoever may use the data directory administers the archive."""

import asyncio
import dataclasses
import sys
from collections.abc import Sequence
from typing import Annotated, Literal

import typer

from services.archive import Archive
from services.cli.console import out, print_json, printable, say
from services.cli.options import AsJson, DataDir, me, settings_of
from services.cli.session import opened
from services.core.accounts import EVERY_COLLECTION, Invitation, User, UserSession
from services.core.errors import InvalidInputError
from services.core.model import Level, Role
from services.core.settings import Settings
from workers.state import running

Action = Literal["add", "list", "role", "disable", "enable", "reset", "password", "sessions"]


@dataclasses.dataclass(frozen=True, slots=True)
class Asked:
    """What the account is to have; None: as it is, or as usual."""

    role: Role | None
    clearance: Level | None
    collections: tuple[str, ...] | None


def user(
    action: Annotated[
        Action,
        typer.Argument(
            help="add, list, role (with --role, --clearance, --collections), disable, enable, reset (a new link), "
            "password (from standard input), sessions."
        ),
    ],
    name: Annotated[str | None, typer.Argument(help="Name of the user; for all but list.")] = None,
    role: Annotated[Role | None, typer.Option(help="[add: reader; the first account: administrator]")] = None,
    clearance: Annotated[
        Level | None, typer.Option(help="The highest level they may see [add: internal; the first: secret].")
    ] = None,
    collections: Annotated[
        str | None,
        typer.Option(help="For add and role: the collections they are confined to, with commas; * for all [add: all]."),
    ] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="For add: take the password from standard input; no link.")
    ] = False,
    end: Annotated[str | None, typer.Option(help="For sessions: id of one to end, or all.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Keep accounts. The first one closes the archive to everybody else; it must be an administrator's."""
    if (name is None) != (action == "list"):
        raise InvalidInputError(f"`vanban user {action}` takes {'no name' if action == 'list' else 'a name'}.")
    settings = settings_of(data_dir)
    password = _read_password() if password_stdin or action == "password" else None
    asked = Asked(role, clearance, None if collections is None else tuple(collections.split(",")))
    found = asyncio.run(_do(settings, action, name or "", asked, password, end))
    if isinstance(found, Invitation):
        _show_link(settings, found, as_json)
    elif as_json:
        print_json([one.model_dump(mode="json") for one in found])
    else:
        for one in found:
            out.print(_line(one))


async def _do(
    settings: Settings,
    action: Action,
    name: str,
    asked: Asked,
    password: str | None,
    end: str | None,
) -> Invitation | Sequence[User | UserSession]:
    async with opened(settings) as archive:
        users, p = archive.users, me()
        match action:
            case "list":
                return await users.list(p)
            case "add":
                return await _add(archive, name, asked, password)
            case "reset":
                return await users.invite(p, name)
            case "password":
                return [await users.set_password(p, name, password or "")]
            case "role":
                return [await users.change(p, name, **dataclasses.asdict(asked))]
            case "disable" | "enable":
                return [await users.change(p, name, disabled=action == "disable")]
            case "sessions":
                return await _sessions(archive, name, end)


async def _add(archive: Archive, name: str, asked: Asked, password: str | None) -> Invitation | list[User]:
    first = not await archive.users.exist()
    usual = (Role.ADMINISTRATOR, Level.SECRET) if first else (Role.READER, Level.INTERNAL)
    made = await archive.users.add(
        me(),
        name,
        asked.role or usual[0],
        asked.clearance or usual[1],
        collections=asked.collections or (EVERY_COLLECTION,),
        password=password,
    )
    return await archive.users.invite(me(), name) if password is None else [made]


async def _sessions(archive: Archive, name: str, end: str | None) -> Sequence[UserSession]:
    if end == "all":
        await archive.sessions.end_all(me(), name)
    elif end is not None:
        await archive.sessions.end(me(), end)
    return await archive.sessions.list(me(), name)


def _read_password() -> str:
    """Take the first line of standard input: a password on the command line would stand in the list of processes."""
    return sys.stdin.readline().rstrip("\r\n")


def _show_link(settings: Settings, invitation: Invitation, as_json: bool) -> None:
    """Print the link, which is the result; the rest is for the person who passes it on."""
    link = f"{address_of(settings)}/invite/{invitation.token}"
    if as_json:
        print_json({"user": invitation.user, "link": link, "expires_at": invitation.expires_at})
        return
    out.print(link)
    say(
        f"By this link {printable(invitation.user.name)} ({invitation.user.role}) chooses a password. "
        f"It works once, until {invitation.expires_at:%Y-%m-%d %H:%M} UTC. Pass it on where nobody else reads."
    )


def address_of(settings: Settings) -> str:
    """Return where people open the archive: as the settings say, else where it runs or would run."""
    if settings.public_url:
        return settings.public_url.rstrip("/")
    state = running(settings)
    return state.url if state is not None else f"http://{settings.host}:{settings.port}"


def _line(one: User | UserSession) -> str:
    if isinstance(one, UserSession):
        seen = f"{one.seen_at:%Y-%m-%d %H:%M}"
        return f"{one.id}  {one.address or '-':<15}  seen {seen}  {printable(one.agent)}"
    state = "disabled" if one.disabled else "" if one.has_password else "has no password yet"
    some = "" if one.collections is None else printable(", ".join(one.collections)) + "  "
    return f"{printable(one.name):<24}  {one.role:<13}  {one.clearance:<10}  {some}{state}".rstrip()
