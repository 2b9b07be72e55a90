"""Is the account of every file possible: one state each, pages that add up, nothing done with unread pages."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.checking.finding import Finding, Look, finding
from services.archive.rows import PURGED_PAGE
from services.archive.schema import documents, items, outbox, pages, sources
from services.archive.state import DONE, source_state
from services.core.model import DocumentState, ItemState, PageState

_AT_ONCE = 500
_ALONE = (ItemState.DUPLICATE, ItemState.FAILED)
"""What an item is that does not stand for its source."""


async def check_accounts(look: Look) -> AsyncIterator[Finding]:
    """Hold every source that is not purged against its pages, and its items against both; each part is one snapshot."""
    after, done = "", 0
    while True:
        async with look.database.read() as conn:
            live = (sources.c.state != DocumentState.PURGED, sources.c.id > after)
            rows = (await conn.execute(select(sources).where(*live).order_by(sources.c.id).limit(_AT_ONCE))).all()
            found = await _of_sources(conn, rows)
        for each in found:
            yield each
        done += len(rows)
        look.progress("accounts", done, done)
        if len(rows) < _AT_ONCE:
            return
        after = rows[-1].id


async def check_lone_items(look: Look) -> AsyncIterator[Finding]:
    """Look at items that stand for no source: duplicates, failures, uploads that go on, what was purged."""
    purged = sources.c.state == DocumentState.PURGED
    uploading = (items.c.state == ItemState.RECEIVED) & items.c.source_id.is_(None)
    query = (
        select(items.c.id, items.c.name, items.c.state)
        .join(sources, sources.c.id == items.c.source_id, isouter=True)
        .where(or_(_impossible(), ~items.c.follows & items.c.state.not_in(_ALONE) & ~uploading & ~purged.is_(True)))
        .order_by(items.c.id)
    )
    async with look.database.read() as conn:
        rows = (await conn.execute(query)).all()
    for row in rows:
        yield finding("item_state_impossible", "item", row.id, name=row.name, state=str(row.state))


def _impossible() -> ColumnElement[bool]:
    return items.c.state.not_in(list(ItemState)) | (items.c.follows & items.c.source_id.is_(None))


async def _of_sources(conn: AsyncConnection, rows: Sequence[Any]) -> list[Finding]:
    ids = [row.id for row in rows]
    counts = await _page_counts(conn, ids)
    found = [each for row in rows if row.triage == DONE for each in _of_pages(row, counts[row.id])]
    busy = set((await conn.execute(select(outbox.c.source_id).where(outbox.c.source_id.in_(ids)))).scalars())
    settled = {row.id: row for row in rows if row.state == DocumentState.READY and row.id not in busy}
    made = await _documents(conn, list(settled))
    followers = items.c.source_id.in_(list(settled)), items.c.follows, items.c.state.in_(list(ItemState))
    for item in await conn.execute(select(items).where(*followers).order_by(items.c.id)):
        source = settled[item.source_id]
        waiting = bool(counts[source.id].get(PageState.WAITING))
        unfinished = waiting or any(row.unfinished for row in made[source.id])
        state, _ = source_state(source, [row.review for row in made[source.id]], unfinished=unfinished)
        if item.state != state:
            params = {"name": item.name, "state": str(item.state), "expected": str(state)}
            found.append(finding("item_state_wrong", "item", item.id, source_id=source.id, **params))
    return found


def _of_pages(row: Any, counts: Mapping[str, int]) -> list[Finding]:
    """Hold the counts of a source against the rows of its pages; those of purged documents were counted once."""
    rows, purged = sum(counts.values()), counts.get(PURGED_PAGE, 0)
    if rows != (row.pages or 0):
        return [finding("page_rows_missing", "source", row.id, pages=row.pages or 0, found=rows)]
    for said, state in ((row.pages_done, PageState.DONE), (row.pages_failed, PageState.FAILED)):
        there = counts.get(state, 0)
        if not there <= said <= there + purged:
            return [finding("page_counts_wrong", "source", row.id, state=str(state), said=said, found=there)]
    return []


async def _page_counts(conn: AsyncConnection, ids: Sequence[str]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    state = pages.c.source_id, pages.c.state
    query = select(*state, func.count().label("count")).where(pages.c.source_id.in_(ids)).group_by(*state)
    for row in await conn.execute(query):
        counts[row.source_id][row.state] = row[2]
    return counts


async def _documents(conn: AsyncConnection, ids: Sequence[str]) -> dict[str, list[Any]]:
    made: dict[str, list[Any]] = defaultdict(list)
    unfinished = (documents.c.indexed_revision < documents.c.awaited_revision).label("unfinished")
    ready = documents.c.source_id.in_(ids), documents.c.state == DocumentState.READY
    for row in await conn.execute(select(documents.c.source_id, documents.c.review, unfinished).where(*ready)):
        made[row.source_id].append(row)
    return made
