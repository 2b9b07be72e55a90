"""The outbox: work that a transaction made necessary, kept until another one records its result."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Insert, Select, Table, and_, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.database import Tx
from services.archive.schema import batches, items, outbox
from services.core.model import BatchState, OutboxRow

Job = Literal["triage", "read_page", "assemble", "index", "bulk"]
QUEUES: dict[Job, str] = {
    "triage": "read",
    "read_page": "read",
    "assemble": "record",
    "bulk": "record",
    "index": "index",
}
_SUBJECTS: dict[Job, str] = {
    "triage": "source_id",
    "read_page": "page_id",
    "assemble": "source_id",
    "bulk": "action_id",
    "index": "document_id",
}


CLOCKS_DIFFER = dt.timedelta(minutes=5)
"""How far the clocks of machines may be apart; what lies further in the future was written before one was set back."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where work stands in the order of work: its batch, the batch's priority, the item's turn; `held` when paused."""

    batch_id: str | None = None
    priority: int = 0
    turn: int = 0
    held: bool = False


def insert_new(conn: AsyncConnection, table: Table) -> Insert:
    """Return an insert that leaves rows alone which are there already."""
    if conn.dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


async def route_of(tx: Tx, source_id: str) -> Route | None:
    """Return the best place that the items of a source give its work; None when nobody waits for it any more.

    The batches stay share-locked, so that a pause or cancel at the same time is not missed.
    """
    rows = (
        await tx.conn.execute(
            select(batches.c.id, batches.c.priority, batches.c.state, items.c.ordinal)
            .join(items, items.c.batch_id == batches.c.id)
            .where(items.c.source_id == source_id, items.c.follows, batches.c.state != BatchState.CANCELLED)
            .order_by(batches.c.id)
            .with_for_update(read=True, of=batches)
        )
    ).all()
    if not rows:
        return None
    best = min(rows, key=lambda r: (r.state != BatchState.ACTIVE, -r.priority, r.ordinal))
    return Route(best.id, best.priority, best.ordinal, best.state != BatchState.ACTIVE)


async def put(
    tx: Tx,
    job: Job,
    subject_id: str,
    route: Route,
    *,
    source_id: str | None,
    version: int = 0,
    again: bool = False,
) -> None:
    """See to it that there is a live row for this work.

    A row of an older version is replaced, and with `again` any row: the new one has an id of its own, so that the
    queue does not take it for the old one.
    """
    stale = delete(outbox).where(outbox.c.job == job, outbox.c.subject_id == subject_id)
    await tx.conn.execute(stale if again else stale.where(outbox.c.version < version))
    await tx.conn.execute(insert_new(tx.conn, outbox), [_row(job, subject_id, route, source_id, version)])


async def put_pages(tx: Tx, page_ids: Iterable[str], route: Route, source_id: str, *, again: bool = False) -> None:
    """See to it that all these pages have a live `read_page` row."""
    ids = list(page_ids)
    if again:
        for part in chunks(ids):
            await tx.conn.execute(delete(outbox).where(outbox.c.job == "read_page", outbox.c.subject_id.in_(part)))
    if ids:
        await tx.conn.execute(insert_new(tx.conn, outbox), [_row("read_page", i, route, source_id, 0) for i in ids])


def chunks(values: Sequence[str], size: int = 500) -> Iterable[Sequence[str]]:
    """Cut a list into parts that fit into one statement's parameters."""
    return (values[i : i + size] for i in range(0, len(values), size))


def _row(job: Job, subject_id: str, route: Route, source_id: str | None, version: int) -> dict[str, Any]:
    args = {_SUBJECTS[job]: subject_id}
    if job == "read_page" and source_id is not None:
        args["source_id"] = source_id
    if job == "index":
        args["revision"] = str(version)
    return {
        "queue": QUEUES[job],
        "job": job,
        "subject_id": subject_id,
        "source_id": source_id,
        "version": version,
        "args": args,
        "batch_id": route.batch_id,
        "priority": route.priority,
        "turn": route.turn,
        # What was read is always let into the index: a paused batch must not hold back a correction.
        "held": route.held and job != "index",
    }


async def drop(tx: Tx, job: Job, subject_id: str, *, up_to: int | None = None) -> None:
    """Delete the row of work whose result is recorded (up to a version)."""
    done = delete(outbox).where(outbox.c.job == job, outbox.c.subject_id == subject_id)
    await tx.conn.execute(done if up_to is None else done.where(outbox.c.version <= up_to))


async def drop_source(tx: Tx, source_id: str) -> None:
    """Delete all reading and record work of a source; index work stays."""
    await tx.conn.execute(delete(outbox).where(outbox.c.source_id == source_id, outbox.c.job != "index"))


async def any_claimable(conn: AsyncConnection, queue: str | None) -> bool:
    """Whether `claim` would find anything."""
    query = select(outbox.c.id).where(outbox.c.claimed_at.is_(None), ~outbox.c.held).limit(1)
    return await conn.scalar(query if queue is None else query.where(outbox.c.queue == queue)) is not None


async def claim(tx: Tx, limit: int, queue: str | None) -> list[OutboxRow]:
    """Take rows in order; two claimers never take the same."""
    chosen: Select[Any] = (
        select(outbox.c.id)
        .where(outbox.c.claimed_at.is_(None), ~outbox.c.held)
        .order_by(outbox.c.priority.desc(), outbox.c.turn, outbox.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    if queue is not None:
        chosen = chosen.where(outbox.c.queue == queue)
    taken = (
        await tx.conn.execute(
            update(outbox).where(outbox.c.id.in_(chosen)).values(claimed_at=tx.now, sent_at=None).returning(outbox)
        )
    ).all()
    return [row_of(r) for r in sorted(taken, key=lambda r: (-r.priority, r.turn, r.id))]


async def claimable_queues(conn: AsyncConnection) -> set[str]:
    """Return the queues that have rows to claim."""
    queues = sorted(set(QUEUES.values()))
    looks = [
        select(outbox.c.id)
        .where(outbox.c.queue == queue, outbox.c.claimed_at.is_(None), ~outbox.c.held)
        .limit(1)
        .scalar_subquery()
        for queue in queues
    ]
    found = (await conn.execute(select(*looks))).one()
    return {queue for queue, row_id in zip(queues, found, strict=True) if row_id is not None}


async def mark_sent(tx: Tx, ids: Sequence[int]) -> None:
    """Note that rows are on the queue; a row that is gone meanwhile is fine."""
    await tx.conn.execute(update(outbox).where(outbox.c.id.in_(ids)).values(claimed_at=tx.now, sent_at=tx.now))


async def release(tx: Tx, ids: Sequence[int]) -> None:
    """Put rows back."""
    await tx.conn.execute(update(outbox).where(outbox.c.id.in_(ids)).values(claimed_at=None, sent_at=None))


async def release_stale(tx: Tx, claimed_before: dt.datetime, sent_before: dt.datetime) -> int:
    """Put back rows that were claimed, or sent, before these times; return how many.

    A claim in the future was made before the clock was set back: nobody would ever come to its time.
    """
    result = await tx.conn.execute(
        update(outbox)
        .where(
            outbox.c.claimed_at.is_not(None),
            or_(
                and_(outbox.c.sent_at.is_(None), outbox.c.claimed_at <= claimed_before),
                outbox.c.sent_at <= sent_before,
                outbox.c.claimed_at > tx.now + CLOCKS_DIFFER,
            ),
        )
        .values(claimed_at=None, sent_at=None)
    )
    return int(result.rowcount)


async def in_flight(conn: AsyncConnection, sent_before: dt.datetime, limit: int) -> list[OutboxRow]:
    """Return rows sent before a time, the oldest first."""
    rows = await conn.execute(
        select(outbox).where(outbox.c.sent_at <= sent_before).order_by(outbox.c.sent_at, outbox.c.id).limit(limit)
    )
    return [row_of(r) for r in rows]


def row_of(row: Any) -> OutboxRow:
    """Return the row as the dispatcher sees it."""
    return OutboxRow(id=row.id, queue=row.queue, job=row.job, args=dict(row.args))
