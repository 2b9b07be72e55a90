"""The change list: what an integrator asks to keep a copy in step."""

from __future__ import annotations

from fastapi import APIRouter

from services.web.admission import DeclaredRoute
from services.web.api.common import Cursor, Limit
from services.web.schemas import Changes
from services.web.site import OurSite, Reads

router = APIRouter(route_class=DeclaredRoute, tags=["changes"])


@router.get("/changes")
async def list_changes(site: OurSite, p: Reads, cursor: Cursor = None, limit: Limit = 100) -> Changes:
    """List every document that became ready, changed, moved or was deleted after `cursor`, the oldest first."""
    lines, following = await site.archive.documents.changes(p, cursor, limit)
    return Changes(items=tuple(lines), next=following)
