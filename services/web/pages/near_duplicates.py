"""Saying, from the page of a document, that another is not the same paper, and taking it back."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from services.web.admission import DeclaredRoute
from services.web.api.common import DocumentId, live_document
from services.web.site import Corrects, OurSite

router = APIRouter(route_class=DeclaredRoute)


@router.post("/documents/{document_id}/near-duplicates/{other_id}/{said}")
async def say_near_duplicate(
    site: OurSite, p: Corrects, document_id: DocumentId, other_id: DocumentId, said: Literal["apart", "open"]
) -> Response:
    """Keep what was said and show the document again."""
    document = await live_document(site, p, document_id)
    await site.archive.duplicates.tell_apart(p, document.id, other_id, apart=said == "apart")
    return RedirectResponse(f"/documents/{document.id}#near-duplicates", 303)
