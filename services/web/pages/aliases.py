"""Names learnt from corrections, for people: what they are, and how to forget one."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse

from services.core.learnt import Learnt
from services.web.admission import DeclaredRoute
from services.web.site import Corrects, OurSite

router = APIRouter(route_class=DeclaredRoute)
SHOWN = 50


@router.get("/aliases")
async def show_aliases(
    site: OurSite,
    p: Corrects,
    request: Request,
    kind: Annotated[Literal["issuer", "signer"] | None, Query()] = None,
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """List what was learnt, the newest first; those that contradict each other are shown as not in use."""
    every = await site.archive.learning.list(p)
    chosen = [alias for alias in every if kind in (None, alias.kind)]
    first = (page - 1) * SHOWN
    return site.views.render(
        request,
        "aliases.html",
        kind=kind,
        counts={None: len(every)} | {name: sum(a.kind == name for a in every) for name in ("issuer", "signer")},
        aliases=chosen[first : first + SHOWN],
        used=Learnt.of(every).aliases,
        page=page,
        more=len(chosen) > first + SHOWN,
    )


@router.post("/aliases/{alias_id}/forget")
async def forget_alias(site: OurSite, p: Corrects, alias_id: Annotated[int, Path(ge=1)]) -> Response:
    """Forget an alias; the corrections that taught it stay."""
    await site.archive.learning.forget(p, alias_id)
    return RedirectResponse("/aliases", 303)
