"""The cookie of a session, and where a login may lead back to."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import Request, Response

from services.core.accounts import NewSession
from services.core.errors import ForbiddenError
from services.core.loopback import is_loopback

PLAIN, HOST_ONLY = "vanban-session", "__Host-vanban-session"
"""Over https browsers take the second from this very host alone, and never over http (RFC 6265bis, 4.1.3.2)."""


def session_token(request: Request) -> str | None:
    """Return the token that the browser kept."""
    return request.cookies.get(_name(request))


def keep_session(request: Request, response: Response, session: NewSession) -> None:
    """Have the browser keep a session; scripts never see it, other sites never send it with a form."""
    response.set_cookie(
        _name(request),
        session.token,
        expires=session.expires_at,
        path="/",
        httponly=True,
        samesite="lax",
        secure=_is_https(request),
    )


def forget_session(request: Request, response: Response) -> None:
    """Have the browser drop its session."""
    response.delete_cookie(_name(request), path="/", httponly=True, samesite="lax", secure=_is_https(request))


def require_safe_way(request: Request) -> None:
    """Raise ForbiddenError (`needs_https`) where a password or a session would travel the network in the open."""
    if not _is_https(request) and not is_loopback(request.url.hostname):
        raise ForbiddenError(why="needs_https")


def same_site_path(wanted: str) -> str:
    """Return a path of this site to go on to, `/` where what is wanted leads elsewhere."""
    parts = urlsplit(wanted) if wanted.isprintable() and "\\" not in wanted else urlsplit("")
    own = not parts.scheme and not parts.netloc and parts.path.startswith("/") and not wanted.startswith("//")
    return wanted if own and parts.path not in ("/login", "/logout") else "/"


def _name(request: Request) -> str:
    return HOST_ONLY if _is_https(request) else PLAIN


def _is_https(request: Request) -> bool:
    return request.url.scheme == "https"
