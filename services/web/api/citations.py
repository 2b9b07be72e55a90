"""Citations over the whole archive: what is cited and not here, and who cites a symbol."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from services.archive import Page
from services.core.model import CitedSymbol, MissingDocument
from services.export import MEDIA_TYPES, ExportFormat, missing_file
from services.web.admission import DeclaredRoute
from services.web.api.common import Cursor, Limit
from services.web.originals import file_response
from services.web.site import OurSite, Reads, TakesLists

router = APIRouter(route_class=DeclaredRoute, prefix="/citations", tags=["citations"])

_TABLES = (ExportFormat.CSV, ExportFormat.XLSX, ExportFormat.DOCX)
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file.", "content": {MEDIA_TYPES[format_]: _BINARY for format_ in _TABLES}}
}
SymbolKey = Annotated[str, Path(description="Symbol key: number, year, notation (`1356||CD-BYT`).", max_length=200)]


@router.get("/missing")
async def list_missing(site: OurSite, p: Reads, limit: Limit = 50, cursor: Cursor = None) -> Page[MissingDocument]:
    """List the documents that others cite and that the archive does not have, the most cited first."""
    return await site.archive.documents.missing(p, limit=limit, cursor=cursor)


@router.get("/missing/export", response_class=Response, responses=_FILE)
async def export_missing(
    site: OurSite,
    p: TakesLists,
    format_: Annotated[ExportFormat, Query(alias="format", description="csv, xlsx or docx.")],
) -> Response:
    """Return that list as one table, as far as the settings allow (`export_documents`)."""
    return file_response(await missing_file(site.archive, p, site.settings, format_))


@router.get("/symbols/{key}")
async def show_symbol(site: OurSite, p: Reads, key: SymbolKey, limit: Limit = 50, cursor: Cursor = None) -> CitedSymbol:
    """Say which documents have a symbol and which cite it; both are empty for one that nobody knows."""
    return await site.archive.documents.symbol(p, key, limit=limit, cursor=cursor)
