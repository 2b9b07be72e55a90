"""Who may call a route: each declares the scope it needs, and admits its caller before anything of a body is read."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, replace
from typing import Any

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from services.archive import Archive
from services.core.errors import UnauthenticatedError
from services.core.loopback import is_loopback
from services.core.model import Principal, Scope, local_principal
from services.core.permits import require
from services.web.cookies import session_token


@dataclass(frozen=True)
class Needs:
    """The dependency that declares the scope a route needs and hands it its caller; None: open to everyone."""

    scope: Scope | None

    def __call__(self, request: Request) -> Principal | None:
        """Return who was admitted; None on a route that is open to everyone."""
        admitted: Principal | None = request.state.principal
        return admitted


class DeclaredRoute(APIRoute):
    """A route that declares whom it is for; one that does not cannot be made."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, with the admission before it: FastAPI itself reads the body before any dependency."""
        handle = super().get_route_handler()
        needs = declared(self)

        async def admitted(request: Request) -> Response:
            request.state.principal = None
            if needs.scope is not None:
                request.state.principal = p = await caller(request)
                require(p, needs.scope)
            response = await handle(request)
            if needs.scope is not None:  # what one person was shown is no answer for the next
                response.headers.setdefault("Cache-Control", "private, no-cache")
            return response

        return admitted


async def caller(request: Request) -> Principal:
    """Return who calls: the user of this machine in open mode, else whom a key or a session speaks for.

    Raises UnauthenticatedError, with why: `bad_key`, `no_account_yet`.
    """
    archive: Archive = request.app.state.site.archive
    address = request.client.host if request.client else None
    if not await archive.users.exist():
        if is_loopback(address):
            return replace(local_principal("web"), address=address)
        raise UnauthenticatedError(why="no_account_yet")
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":  # others are a proxy's own
        found = await archive.keys.who(key.strip(), address)
        if found is None:
            raise UnauthenticatedError(why="bad_key")
        return found
    token = session_token(request)
    p = await archive.sessions.who(token, address) if token else None
    if p is None:
        raise UnauthenticatedError
    return p


def declared(route: APIRoute) -> Needs:
    """Return what a route declares; raises TypeError where that is nothing, or more than one thing."""
    found = set(_declarations(route.dependant))
    if len(found) != 1:
        raise TypeError(f"{route.path} must declare one scope (services.web.site), not {len(found)}.")
    return found.pop()


def _declarations(dependant: Dependant) -> Iterator[Needs]:
    if isinstance(dependant.call, Needs):
        yield dependant.call
    for child in dependant.dependencies:
        yield from _declarations(child)
