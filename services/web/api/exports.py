"""Everything that answers a search, as one file."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from services.export import MEDIA_TYPES, ZIP
from services.web.admission import DeclaredRoute
from services.web.originals import file_response
from services.web.query import Export
from services.web.site import OurSite, TakesLists

router = APIRouter(route_class=DeclaredRoute, tags=["search"])

_BINARY = {"schema": {"type": "string", "format": "binary"}}
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file.", "content": dict.fromkeys([*MEDIA_TYPES.values(), ZIP], _BINARY)}
}


@router.get("/export", response_class=Response, responses=_FILE)
async def export(site: OurSite, p: TakesLists, params: Export) -> Response:
    """Return all documents that a search finds, over all its pages, as one file.

    `csv`, `xlsx` and `docx` hold a list or a register, `ndjson` a line for each document in the shape of
    `/documents/{id}` without its pages, `edxml` the message header (QCVN 102:2016) of each document whose issuer,
    number and date are known for sure: one message, or a ZIP of several with a list of those refused. A search that
    finds more than the settings allow is refused (`too_many_documents`); of `ndjson` there may be any number, and its
    last line is `{"end": {"total", "documents"}}` or, where it broke off, `{"error": {"code", "detail"}}`.
    """
    file = await site.exports.export(p, params.query(), params.format, params.register_, columns=params.column)
    return file_response(file)
