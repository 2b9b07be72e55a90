"""Citations over the whole archive: what is cited and not here."""

from __future__ import annotations

from fastapi import APIRouter

from services.archive import Page
from services.core.model import MissingDocument
from services.web.api.common import Cursor, Limit
from services.web.site import MayRead, OurSite

router = APIRouter(prefix="/citations", tags=["citations"])


@router.get("/missing")
async def list_missing(site: OurSite, p: MayRead, limit: Limit = 50, cursor: Cursor = None) -> Page[MissingDocument]:
    """List the documents that others cite and that the archive does not have, the most cited first."""
    return await site.archive.documents.missing(p, limit=limit, cursor=cursor)
