"""Saved searches: save them, and read what they found, as JSON and as feeds."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Request, Response

from services.core.model import Principal
from services.core.watching import NewDocuments
from services.web.admission import DeclaredRoute
from services.web.api.common import CONFLICT, Limit, SearchId
from services.web.conditional import http_date, not_modified, not_modified_since
from services.web.feeds import FEED_ENTRIES, Feed, atom_feed, json_feed
from services.web.schemas import SavedSearches, SavedSearchForm, SavedSearchPatch, SavedSearchView
from services.web.site import OurSite, Reads, Site

router = APIRouter(route_class=DeclaredRoute, prefix="/searches", tags=["saved searches"])

_UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "The caller has this version already."}}


@router.post("", status_code=201, responses=CONFLICT)
async def save_search(site: OurSite, p: Reads, response: Response, form: SavedSearchForm) -> SavedSearchView:
    """Save a search. What matches now is seen; documents that come to match later are new, each once."""
    saved = await site.saved.create(p, form.name, form.query.query())
    response.headers["Location"] = f"/api/v1/searches/{saved.id}"
    return SavedSearchView.of(saved)


@router.get("")
async def list_searches(site: OurSite, p: Reads) -> SavedSearches:
    """List the saved searches by name, with how many documents each found that are not marked as seen."""
    return SavedSearches(items=tuple(map(SavedSearchView.of, await site.archive.searches.list(p))))


@router.get("/{search_id}")
async def get_search(site: OurSite, p: Reads, search_id: SearchId) -> SavedSearchView:
    """Return a saved search."""
    return SavedSearchView.of(await site.archive.searches.get(p, search_id))


@router.patch("/{search_id}")
async def change_search(
    site: OurSite,
    p: Reads,
    search_id: SearchId,
    patch: Annotated[
        SavedSearchPatch,
        Body(
            media_type="application/merge-patch+json",
            description="Any of `name`, `query` (all of it anew) and `seen` (the cursor up to which all is seen).",
            examples=[{"name": "Tiêm chủng", "seen": "WzEyXQ"}],
        ),
    ],
) -> SavedSearchView:
    """Rename a search, ask something else, or mark what it found as seen. Another query begins anew."""
    given = patch.model_fields_set
    query = patch.query.query() if "query" in given else None
    name, seen = (getattr(patch, key) if key in given else None for key in ("name", "seen"))
    return SavedSearchView.of(await site.saved.change(p, search_id, name=name, query=query, seen=seen))


@router.delete("/{search_id}", status_code=204)
async def remove_search(site: OurSite, p: Reads, search_id: SearchId) -> None:
    """Forget a saved search and what it found."""
    await site.archive.searches.remove(p, search_id)


@router.get("/{search_id}/new")
async def list_new(
    site: OurSite,
    p: Reads,
    search_id: SearchId,
    since: Annotated[
        str | None,
        Query(description="`next` of the answer before, or `cursor` of the search; opaque.", max_length=1000),
    ] = None,
    limit: Limit = 100,
) -> NewDocuments:
    """List the documents that the search found after `since`, the oldest first, without those in the trash."""
    return await site.archive.searches.new(p, search_id, since, limit)


@router.get("/{search_id}/feed.json", response_class=Response, responses=_UNCHANGED)
async def get_json_feed(site: OurSite, p: Reads, request: Request, search_id: SearchId) -> Response:
    """Return what the search found last as a JSON Feed 1.1."""
    feed = await _feed(site, p, request, search_id)
    return _answer(request, feed, json_feed(feed), "application/feed+json")


@router.get("/{search_id}/feed.atom", response_class=Response, responses=_UNCHANGED)
async def get_atom_feed(site: OurSite, p: Reads, request: Request, search_id: SearchId) -> Response:
    """Return what the search found last as an Atom feed (RFC 4287)."""
    feed = await _feed(site, p, request, search_id)
    return _answer(request, feed, atom_feed(feed), "application/atom+xml; charset=utf-8")


async def _feed(site: Site, p: Principal, request: Request, search_id: str) -> Feed:
    saved = await site.archive.searches.get(p, search_id)
    entries = await site.archive.searches.newest(p, search_id, FEED_ENTRIES)
    return Feed(saved, entries, str(request.base_url).rstrip("/"))


def _answer(request: Request, feed: Feed, data: bytes, media_type: str) -> Response:
    etag = f'"{sha256(data).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Last-Modified": http_date(feed.updated), "Cache-Control": "private, no-cache"}
    unchanged = not_modified(request, etag) or not_modified_since(request, etag, feed.updated)
    return unchanged or Response(data, media_type=media_type, headers=headers)
