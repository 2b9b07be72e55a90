"""Has every document what was read of it and what people entered, in a form that can be read, and its fingerprint."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Column, Label, Select, Text, cast, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.checking.finding import Finding, Look, finding
from services.archive.schema import corrections, documents, fingerprint_numbers, fingerprints, outbox, record_revisions
from services.core.model import JSON, DocumentState, Evidence, Record

_AT_ONCE = 500
_RECORD = TypeAdapter(Record)
_EVIDENCE = TypeAdapter(dict[str, Evidence])
_PATCH = TypeAdapter(dict[str, JSON])
_NUMBER_BYTES = 8


async def check_records(look: Look) -> AsyncIterator[Finding]:
    """Look at the record in force, its evidence, the newest layer and the corrections of every document."""
    after, done = "", 0
    while True:
        async with look.database.read() as conn:
            rows = (await conn.execute(_documents(after))).all()
            ids = [row.id for row in rows]
            layers = await _newest_layers(conn, ids)
            entered = (await conn.execute(_corrections(ids))).all()
        for row in rows:
            if row.id not in layers or row.clean_key is None or row.record is None:
                yield finding("record_missing", "document", row.id, source_id=row.source_id)
            elif not look.quick and not all(map(_reads, (row, layers[row.id]))):
                yield finding("record_damaged", "document", row.id, source_id=row.source_id)
        for row in entered:
            if not _decodes(_PATCH, row.patch):
                yield finding("correction_damaged", "document", row.document_id, who=row.who, at=row.at.isoformat())
        done += len(rows)
        look.progress("records", done, done)
        if len(rows) < _AT_ONCE:
            return
        after = rows[-1].id


async def check_fingerprints(look: Look) -> AsyncIterator[Finding]:
    """Look for documents without a fingerprint of their text, and for fingerprints that are not whole."""
    other_text = fingerprints.c.clean_key.is_distinct_from(documents.c.clean_key)
    alive = documents.c.state != DocumentState.PURGED, documents.c.clean_key.is_not(None)
    without = (
        select(documents.c.id)
        .join(fingerprints, fingerprints.c.document_id == documents.c.id, isouter=True)
        .where(*alive, other_text)
        .order_by(documents.c.id)
    )
    async with look.database.read() as conn:
        missing = list((await conn.execute(without)).scalars())
        damaged = list((await conn.execute(torn_fingerprints())).scalars())
    for document_id in missing:
        yield finding("fingerprint_missing", "document", document_id)
    for document_id in damaged:
        yield finding("fingerprint_damaged", "document", document_id)


async def damaged_layers(conn: AsyncConnection, document_id: str) -> list[int]:
    """Return the machine's layers of a document that cannot be read."""
    columns = record_revisions.c.id, _raw(record_revisions.c.record), _raw(record_revisions.c.evidence)
    rows = await conn.execute(select(*columns).where(record_revisions.c.document_id == document_id))
    return [row.id for row in rows if not _reads(row)]


async def has_damaged_correction(conn: AsyncConnection, document_id: str) -> bool:
    """Whether something that a person entered cannot be read."""
    return any(not _decodes(_PATCH, row.patch) for row in await conn.execute(_corrections([document_id])))


def torn_fingerprints() -> Select[Any]:
    """Select the documents whose fingerprint has not the rows that its packed numbers say, in one walk over them."""
    counted = (
        select(fingerprint_numbers.c.fingerprint_id, func.count().label("count"))
        .group_by(fingerprint_numbers.c.fingerprint_id)
        .subquery()
    )
    there = func.coalesce(counted.c.count, 0) * _NUMBER_BYTES
    return (
        select(fingerprints.c.document_id)
        .join(counted, counted.c.fingerprint_id == fingerprints.c.id, isouter=True)
        .where(func.length(fingerprints.c.numbers) != there)
        .order_by(fingerprints.c.document_id)
    )


def _raw(column: Column[Any]) -> Label[str]:
    """Return a JSON column as it is stored: what cannot be decoded is a finding."""
    return cast(column, Text).label(column.name)


def _documents(after: str) -> Select[Any]:
    columns = (
        documents.c.id,
        documents.c.source_id,
        documents.c.clean_key,
        _raw(documents.c.record),
        _raw(documents.c.evidence),
    )
    again = exists().where(outbox.c.source_id == documents.c.source_id, outbox.c.job != "index")  # it is being made
    alive = documents.c.state != DocumentState.PURGED, documents.c.id > after, ~again
    return select(*columns).where(*alive).order_by(documents.c.id).limit(_AT_ONCE)


async def _newest_layers(conn: AsyncConnection, ids: Sequence[str]) -> dict[str, Any]:
    query = (
        select(
            record_revisions.c.document_id,
            _raw(record_revisions.c.record),
            _raw(record_revisions.c.evidence),
        )
        .where(record_revisions.c.document_id.in_(ids))
        .order_by(record_revisions.c.revision)
    )
    return {row.document_id: row for row in await conn.execute(query)}


def _corrections(ids: Sequence[str]) -> Select[Any]:
    patch = _raw(corrections.c.patch)
    own = corrections.c.document_id.in_(ids)
    return select(corrections.c.document_id, corrections.c.who, corrections.c.at, patch).where(own)


def _reads(row: Any) -> bool:
    return _decodes(_RECORD, row.record) and (row.evidence is None or _decodes(_EVIDENCE, row.evidence))


def _decodes(form: TypeAdapter[Any], stored: str | None) -> bool:
    try:
        form.validate_json(stored or "")
    except ValidationError:
        return False
    return True
