"""The first page: the search box and what is new."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from services.core.model import Scope
from services.search import SearchQuery
from services.web.admission import DeclaredRoute
from services.web.site import OurSite, Reads

router = APIRouter(route_class=DeclaredRoute)
NEWEST = 6
RECENT_BATCHES = 4


@router.get("/")
async def home(site: OurSite, p: Reads, request: Request) -> Response:
    """Show the search box, the newest documents and the last batches."""
    newest = await site.search.search(p, SearchQuery(sort="newest", limit=NEWEST, facets=()))
    batches = (await site.archive.account.batches(p, RECENT_BATCHES)).items if p.may(Scope.UPLOAD) else ()
    totals = await site.archive.account.status(p)
    return site.views.render(request, "home.html", newest=newest, batches=batches, totals=totals)
