"""Saved searches for people: save one, see what is new, take its feeds."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from services.web.admission import DeclaredRoute
from services.web.api.common import SearchId
from services.web.feeds import FEED_ENTRIES
from services.web.query import SavedForm, SearchParams
from services.web.site import OurSite, Reads

router = APIRouter(route_class=DeclaredRoute)

Name = Annotated[str, Form(min_length=1, max_length=200)]


@router.get("/searches")
async def show_searches(site: OurSite, p: Reads, request: Request) -> Response:
    """List the saved searches by name, each with how many documents are new."""
    found = await site.archive.searches.list(p)
    return site.views.render(request, "saved_searches.html", found=found)


@router.post("/searches")
async def save_search(site: OurSite, p: Reads, form: Annotated[SavedForm, Form()]) -> Response:
    """Save the search of the page that the form came from, and show it."""
    saved = await site.saved.create(p, form.name, form.query())
    return RedirectResponse(f"/searches/{saved.id}", 303)


@router.get("/searches/{search_id}")
async def show_search(site: OurSite, p: Reads, request: Request, search_id: SearchId) -> Response:
    """Show what a saved search found last, the newest first."""
    saved = await site.archive.searches.get(p, search_id)
    found = await site.archive.searches.newest(p, search_id, FEED_ENTRIES)
    address = SearchParams.model_validate(saved.query).address()
    return site.views.render(request, "saved_search.html", saved=saved, found=found, address=address)


@router.post("/searches/{search_id}/seen")
async def mark_seen(
    site: OurSite, p: Reads, search_id: SearchId, cursor: Annotated[str, Form(max_length=1000)]
) -> Response:
    """Mark what the page showed as seen."""
    await site.saved.change(p, search_id, seen=cursor)
    return RedirectResponse(f"/searches/{search_id}", 303)


@router.post("/searches/{search_id}/name")
async def rename_search(site: OurSite, p: Reads, search_id: SearchId, name: Name) -> Response:
    """Give a saved search another name."""
    await site.saved.change(p, search_id, name=name)
    return RedirectResponse(f"/searches/{search_id}", 303)


@router.post("/searches/{search_id}/delete")
async def remove_search(site: OurSite, p: Reads, search_id: SearchId) -> Response:
    """Forget a saved search."""
    await site.archive.searches.remove(p, search_id)
    return RedirectResponse("/searches", 303)
