"""Search over the API."""

from __future__ import annotations

from fastapi import APIRouter

from services.search import SearchPage
from services.web.query import Search
from services.web.site import MayRead, OurSite

router = APIRouter(tags=["search"])


@router.get("/search")
async def search(site: OurSite, p: MayRead, params: Search) -> SearchPage:
    """Find documents: hits with the pages and places that answer, and facets that leave out their own filter."""
    return await site.search.search(p, params.query())
