"""Documents: the record with its evidence, the text, the words and pictures of pages, corrections, the trash."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Body, File, Path, Query, Request, Response, UploadFile
from fastapi.responses import PlainTextResponse, StreamingResponse

from services.core.errors import NotFoundError
from services.core.model import JSON, Item, NearDuplicates, Principal, Relations
from services.fields import find_clauses
from services.ocr import ALTO, DERIVED_VERSION, HOCR, Format
from services.search import SimilarDocuments
from services.web.admission import DeclaredRoute
from services.web.api.common import (
    CONDITIONAL,
    CONFLICT,
    GONE,
    TOO_LARGE,
    DocumentId,
    IfMatch,
    PageNumber,
    live_document,
    moved,
)
from services.web.conditional import document_etag, not_modified, record_etag, required_revision
from services.web.derived import written
from services.web.pictures import PictureKey
from services.web.schemas import ClauseTree, DocumentView, Keeping, PageView, SamePaper, TaskReport, Why
from services.web.site import Corrects, Looks, OurSite, Purges, Reads, Removes, Site
from services.web.uploads import accepted, chunks_of

router = APIRouter(route_class=DeclaredRoute, prefix="/documents", tags=["documents"])

REDIRECT: dict[int | str, dict[str, Any]] = {308: {"description": "The document was split or joined: look there."}}
_NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "The caller has this version already."}}
_JPEG = {"description": "A JPEG.", "content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}}


def _xml(form: Format) -> dict[int | str, dict[str, Any]]:
    return {200: {"description": "The pages.", "content": {form.media_type: {"schema": {"type": "string"}}}}}


@router.get("/{document_id}", response_model=DocumentView, responses={**GONE, **REDIRECT, **_NOT_MODIFIED})
async def get_document(
    site: OurSite, p: Looks, request: Request, response: Response, document_id: DocumentId
) -> DocumentView | Response:
    """Return the record in force, where each of its values comes from, and the account of its pages."""
    document = await live_document(site, p, document_id)
    etag = record_etag(document)
    if (other := moved(request, document_id, document) or not_modified(request, etag)) is not None:
        return other
    response.headers["ETag"] = etag
    return DocumentView.of(document)


@router.get("/{document_id}/citations", response_model=Relations, responses={**GONE, **REDIRECT})
async def get_citations(
    site: OurSite,
    p: Reads,
    request: Request,
    document_id: DocumentId,
    limit: Annotated[int, Query(ge=1, le=1000, description="At most so many of those that cite it.")] = 100,
) -> Relations | Response:
    """Say what it cites and what cites it, recalls it or is a copy of it, as of now; nothing of it is in the ETag."""
    document = await live_document(site, p, document_id)
    if (other := moved(request, document_id, document)) is not None:
        return other
    return await site.archive.documents.relations(p, document.id, limit=limit)


@router.get("/{document_id}/similar", response_model=SimilarDocuments, responses={**GONE, **REDIRECT})
async def get_similar(
    site: OurSite,
    p: Reads,
    request: Request,
    document_id: DocumentId,
    limit: Annotated[int, Query(ge=1, le=50, description="At most so many.")] = 10,
) -> SimilarDocuments | Response:
    """List the documents most like this one, each with the telling terms that both have; nothing is in the ETag."""
    document = await live_document(site, p, document_id)
    if (other := moved(request, document_id, document)) is not None:
        return other
    return await site.search.similar(p, document.id, limit)


@router.get("/{document_id}/near-duplicates", response_model=NearDuplicates, responses={**GONE, **REDIRECT})
async def get_near_duplicates(
    site: OurSite, p: Reads, request: Request, document_id: DocumentId
) -> NearDuplicates | Response:
    """List the documents that may be other scans of the same paper, with what differs; nothing is in the ETag."""
    document = await live_document(site, p, document_id)
    if (other := moved(request, document_id, document)) is not None:
        return other
    return await site.archive.duplicates.of(p, document.id)


@router.put("/{document_id}/near-duplicates/{other_id}", responses={**GONE, **CONFLICT})
async def say_near_duplicate(
    site: OurSite, p: Corrects, document_id: DocumentId, other_id: DocumentId, said: SamePaper
) -> NearDuplicates:
    """Say that two documents are not one paper, so that they are not shown to each other again, or take that back."""
    document = await live_document(site, p, document_id)
    other = await live_document(site, p, other_id)
    await site.archive.duplicates.tell_apart(p, document.id, other.id, apart=not said.same)
    return await site.archive.duplicates.of(p, document.id)


@router.get("/{document_id}/text", response_class=PlainTextResponse, responses={**GONE, **REDIRECT, **_NOT_MODIFIED})
async def get_text(site: OurSite, p: Looks, request: Request, document_id: DocumentId) -> Response:
    """Return the clean text, a line for each paragraph."""
    document = await live_document(site, p, document_id)
    etag = document_etag(document)
    if (other := moved(request, document_id, document) or not_modified(request, etag)) is not None:
        return other
    clean = await site.archive.documents.clean_text(p, document_id)
    return PlainTextResponse(clean.text, headers={"ETag": etag})


@router.get("/{document_id}/clauses", response_model=ClauseTree, responses={**GONE, **REDIRECT, **_NOT_MODIFIED})
async def get_clauses(
    site: OurSite, p: Looks, request: Request, response: Response, document_id: DocumentId
) -> ClauseTree | Response:
    """Return the body as a tree of clauses, each with an id to cite it by and its boxes on the pages."""
    document = await live_document(site, p, document_id)
    etag = document_etag(document)
    if (other := moved(request, document_id, document) or not_modified(request, etag)) is not None:
        return other
    response.headers["ETag"] = etag
    clean = await site.archive.documents.clean_text(p, document_id)
    pages = await site.archive.documents.pages(p, document_id, range(document.first_page, document.last_page + 1))
    return ClauseTree(clauses=await asyncio.to_thread(find_clauses, clean, list(pages.values())))


@router.get(
    "/{document_id}/alto",
    response_class=Response,
    responses={**GONE, **REDIRECT, **_NOT_MODIFIED, **_xml(ALTO)},
)
async def get_alto(
    site: OurSite,
    p: Looks,
    request: Request,
    document_id: DocumentId,
    page: Annotated[int | None, Query(ge=1, le=1_000_000, description="Only this page, as its source counts.")] = None,
) -> Response:
    """Return the words of all pages as ALTO 4, in pixels of the upright page."""
    return await _exported(site, p, request, document_id, ALTO, page)


@router.get(
    "/{document_id}/hocr",
    response_class=Response,
    responses={**GONE, **REDIRECT, **_NOT_MODIFIED, **_xml(HOCR)},
)
async def get_hocr(site: OurSite, p: Looks, request: Request, document_id: DocumentId) -> Response:
    """Return the words of all pages as hOCR, in pixels of the upright page."""
    return await _exported(site, p, request, document_id, HOCR)


async def _exported(
    site: Site, p: Principal, request: Request, document_id: str, form: Format, page: int | None = None
) -> Response:
    document = await live_document(site, p, document_id)
    if page is not None and not document.first_page <= page <= document.last_page:
        raise NotFoundError(id=document.id, page=page)
    etag = f'{document_etag(document)[:-1]}-{DERIVED_VERSION}{"" if page is None else f"-{page}"}"'
    if (other := moved(request, document_id, document) or not_modified(request, etag)) is not None:
        return other
    pages = written(site.archive, p, document, form, page)
    return StreamingResponse(pages, headers={"ETag": etag}, media_type=form.media_type)


@router.get("/{document_id}/pages/{number}", response_model=PageView, responses={**GONE, **REDIRECT})
async def get_page(
    site: OurSite, p: Looks, request: Request, document_id: DocumentId, number: PageNumber
) -> PageView | Response:
    """Return the words of one page with their boxes, in points of the unrotated page, origin top left."""
    document = await live_document(site, p, document_id)
    if (other := moved(request, document_id, document)) is not None:
        return other
    return PageView.of(await site.archive.documents.page(p, document_id, number))


@router.get(
    "/{document_id}/pages/{number}/image",
    response_class=Response,
    responses={**GONE, **REDIRECT, **_NOT_MODIFIED, 200: _JPEG},
)
async def get_page_image(
    site: OurSite,
    p: Looks,
    request: Request,
    document_id: DocumentId,
    number: PageNumber,
    width: Annotated[int, Query(ge=50, le=3000, description="Width of the picture in pixels.")] = 1240,
) -> Response:
    """Return a picture of one page, upright, stamps and notes drawn."""
    document = await live_document(site, p, document_id)
    if (other := moved(request, document_id, document)) is not None:
        return other
    if not document.first_page <= number <= document.last_page:
        raise NotFoundError(id=document.id, page=number)
    etag = PictureKey(document.source_id, number, width).etag
    caching = {"ETag": etag, "Cache-Control": "private, max-age=3600"}
    if (unchanged := not_modified(request, etag, **caching)) is not None:
        return unchanged
    picture = await site.pictures.get(document, number, width)
    return Response(picture, media_type="image/jpeg", headers=caching)


@router.patch("/{document_id}", responses={**GONE, **CONFLICT, **CONDITIONAL})
async def change_access(
    site: OurSite,
    p: Corrects,
    response: Response,
    document_id: DocumentId,
    keeping: Keeping,
    if_match: IfMatch = None,
) -> DocumentView:
    """Put a document on another access level or into another collection; less strict only by an administrator."""
    document = await live_document(site, p, document_id)
    revision = required_revision(if_match, document)
    changed = await site.archive.documents.set_access(
        p, document.id, keeping.access, collection=keeping.collection, if_revision=revision
    )
    response.headers["ETag"] = record_etag(changed)
    return DocumentView.of(changed)


@router.patch("/{document_id}/record", response_model=DocumentView, responses={**GONE, **CONFLICT, **CONDITIONAL})
async def correct_record(
    site: OurSite,
    p: Corrects,
    response: Response,
    document_id: DocumentId,
    patch: Annotated[
        dict[str, JSON],
        Body(
            media_type="application/merge-patch+json",
            description="A merge patch (RFC 7396) over the keys of the record; null takes a value away.",
            examples=[{"symbol": "3030/UBND-KGVX", "issued_on": "2021-08-12"}],
        ),
    ],
    if_match: IfMatch = None,
) -> DocumentView:
    """Lay a person's correction over what was read; reading again never overwrites it."""
    document = await live_document(site, p, document_id)
    revision = required_revision(if_match, document)
    corrected = await site.archive.documents.correct(p, document.id, patch, if_revision=revision)
    response.headers["ETag"] = record_etag(corrected)
    return DocumentView.of(corrected)


@router.patch("/{document_id}/tasks/{number}", responses={**GONE, **CONFLICT, **CONDITIONAL})
async def report_task(
    site: OurSite,
    p: Corrects,
    response: Response,
    document_id: DocumentId,
    number: Annotated[int, Path(description="Which task of the record, from 1.", ge=1, le=10_000)],
    report: TaskReport,
    if_match: IfMatch = None,
) -> DocumentView:
    """Say how far a task has come: done or not, which document answered it, a note; what is left out stays."""
    document = await live_document(site, p, document_id)
    revision = required_revision(if_match, document)
    said = report.model_dump(include=report.model_fields_set)
    reported = await site.archive.documents.report_task(p, document.id, number, said, if_revision=revision)
    response.headers["ETag"] = record_etag(reported)
    return DocumentView.of(reported)


@router.post("/{document_id}/replace", status_code=202, responses={**GONE, **CONFLICT, **TOO_LARGE})
async def replace_scan(
    site: OurSite,
    p: Corrects,
    response: Response,
    document_id: DocumentId,
    file: Annotated[UploadFile, File(description="The better scan.", examples=["(bytes of a PDF)"])],
) -> Item:
    """Take a better scan of a document; once it is read whole, id, corrections and links move to it.

    Until then, and when the new file fails, the old scan is in force; afterwards it is kept and found no more.
    """
    document = await live_document(site, p, document_id)
    item = await site.archive.intake.replace(p, document.id, file.filename or "", chunks_of(file))
    response.headers["Location"] = f"/api/v1/batches/{item.batch_id}"
    return accepted(item)


@router.delete("/{document_id}", status_code=204, responses=GONE)
async def trash_document(site: OurSite, p: Removes, document_id: DocumentId, why: Why | None = None) -> None:
    """Move a document to the trash."""
    await site.archive.documents.trash_document(p, document_id, why.reason if why else "")


@router.post("/{document_id}/restore", responses={**GONE, **CONFLICT})
async def restore_document(site: OurSite, p: Removes, document_id: DocumentId) -> DocumentView:
    """Take a document out of the trash."""
    return DocumentView.of(await site.archive.documents.restore_document(p, document_id))


@router.post("/{document_id}/purge", status_code=204, responses={**GONE, **CONFLICT})
async def purge_document(site: OurSite, p: Purges, document_id: DocumentId, why: Why | None = None) -> None:
    """Destroy a trashed document for good."""
    document = await site.archive.documents.get(p, document_id)
    await site.archive.documents.purge_document(p, document_id, why.reason if why else "")
    site.pictures.forget(document.source_id)
