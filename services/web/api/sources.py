"""Sources: whether a content is here, its account, its bytes, the trash."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query, Request, Response

from services.archive import MEDIA_TYPES
from services.core.errors import GoneError, NotFoundError
from services.core.model import DocumentState, PageRun, Principal, Source, SourceSplit
from services.web.admission import DeclaredRoute
from services.web.api.common import CONDITIONAL, CONFLICT, GONE, IfMatch, SourceId
from services.web.conditional import not_modified, required_version, split_etag
from services.web.originals import copy_response, original_response
from services.web.schemas import Why
from services.web.site import Corrects, Downloads, OurSite, Purges, Reads, Removes, Site

router = APIRouter(route_class=DeclaredRoute, prefix="/sources", tags=["sources"])

_BYTES = {
    "description": "The bytes as received, under the media type that they have.",
    "content": {media_type: {"schema": {"type": "string", "format": "binary"}} for media_type in sorted(MEDIA_TYPES)},
}
_COPY = {
    "description": "A PDF.",
    "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
}


@router.get("", responses=GONE)
async def find_source(
    site: OurSite,
    p: Reads,
    sha256: Annotated[str, Query(pattern="^[0-9a-fA-F]{64}$", description="SHA-256 of the bytes.")],
) -> Source:
    """Ask before an upload whether the archive has this content; 404 when it does not."""
    source = await site.archive.account.find_source(p, sha256.lower())
    if source is None:
        raise NotFoundError(sha256=sha256.lower())
    return source


@router.get("/{source_id}", responses=GONE)
async def get_source(site: OurSite, p: Reads, source_id: SourceId) -> Source:
    """Return the account of one content: the files that brought it and the documents in it."""
    return await site.archive.account.source(p, source_id)


@router.get(
    "/{source_id}/original",
    response_class=Response,
    responses={**GONE, 200: _BYTES, 206: _BYTES, 304: {"description": "Not modified."}, 416: {"description": "Range."}},
)
async def get_original(
    site: OurSite,
    p: Downloads,
    request: Request,
    source_id: SourceId,
    inline: Annotated[bool, Query(description="Let the browser show it instead of saving it.")] = False,
) -> Response:
    """Return the bytes as received; ranges are served."""
    source = await site.archive.account.source(p, source_id)
    if source.state is not DocumentState.READY:
        raise GoneError(id=source.id, state=source.state.value)
    return original_response(request, await site.archive.account.original(p, source_id), inline=inline)


@router.get(
    "/{source_id}/searchable.pdf",
    response_class=Response,
    responses={**GONE, **CONFLICT, 200: _COPY, 304: {"description": "Not modified."}},
)
async def get_searchable(
    site: OurSite,
    p: Downloads,
    request: Request,
    source_id: SourceId,
    inline: Annotated[bool, Query(description="Let the browser show it instead of saving it.")] = False,
) -> Response:
    """Return a copy whose text can be searched and marked: the pages untouched, the words read laid under them.

    Digital signatures stay with the original: the copy shows their stamps and claims nothing.
    """
    source = await site.archive.account.source(p, source_id)
    if source.state is not DocumentState.READY:
        raise GoneError(id=source.id, state=source.state.value)
    etag = await site.searchables.etag(source)
    if (unchanged := not_modified(request, etag)) is not None:
        return unchanged
    return copy_response(await site.searchables.make(source), etag, inline=inline)


@router.get("/{source_id}/documents", responses=GONE)
async def get_split(site: OurSite, p: Reads, response: Response, source_id: SourceId) -> SourceSplit:
    """Return how the pages of a content are cut into documents; the ETag is what a change needs."""
    split = await site.archive.documents.split_of(p, source_id)
    response.headers["ETag"] = split_etag(split)
    return split


@router.put("/{source_id}/documents", responses={**GONE, **CONFLICT, **CONDITIONAL})
async def put_split(
    site: OurSite,
    p: Corrects,
    response: Response,
    source_id: SourceId,
    runs: Annotated[
        list[PageRun],
        Body(
            description="The documents as runs of pages; every page of the file stands in exactly one.",
            examples=[[{"first_page": 1, "last_page": 2}, {"first_page": 3, "last_page": 7}]],
        ),
    ],
    if_match: IfMatch = None,
) -> SourceSplit:
    """Cut a content into documents by hand; they are made anew, and reading again keeps to it.

    Each document keeps the id of the one that it shares most pages with; ids that are left over lead there.
    """
    return await _split(site, p, response, source_id, runs, if_match)


@router.delete("/{source_id}/documents", responses={**GONE, **CONFLICT, **CONDITIONAL})
async def delete_split(
    site: OurSite, p: Corrects, response: Response, source_id: SourceId, if_match: IfMatch = None
) -> SourceSplit:
    """Take a split by hand back: the machine decides again where documents begin."""
    return await _split(site, p, response, source_id, None, if_match)


async def _split(
    site: Site, p: Principal, response: Response, source_id: str, runs: list[PageRun] | None, if_match: str | None
) -> SourceSplit:
    version = required_version(if_match, await site.archive.documents.split_of(p, source_id))
    split = await site.archive.documents.split(p, source_id, runs, if_version=version)
    response.headers["ETag"] = split_etag(split)
    return split


@router.delete("/{source_id}", status_code=204, responses=GONE)
async def trash_source(site: OurSite, p: Removes, source_id: SourceId, why: Why | None = None) -> None:
    """Move a content and all its documents to the trash."""
    await site.archive.documents.trash_source(p, source_id, why.reason if why else "")


@router.post("/{source_id}/restore", responses={**GONE, **CONFLICT})
async def restore_source(site: OurSite, p: Removes, source_id: SourceId) -> Source:
    """Take a content, and the documents that went with it, out of the trash."""
    await site.archive.documents.restore_source(p, source_id)
    return await site.archive.account.source(p, source_id)


@router.post("/{source_id}/purge", status_code=204, responses={**GONE, **CONFLICT})
async def purge_source(site: OurSite, p: Purges, source_id: SourceId, why: Why | None = None) -> None:
    """Destroy a trashed content for good: its bytes, words, records and pictures."""
    await site.archive.documents.purge_source(p, source_id, why.reason if why else "")
    site.pictures.forget(source_id)
