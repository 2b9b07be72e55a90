"""Rows of registers and scans find each other, whichever comes first."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.database import Tx
from services.archive.entered import enter, in_force
from services.archive.imports import REGISTER_MEDIA_TYPE
from services.archive.moving import move_document
from services.archive.registers.matching import arrival_number, open_values, rank, same_document
from services.archive.schema import corrections, documents, import_ids, register_rows, registers, sources
from services.archive.state import touch_document
from services.core.model import DocumentState, Evidence, Record


def evidence_of(row: Any) -> dict[str, Evidence]:
    """Return the evidence of a document's row."""
    return {key: Evidence.model_validate(value) for key, value in (row.evidence or {}).items()}


async def scans_like(conn: AsyncConnection, records: Sequence[Record]) -> list[Any]:
    """Return the scans in the archive that have the symbol, or the day of arrival, of any of these records."""
    keys = {r.symbol_key for r in records if r.symbol_key}
    days = {r.arrival.on.isoformat() for r in records if r.arrival and r.arrival.on}
    found = await conn.execute(
        select(documents)
        .join(sources, sources.c.id == documents.c.source_id)
        .where(
            documents.c.state == DocumentState.READY,
            sources.c.media_type != REGISTER_MEDIA_TYPE,
            or_(
                documents.c.record["symbol_key"].as_string().in_(keys),
                documents.c.record[("arrival", "on")].as_string().in_(days),
            ),
        )
        .order_by(documents.c.id)
    )
    return list(found.all())


class Scans:
    """Scans by what rows are matched on."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self._by_key: dict[Any, list[Any]] = defaultdict(list)
        for row in rows:
            record = Record.model_validate(row.record or {})
            for key in _keys(record):
                self._by_key[key].append((row, record))

    def best(self, record: Record) -> str | None:
        """Return the scan that a row means: of several the one that fits best, the oldest of equals."""
        like = [found for key in _keys(record) for found in self._by_key[key]]
        same = [(row.id, scan) for row, scan in like if same_document(record, scan, evidence_of(row))]
        return min(same, key=lambda found: (-rank(record, found[1]), found[0]), default=(None,))[0]


def _keys(record: Record) -> list[Any]:
    """Return what must be equal for a row and a scan to be one: the symbol, or the day of arrival."""
    return [key for key in (record.symbol_key, record.arrival and record.arrival.on) if key]


async def meet(tx: Tx, document: Any) -> None:
    """Match a locked scan with the rows that wait for one: they become one document, under the scan's id."""
    record = Record.model_validate(document.record or {})
    for row in await _waiting(tx, record):
        if same_document(Record.model_validate(row.record), record, evidence_of(document)):
            await join(tx, row, document.id)


async def meet_again(tx: Tx, document_id: str) -> None:
    """Match a locked document whose record changed, unless it is a row of a register itself."""
    row = await _locked(tx, document_id)
    media_type = await tx.conn.scalar(select(sources.c.media_type).where(sources.c.id == row.source_id))
    if media_type != REGISTER_MEDIA_TYPE:
        await meet(tx, row)


async def _waiting(tx: Tx, record: Record) -> list[Any]:
    number = arrival_number(record.arrival.number) if record.arrival else None
    ways = [register_rows.c.symbol_key == record.symbol_key] if record.symbol_key else []
    ways += [register_rows.c.arrival_number == number] if number else []
    if not ways:
        return []
    found = await tx.conn.execute(
        select(register_rows)
        .where(or_(*ways), register_rows.c.scan_id.is_(None), register_rows.c.identity.is_not(None))
        .order_by(register_rows.c.id)
        .with_for_update()
    )
    return list(found.all())


async def join(tx: Tx, row: Any, document_id: str) -> None:
    """Tie a row to a locked scan: it gives what the scan lacks, and its record without a scan leads there.

    What people corrected in that record goes along, and so do its places in dossiers.
    """
    await tx.conn.execute(update(register_rows).where(register_rows.c.id == row.id).values(scan_id=document_id))
    without = await _record_without_scan(tx, row.identity)
    if without is not None:
        await tx.conn.execute(
            update(corrections)
            .where(corrections.c.document_id == without.id, corrections.c.item_id.is_(None))
            .values(document_id=document_id)
        )
        await move_document(tx, without, document_id)
    document = await _locked(tx, document_id)
    values = await in_force(tx.conn, document.id, document.source_id)
    evidence = {key: Evidence.model_validate(value) for key, value in values["evidence"].items()}
    fresh = open_values(row.given, values["record"], evidence)
    if fresh:
        who = await tx.conn.scalar(select(registers.c.created_by).where(registers.c.id == row.register_id))
        await enter(tx, document, fresh, who=who, witness="register")
        values = await in_force(tx.conn, document.id, document.source_id)
    if without is None and not fresh:
        return
    revision = await touch_document(tx, document, **values)
    tx.event(
        "document.register_row",
        "document",
        document.id,
        change="changed" if document.announced else None,
        revision=revision,
        external_id=document.external_id,
        register_id=row.register_id,
        row=row.number,
        keys=sorted(fresh),
    )


async def has_scan(tx: Tx, import_id: str) -> bool:
    """Whether the row that this import identity stands for has found its scan: it needs no record of its own."""
    identity = import_id.removeprefix("register:")
    if identity == import_id:
        return False
    query = select(register_rows.c.id).where(register_rows.c.identity == identity, register_rows.c.scan_id.is_not(None))
    return await tx.conn.scalar(query.limit(1)) is not None


async def _record_without_scan(tx: Tx, identity: str) -> Any | None:
    document_id = await tx.conn.scalar(
        select(import_ids.c.document_id).where(import_ids.c.import_id == f"register:{identity}")
    )
    row = None if document_id is None else await _locked(tx, document_id)
    return None if row is None or row.state == DocumentState.PURGED else row


async def _locked(tx: Tx, document_id: str) -> Any:
    return (await tx.conn.execute(select(documents).where(documents.c.id == document_id).with_for_update())).one()
