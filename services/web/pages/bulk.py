"""One change to many documents, for people: choose on the search page, look, carry out, watch, take back."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import Field

from services.core.bulk import BulkKind, BulkPlan, BulkState, EntryState
from services.core.errors import ConflictError, NotFoundError
from services.core.kinds import KINDS
from services.core.model import Principal
from services.web.admission import DeclaredRoute
from services.web.api.common import BulkId, Cursor
from services.web.entries import ENTRIES, shown
from services.web.query import QueryParams
from services.web.site import Corrects, OurSite, Site

router = APIRouter(route_class=DeclaredRoute)
SHOWN = 50
FIELDS = tuple(entry.key for entry in ENTRIES if entry.key not in ("addressees", "recipients", "arrival"))
"""The values that one line can set for many documents."""
SUGGESTED = (*(kind.name for kind in KINDS.values()), "KHẨN", "THƯỢNG KHẨN", "HỎA TỐC", "MẬT", "TỐI MẬT", "TUYỆT MẬT")
"""What the line offers while somebody types."""


class ChoiceForm(QueryParams):
    """What is chosen on a page of hits: some documents, or everything that the search finds."""

    document: list[str] = Field([], max_length=1000)
    everything: bool = False


@router.post("/bulk")
async def choose(site: OurSite, p: Corrects, form: Annotated[ChoiceForm, Form()]) -> Response:
    """Keep which documents are meant, and ask what is to be done with them."""
    if form.everything:
        ids = await site.search.found_ids(p, form.query(), most=site.settings.limits.bulk_documents)
    else:
        ids = form.document
    action = await site.archive.bulk.choose(p, ids)
    return RedirectResponse(f"/bulk/{action.id}", 303)


@router.get("/bulk")
async def show_actions(site: OurSite, p: Corrects, request: Request, cursor: Cursor = None) -> Response:
    """List the caller's actions, the newest first."""
    found = await site.archive.bulk.list(p, limit=SHOWN, cursor=cursor)
    return site.views.render(request, "bulk_actions.html", found=found, shown=shown)


@router.get("/bulk/{action_id}")
async def show_action(
    site: OurSite,
    p: Corrects,
    request: Request,
    action_id: BulkId,
    state: EntryState | Literal[""] = "",
    cursor: Cursor = None,
) -> Response:
    """Ask what is to be done, show what would become of the documents, how far it is, or what became of them."""
    action = await site.archive.bulk.get(p, action_id)
    entries = await site.archive.bulk.entries(p, action_id, state=state or None, limit=SHOWN, cursor=cursor)
    return site.views.render(
        request,
        "bulk_action.html",
        action=action,
        entries=entries,
        state=state,
        shown=shown,
        fields=FIELDS,
        suggested=SUGGESTED,
        renews=action.state in (BulkState.RUNNING, BulkState.UNDOING),
    )


@router.post("/bulk/{action_id}/plan")
async def plan(
    site: OurSite,
    p: Corrects,
    action_id: BulkId,
    kind: Annotated[BulkKind, Form()],
    field: Annotated[str, Form(max_length=50)] = "",
    value: Annotated[str, Form(max_length=5000)] = "",
    code: Annotated[str, Form(max_length=100)] = "",
    why: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Say what is to be done; nothing is changed yet."""
    wanted = BulkPlan(
        kind=kind,
        patch={field: value.strip() or None} if kind is BulkKind.CORRECT and field else None,
        dossier_id=await _dossier_id(site, p, code) if kind is BulkKind.FILE else None,
        why=why,
    )
    await site.archive.bulk.plan(p, action_id, wanted)
    return RedirectResponse(f"/bulk/{action_id}", 303)


@router.post("/bulk/{action_id}/start")
async def start(site: OurSite, p: Corrects, action_id: BulkId) -> Response:
    """Have it done."""
    await site.archive.bulk.start(p, action_id)
    return RedirectResponse(f"/bulk/{action_id}", 303)


@router.post("/bulk/{action_id}/undo")
async def undo(site: OurSite, p: Corrects, action_id: BulkId) -> Response:
    """Have all of it taken back."""
    await site.archive.bulk.undo(p, action_id)
    return RedirectResponse(f"/bulk/{action_id}", 303)


async def _dossier_id(site: Site, p: Principal, code: str) -> str:
    found = (await site.archive.dossiers.list(p, code=code, limit=2)).items
    if not found:
        message = f"There is no dossier {code}. Open it on the page of dossiers first."
        raise NotFoundError(message, why="dossier_unknown", dossier=code)
    if len(found) > 1:
        message = f"Several dossiers have the code {code}. Take the API, with the id of one."
        raise ConflictError(message, why="dossier_ambiguous", dossier=code)
    return found[0].id
