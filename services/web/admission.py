"""Who may call a route: each declares the scope it needs, and admits its caller before anything of a body is read."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from services.core.model import Principal, Scope, local_principal
from services.core.permits import require


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
            request.state.principal = admit(needs)
            return await handle(request)

        return admitted


def admit(needs: Needs) -> Principal | None:
    """Return who calls, if they may do what the route does."""
    return None if needs.scope is None else require(local_principal("web"), needs.scope)


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
