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
from services.core.trace import Access
from services.web.cookies import session_token

_SHOWN = frozenset({200, 206, 304})
"""Answers that show something: the thing, a part of it, or that the caller's copy of it is right."""


@dataclass(frozen=True)
class Needs:
    """The dependency that declares the scope a route needs and hands it its caller; None: open to everyone.

    `leaves` is what an answer of the route leaves in the log: somebody looked at the thing that its path names.
    """

    scope: Scope | None
    leaves: Access | None = None

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
            if needs.leaves is not None and response.status_code in _SHOWN:
                _note(request, needs.leaves)
            if needs.scope is not None:  # what one person was shown is no answer for the next
                response.headers.setdefault("Cache-Control", "private, no-cache")
            return response

        return admitted


def _note(request: Request, action: Access) -> None:
    """Note that the caller was shown what the path names, a document or its file, or a list."""
    archive: Archive = request.app.state.site.archive
    kind = next((kind for kind in ("document", "source") if f"{kind}_id" in request.path_params), "list")
    subject_id = str(request.path_params.get(f"{kind}_id", ""))
    details = {"format": form} if (form := request.query_params.get("format", "")[:20]) else {}
    archive.trace.note(request.state.principal, action, kind, subject_id, path=request.url.path, **details)


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
