"""Dossiers for people: the list, and what lies in one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from services.core.errors import ConflictError, NotFoundError
from services.core.model import DossierForm, DossierState
from services.web.admission import DeclaredRoute
from services.web.api.common import Cursor, DocumentId, DossierId
from services.web.site import Corrects, OurSite, Reads

router = APIRouter(route_class=DeclaredRoute)
SHOWN = 50


@router.get("/dossiers")
async def show_dossiers(site: OurSite, p: Reads, request: Request, cursor: Cursor = None) -> Response:
    """List the dossiers by code, with a form for a new one."""
    found = await site.archive.dossiers.list(p, limit=SHOWN, cursor=cursor)
    return site.views.render(request, "dossiers.html", found=found)


@router.post("/dossiers")
async def create_dossier(site: OurSite, p: Corrects, form: Annotated[DossierForm, Form()]) -> Response:
    """Open a dossier and show it."""
    dossier = await site.archive.dossiers.create(p, form)
    return RedirectResponse(f"/dossiers/{dossier.id}", 303)


@router.get("/dossiers/{dossier_id}")
async def show_dossier(
    site: OurSite, p: Reads, request: Request, dossier_id: DossierId, cursor: Cursor = None
) -> Response:
    """Show a dossier with its documents in order."""
    dossier = await site.archive.dossiers.get(p, dossier_id)
    found = await site.archive.dossiers.documents(p, dossier_id, limit=SHOWN, cursor=cursor)
    return site.views.render(request, "dossier.html", dossier=dossier, found=found)


@router.post("/dossiers/{dossier_id}/state")
async def set_state(
    site: OurSite, p: Corrects, dossier_id: DossierId, state: Annotated[DossierState, Form()]
) -> Response:
    """Lock or open a dossier."""
    await site.archive.dossiers.change(p, dossier_id, {"state": state.value})
    return RedirectResponse(f"/dossiers/{dossier_id}", 303)


@router.post("/documents/{document_id}/dossiers")
async def put_into_dossier(
    site: OurSite, p: Corrects, document_id: DocumentId, code: Annotated[str, Form(min_length=1, max_length=100)]
) -> Response:
    """Put a document into the dossier with this code."""
    found = (await site.archive.dossiers.list(p, code=code, limit=2)).items
    if not found:
        message = f"There is no dossier {code}. Open it on the page of dossiers first."
        raise NotFoundError(message, why="dossier_unknown", dossier=code)
    if len(found) > 1:
        message = f"Several dossiers have the code {code}. Put the document in through the API, with the id of one."
        raise ConflictError(message, why="dossier_ambiguous", dossier=code)
    await site.archive.dossiers.put(p, found[0].id, document_id)
    return RedirectResponse(f"/documents/{document_id}", 303)


@router.post("/dossiers/{dossier_id}/take-out")
async def take_out_of_dossier(
    site: OurSite, p: Corrects, dossier_id: DossierId, document_id: Annotated[DocumentId, Form()]
) -> Response:
    """Take a document out of a dossier."""
    await site.archive.dossiers.take_out(p, dossier_id, document_id)
    return RedirectResponse(f"/dossiers/{dossier_id}", 303)
