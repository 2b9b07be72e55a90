"""The document page: pictures with the hits marked, the record with its sources, the text."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from services.core.errors import CorruptError, NotFoundError, UnavailableError
from services.core.model import Clause, CleanText, Document, DocumentState, Principal, Scope, SourceSplit
from services.fields import find_clause, find_clauses
from services.search import PageHit, SimilarDocument
from services.search.page import Piece
from services.web.admission import DeclaredRoute
from services.web.api.common import DocumentId, moved
from services.web.derived import has_copy
from services.web.iiif.addresses import Addresses
from services.web.pages.sheets import hit_steps, load_sheets, window_start, window_starts
from services.web.pages.upload import levels_of
from services.web.site import Looks, OurSite, Reads, Site

router = APIRouter(route_class=DeclaredRoute)

PICTURE_WIDTH = 1240
SMALL_PICTURE_WIDTH = 700
SIMILAR_SHOWN = 5


@dataclass(frozen=True, slots=True)
class HitLink:
    """A page that answers the query, and where it is shown."""

    number: int
    address: str
    hit: PageHit


@router.get("/documents/{document_id}")
async def show_document(
    site: OurSite,
    p: Looks,
    request: Request,
    document_id: DocumentId,
    q: Annotated[str, Query()] = "",
    page: Annotated[int | None, Query(ge=1)] = None,
    clause: Annotated[str, Query(max_length=200)] = "",
    beside: bool = False,
) -> Response:
    """Show a document; with `q` its hits are marked, with `clause` that clause, and it opens where the first is.

    With `beside` the lines of each page stand beside its picture.
    """
    document = await site.archive.documents.get(p, document_id)
    if document.state is DocumentState.TRASHED:
        return site.views.render(request, "trashed.html", status=410, what="document", item=document)
    if (redirect := moved(request, document_id, document)) is not None:
        return redirect
    clean = await site.archive.documents.clean_text(p, document.id)
    cited = find_clause(await asyncio.to_thread(find_clauses, clean), clause) if clause else None
    marks = await site.search.marks(p, document.id, q) if q.strip() and cited is None else None
    hits = {hit.number: hit for hit in marks.pages} if marks else {}
    if cited is not None:
        page, hits = page or cited.page, await clause_hits(site, p, document, clean, cited)
    first = window_start(document, page or min(hits, default=document.first_page))
    view = _View(document, q, clause if cited else "", beside=beside)
    return site.views.render(
        request,
        "document.html",
        document=document,
        record=document.record,
        relations=await site.archive.documents.relations(p, document.id),
        near=await site.archive.duplicates.of(p, document.id),
        similar=await similar_to(site, p, document),
        q=q,
        clause=clause,
        cited=cited,
        hits=[HitLink(n, view.address(n, shown_from=first), hit) for n, hit in sorted(hits.items())],
        steps=hit_steps(document, hits, first, view.opened_at),
        cut=bool(marks and marks.cut),
        sheets=await load_sheets(site, p, document, first, hits, beside=beside),
        windows=[(n, view.address(n)) for n in window_starts(document)],
        beside=beside,
        ways=[replace(view, beside=each).address(first) for each in (False, True)],
        first=first,
        clean=clean,
        split=await split_of(site, p, document),
        levels=levels_of(p),
        accesses=await site.archive.events.accesses(p, document.id) if p.may(Scope.AUDIT) else None,
        iiif=_draggable(request, document),
    )


@router.get("/documents/{document_id}/text")
async def show_text(_: Reads, document_id: DocumentId) -> Response:
    """Lead to the plain text."""
    return RedirectResponse(f"/api/v1/documents/{document_id}/text", 308)


async def split_of(site: Site, p: Principal, document: Document) -> SourceSplit | None:
    """Return how the file is cut; None where it holds something that is kept from the reader."""
    try:
        return await site.archive.documents.split_of(p, document.source_id)
    except NotFoundError:
        return None


async def similar_to(site: Site, p: Principal, document: Document) -> tuple[SimilarDocument, ...]:
    """Return the documents listed beside a document; none while the index cannot be asked, the page is shown still."""
    try:
        return (await site.search.similar(p, document.id, SIMILAR_SHOWN)).items
    except (UnavailableError, CorruptError):
        return ()


async def clause_hits(
    site: Site, p: Principal, document: Document, clean: CleanText, clause: Clause
) -> dict[int, PageHit]:
    """Return where a clause stands, in the form of hits; a page read elsewhere has its lines marked instead."""
    numbers = sorted({s.page for s in clean.spans if s.start < clause.end and clause.start < s.end} or {clause.page})
    pages = await site.archive.documents.pages(p, document.id, numbers)
    placed = find_clause(await asyncio.to_thread(find_clauses, clean, list(pages.values())), clause.id)
    lines = tuple(Piece(text=line, hit=True) for line in clause.text.split("\n"))
    boxes = {place.page: place.boxes for place in placed.places} if placed else {}
    return {n: PageHit(number=n, snippet=lines, boxes=boxes.get(n, ())) for n in numbers}


@dataclass(frozen=True, slots=True)
class _View:
    """How the page is asked for, so that its links lead to what looks the same."""

    document: Document
    q: str
    clause: str
    beside: bool

    def address(self, number: int, *, shown_from: int | None = None) -> str:
        """Return where page `number` is shown: on this very page when it is in the part shown."""
        if shown_from is not None and window_start(self.document, number) == shown_from:
            return f"#page-{number}"
        return f"{self._of_part(number)}#page-{number}"

    def opened_at(self, number: int, hit: int) -> str:
        """Return where page `number` is shown, opened at hit `hit` of the document."""
        return f"{self._of_part(number)}#hit-{hit}"

    def _of_part(self, number: int) -> str:
        asked = {"q": self.q, "clause": self.clause, "page": number, "beside": "true" if self.beside else ""}
        return f"/documents/{self.document.id}?{urlencode({name: value for name, value in asked.items() if value})}"


def _draggable(request: Request, document: Document) -> str | None:
    """Return the address of the manifest in the form that viewers take when it is dropped on them."""
    if not has_copy(document.media_type):
        return None
    manifest = Addresses(str(request.base_url).rstrip("/"), document.id, document.source_id).manifest
    return f"{manifest}?{urlencode({'manifest': manifest})}"
