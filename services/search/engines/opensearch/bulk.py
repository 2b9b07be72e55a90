"""Bulk writes that fail loudly: every item's answer is looked at."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from opensearchpy import AsyncOpenSearch
from opensearchpy.exceptions import TransportError

from services.core.errors import UnavailableError
from services.search.engines.opensearch.client import TRY_AGAIN
from services.search.engines.opensearch.mapping import source_of
from services.search.problems import index_damaged
from services.search.types import IndexDocument

_CHUNK_BYTES = 5_000_000
_ATTEMPTS = 6
_TIMEOUT_SECONDS = 120
_OLDER = 409  # the index knows a newer revision: that is the rule, not a failure
_NOT_THERE = 404  # deleting what is not there


@dataclass(frozen=True, slots=True)
class Action:
    """One line (or two) of a bulk request."""

    operation: str
    id: str
    body: bytes


def actions(upserts: Sequence[IndexDocument], deletes: Sequence[tuple[str, int]]) -> Iterator[Action]:
    """Make the actions of a batch, each with its revision as an external version."""
    for document in upserts:
        head = _head("index", document.id, document.revision)
        yield Action("index", document.id, head + _line(source_of(document)))
    for document_id, revision in deletes:
        yield Action("delete", document_id, _head("delete", document_id, revision))


async def write(client: AsyncOpenSearch, index: str, batch: Iterator[Action], *, live: bool) -> None:
    """Send a batch to an alias; with `live` it is searchable when this returns.

    Items that OpenSearch is too busy for are sent again. Raises UnavailableError when it stays busy and CorruptError,
    with the number and the first reason, when items are refused.
    """
    chunks = _chunks(batch)
    sending: asyncio.Task[None] | None = None
    try:
        while chunk := await asyncio.to_thread(next, chunks, None):  # analysed while the one before is on its way
            if sending:
                await sending
            sending = asyncio.create_task(_deliver(client, index, chunk, live=live))
        if sending:
            await sending
    finally:
        if sending:
            sending.cancel()


async def _deliver(client: AsyncOpenSearch, index: str, chunk: list[Action], *, live: bool) -> None:
    """Send a chunk until all of it was taken or refused for good."""
    for attempt in range(_ATTEMPTS):
        if attempt:
            await asyncio.sleep(min(0.25 * 2**attempt, 8.0))
        chunk = await _send(client, index, chunk, live=live)
        if not chunk:
            return
    raise UnavailableError(f"OpenSearch is too busy to take {len(chunk)} documents. Try again.", service="opensearch")


async def _send(client: AsyncOpenSearch, index: str, chunk: list[Action], *, live: bool) -> list[Action]:
    """Send one chunk and return the items to send again: all of them where the request as a whole was too much."""
    params = {
        "request_timeout": _TIMEOUT_SECONDS,
        "filter_path": "errors,items.*.status,items.*.error",
        "require_alias": "true",
        "refresh": "true" if live else "false",
    }
    try:
        answer = await client.bulk(index=index, body=b"".join(a.body for a in chunk).decode(), params=params)
    except TransportError as error:
        if error.status_code not in TRY_AGAIN:
            raise
        return chunk
    if not answer["errors"]:
        return []
    results = [next(iter(item.values())) for item in answer["items"]]
    refused = [(a, r) for a, r in zip(chunk, results, strict=True) if not _fine(a, r["status"])]
    broken = [(a, r) for a, r in refused if r["status"] not in TRY_AGAIN]
    if broken:
        action, result = broken[0]
        raise index_damaged(
            f"OpenSearch refused {len(broken)} of {len(chunk)} documents; the first, {action.id}:"
            f" {json.dumps(result.get('error'), ensure_ascii=False)[:500]}. If the index is of another version:"
            " `vanban reindex`.",
            refused=len(broken),
        )
    return [a for a, _ in refused]


def _fine(action: Action, status: int) -> bool:
    return status < 300 or status == _OLDER or (action.operation == "delete" and status == _NOT_THERE)


def _chunks(batch: Iterator[Action]) -> Iterator[list[Action]]:
    chunk: list[Action] = []
    size = 0
    for action in batch:
        if chunk and size + len(action.body) > _CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
        chunk.append(action)
        size += len(action.body)
    if chunk:
        yield chunk


def _head(operation: str, document_id: str, revision: int) -> bytes:
    return _line({operation: {"_id": document_id, "version": revision, "version_type": "external_gte"}})


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"
