"""The batch page: what became of every file, and the buttons to steer the work."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from services.core.model import ItemState, Principal
from services.web.admission import DeclaredRoute
from services.web.api.common import BatchId, Cursor, ItemId
from services.web.site import OurSite, Site, Uploads

router = APIRouter(route_class=DeclaredRoute)
ITEMS_SHOWN = 100


@router.get("/batches/{batch_id}")
async def show_batch(
    site: OurSite,
    p: Uploads,
    request: Request,
    batch_id: BatchId,
    state: Annotated[ItemState | None, Query()] = None,
    cursor: Cursor = None,
) -> Response:
    """Show the state of every file; until all are through the page renews itself."""
    report = await site.archive.account.report(p, batch_id)
    items = await site.archive.account.items(p, batch_id, state=state, limit=ITEMS_SHOWN, cursor=cursor)
    return site.views.render(
        request,
        "batch.html",
        report=report,
        batch=report.batch,
        items=items,
        state=state,
        states=list(ItemState),
        near=await site.archive.duplicates.of_batch(p, report.batch, items.items),
        can_retry=await _can_retry(site, p, batch_id),
    )


async def _can_retry(site: Site, p: Principal, batch_id: str) -> bool:
    """Tell whether a failed file has bytes here; those refused at the door must be sent again.

    Looks at the first of them only: where there are more, the button is worth offering.
    """
    failed = await site.archive.account.items(p, batch_id, state=ItemState.FAILED, limit=ITEMS_SHOWN)
    return failed.next is not None or any(item.source_id for item in failed.items)


@router.post("/batches/{batch_id}/{act}")
async def steer_batch(
    site: OurSite, p: Uploads, batch_id: BatchId, act: Literal["retry", "pause", "resume", "cancel"]
) -> Response:
    """Retry, hold back, let go on or give up."""
    intake = site.archive.intake
    if act == "retry":
        await intake.retry(p, batch_id=batch_id)
    else:
        await {"pause": intake.pause, "resume": intake.resume, "cancel": intake.cancel}[act](p, batch_id)
    return RedirectResponse(f"/batches/{batch_id}", 303)


@router.post("/batches/{batch_id}/items/{item_id}/retry")
async def retry_item(site: OurSite, p: Uploads, batch_id: BatchId, item_id: ItemId) -> Response:
    """Work again on one file."""
    await site.archive.intake.retry(p, item_id=item_id)
    return RedirectResponse(f"/batches/{batch_id}", 303)
