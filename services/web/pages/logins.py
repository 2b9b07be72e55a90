"""Coming in and going out: the login, one-time links, the logout."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Path, Request, Response
from fastapi.responses import RedirectResponse

from services.archive.accounts.passwords import SHORTEST
from services.core.accounts import NewSession
from services.core.errors import InvalidInputError, ThrottledError, UnauthenticatedError
from services.core.messages import say
from services.web.admission import DeclaredRoute
from services.web.cookies import forget_session, keep_session, require_safe_way, same_site_path, session_token
from services.web.i18n import request_locale
from services.web.site import Anyone, OurSite, OwnAccount, Site

router = APIRouter(route_class=DeclaredRoute)
Token = Annotated[str, Path(pattern="^[A-Za-z0-9_-]{20,100}$")]
Password = Annotated[str, Form(max_length=10_000)]


@router.get("/login")
async def show_login(site: OurSite, _: Anyone, request: Request, to: str = "/") -> Response:
    """Ask for name and password."""
    require_safe_way(request)
    return site.views.render(request, "login.html", name="", to=same_site_path(to), refused="")


@router.post("/login")
async def log_in(
    site: OurSite,
    _: Anyone,
    request: Request,
    password: Password,
    name: Annotated[str, Form(max_length=1000)],
    to: Annotated[str, Form()] = "/",
) -> Response:
    """Begin a session and lead to where the visitor wanted to go."""
    require_safe_way(request)
    try:
        session = await site.archive.sessions.log_in(name, password, address=_address(request), agent=_agent(request))
    except (UnauthenticatedError, ThrottledError) as error:
        values = {"name": name, "to": same_site_path(to), "refused": say(error.reason, request_locale(request))}
        page = site.views.render(request, "login.html", status=_status(error), **values)
        page.headers.update(_retry(error))
        return page
    return _come_in(request, session, same_site_path(to))


@router.post("/logout")
async def log_out(site: OurSite, p: OwnAccount, request: Request) -> Response:
    """End the session."""
    await site.archive.sessions.log_out(p, session_token(request) or "")
    response = RedirectResponse("/login", 303)
    forget_session(request, response)
    response.headers["Clear-Site-Data"] = '"cache"'  # pictures of pages are kept for an hour
    return response


@router.get("/invite/{token}")
async def show_invitation(site: OurSite, _: Anyone, request: Request, token: Token) -> Response:
    """Ask whom a one-time link is for to choose a password."""
    require_safe_way(request)
    return await _invitation(site, request, token)


@router.post("/invite/{token}")
async def accept_invitation(
    site: OurSite, _: Anyone, request: Request, token: Token, password: Password, again: Password
) -> Response:
    """Keep the password that was chosen and begin a session; the link is used up."""
    require_safe_way(request)
    if password != again:
        return await _invitation(site, request, token, InvalidInputError(why="not_the_same"))
    try:
        user = await site.archive.users.accept(token, password, _address(request))
    except InvalidInputError as error:
        return await _invitation(site, request, token, error)
    begun = await site.archive.sessions.begin(user.name, address=_address(request), agent=_agent(request))
    return _come_in(request, begun, "/")


async def _invitation(site: Site, request: Request, token: str, error: InvalidInputError | None = None) -> Response:
    user = await site.archive.users.invited(token)
    refused = say(error.reason, request_locale(request)) if error else ""
    status = 422 if error else 200
    page = site.views.render(request, "invite.html", status=status, user=user, refused=refused, shortest=SHORTEST)
    page.headers["Cache-Control"] = "no-store"
    page.headers["Referrer-Policy"] = "no-referrer"  # the address of this page is a secret
    return page


def _come_in(request: Request, session: NewSession, to: str) -> Response:
    response = RedirectResponse(to, 303)
    keep_session(request, response, session)
    return response


def _address(request: Request) -> str | None:
    return request.client.host if request.client else None


def _agent(request: Request) -> str:
    return request.headers.get("user-agent", "")


def _status(error: UnauthenticatedError | ThrottledError) -> int:
    return 429 if isinstance(error, ThrottledError) else 401


def _retry(error: UnauthenticatedError | ThrottledError) -> dict[str, str]:
    return {"Retry-After": str(error.params["seconds"])} if isinstance(error, ThrottledError) else {}
