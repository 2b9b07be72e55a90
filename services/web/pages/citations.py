"""Citations for people: a symbol with all that is known of it, and what is cited and not here."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import RedirectResponse

from services.core.kinds import KINDS
from services.core.symbols import parse_symbol
from services.web.admission import DeclaredRoute
from services.web.api.common import Cursor
from services.web.site import OurSite, Reads

router = APIRouter(route_class=DeclaredRoute)
SHOWN = 50


@router.get("/symbols/{key:path}")
async def show_symbol(
    site: OurSite,
    p: Reads,
    request: Request,
    key: Annotated[str, Path(max_length=200)],
    cursor: Cursor = None,
) -> Response:
    """Show which documents have a symbol and which cite it; a symbol as people write it leads to its key."""
    written = parse_symbol(key) if "|" not in key else None
    if written is not None and written.key is not None:
        return RedirectResponse(f"/symbols/{quote(written.key)}", 303)
    found = await site.archive.documents.symbol(p, key, limit=SHOWN, cursor=cursor)
    known = bool(found.documents or found.count)
    return site.views.render(request, "symbol.html", status=200 if known else 404, found=found, cursor=cursor)


@router.get("/missing")
async def show_missing(site: OurSite, p: Reads, request: Request, cursor: Cursor = None) -> Response:
    """List the documents that others cite and that the archive does not have, the most cited first."""
    found = await site.archive.documents.missing(p, limit=SHOWN, cursor=cursor)
    most = site.settings.limits.export_documents
    return site.views.render(request, "missing.html", found=found, cursor=cursor, kinds=KINDS, export_most=most)
