"""A batch as it goes on, as server-sent events."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import AsyncIterator

from fastapi.sse import ServerSentEvent

from services.archive import Account
from services.core.model import Batch, Item, Principal

POLL_SECONDS = 0.5
POLL_SHARE = 5
"""Between two looks at a large batch lies at least so many times what the last look took."""
ITEMS_AT_ONCE = 500
_Seen = dict[str, tuple[object, ...]]


async def follow(
    account: Account, p: Principal, batch_id: str, last_event_id: str | None
) -> AsyncIterator[ServerSentEvent]:
    """Yield `batch` and `item` events, at first for everything, then for what changes; `end` when all is through.

    An event's id is the time of the newest change told so far: after a broken connection only later ones are told.
    """
    told = parse_event_id(last_event_id)
    seen: _Seen = {}
    shown: Batch | None = None
    while True:
        started = time.monotonic()
        batch = await account.batch(p, batch_id)
        if batch != shown:
            shown = batch
            newest = told
            async for item in _changed(account, p, batch_id, seen, told):
                newest = max(newest, item.updated_at)
                yield ServerSentEvent(data=item, event="item")
            told = newest
            yield ServerSentEvent(data=batch, event="batch", id=build_event_id(told))
        if batch.finished:
            yield ServerSentEvent(data={"finished": True}, event="end", id=build_event_id(told))
            return
        await asyncio.sleep(max(POLL_SECONDS, POLL_SHARE * (time.monotonic() - started)))


async def _changed(
    account: Account, p: Principal, batch_id: str, seen: _Seen, told: dt.datetime
) -> AsyncIterator[Item]:
    """Yield the items that differ from what was seen; at the first look, those that changed after `told`."""
    cursor: str | None = None
    while True:
        page = await account.items(p, batch_id, limit=ITEMS_AT_ONCE, cursor=cursor)
        for item in page.items:
            form = (item.state, item.pages, item.pages_done, item.attempts, item.document_ids)
            before = seen.get(item.id)
            seen[item.id] = form
            if form != before and (before is not None or item.updated_at > told):
                yield item
        cursor = page.next
        if cursor is None:
            return


def build_event_id(told: dt.datetime) -> str:
    """Write the time of the newest change told as an event id; `parse_event_id` is the inverse."""
    return str(int(told.timestamp() * 1_000_000))


def parse_event_id(event_id: str | None) -> dt.datetime:
    """Read an event id; one that is not ours starts from the beginning."""
    beginning = dt.datetime.fromtimestamp(0, dt.UTC)
    try:
        return beginning + dt.timedelta(microseconds=int(event_id or "0"))
    except (ValueError, OverflowError):
        return beginning
