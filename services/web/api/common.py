"""What the routes of the API share: declared errors, parameters, redirects for ids that moved."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Header, Path, Query, Request
from fastapi.responses import RedirectResponse

from services.core.errors import GoneError
from services.core.model import Document, DocumentState, Principal
from services.web.problems import MEDIA_TYPE, Problem
from services.web.site import Site

JSON_BODY_BYTES = 1_000_000
"""The largest JSON body: corrections of one record."""


def _declared(description: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}}},
    }


PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: _declared("The body is not what its Content-Type says."),
    401: _declared("Nobody is logged in, or the key is not valid (any more)."),
    403: _declared("The caller may not do this."),
    404: _declared("There is no such thing, or the caller may not know of it."),
    422: _declared("The request cannot be understood; `errors` names the places."),
    500: _declared("An error of the server; its log says more."),
    503: _declared("Something that the server stands on does not answer; try again later."),
}
GONE: dict[int | str, dict[str, Any]] = {410: _declared("It was deleted.")}
CONFLICT: dict[int | str, dict[str, Any]] = {409: _declared("Its state does not allow this.")}
TOO_LARGE: dict[int | str, dict[str, Any]] = {
    413: _declared("The request is over a limit of the settings."),
    507: _declared("The disk of the archive is full."),
}
MATCHED: dict[int | str, dict[str, Any]] = {
    412: _declared("It changed since it was read: read it again, then change it."),
}
"""Of what may be changed without If-Match too."""
CONDITIONAL: dict[int | str, dict[str, Any]] = {
    **MATCHED,
    428: _declared("A change needs If-Match with the ETag of what was read."),
}

_UUID = "[0-9a-fA-F-]{36}"
BatchId = Annotated[str, Path(description="Id of a batch.", pattern=f"^{_UUID}$")]
ItemId = Annotated[str, Path(description="Id of an item.", pattern=f"^{_UUID}$")]
SourceId = Annotated[str, Path(description="Id of a source.", pattern=f"^{_UUID}$")]
DocumentId = Annotated[str, Path(description="Id of a document.", pattern=f"^{_UUID}$")]
DossierId = Annotated[str, Path(description="Id of a dossier.", pattern=f"^{_UUID}$")]
SearchId = Annotated[str, Path(description="Id of a saved search.", pattern=f"^{_UUID}$")]
BulkId = Annotated[str, Path(description="Id of a bulk action.", pattern=f"^{_UUID}$")]
WebhookId = Annotated[str, Path(description="Id of a webhook.", pattern=f"^{_UUID}$")]
PageNumber = Annotated[int, Path(description="Number of the page in its source, from 1.", ge=1, le=1_000_000)]
Sha256 = Annotated[str, Path(description="SHA-256 of the bytes, in hexadecimal.", pattern="^[0-9a-fA-F]{64}$")]
Limit = Annotated[int, Query(description="At most so many items.", ge=1, le=1000)]
Cursor = Annotated[str | None, Query(description="`next` of the answer before; opaque.", max_length=1000)]
IfMatch = Annotated[
    str | None,
    Header(
        description="The ETag of what was read, or `*`.",
        json_schema_extra={"pattern": r'^(\*|(W/)?"[^",]*"( *, *(W/)?"[^",]*")*)$', "examples": ["*"]},
    ),
]
"""What cannot be matched is refused by the handlers (`web.conditional`), which say why; so is none, with 428."""


async def live_document(site: Site, p: Principal, document_id: str) -> Document:
    """Return a document that is in the archive; raises GoneError for one in the trash."""
    document = await site.archive.documents.get(p, document_id)
    if document.state is not DocumentState.READY:
        raise GoneError(id=document.id, state=document.state.value)
    return document


def moved(request: Request, asked: str, document: Document) -> RedirectResponse | None:
    """Return the redirect to a document whose id is not the one asked for (it was split or joined), else None."""
    if document.id == asked:
        return None
    return RedirectResponse(str(request.url.replace(scheme="", netloc="")).replace(asked, document.id, 1), 308)
