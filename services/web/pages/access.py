"""Changing who may see a document, from its page."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from services.core.model import Level
from services.web.admission import DeclaredRoute
from services.web.api.common import DocumentId, live_document
from services.web.site import Corrects, OurSite

router = APIRouter(route_class=DeclaredRoute)


@router.post("/documents/{document_id}/access")
async def change_access(
    site: OurSite,
    p: Corrects,
    document_id: DocumentId,
    access: Annotated[Level, Form()],
    revision: Annotated[int, Form(ge=0)],
) -> Response:
    """Put a document on another access level; refused when it has changed since its page was shown."""
    document = await live_document(site, p, document_id)
    await site.archive.documents.set_access(p, document.id, access, if_revision=revision)
    return RedirectResponse(f"/documents/{document.id}", 303)
