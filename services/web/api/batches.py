"""Batches: send files, see what became of each, steer the work."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, Header, Query, Request, Response, UploadFile
from fastapi.sse import EventSourceResponse, ServerSentEvent

from services.archive import Page
from services.core.model import Batch, Item, ItemState, Level, OnDuplicate
from services.web.admission import DeclaredRoute
from services.web.api.common import CONFLICT, TOO_LARGE, BatchId, Cursor, ItemId, Limit, Sha256
from services.web.progress import follow
from services.web.schemas import BatchView, Priority, Retried
from services.web.site import OurSite, Uploads
from services.web.uploads import UploadForm, chosen, parse_records, put_file, take_in

router = APIRouter(route_class=DeclaredRoute, prefix="/batches", tags=["batches"])

ExternalId = Annotated[str | None, Query(max_length=500, description="The sender's own id of the file.")]


@router.post("", status_code=202, responses=TOO_LARGE)
async def send_files(
    site: OurSite,
    p: Uploads,
    response: Response,
    files: Annotated[list[UploadFile] | None, File(description="The files; none opens a batch to fill by PUT.")] = None,
    label: Annotated[str | None, Form(max_length=500, description="What people call the batch.")] = None,
    on_duplicate: Annotated[OnDuplicate, Form(description="What to do with a content that is known.")] = "link",
    priority: Annotated[int, Form(ge=-1000, le=1000, description="Higher is read earlier.")] = 0,
    access: Annotated[Level | None, Form(description="Access level of the documents.")] = None,
    collection: Annotated[str | None, Form(max_length=100, description="Collection that they go into.")] = None,
    external_id: Annotated[list[str] | None, Form(description="The sender's own ids, one for each file.")] = None,
    record: Annotated[list[str] | None, Form(description="Known values of the record as JSON, one a file.")] = None,
) -> Batch:
    """Take in files; they are read afterwards. Every file becomes an item of the batch, also one that is refused."""
    form = UploadForm(
        chosen(files or []),
        label,
        on_duplicate,
        priority,
        external_id or [],
        parse_records(record or []),
        access,
        collection or None,
    )
    batch = await take_in(site.archive, p, form)
    response.headers["Location"] = f"/api/v1/batches/{batch.id}"
    return batch


@router.get("")
async def list_batches(site: OurSite, p: Uploads, limit: Limit = 50, cursor: Cursor = None) -> Page[Batch]:
    """List batches, the newest first."""
    return await site.archive.account.batches(p, limit, cursor)


@router.get("/{batch_id}")
async def get_batch(site: OurSite, p: Uploads, batch_id: BatchId, limit: Limit = 100) -> BatchView:
    """Say what became of every file, whether the batch is complete and what is missing."""
    report = await site.archive.account.report(p, batch_id)
    items = await site.archive.account.items(p, batch_id, limit=limit)
    return BatchView.of(report, items, await site.archive.duplicates.of_batch(p, report.batch, items.items))


@router.get("/{batch_id}/items")
async def list_items(
    site: OurSite,
    p: Uploads,
    batch_id: BatchId,
    state: Annotated[ItemState | None, Query(description="Only files in this state.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[Item]:
    """List the files of a batch in the order they came."""
    await site.archive.account.batch(p, batch_id)
    return await site.archive.account.items(p, batch_id, state=state, limit=limit, cursor=cursor)


async def existing_batch(site: OurSite, p: Uploads, batch_id: BatchId) -> Batch:
    """Return the batch, or fail before the stream of its events has begun."""
    return await site.archive.account.batch(p, batch_id)


@router.get("/{batch_id}/events", response_class=EventSourceResponse)
async def batch_events(
    site: OurSite,
    p: Uploads,
    batch: Annotated[Batch, Depends(existing_batch)],
    last_event_id: Annotated[str | None, Header(description="Where a broken connection left off.")] = None,
) -> AsyncIterator[ServerSentEvent]:
    """Follow a batch: `batch` and `item` events whenever one changes, `end` when every file is through."""
    async for event in follow(site.archive.account, p, batch.id, last_event_id):
        yield event


@router.post("/{batch_id}/retry", responses=CONFLICT)
async def retry_batch(site: OurSite, p: Uploads, batch_id: BatchId) -> Retried:
    """Work again on every file of the batch that failed."""
    await site.archive.account.batch(p, batch_id)
    return Retried(retried=await site.archive.intake.retry(p, batch_id=batch_id))


@router.post("/{batch_id}/items/{item_id}/retry", responses=CONFLICT)
async def retry_item(site: OurSite, p: Uploads, batch_id: BatchId, item_id: ItemId) -> Retried:
    """Work again on one file that failed."""
    await site.archive.account.item(p, item_id)
    return Retried(retried=await site.archive.intake.retry(p, item_id=item_id))


@router.post("/{batch_id}/pause", responses=CONFLICT)
async def pause_batch(site: OurSite, p: Uploads, batch_id: BatchId) -> Batch:
    """Hold back what is not yet being worked on."""
    return await site.archive.intake.pause(p, batch_id)


@router.post("/{batch_id}/resume", responses=CONFLICT)
async def resume_batch(site: OurSite, p: Uploads, batch_id: BatchId) -> Batch:
    """Let a paused batch go on."""
    return await site.archive.intake.resume(p, batch_id)


@router.post("/{batch_id}/cancel", responses=CONFLICT)
async def cancel_batch(site: OurSite, p: Uploads, batch_id: BatchId) -> Batch:
    """Give up every file that is not yet read."""
    return await site.archive.intake.cancel(p, batch_id)


@router.patch("/{batch_id}", responses=CONFLICT)
async def change_batch(site: OurSite, p: Uploads, batch_id: BatchId, change: Priority) -> Batch:
    """Give the batch another place in the order of work."""
    return await site.archive.intake.set_priority(p, batch_id, change.priority)


@router.put(
    "/{batch_id}/files/{sha256}",
    responses={**CONFLICT, **TOO_LARGE, 200: {"description": "The batch has this file already."}},
    status_code=201,
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "The bytes of the file.",
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def put_one_file(
    site: OurSite,
    p: Uploads,
    request: Request,
    response: Response,
    batch_id: BatchId,
    sha256: Sha256,
    name: Annotated[str, Query(max_length=1000, description="Name of the file.")],
    external_id: ExternalId = None,
) -> Item:
    """Send one file as it is; sending it again does nothing, so that a broken upload of many can be taken up again."""
    item, new = await put_file(site.archive, p, batch_id, sha256.lower(), name, external_id, request.stream())
    response.status_code = 201 if new else 200
    return item
