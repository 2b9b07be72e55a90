"""What people must look at, and what they entered: the queue, the history of a record, and taking an entry back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from services.web.admission import DeclaredRoute
from services.web.api.common import CONDITIONAL, CONFLICT, GONE, Cursor, DocumentId, IfMatch, Limit, live_document
from services.web.conditional import record_etag, required_revision
from services.web.schemas import Corrections, DocumentView, ReviewLine, ReviewQueue
from services.web.site import Corrects, OurSite

router = APIRouter(tags=["review"], route_class=DeclaredRoute)


@router.get("/review")
async def list_to_review(site: OurSite, p: Corrects, limit: Limit = 50, cursor: Cursor = None) -> ReviewQueue:
    """List the documents that a person has to look at, those with most to look at first."""
    queue = await site.archive.documents.to_review(p, limit=limit, cursor=cursor)
    return ReviewQueue(
        items=tuple(ReviewLine.of(task.document, task.questions) for task in queue.items),
        next=queue.next,
        total=await site.archive.documents.count_to_review(p),
    )


@router.get("/documents/{document_id}/corrections", responses={**GONE})
async def list_corrections(site: OurSite, p: Corrects, document_id: DocumentId) -> Corrections:
    """List what people entered over what was read, the newest first; what was taken back stays listed."""
    document = await live_document(site, p, document_id)
    return Corrections(items=tuple(await site.archive.documents.corrections(p, document.id)))


@router.delete("/documents/{document_id}/corrections/{correction_id}", responses={**GONE, **CONFLICT, **CONDITIONAL})
async def withdraw_correction(
    site: OurSite,
    p: Corrects,
    response: Response,
    document_id: DocumentId,
    correction_id: Annotated[int, Path(description="Id of a correction.", ge=1, le=2**62)],
    if_match: IfMatch = None,
) -> DocumentView:
    """Take a correction back: what was read, with what else was entered, is in force again."""
    document = await live_document(site, p, document_id)
    revision = required_revision(if_match, document)
    changed = await site.archive.documents.withdraw(p, document.id, correction_id, if_revision=revision)
    response.headers["ETag"] = record_etag(changed)
    return DocumentView.of(changed)
