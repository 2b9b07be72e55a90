"""Cutting a file into documents by hand, from the page of one of them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from services.core.page_runs import parse_runs
from services.web.admission import DeclaredRoute
from services.web.api.common import DocumentId, live_document
from services.web.site import Corrects, OurSite

router = APIRouter(route_class=DeclaredRoute)


@router.post("/documents/{document_id}/split")
async def split_source(
    site: OurSite,
    p: Corrects,
    document_id: DocumentId,
    version: Annotated[int, Form()],
    runs: Annotated[str, Form(max_length=10_000)] = "",
    automatic: Annotated[bool, Form()] = False,
) -> Response:
    """Cut the file of a document as the form says ("1-2, 3-7"), or leave it to the machine again."""
    document = await live_document(site, p, document_id)
    wanted = None if automatic else parse_runs(runs)
    await site.archive.documents.split(p, document.source_id, wanted, if_version=version)
    return RedirectResponse(f"/documents/{document.id}", 303)
