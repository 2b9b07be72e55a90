"""From rows of the catalogue to the model, a few queries for any number of things."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.filing import dossiers_of
from services.archive.outbox import chunks
from services.archive.schema import documents, import_ids, items, pages, replacements, sources
from services.archive.seeing import seen, seen_item
from services.core.model import (
    Batch,
    BatchState,
    DigitalSignature,
    Document,
    DocumentState,
    Evidence,
    Item,
    ItemState,
    PageState,
    PageStatus,
    Principal,
    Reason,
    Record,
    Source,
    TextLayer,
)

PURGED_PAGE = "purged"  # a page whose document was purged while others of its source live


def reason_of(value: Any) -> Reason | None:
    """Return a stored reason."""
    return None if value is None else Reason.model_validate(value)


def stored(reason: Reason | None) -> dict[str, Any] | None:
    """Return a reason as it is stored; `reason_of` is the inverse."""
    return None if reason is None else reason.model_dump(mode="json")


def page_of(row: Any) -> PageStatus:
    """Return the account of a page."""
    return PageStatus(
        id=row.id,
        source_id=row.source_id,
        number=row.number,
        width=row.width,
        height=row.height,
        rotation=row.rotation,
        state=PageState(row.state),
        reason=reason_of(row.reason),
        attempts=row.attempts,
        text_layer=None if row.text_layer is None else TextLayer(row.text_layer),
        quality=row.quality,
    )


async def load_batches(conn: AsyncConnection, p: Principal, rows: Sequence[Any]) -> list[Batch]:
    """Return batches with the counts of what may be seen of them."""
    ids = [r.id for r in rows]
    counts: dict[str, dict[ItemState, int]] = {i: dict.fromkeys(ItemState, 0) for i in ids}
    for part in chunks(ids):
        for batch_id, state, n in await conn.execute(
            select(items.c.batch_id, items.c.state, func.count())
            .where(items.c.batch_id.in_(part), seen_item(p))
            .group_by(items.c.batch_id, items.c.state)
        ):
            counts[batch_id][ItemState(state)] = n
    sums: dict[str, tuple[int, int]] = {}
    for part in chunks(ids):
        own = select(items.c.batch_id, items.c.source_id).where(
            items.c.batch_id.in_(part),
            items.c.source_id.is_not(None),
            items.c.state != ItemState.DUPLICATE,
            seen_item(p),
        )
        once = own.distinct().subquery()
        for batch_id, total, done in await conn.execute(
            select(once.c.batch_id, func.sum(func.coalesce(sources.c.pages, 0)), func.sum(sources.c.pages_done))
            .join(sources, sources.c.id == once.c.source_id)
            .group_by(once.c.batch_id)
        ):
            sums[batch_id] = (int(total), int(done))
    return [
        Batch(
            id=r.id,
            label=r.label,
            access=r.access,
            collection=r.collection,
            state=BatchState(r.state),
            priority=r.priority,
            on_duplicate=r.on_duplicate,
            created_at=r.created_at,
            created_by=r.created_by,
            counts=counts[r.id],
            pages=sums.get(r.id, (0, 0))[0],
            pages_done=sums.get(r.id, (0, 0))[1],
        )
        for r in rows
    ]


async def load_items(conn: AsyncConnection, p: Principal, rows: Sequence[Any]) -> list[Item]:
    """Return items that may be seen with the pages of their sources, and those of their documents that may be."""
    source_ids = sorted({r.source_id for r in rows if r.source_id})
    counted: dict[str, tuple[int | None, int]] = {}
    for part in chunks(source_ids):
        for source_id, total, done in await conn.execute(
            select(sources.c.id, sources.c.pages, sources.c.pages_done).where(sources.c.id.in_(part))
        ):
            counted[source_id] = (total, done)
    made = await document_ids(conn, p, source_ids)
    replaced = await _seen_ids(conn, p, [r.replaces for r in rows if r.replaces])
    return [
        Item(
            id=r.id,
            batch_id=r.batch_id,
            name=r.name,
            external_id=r.external_id,
            state=ItemState(r.state),
            reason=reason_of(r.reason),
            attempts=r.attempts,
            source_id=r.source_id,
            duplicate_of=r.duplicate_of,
            replaces=r.replaces if r.replaces in replaced else None,
            pages=counted.get(r.source_id, (None, 0))[0],
            pages_done=counted.get(r.source_id, (None, 0))[1],
            document_ids=tuple(made.get(r.source_id, ())),
            created_at=r.created_at,
            updated_at=r.updated_at,
        )
        for r in rows
    ]


async def document_ids(conn: AsyncConnection, p: Principal, source_ids: Sequence[str]) -> dict[str, list[str]]:
    """Return the documents of each source that may be seen, in page order, purged ones left out.

    An imported line that a later one replaced leads to the document that both are, and so does a scan that a better
    one replaced.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for part in chunks(source_ids):
        for source_id, document_id in await conn.execute(
            select(documents.c.source_id, documents.c.id)
            .where(documents.c.source_id.in_(part), documents.c.state != DocumentState.PURGED, seen(p))
            .order_by(documents.c.first_page, documents.c.id)
        ):
            found[source_id].append(document_id)
        for source_id, document_id in await conn.execute(
            select(sources.c.id, import_ids.c.document_id)
            .join(import_ids, import_ids.c.import_id == sources.c.import_id)
            .join(documents, documents.c.id == import_ids.c.document_id)
            .where(sources.c.id.in_(part), seen(p))
        ):
            if document_id not in found[source_id]:
                found[source_id].append(document_id)
        for source_id, document_id in await conn.execute(
            select(replacements.c.old_source_id, documents.c.id)
            .join(documents, documents.c.id == replacements.c.document_id)
            .where(replacements.c.old_source_id.in_(part), documents.c.state != DocumentState.PURGED, seen(p))
            .order_by(replacements.c.id)
        ):
            if document_id not in found[source_id]:
                found[source_id].append(document_id)
    return found


async def _seen_ids(conn: AsyncConnection, p: Principal, ids: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for part in chunks(ids):
        found.update((await conn.execute(select(documents.c.id).where(documents.c.id.in_(part), seen(p)))).scalars())
    return found


async def load_source(conn: AsyncConnection, p: Principal, row: Any) -> Source:
    """Return a source with the items that brought it and may be seen, the first one first."""
    brought = select(items).where(items.c.source_id == row.id, seen_item(p)).order_by(items.c.created_at, items.c.id)
    shown = (await conn.execute(brought)).all()
    made = await document_ids(conn, p, [row.id])
    return Source(
        id=row.id,
        sha256=row.sha256,
        bytes=row.bytes,
        media_type=row.media_type,
        pages=row.pages,
        signatures=tuple(DigitalSignature.model_validate(s) for s in row.signatures or ()),
        state=DocumentState(row.state),
        warnings=tuple(Reason.model_validate(w) for w in row.warnings or ()),
        created_at=row.created_at,
        items=tuple(await load_items(conn, p, shown)),
        document_ids=tuple(made.get(row.id, ())),
    )


async def load_documents(conn: AsyncConnection, rows: Sequence[Any], *, live_state: bool) -> list[Document]:
    """Return documents without their pages.

    `item_state` is that of the item that follows the source (`live_state`), or the outcome of the reading.
    """
    source_ids = sorted({r.source_id for r in rows})
    media, brought = await _sources_and_items(conn, source_ids)
    filed = await dossiers_of(conn, [r.id for r in rows])
    loaded = []
    for r in rows:
        from_items = brought.get(r.source_id, [])
        first = min(from_items, key=lambda i: (i.state == ItemState.DUPLICATE, i.created_at, i.id), default=None)
        state = first.state if live_state and first is not None and first.follows else r.outcome
        loaded.append(
            Document(
                id=r.id,
                source_id=r.source_id,
                external_id=r.external_id,
                first_page=r.first_page,
                last_page=r.last_page,
                revision=r.revision,
                access=r.access,
                collection=r.collection,
                state=DocumentState(r.state),
                item_state=ItemState(state),
                file_name=first.name if first is not None else "",
                media_type=media[r.source_id],
                batch_ids=tuple(sorted({i.batch_id for i in from_items})),
                dossiers=filed.get(r.id, ()),
                record=Record.model_validate(r.record or {}),
                evidence={k: Evidence.model_validate(v) for k, v in (r.evidence or {}).items()},
                created_at=r.created_at,
                updated_at=r.updated_at,
            )
        )
    return loaded


async def load_pages(conn: AsyncConnection, row: Any) -> tuple[PageStatus, ...]:
    """Return the account of a document's pages."""
    found = await conn.execute(
        select(pages)
        .where(
            pages.c.source_id == row.source_id,
            pages.c.number.between(row.first_page, row.last_page),
            pages.c.state != PURGED_PAGE,
        )
        .order_by(pages.c.number)
    )
    return tuple(page_of(r) for r in found)


async def _sources_and_items(
    conn: AsyncConnection, source_ids: Sequence[str]
) -> tuple[dict[str, str], dict[str, list[Any]]]:
    """Return the media type of each source, and what documents show of the items that brought it."""
    shown = (items.c.id, items.c.batch_id, items.c.name, items.c.state, items.c.follows, items.c.created_at)
    media: dict[str, str] = {}
    brought: dict[str, list[Any]] = defaultdict(list)
    for part in chunks(source_ids):
        for row in await conn.execute(
            select(sources.c.id.label("source_id"), sources.c.media_type, *shown)
            .outerjoin(items, items.c.source_id == sources.c.id)
            .where(sources.c.id.in_(part))
        ):
            media[row.source_id] = row.media_type
            if row.id is not None:
                brought[row.source_id].append(row)
    return media, brought
