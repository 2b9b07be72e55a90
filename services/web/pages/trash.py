"""Throwing away, with a question before it, and taking back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from services.web.admission import DeclaredRoute
from services.web.api.common import DocumentId, SourceId, live_document
from services.web.site import OurSite, Removes

router = APIRouter(route_class=DeclaredRoute)
Reason = Annotated[str, Form(max_length=1000)]


@router.get("/documents/{document_id}/trash")
async def ask_document(site: OurSite, p: Removes, request: Request, document_id: DocumentId) -> Response:
    """Ask before a document goes to the trash."""
    document = await live_document(site, p, document_id)
    return site.views.render(request, "trash.html", what="document", item=document, documents=[document])


@router.post("/documents/{document_id}/trash")
async def trash_document(site: OurSite, p: Removes, document_id: DocumentId, reason: Reason = "") -> Response:
    """Move a document to the trash and show it lying there."""
    await site.archive.documents.trash_document(p, document_id, reason)
    return RedirectResponse(f"/documents/{document_id}", 303)


@router.post("/documents/{document_id}/restore")
async def restore_document(site: OurSite, p: Removes, document_id: DocumentId) -> Response:
    """Take a document out of the trash, with its source where that lies there too."""
    document = await site.archive.documents.get(p, document_id)
    source = await site.archive.account.source(p, document.source_id)
    if source.state == document.state:
        await site.archive.documents.restore_source(p, source.id)
    else:
        await site.archive.documents.restore_document(p, document_id)
    return RedirectResponse(f"/documents/{document_id}", 303)


@router.get("/sources/{source_id}/trash")
async def ask_source(site: OurSite, p: Removes, request: Request, source_id: SourceId) -> Response:
    """Ask before a file and all documents in it go to the trash."""
    source = await site.archive.account.source(p, source_id)
    documents = await site.archive.documents.many(p, source.document_ids)
    return site.views.render(request, "trash.html", what="source", item=source, documents=list(documents.values()))


@router.post("/sources/{source_id}/trash")
async def trash_source(site: OurSite, p: Removes, source_id: SourceId, reason: Reason = "") -> Response:
    """Move a file and all documents in it to the trash."""
    source = await site.archive.account.source(p, source_id)
    await site.archive.documents.trash_source(p, source_id, reason)
    after = f"/documents/{source.document_ids[0]}" if source.document_ids else "/"
    return RedirectResponse(after, 303)
