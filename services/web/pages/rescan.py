"""Sending a better scan of a document, from its page."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Response, UploadFile
from fastapi.responses import RedirectResponse

from services.web.admission import DeclaredRoute
from services.web.api.common import DocumentId, live_document
from services.web.site import Corrects, OurSite
from services.web.uploads import chunks_of

router = APIRouter(route_class=DeclaredRoute)


@router.post("/documents/{document_id}/rescan")
async def send_rescan(
    site: OurSite, p: Corrects, document_id: DocumentId, file: Annotated[UploadFile, File()]
) -> Response:
    """Take the better scan and show what becomes of it."""
    document = await live_document(site, p, document_id)
    item = await site.archive.intake.replace(p, document.id, file.filename or "", chunks_of(file))
    return RedirectResponse(f"/batches/{item.batch_id}", 303)
