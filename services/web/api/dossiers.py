"""Dossiers: open them, put documents into them, lock them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query, Request, Response

from services.archive import Page
from services.core.model import JSON, Document, Dossier, DossierForm
from services.web.admission import DeclaredRoute
from services.web.api.common import CONDITIONAL, CONFLICT, GONE, MATCHED, Cursor, DocumentId, DossierId, IfMatch, Limit
from services.web.conditional import dossier_etag, matched_revision, not_modified
from services.web.problems import PreconditionRequiredError
from services.web.schemas import Place
from services.web.site import Corrects, OurSite, Reads

router = APIRouter(route_class=DeclaredRoute, prefix="/dossiers", tags=["dossiers"])


@router.post("", status_code=201, responses=CONFLICT)
async def create_dossier(site: OurSite, p: Corrects, response: Response, form: DossierForm) -> Dossier:
    """Open a dossier."""
    dossier = await site.archive.dossiers.create(p, form)
    response.headers["Location"] = f"/api/v1/dossiers/{dossier.id}"
    response.headers["ETag"] = dossier_etag(dossier)
    return dossier


@router.get("")
async def list_dossiers(
    site: OurSite,
    p: Reads,
    document: Annotated[
        str | None, Query(max_length=36, description="Only dossiers that this document lies in.")
    ] = None,
    code: Annotated[str | None, Query(max_length=100, description="Only dossiers with this code.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[Dossier]:
    """List dossiers by code."""
    return await site.archive.dossiers.list(p, document_id=document, code=code, limit=limit, cursor=cursor)


@router.get(
    "/{dossier_id}", response_model=Dossier, responses={304: {"description": "The caller has this version already."}}
)
async def get_dossier(
    site: OurSite, p: Reads, request: Request, response: Response, dossier_id: DossierId
) -> Dossier | Response:
    """Return what a dossier says of itself."""
    dossier = await site.archive.dossiers.get(p, dossier_id)
    etag = dossier_etag(dossier)
    if (unchanged := not_modified(request, etag)) is not None:
        return unchanged
    response.headers["ETag"] = etag
    return dossier


@router.get("/{dossier_id}/documents")
async def list_documents(
    site: OurSite, p: Reads, dossier_id: DossierId, limit: Limit = 100, cursor: Cursor = None
) -> Page[Document]:
    """List the documents of a dossier in its order, without their pages."""
    return await site.archive.dossiers.documents(p, dossier_id, limit=limit, cursor=cursor)


@router.patch("/{dossier_id}", responses={**CONFLICT, **CONDITIONAL})
async def change_dossier(
    site: OurSite,
    p: Corrects,
    response: Response,
    dossier_id: DossierId,
    patch: Annotated[
        dict[str, JSON],
        Body(
            media_type="application/merge-patch+json",
            description="A merge patch (RFC 7396) over code, title, retention, fonds, year and state (open, locked).",
            examples=[{"retention": "20 năm", "state": "locked"}],
        ),
    ],
    if_match: IfMatch = None,
) -> Dossier:
    """Change, lock or open a dossier. A locked one takes nothing but `state`: `open`."""
    if if_match is None:
        raise PreconditionRequiredError
    revision = await _revision(site, p, dossier_id, if_match)
    changed = await site.archive.dossiers.change(p, dossier_id, patch, if_revision=revision)
    response.headers["ETag"] = dossier_etag(changed)
    return changed


@router.put("/{dossier_id}/documents/{document_id}", responses={**GONE, **CONFLICT, **MATCHED})
async def put_document(
    site: OurSite,
    p: Corrects,
    response: Response,
    dossier_id: DossierId,
    document_id: DocumentId,
    place: Place | None = None,
    if_match: IfMatch = None,
) -> Dossier:
    """Put a document into a dossier, or at another place of it; without a place a new one goes to the end."""
    revision = await _revision(site, p, dossier_id, if_match)
    position = place.position if place else None
    changed = await site.archive.dossiers.put(p, dossier_id, document_id, position=position, if_revision=revision)
    response.headers["ETag"] = dossier_etag(changed)
    return changed


@router.delete("/{dossier_id}/documents/{document_id}", responses={**GONE, **CONFLICT, **MATCHED})
async def take_document_out(
    site: OurSite,
    p: Corrects,
    response: Response,
    dossier_id: DossierId,
    document_id: DocumentId,
    if_match: IfMatch = None,
) -> Dossier:
    """Take a document out of a dossier; it stays in the archive."""
    revision = await _revision(site, p, dossier_id, if_match)
    changed = await site.archive.dossiers.take_out(p, dossier_id, document_id, if_revision=revision)
    response.headers["ETag"] = dossier_etag(changed)
    return changed


async def _revision(site: OurSite, p: Corrects, dossier_id: str, if_match: str | None) -> int | None:
    if if_match is None:
        return None
    dossier = await site.archive.dossiers.get(p, dossier_id)
    return matched_revision(if_match, dossier_etag(dossier), dossier.revision)
