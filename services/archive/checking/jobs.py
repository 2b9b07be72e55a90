"""Can every job that the outbox holds be done, and does it hold every job that is due."""

from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import Select, or_, select

from services.archive.bulk import is_carried_out, lost_jobs
from services.archive.checking.finding import Finding, Look, finding
from services.archive.outbox import QUEUES
from services.archive.schema import batches, bulk_actions, documents, outbox, pages, sources
from services.archive.sweeping import undone, unindexed
from services.core.model import BatchState, DocumentState, PageState


async def check_jobs(look: Look) -> AsyncIterator[Finding]:
    """Look at the outbox and at what should be in it, as one snapshot."""
    async with look.database.read() as conn:
        dead = (await conn.execute(dead_rows())).all()
        held = (await conn.execute(held_rows())).all()
        lost = [(source_id, "source") for query in undone() for source_id in (await conn.execute(query)).scalars()]
        lost += [(action_id, "bulk") for action_id in (await conn.execute(lost_jobs())).scalars()]
        lost += [(document_id, "document") for document_id in (await conn.execute(unindexed())).scalars()]
    for row in dead:
        yield finding("job_dead", "job", str(row.id), job=row.job, of=row.subject_id)
    for row in held:
        yield finding("job_held", "job", str(row.id), job=row.job, of=row.subject_id, batch_id=row.batch_id)
    for subject_id, kind in dict(lost).items():
        yield finding("job_missing", kind, subject_id)


def dead_rows() -> Select[Any]:
    """Select the rows of work that is done, or whose subject is not there: no worker would ever take them away."""
    known = outbox.c.job.in_(list(QUEUES))
    page, document, source, action = (outbox.c.job == job for job in ("read_page", "index", "triage", "bulk"))
    return (
        select(outbox.c.id, outbox.c.job, outbox.c.subject_id)
        .join(pages, page & (pages.c.id == outbox.c.subject_id), isouter=True)
        .join(documents, document & (documents.c.id == outbox.c.subject_id), isouter=True)
        .join(sources, sources.c.id == outbox.c.source_id, isouter=True)
        .join(bulk_actions, action & (bulk_actions.c.id == outbox.c.subject_id), isouter=True)
        .where(
            or_(
                ~known,
                page & (pages.c.id.is_(None) | (pages.c.state != PageState.WAITING)),
                document & (documents.c.id.is_(None) | (documents.c.indexed_revision >= documents.c.revision)),
                action & (bulk_actions.c.id.is_(None) | ~is_carried_out()),
                (source | (outbox.c.job == "assemble"))
                & (sources.c.id.is_(None) | (sources.c.state != DocumentState.READY)),
            )
        )
        .order_by(outbox.c.id)
    )


def held_rows() -> Select[Any]:
    """Select the rows that are held back although their batch goes on."""
    return (
        select(outbox.c.id, outbox.c.job, outbox.c.subject_id, outbox.c.batch_id)
        .join(batches, batches.c.id == outbox.c.batch_id, isouter=True)
        .where(outbox.c.held, batches.c.state.is_distinct_from(BatchState.PAUSED))
        .order_by(outbox.c.id)
    )
