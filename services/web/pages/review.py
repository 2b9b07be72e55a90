"""The review queue: what a person must look at."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from services.core.model import ItemState
from services.web.admission import DeclaredRoute
from services.web.api.common import Cursor
from services.web.site import Corrects, OurSite

router = APIRouter(route_class=DeclaredRoute)
ITEMS_SHOWN = 50


@router.get("/review")
async def review(
    site: OurSite, p: Corrects, request: Request, failed: Cursor = None, doubtful: Cursor = None
) -> Response:
    """List the files that failed and those whose record needs eyes."""
    account = site.archive.account
    return site.views.render(
        request,
        "review.html",
        failed=await account.items(p, state=ItemState.FAILED, limit=ITEMS_SHOWN, cursor=failed),
        doubtful=await account.items(p, state=ItemState.NEEDS_REVIEW, limit=ITEMS_SHOWN, cursor=doubtful),
    )
