"""Between catalogue and index: which documents are newer than their entry, and that an entry is durable."""

from collections.abc import Sequence

from sqlalchemy import select, update

from services.archive import outbox
from services.archive.blobs import Blobs
from services.archive.codec import decode_text
from services.archive.database import Database
from services.archive.questions import standing
from services.archive.rows import load_documents, stored
from services.archive.schema import documents
from services.archive.state import lock_source, settle
from services.core.errors import CorruptError, NotFoundError
from services.core.model import CleanText, DocumentState, IndexTask, Principal, Reason


async def index_tasks(database: Database, blobs: Blobs, limit: int) -> list[IndexTask]:
    """Return what has to be brought into the index, or out of it (`document` is None)."""
    query = (
        select(documents)
        .where(documents.c.indexed_revision < documents.c.revision)
        .order_by(documents.c.updated_at, documents.c.id)
        .limit(limit)
    )
    async with database.read() as conn:
        rows = (await conn.execute(query)).all()
        ready = [r for r in rows if r.state == DocumentState.READY]
        loaded = {d.id: d for d in await load_documents(conn, ready, live_state=False)}
    tasks = []
    for row in rows:
        document = loaded.get(row.id)
        if document is None:
            tasks.append(IndexTask(row.id, row.revision, None, None))
        elif (clean := await _clean(blobs, row.clean_key)) is not None:
            tasks.append(IndexTask(row.id, row.revision, document, clean))
        # Else it was purged or read again at this moment, and its new revision comes next time; or the blob is
        # damaged, which `vanban check` tells and which must not stop the others.
    return tasks


async def _clean(blobs: Blobs, key: str) -> CleanText | None:
    try:
        return decode_text(await blobs.get(key))
    except (NotFoundError, CorruptError):
        return None


async def index_failed(database: Database, p: Principal, document_id: str, revision: int, reason: Reason) -> None:
    """Record that the engine refuses a document: its items end with that question instead of waiting for ever.

    Its entry stays behind its revision, so that every later index job tries it again.
    """
    async with database.write(p) as tx:
        source_id = await tx.conn.scalar(select(documents.c.source_id).where(documents.c.id == document_id))
        if source_id is None:
            return
        source = await lock_source(tx, source_id)
        row = (await tx.conn.execute(select(documents).where(documents.c.id == document_id).with_for_update())).one()
        await outbox.drop(tx, "index", document_id, up_to=revision)
        review = [*(one for one in row.review if one["code"] != reason.code), stored(reason)]
        open_ = standing(review, row.evidence, pages_failed=bool(source and source.pages_failed))
        await tx.conn.execute(
            update(documents).where(documents.c.id == document_id).values(review=review, awaited_revision=0, **open_)
        )
        tx.event("document.not_indexed", "document", document_id, revision=revision, reason=stored(reason))
        await settle(tx, source_id)


async def indexed(database: Database, p: Principal, done: Sequence[tuple[str, int]]) -> None:
    """Record index entries; a document's first one announces it in /changes, and its items may be finished by it."""
    revisions = dict(sorted(done, key=lambda pair: pair[1]))
    for part in outbox.chunks(sorted(revisions), 100):
        async with database.write(p) as tx:
            source_ids = await tx.conn.execute(select(documents.c.source_id).where(documents.c.id.in_(part)).distinct())
            sources = sorted(source_ids.scalars())
            for source_id in sources:
                await lock_source(tx, source_id)
            rows = await tx.conn.execute(
                select(documents).where(documents.c.id.in_(part)).order_by(documents.c.id).with_for_update()
            )
            for row in rows.all():
                revision = min(revisions[row.id], row.revision)
                await outbox.drop(tx, "index", row.id, up_to=revision)
                if revision <= row.indexed_revision:
                    continue
                announce = row.state == DocumentState.READY and not row.announced
                await tx.conn.execute(
                    update(documents)
                    .where(documents.c.id == row.id)
                    .values(indexed_revision=revision, announced=row.announced or announce)
                )
                if announce:
                    tx.event(
                        "document.ready",
                        "document",
                        row.id,
                        change="ready",
                        revision=row.revision,
                        external_id=row.external_id,
                    )
            for source_id in sources:
                await settle(tx, source_id)
