"""Search over the API."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from services.core.errors import TooLargeError
from services.search import MOST_SUGGESTIONS, FacetPage, SearchPage, Suggestions
from services.web.admission import DeclaredRoute
from services.web.api.common import GONE, TOO_LARGE
from services.web.query import Facet, Search
from services.web.site import OurSite, Reads, TakesLists

router = APIRouter(route_class=DeclaredRoute, tags=["search"])

_TABLE = {"schema": {"type": "string", "format": "binary"}, "example": "id,q,year\n1,tiêm vắc xin,2021\n"}
_QUERIES: dict[str, Any] = {"requestBody": {"required": True, "content": {"text/csv": _TABLE}}}
_HITS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The hits.", "content": {"text/csv": {"schema": {"type": "string"}}}}
}


@router.get("/search", responses=GONE)
async def search(site: OurSite, p: Reads, params: Search) -> SearchPage:
    """Find documents: hits with the pages and places that answer, and facets that leave out their own filter.

    410 with the code `cursor_expired` where the results that a cursor goes on in are no longer kept.
    """
    return await site.search.search(p, params.query())


@router.get("/search/facets/{facet}")
async def search_facet(
    site: OurSite,
    p: Reads,
    facet: Annotated[str, Path(description="The facet, as the search names it.", examples=["signer"])],
    params: Facet,
) -> FacetPage:
    """List the values of one facet of a search, the most frequent first, and how many there are in all.

    422 with the code `bad_facet` for one that there is not.
    """
    return await site.search.facet(
        p, params.query(), facet, prefix=params.prefix, offset=params.offset, limit=params.limit
    )


@router.get("/suggest")
async def suggest(
    site: OurSite,
    p: Reads,
    q: Annotated[str, Query(description="What is typed so far.")] = "",
    limit: Annotated[int, Query(ge=1, le=MOST_SUGGESTIONS, description="Suggestions at most.")] = 8,
) -> Suggestions:
    """Complete what is being typed: bodies, kinds and topics with their counts, and documents by symbol and subject.

    Counts and documents are those that the caller may see.
    """
    return await site.search.suggest(p, q, limit)


@router.post("/search/batch", response_class=Response, responses={**_HITS, **TOO_LARGE}, openapi_extra=_QUERIES)
async def search_batch(site: OurSite, p: TakesLists, request: Request) -> Response:
    """Ask many queries at once: a table in (CSV as Excel writes it, or XLSX), a CSV of hits out (docs/search.md).

    A query that cannot be asked has its error in its line; the others are answered all the same.
    """
    rows = site.batch_search.rows(await _read(request, site.settings.limits.register_bytes))
    headers = {"Cache-Control": "private, no-cache"}
    return StreamingResponse(site.batch_search.answer(p, rows), headers=headers, media_type="text/csv; charset=utf-8")


async def _read(request: Request, most: int) -> bytes:
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > most:
            raise TooLargeError("The table of queries is too large. Split it.", limit=most)
    return bytes(data)
