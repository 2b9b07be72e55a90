"""The IIIF routes: manifest and searches of a document, the collection of a dossier."""

from __future__ import annotations

import asyncio
import json
from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.core.errors import NotFoundError
from services.core.model import JSON, Clause, Document, Principal
from services.fields import find_clauses
from services.web.admission import DeclaredRoute
from services.web.api.common import GONE, PROBLEMS, DocumentId, DossierId, live_document, moved
from services.web.api.documents import REDIRECT
from services.web.conditional import not_modified
from services.web.derived import has_copy
from services.web.iiif.addresses import Addresses
from services.web.iiif.canvases import CanvasSize
from services.web.iiif.manifest import CONTEXT, SEARCH_1_CONTEXT, collection, manifest
from services.web.iiif.results import PASSAGES_A_PAGE, SEARCH_2_CONTEXT, Asked, annotation_list, annotation_page
from services.web.site import Looks, OurSite, Reads, Site

router = APIRouter(route_class=DeclaredRoute, prefix="/iiif", tags=["iiif"], responses={**PROBLEMS, **GONE, **REDIRECT})

PAGES_WITH_RANGES = 300
"""Longer documents get no ranges: the clauses of their whole text would have to be read for each manifest."""
_DOSSIER_DOCUMENTS = 1_000
_UNDERSTOOD = frozenset({"q", "page"})

Words = Annotated[str, Query(description="What to look for, as in the search box.")]
PageOfHits = Annotated[int, Query(ge=0, le=100_000, description="Which page of the answer, from 0.")]


@router.get("/{document_id}/manifest", response_class=Response)
async def get_manifest(site: OurSite, p: Looks, request: Request, document_id: DocumentId) -> Response:
    """Return a document as a Presentation 3 manifest."""
    document = await live_document(site, p, document_id)
    if (other := moved(request, document_id, document)) is not None:
        return other
    sizes = canvases(document)
    clauses = await _clauses(site, p, document)
    return _answer(request, manifest(document, sizes, clauses, _addresses(request, document)), CONTEXT)


@router.get("/{document_id}/search/1", response_class=Response)
async def search_1(
    site: OurSite, p: Looks, request: Request, document_id: DocumentId, q: Words = "", page: PageOfHits = 0
) -> Response:
    """Search inside a document (Content Search 1.0)."""
    document = await live_document(site, p, document_id)
    if (other := moved(request, document_id, document)) is not None:
        return other
    sizes, asked = _by_number(document), _asked(request, q, page)
    found = await site.search.passages(p, document, q, first=asked.first, most=PASSAGES_A_PAGE)
    return _answer(request, annotation_list(asked, found, sizes, _addresses(request, document)), SEARCH_1_CONTEXT)


@router.get("/{document_id}/search/2", response_class=Response)
async def search_2(
    site: OurSite, p: Looks, request: Request, document_id: DocumentId, q: Words = "", page: PageOfHits = 0
) -> Response:
    """Search inside a document (Content Search 2.0)."""
    document = await live_document(site, p, document_id)
    if (other := moved(request, document_id, document)) is not None:
        return other
    sizes, asked = _by_number(document), _asked(request, q, page)
    found = await site.search.passages(p, document, q, first=asked.first, most=PASSAGES_A_PAGE)
    return _answer(request, annotation_page(asked, found, sizes, _addresses(request, document)), SEARCH_2_CONTEXT)


@router.get("/dossiers/{dossier_id}/collection", response_class=Response)
async def get_collection(site: OurSite, p: Reads, request: Request, dossier_id: DossierId) -> Response:
    """Return a dossier as a collection of its documents' manifests, its first thousand documents at most."""
    dossier = await site.archive.dossiers.get(p, dossier_id)
    documents = (await site.archive.dossiers.documents(p, dossier_id, limit=_DOSSIER_DOCUMENTS)).items
    shown = [document for document in documents if has_copy(document.media_type)]
    return _answer(request, collection(dossier, shown, _base(request)), CONTEXT)


def canvases(document: Document) -> list[CanvasSize]:
    """Return the pages that can be looked at; NotFoundError where there are none (a text, a row of a register)."""
    sizes = [size for page in document.pages if (size := CanvasSize.of(page)) is not None]
    if not has_copy(document.media_type) or not sizes:
        raise NotFoundError("This document has no pictures of pages.", why="no_pictures", id=document.id)
    return sizes


def _by_number(document: Document) -> dict[int, CanvasSize]:
    return {size.number: size for size in canvases(document)}


async def _clauses(site: Site, p: Principal, document: Document) -> tuple[Clause, ...]:
    if len(document.pages) > PAGES_WITH_RANGES:
        return ()
    clean = await site.archive.documents.clean_text(p, document.id)
    return await asyncio.to_thread(find_clauses, clean)


def _asked(request: Request, q: str, page: int) -> Asked:
    ignored = tuple(name for name in dict(request.query_params) if name not in _UNDERSTOOD)
    return Asked(q, page, ignored)


def _base(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def _addresses(request: Request, document: Document) -> Addresses:
    return Addresses(_base(request), document.id, document.source_id)


def _answer(request: Request, body: JSON, context: str) -> Response:
    """Send JSON-LD of a profile, with the digest of it as its ETag."""
    data = json.dumps(body, ensure_ascii=False).encode()
    headers = {"ETag": f'"{sha256(data).hexdigest()[:32]}"', "Cache-Control": "private, no-cache"}
    unchanged = not_modified(request, headers["ETag"])
    media_type = f'application/ld+json;profile="{context}"'
    return unchanged or Response(data, media_type=media_type, headers=headers)
