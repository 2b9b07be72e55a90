"""Splits by hand: a person says which pages of a source are which document (append-only, the last word is in force)."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.database import Tx
from services.archive.removal import lock_visible_source
from services.archive.schema import documents, sources, splits
from services.archive.seeing import seen
from services.archive.state import DONE, count_pages, lock_source, requeue, settle
from services.core.errors import ConflictError
from services.core.model import DocumentState, PageRun, PageState, Principal, SourceSplit, SplitDocument
from services.core.page_runs import check_runs


async def split(tx: Tx, source_id: str, runs: Sequence[PageRun] | None, *, if_version: int | None) -> None:
    """Lay a split over a source, or with None leave it to the machine again; its documents are then made anew."""
    source = await _splittable(tx, source_id, if_version)
    checked = None if runs is None else [[r.first_page, r.last_page] for r in check_runs(runs, source.pages)]
    await tx.conn.execute(insert(splits).values(source_id=source.id, runs=checked, who=tx.p.name, at=tx.now))
    if not (await count_pages(tx, source.id)).get(PageState.WAITING, 0):  # else the last page makes the work
        await tx.conn.execute(update(sources).where(sources.c.id == source.id).values(version=source.version + 1))
    tx.event("source.split", "source", source.id, runs=checked)
    await requeue(tx, await lock_source(tx, source.id))
    await settle(tx, source.id)


async def _splittable(tx: Tx, source_id: str, if_version: int | None) -> Any:
    source = await lock_visible_source(tx, source_id)
    if source.state != DocumentState.READY:
        raise ConflictError("The file lies in the trash. Restore it first.", source_id=source.id)
    if source.triage != DONE or source.pages is None:
        raise ConflictError(
            "The pages of the file are not known: it is still to be read, or could not be. Look at its state, and "
            "retry it where it failed.",
            source_id=source.id,
        )
    if if_version is not None and if_version != source.version:
        raise ConflictError(
            "The file was split or read again meanwhile. Load it again and repeat the change.",
            source_id=source.id,
            version=source.version,
        )
    return source


async def runs_in_force(conn: AsyncConnection, source_id: str) -> tuple[tuple[int, int], ...] | None:
    """Return the runs that a person gave for a source; None where the machine decides."""
    row = await _last(conn, source_id)
    return None if row is None or row.runs is None else tuple((first, last) for first, last in row.runs)


async def load_split(conn: AsyncConnection, p: Principal, source: Any) -> SourceSplit:
    """Return how a source is cut into documents: those that `p` may see, the trash included."""
    row = await _last(conn, source.id)
    made = await conn.execute(
        select(documents.c.id, documents.c.first_page, documents.c.last_page)
        .where(
            documents.c.source_id == source.id,
            documents.c.state != DocumentState.PURGED,
            seen(p),
        )
        .order_by(documents.c.first_page, documents.c.id)
    )
    hand = row if row is not None and row.runs is not None else None
    return SourceSplit(
        source_id=source.id,
        pages=source.pages or 0,
        version=source.version,
        pending=source.assembled < source.version or source.version == 0,
        runs=tuple(PageRun(first_page=a, last_page=b) for a, b in hand.runs) if hand else None,
        by=hand.who if hand else None,
        at=hand.at if hand else None,
        documents=tuple(SplitDocument(id=d.id, first_page=d.first_page, last_page=d.last_page) for d in made),
    )


async def _last(conn: AsyncConnection, source_id: str) -> Any | None:
    query = select(splits).where(splits.c.source_id == source_id).order_by(splits.c.id.desc()).limit(1)
    return (await conn.execute(query)).one_or_none()
