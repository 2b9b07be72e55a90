"""Drafts become documents: ids are kept by page run; what was read is a new layer under what people entered."""

from collections.abc import Sequence
from functools import reduce
from typing import Any

from sqlalchemy import delete, insert, select, update

from services.archive import garbage, outbox
from services.archive.asking import put_tasks
from services.archive.blobs import Blobs
from services.archive.citing import put_citations
from services.archive.database import Database, Tx
from services.archive.entered import enter_given, in_force, machine_layer
from services.archive.fingerprinting import put_fingerprint
from services.archive.keeping import keep_text
from services.archive.moving import move_document
from services.archive.outdated import confirm
from services.archive.packed import Packed
from services.archive.questions import standing
from services.archive.registers.meeting import has_scan, meet_again
from services.archive.replacing import awaited_document, is_replaced, lock_scans, record_replacement, replaced_runs
from services.archive.schema import documents, import_ids, items, record_revisions, redirects, sources
from services.archive.seeing import level_of, stricter
from services.archive.state import count_pages, lock_source, put_index, settle, touch_document
from services.core.ids import new_id
from services.core.model import DocumentDraft, DocumentState, PageState, Principal


async def assembled(
    database: Database,
    blobs: Blobs,
    p: Principal,
    source_id: str,
    drafts: Sequence[DocumentDraft],
    *,
    version: int | None,
    pipeline: str,
    again: bool = False,
) -> list[str]:
    """Record the documents of a source and return their ids, in the drafts' order.

    Nothing happens (empty list) when the drafts are older than the page results, when pages wait to be read, or when
    the source is no longer there. A second call for the same version returns the ids and changes nothing, but with
    `again`: then other rules made these drafts, and nobody waits for what they change.
    """
    packed = [Packed.of(d) for d in sorted(drafts, key=lambda d: (d.first_page, d.last_page))]
    if again and (ids := await confirm(database, p, source_id, packed, version, pipeline)):
        return ids
    for one in packed:
        await keep_text(blobs, one.clean_key, one.clean)
    async with database.write(p) as tx:
        await lock_scans(tx, source_id)
        source = await lock_source(tx, source_id)
        if source is None or source.state != DocumentState.READY:
            await garbage.discard(tx, [one.clean_key for one in packed], now=False)
            return []
        if version is not None and version != source.version:
            await garbage.discard(tx, [one.clean_key for one in packed], now=False)
            return []
        counts = await count_pages(tx, source_id)
        if counts.get(PageState.WAITING, 0) or not counts.get(PageState.DONE, 0):
            return []
        await outbox.drop(tx, "assemble", source_id, up_to=source.version)
        if source.assembled == source.version and not again:
            return await _ids(tx, source_id)
        ids = await _write(tx, blobs, source, packed, pipeline, failed=counts.get(PageState.FAILED, 0))
        await tx.conn.execute(update(sources).where(sources.c.id == source_id).values(assembled=source.version))
        await settle(tx, source_id)
        return ids


async def _write(
    tx: Tx, blobs: Blobs, source: Any, packed: Sequence[Packed], pipeline: str, *, failed: int
) -> list[str]:
    claimed = await _import_claim(tx, source)
    if claimed is not None and claimed.source_id != source.id:
        return []  # a later line of the same identity has the document
    if claimed is not None and await has_scan(tx, claimed.import_id):
        return []  # the row of a register is a scan's by now
    replacement = await awaited_document(tx, source)
    if replacement is not None and failed:
        return []  # a scan that lacks pages is no better one; once they are read, it is
    gone_runs = await replaced_runs(tx.conn, source.id)
    packed = [one for one in packed if not is_replaced(one.run, gone_runs)]
    known = await _known_documents(tx, source, claimed)
    if replacement is not None:
        await record_replacement(tx, *replacement, source)
        known.insert(0, replacement[1])
    left = await _left_earlier(tx, source, packed, known)
    matches = match_runs(
        [one.run for one in packed],
        [(d.first_page, d.last_page) for d in (*known, *left)],
        identity=claimed is not None or replacement is not None,
    )
    # the name that came with the upload goes to one document
    name = None if any(d.external_id for d in known) else await _external_id(tx, source.id)
    ids: list[str] = []
    kept: list[Packed] = []
    for one, match in zip(packed, matches, strict=True):
        await _keep_text(tx, blobs, one)
        old = None if match is None else (*known, *left)[match]
        if old is not None and old in known and old.state == DocumentState.PURGED:
            await garbage.discard(tx, [one.clean_key], now=True)
            continue  # what was purged does not come back
        values = {**one.values, "pipeline": pipeline}
        if old is None:
            values |= standing(one.review, one.evidence, pages_failed=bool(failed))
            ids.append(await _create(tx, source, one, values | _level(source, known, one), None if ids else name))
        else:
            values |= await _call_back(tx, old) if old in left else {}
            await _revise(tx, source, old, one, values, first=not ids, failed=failed)
            ids.append(old.id)
        kept.append(one)
    gone = [d for i, d in enumerate(known) if i not in matches and d.state != DocumentState.PURGED]
    await _redirect(tx, gone, kept, ids)
    if replacement is not None:
        await settle(tx, replacement[1].source_id)  # nothing of the old scan is open any more
    if ids:
        await _enter_given(tx, ids[0])
    for document_id in ids:
        await meet_again(tx, document_id)
    if claimed is not None and ids:
        await tx.conn.execute(
            update(import_ids).where(import_ids.c.import_id == claimed.import_id).values(document_id=ids[0])
        )
    return ids


async def _keep_text(tx: Tx, blobs: Blobs, one: Packed) -> None:
    """See to it that a draft's clean text is there when the transaction ends."""
    await tx.lock_name(one.clean_key)
    if not await blobs.exists(one.clean_key):  # a purge may have deleted it since it was put
        await blobs.put(one.clean_key, one.clean)


def match_runs(
    new: Sequence[tuple[int, int]], known: Sequence[tuple[int, int]], *, identity: bool = False
) -> list[int | None]:
    """Return, for each new page run, which known run it is: the same, or the one it shares most pages with.

    Each known run is given away once, the largest overlap first. With `identity` the first run is the first known one
    whatever its pages (the document of an import identity).
    """
    matches: list[int | None] = [None] * len(new)
    taken: set[int] = set()
    if identity and new and known:
        matches[0] = 0
        taken.add(0)
    overlaps = [
        (a != b, -(min(a[1], b[1]) - max(a[0], b[0]) + 1), i, j) for i, a in enumerate(new) for j, b in enumerate(known)
    ]
    for _, overlap, i, j in sorted(overlaps):
        if overlap < 0 and matches[i] is None and j not in taken:
            matches[i] = j
            taken.add(j)
    return matches


async def _ids(tx: Tx, source_id: str) -> list[str]:
    rows = await tx.conn.execute(
        select(documents.c.id)
        .where(documents.c.source_id == source_id, documents.c.state != DocumentState.PURGED)
        .order_by(documents.c.first_page, documents.c.last_page)
    )
    return list(rows.scalars())


async def _import_claim(tx: Tx, source: Any) -> Any | None:
    if source.import_id is None:
        return None
    return (
        await tx.conn.execute(select(import_ids).where(import_ids.c.import_id == source.import_id).with_for_update())
    ).one_or_none()


async def _known_documents(tx: Tx, source: Any, claimed: Any | None) -> list[Any]:
    """Return the documents that drafts may be, locked: the import identity's own first, then those of the source.

    Purged ones are among them, so that a draft of their pages is recognised; moved ones are not.
    """
    moved = select(redirects.c.old_id)
    rows = (
        await tx.conn.execute(
            select(documents)
            .where(documents.c.source_id == source.id, documents.c.id.not_in(moved))
            .order_by(documents.c.first_page, documents.c.id)
            .with_for_update()
        )
    ).all()
    if claimed is None:
        return list(rows)
    if claimed.document_id is None:
        return []
    own = (
        await tx.conn.execute(select(documents).where(documents.c.id == claimed.document_id).with_for_update())
    ).all()
    return [*own, *(r for r in rows if r.id != claimed.document_id)]


async def _left_earlier(tx: Tx, source: Any, packed: Sequence[Packed], known: Sequence[Any]) -> list[Any]:
    """Return documents that a join took away and that drafts now cut out again exactly: undone is undone."""
    wanted = {one.run for one in packed}
    wanted -= {(d.first_page, d.last_page) for d in known}
    rows = await tx.conn.execute(
        select(documents)
        .join(redirects, redirects.c.old_id == documents.c.id)
        .where(documents.c.source_id == source.id)
        .order_by(redirects.c.at, documents.c.id)
        .with_for_update(of=documents)
    )
    latest = {(d.first_page, d.last_page): d for d in rows}
    return [d for run, d in latest.items() if run in wanted]


async def _call_back(tx: Tx, old: Any) -> dict[str, Any]:
    """End the redirect of a document that is one again, and return what makes it READY; /changes announces it anew."""
    await tx.conn.execute(delete(redirects).where(redirects.c.old_id == old.id))
    return {"state": DocumentState.READY, "announced": False}


async def _external_id(tx: Tx, source_id: str) -> str | None:
    """Return the name that the first upload with one gave its content."""
    found = await tx.conn.scalar(
        select(items.c.external_id)
        .where(items.c.source_id == source_id, items.c.external_id.is_not(None))
        .order_by(items.c.created_at, items.c.id)
        .limit(1)
    )
    return None if found is None else str(found)


def _level(source: Any, known: Sequence[Any], one: Packed) -> dict[str, str]:
    """Return level and collection of a new document: those of its file, as strict as what its pages were part of."""
    first, last = one.run
    before = [d.access for d in known if d.first_page <= last and first <= d.last_page]
    return {"access": level_of(one.record, reduce(stricter, before, source.access)), "collection": source.collection}


async def _create(tx: Tx, source: Any, one: Packed, values: dict[str, Any], external_id: str | None) -> str:
    document_id = new_id()
    await tx.conn.execute(
        insert(documents).values(
            id=document_id,
            source_id=source.id,
            external_id=external_id,
            state=DocumentState.READY,
            revision=1,
            awaited_revision=1,
            record=one.record,
            evidence=one.evidence,
            created_at=tx.now,
            updated_at=tx.now,
            **values,
        )
    )
    await put_citations(tx, document_id, one.record, one.evidence)
    await put_tasks(tx, document_id, one.record)
    await put_fingerprint(tx, document_id, one.clean_key, one.numbers)
    await _add_layer(tx, document_id, 1, one, values["pipeline"])
    await put_index(tx, document_id, source.id, 1)
    tx.event(
        "document.created",
        "document",
        document_id,
        source_id=source.id,
        pages=[values["first_page"], values["last_page"]],
    )
    return document_id


async def _revise(
    tx: Tx, source: Any, old: Any, one: Packed, values: dict[str, Any], *, first: bool, failed: int
) -> None:
    """Give a known document what was read anew; nothing changes when the same was read."""
    revision = old.revision + 1
    if await machine_layer(tx.conn, old.id) != (one.record, one.evidence):
        await _add_layer(tx, old.id, revision, one, values["pipeline"])
    values |= await in_force(tx.conn, old.id, source.id, first=first)
    values |= standing(one.review, values["evidence"], pages_failed=bool(failed))
    values["source_id"] = source.id
    changed = [k for k, v in values.items() if k != "pipeline" and getattr(old, k) != v]
    if not changed:
        await tx.conn.execute(update(documents).where(documents.c.id == old.id).values(pipeline=values["pipeline"]))
        return
    if old.clean_key != one.clean_key:
        await garbage.discard(tx, [old.clean_key], now=False)
        await put_fingerprint(tx, old.id, one.clean_key, one.numbers)
    anew = source.assembled == source.version  # the same words, made again: no item waits for its index entry
    await touch_document(tx, old, awaited_revision=old.awaited_revision if anew else revision, **values)
    if values.get("state", old.state) == DocumentState.READY:
        change = "changed" if values.get("announced", old.announced) else None
        action = "document.refreshed" if anew else "document.reread"
        tx.event(action, "document", old.id, change=change, revision=revision, external_id=old.external_id)


async def _add_layer(tx: Tx, document_id: str, revision: int, one: Packed, pipeline: str) -> None:
    await tx.conn.execute(
        insert(record_revisions).values(
            document_id=document_id,
            revision=revision,
            record=one.record,
            evidence=one.evidence,
            pipeline=pipeline,
            created_at=tx.now,
        )
    )


async def _enter_given(tx: Tx, document_id: str) -> None:
    """Lay over the first document what its uploaders gave."""
    row = (await tx.conn.execute(select(documents).where(documents.c.id == document_id))).one()
    values = await enter_given(tx, row)
    if values:
        await touch_document(tx, row, awaited_revision=row.revision + 1, **values)


async def _redirect(tx: Tx, gone: Sequence[Any], kept: Sequence[Packed], ids: Sequence[str]) -> None:
    """Let documents that no draft is any more lead to the one that has most of their pages."""
    if not ids:
        return
    for old in gone:
        shared = [min(old.last_page, one.draft.last_page) - max(old.first_page, one.draft.first_page) for one in kept]
        new_id_ = ids[shared.index(max(shared))]
        await move_document(tx, old, new_id_)
