"""One change to many documents: look at what it would do, have it done, watch it, take it back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.archive import Page
from services.core.bulk import BulkAction, BulkEntry, EntryState
from services.web.admission import DeclaredRoute
from services.web.api.common import CONFLICT, BulkId, Cursor, Limit
from services.web.schemas import BulkActionView, BulkForm
from services.web.site import Corrects, OurSite

router = APIRouter(route_class=DeclaredRoute, prefix="/bulk-actions", tags=["bulk actions"])

State = Annotated[EntryState | None, Query(description="Only documents in this state.")]


@router.post("", status_code=201, responses=CONFLICT)
async def plan_action(site: OurSite, p: Corrects, response: Response, form: BulkForm) -> BulkActionView:
    """Choose documents and say what to do with them. Nothing is changed yet: `counts` and the documents tell what would
    be, and what would be refused and why. Moving to the trash needs the right to do so.
    """
    if form.search is None:
        ids = form.documents or ()
    else:
        ids = tuple(await site.search.found_ids(p, form.search.query(), most=site.settings.limits.bulk_documents))
    chosen = await site.archive.bulk.choose(p, ids)
    planned = await site.archive.bulk.plan(p, chosen.id, form)
    response.headers["Location"] = f"/api/v1/bulk-actions/{planned.id}"
    return BulkActionView.of(planned)


@router.get("")
async def list_actions(site: OurSite, p: Corrects, limit: Limit = 100, cursor: Cursor = None) -> Page[BulkActionView]:
    """List the caller's bulk actions, the newest first."""
    found: Page[BulkAction] = await site.archive.bulk.list(p, limit=limit, cursor=cursor)
    return Page[BulkActionView](items=tuple(map(BulkActionView.of, found.items)), next=found.next)


@router.get("/{action_id}")
async def get_action(site: OurSite, p: Corrects, action_id: BulkId) -> BulkActionView:
    """Return how far a bulk action is."""
    return BulkActionView.of(await site.archive.bulk.get(p, action_id))


@router.get("/{action_id}/documents")
async def list_documents(
    site: OurSite, p: Corrects, action_id: BulkId, state: State = None, limit: Limit = 100, cursor: Cursor = None
) -> Page[BulkEntry]:
    """List what becomes, or became, of each document, in the order in which they were chosen."""
    return await site.archive.bulk.entries(p, action_id, state=state, limit=limit, cursor=cursor)


@router.post("/{action_id}/start", status_code=202, responses=CONFLICT)
async def start_action(site: OurSite, p: Corrects, action_id: BulkId) -> BulkActionView:
    """Carry out what was planned, on the documents that were looked at; a second start is refused."""
    return BulkActionView.of(await site.archive.bulk.start(p, action_id))


@router.post("/{action_id}/undo", status_code=202, responses=CONFLICT)
async def undo_action(site: OurSite, p: Corrects, action_id: BulkId) -> BulkActionView:
    """Take all of it back: corrections are withdrawn, documents leave the dossier or the trash. What others changed
    meanwhile stays, and is `kept` with the reason; what was read again cannot be taken back.
    """
    return BulkActionView.of(await site.archive.bulk.undo(p, action_id))
