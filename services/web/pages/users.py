"""The accounts of all, for administrators."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Form, Path, Request, Response
from fastapi.responses import RedirectResponse

from services.core.accounts import EVERY_COLLECTION, Invitation
from services.core.errors import ConflictError, InvalidInputError
from services.core.messages import say
from services.core.model import Level, Principal, Role
from services.web.admission import DeclaredRoute
from services.web.i18n import request_locale
from services.web.site import Administers, OurSite, Site

router = APIRouter(route_class=DeclaredRoute)
UserName = Annotated[str, Path(max_length=200)]


@router.get("/users")
async def show_users(site: OurSite, p: Administers, request: Request) -> Response:
    """List the users; in open mode there is none, and the form makes the first administrator."""
    return await _users(site, p, request)


@router.post("/users")
async def add_user(
    site: OurSite,
    p: Administers,
    request: Request,
    name: Annotated[str, Form(max_length=1000)],
    role: Annotated[Role, Form()],
    clearance: Annotated[Level, Form()],
    collections: Annotated[str, Form(max_length=2000)] = EVERY_COLLECTION,
) -> Response:
    """Make an account and show its one-time link, this once."""
    try:
        await site.archive.users.add(p, name, role, clearance, collections=collections.split(","))
    except (InvalidInputError, ConflictError) as error:
        return await _users(site, p, request, error)
    return _link(site, request, await site.archive.users.invite(p, name))


@router.get("/users/{name}")
async def show_user(site: OurSite, p: Administers, request: Request, name: UserName) -> Response:
    """Show a user with their sessions and keys, and what can be changed."""
    return await _user(site, p, request, name)


@router.post("/users/{name}")
async def change_user(
    site: OurSite,
    p: Administers,
    request: Request,
    name: UserName,
    role: Annotated[Role, Form()],
    clearance: Annotated[Level, Form()],
    collections: Annotated[str | None, Form(max_length=2000)] = None,
) -> Response:
    """Give a user another role, clearance or other collections."""
    some = None if collections is None else collections.split(",")
    try:
        await site.archive.users.change(p, name, role=role, clearance=clearance, collections=some)
    except (ConflictError, InvalidInputError) as error:
        return await _user(site, p, request, name, error)
    return RedirectResponse("/users", 303)


@router.post("/users/{name}/{act}")
async def act_on_user(
    site: OurSite,
    p: Administers,
    request: Request,
    name: UserName,
    act: Literal["disable", "enable", "invite", "log-out"],
) -> Response:
    """Disable or enable a user, make them a new one-time link, or end all their sessions."""
    if act == "invite":
        return _link(site, request, await site.archive.users.invite(p, name))
    try:
        if act == "log-out":
            await site.archive.sessions.end_all(p, name)
        else:
            await site.archive.users.change(p, name, disabled=act == "disable")
    except ConflictError as error:
        return await _user(site, p, request, name, error)
    return RedirectResponse("/users", 303)


@router.post("/users/{name}/keys/{key_id}/revoke")
async def revoke_key(site: OurSite, p: Administers, name: UserName, key_id: str) -> Response:
    """Take back a key of a user."""
    await site.archive.keys.revoke(p, key_id)
    return RedirectResponse(f"/users/{quote(name)}", 303)


async def _users(
    site: Site, p: Principal, request: Request, error: InvalidInputError | ConflictError | None = None
) -> Response:
    return site.views.render(
        request,
        "users.html",
        status=422 if error else 200,
        found=await site.archive.users.list(p),
        roles=list(Role),
        levels=list(Level),
        refused=say(error.reason, request_locale(request)) if error else "",
    )


async def _user(
    site: Site, p: Principal, request: Request, name: str, error: ConflictError | InvalidInputError | None = None
) -> Response:
    user = await site.archive.users.get(p, name)
    return site.views.render(
        request,
        "user.html",
        status=_status(error),
        user=user,
        sessions=await site.archive.sessions.list(p, name),
        keys=await site.archive.keys.list(p, name),
        roles=list(Role),
        levels=list(Level),
        refused=say(error.reason, request_locale(request)) if error else "",
    )


def _status(error: ConflictError | InvalidInputError | None) -> int:
    return 200 if error is None else 409 if isinstance(error, ConflictError) else 422


def _link(site: Site, request: Request, invitation: Invitation) -> Response:
    """Show a link on the page that answers the form: an address that could be opened again must not have it."""
    base = site.settings.public_url.rstrip("/") or str(request.base_url).rstrip("/")
    page = site.views.render(request, "link.html", invitation=invitation, link=f"{base}/invite/{invitation.token}")
    page.headers["Cache-Control"] = "no-store"
    return page
