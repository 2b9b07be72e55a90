"""Files from a multipart form into a batch: the one way in of the API and of the upload page."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

from fastapi import UploadFile

from services.archive import Archive
from services.core.errors import InvalidInputError
from services.core.model import JSON, Batch, Item, ItemState, Level, OnDuplicate, Principal, Reason

CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class UploadForm:
    """The fields of an upload. `external_ids` and `records` are empty or have one entry for each file, in order."""

    files: Sequence[UploadFile]
    label: str | None = None
    on_duplicate: OnDuplicate = "link"
    priority: int = 0
    external_ids: Sequence[str] = ()
    records: Sequence[Mapping[str, JSON] | None] = ()
    access: Level | None = None
    collection: str | None = None

    def __post_init__(self) -> None:
        for name, values in (("external_id", self.external_ids), ("record", self.records)):
            if values and len(values) != len(self.files):
                raise InvalidInputError(
                    f"There are {len(self.files)} files but {len(values)} values of {name}. Send one a file, in order."
                )


def parse_records(texts: Sequence[str]) -> list[Mapping[str, JSON] | None]:
    """Parse the `record` fields of a form: JSON objects over Record's keys, blank for none.

    Raises InvalidInputError on anything else.
    """
    return [_parse_record(text) if text.strip() else None for text in texts]


def _parse_record(text: str) -> Mapping[str, JSON]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError('record is not JSON. Send an object such as {"symbol": "12/UBND-VX"}.') from error
    if not isinstance(value, dict):
        raise InvalidInputError('record is not a JSON object. Send an object such as {"symbol": "12/UBND-VX"}.')
    return value


def chosen(files: Sequence[UploadFile]) -> list[UploadFile]:
    """Return the files that were chosen: a browser sends an empty part without a name for an empty file input."""
    return [file for file in files if file.filename]


async def take_in(archive: Archive, p: Principal, form: UploadForm) -> Batch:
    """Open a batch, take in every file of the form and return the batch as it then stands.

    A file that is refused is an item of the batch, failed with its reason: the others go on.
    """
    batch = await archive.intake.create_batch(
        p,
        label=form.label or None,
        on_duplicate=form.on_duplicate,
        priority=form.priority,
        access=form.access,
        collection=form.collection,
    )
    for number, file in enumerate(form.files):
        await archive.intake.receive(
            p,
            batch.id,
            file.filename or "",
            chunks_of(file),
            external_id=(form.external_ids[number] or None) if form.external_ids else None,
            given=form.records[number] if form.records else None,
        )
    return await archive.account.batch(p, batch.id)


async def chunks_of(file: UploadFile) -> AsyncIterator[bytes]:
    """Read an uploaded file piece by piece."""
    while chunk := await file.read(CHUNK_BYTES):
        yield chunk


async def put_file(
    archive: Archive,
    p: Principal,
    batch_id: str,
    sha256: str,
    name: str,
    external_id: str | None,
    chunks: AsyncIterator[bytes],
) -> tuple[Item, bool]:
    """Take in one file whose hash is known; a batch that has it already keeps the item it has.

    Returns the item and whether it is new. Raises RefusedError when the file cannot be taken.
    """
    source = await archive.account.find_source(p, sha256)
    for item in source.items if source else ():
        if item.batch_id == batch_id and item.state is not ItemState.FAILED:
            return item, False
    item = await archive.intake.receive(p, batch_id, name, chunks, external_id=external_id, sha256=sha256)
    return accepted(item), True


def accepted(item: Item) -> Item:
    """Return the item of a file sent by itself; raises RefusedError when the file was not taken."""
    if item.state is ItemState.FAILED:
        raise RefusedError(item.reason or Reason(code="error"), item.id)
    return item


class RefusedError(InvalidInputError):
    """A file sent by itself was refused; its item says the same."""

    def __init__(self, reason: Reason, item_id: str) -> None:
        super().__init__(reason.code, **{**reason.params, "item": item_id})
        self.code = reason.code
