"""One's own account: password, sessions, keys."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Path, Request, Response
from fastapi.responses import RedirectResponse

from services.archive.accounts.passwords import SHORTEST
from services.core.errors import InvalidInputError
from services.core.messages import say
from services.core.model import Principal, Scope
from services.core.permits import ROLE_SCOPES
from services.web.admission import DeclaredRoute
from services.web.cookies import keep_session, session_token
from services.web.i18n import request_locale
from services.web.site import OurSite, OwnAccount, Site

router = APIRouter(route_class=DeclaredRoute)
Id = Annotated[str, Path(pattern="^[0-9a-fA-F-]{36}$")]
Password = Annotated[str, Form(max_length=10_000)]


@router.get("/account")
async def show_account(site: OurSite, p: OwnAccount, request: Request) -> Response:
    """Show the account of who is logged in; in open mode there is none yet, so lead to where one is made."""
    if p.user_id is None:
        return RedirectResponse("/users", 303)
    return await _account(site, p, request)


@router.post("/account/password")
async def change_password(
    site: OurSite, p: OwnAccount, request: Request, old: Password, new: Password, again: Password
) -> Response:
    """Change the password; all other sessions end, this one goes on under a new token."""
    try:
        if new != again:
            raise InvalidInputError(why="not_the_same")
        await site.archive.users.change_password(p, old, new)
    except InvalidInputError as error:
        return await _account(site, p, request, error)
    agent = request.headers.get("user-agent", "")
    begun = await site.archive.sessions.begin(p.name, address=p.address, agent=agent)
    response = RedirectResponse("/account", 303)
    keep_session(request, response, begun)
    return response


@router.post("/account/sessions/{session_id}/end")
async def end_session(site: OurSite, p: OwnAccount, session_id: Id) -> Response:
    """End one of one's own sessions."""
    await site.archive.sessions.end(p, session_id)
    return RedirectResponse("/account", 303)


@router.post("/account/keys")
async def make_key(
    site: OurSite,
    p: OwnAccount,
    request: Request,
    name: Annotated[str, Form(max_length=1000)],
    days: Annotated[int, Form()] = 365,
    scopes: Annotated[list[Scope] | None, Form()] = None,
) -> Response:
    """Make a key and show it, this once: on the page that answers the form, which no address leads to."""
    try:
        made = await site.archive.keys.make(p, p.name, name, scopes or (), days=days)
    except InvalidInputError as error:
        return await _account(site, p, request, error)
    page = site.views.render(request, "key.html", made=made)
    page.headers["Cache-Control"] = "no-store"
    return page


@router.post("/account/keys/{key_id}/revoke")
async def revoke_key(site: OurSite, p: OwnAccount, key_id: Id) -> Response:
    """Take a key back."""
    await site.archive.keys.revoke(p, key_id)
    return RedirectResponse("/account", 303)


async def _account(site: Site, p: Principal, request: Request, error: InvalidInputError | None = None) -> Response:
    user = await site.archive.users.get(p, p.name)
    return site.views.render(
        request,
        "account.html",
        status=422 if error else 200,
        user=user,
        sessions=await site.archive.sessions.list(p, p.name, token=session_token(request)),
        keys=await site.archive.keys.list(p, p.name),
        scopes=[scope for scope in Scope if scope in ROLE_SCOPES[user.role] - {Scope.ACCOUNT}],
        shortest=SHORTEST,
        refused=say(error.reason, request_locale(request)) if error else "",
    )
