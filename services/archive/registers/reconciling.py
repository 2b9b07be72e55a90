"""A register held against the archive: rows without a scan, scans without a row, values that differ."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.imports import REGISTER_MEDIA_TYPE
from services.archive.outbox import chunks
from services.archive.registers.matching import differences
from services.archive.registers.report import (
    Difference,
    Reconciliation,
    Register,
    RegisterRow,
    ScanWithoutRow,
    row_values,
)
from services.archive.rows import reason_of
from services.archive.schema import documents, import_ids, register_rows, registers, sources
from services.archive.seeing import seen
from services.core.model import DocumentState, Principal, Record
from services.core.text import key

_AT_ONCE = 200


async def reconcile(conn: AsyncConnection, p: Principal, row: Any, limit: int) -> Reconciliation:
    """Reconcile the register of a row of the catalogue; each list has at most `limit` entries."""
    rows = (await conn.execute(_rows(p, row.id))).all()
    shown = await _shown_rows(conn, p, rows)
    failures = [r for r in shown if r.reason]
    without_scan = [r for r in shown if not r.reason and r.scan_id is None]
    differing = [r for r in shown if r.differences]
    without_row = await _scans_without_row(conn, p, row, limit + 1)
    return Reconciliation(
        **await summary(conn, p, row),
        failures=tuple(failures[:limit]),
        without_scan=tuple(without_scan[:limit]),
        differing=tuple(differing[:limit]),
        without_row=tuple(without_row[:limit]),
        cut=max(len(failures), len(without_scan), len(differing), len(without_row)) > limit,
    )


async def summary(conn: AsyncConnection, p: Principal, row: Any) -> dict[str, Any]:
    """Return what a register says of itself, by the keys of `Register`; rows are those that may be seen."""
    counted = (
        await conn.execute(
            select(
                func.count(),
                func.count(register_rows.c.scan_id),
                func.count(register_rows.c.identity),
            ).where(register_rows.c.register_id == row.id, _seen_row(p))
        )
    ).one()
    keys = Register.model_fields.keys() - {"rows", "matched", "imported", "failed"}
    rows, matched, sound = counted
    counts = {"rows": rows, "matched": matched, "imported": sound - matched, "failed": rows - sound}
    return {**{name: getattr(row, name) for name in keys}, **counts}


def _seen_row(p: Principal) -> ColumnElement[bool]:
    """Return the condition that neither the scan of a row nor the record that it became is kept from somebody."""
    record = select(import_ids.c.document_id).where(import_ids.c.import_id == "register:" + register_rows.c.identity)
    own = or_(documents.c.id == register_rows.c.scan_id, documents.c.id == record.scalar_subquery())
    return ~select(documents.c.id).where(own, ~seen(p)).correlate(register_rows).exists()


def _rows(p: Principal, register_id: str) -> Select[Any]:
    return (
        select(register_rows, documents.c.id.label("imported_id"))
        .outerjoin(import_ids, import_ids.c.import_id == "register:" + register_rows.c.identity)
        .outerjoin(
            documents, and_(documents.c.id == import_ids.c.document_id, documents.c.state != DocumentState.PURGED)
        )
        .where(register_rows.c.register_id == register_id, _seen_row(p))
        .order_by(register_rows.c.id)
    )


async def _shown_rows(conn: AsyncConnection, p: Principal, rows: Sequence[Any]) -> list[RegisterRow]:
    scans: dict[str, Record] = {}
    for part in chunks(sorted({r.scan_id for r in rows if r.scan_id}), _AT_ONCE):
        found = await conn.execute(select(documents.c.id, documents.c.record).where(documents.c.id.in_(part), seen(p)))
        scans.update({scan_id: Record.model_validate(record or {}) for scan_id, record in found})
    return [_shown(row, scans.get(row.scan_id)) for row in rows]


def _shown(row: Any, scan: Record | None) -> RegisterRow:
    found = differences(Record.model_validate(row.record), scan) if scan is not None and row.record else {}
    return RegisterRow(
        sheet=row.sheet,
        row=row.number,
        **row_values(row.given or {}),
        document_id=None if row.scan_id else row.imported_id,
        scan_id=row.scan_id,
        differences=tuple(Difference(key=k, register_value=a, scan_value=b) for k, (a, b) in found.items()),
        reason=reason_of(row.reason),
    )


async def _scans_without_row(conn: AsyncConnection, p: Principal, row: Any, limit: int) -> list[ScanWithoutRow]:
    """Return scans of the register's period that no row of a register of its kind was matched with."""
    if row.first_day is None or (row.kind == "outgoing" and not row.office):
        return []
    path = ("arrival", "on") if row.kind == "incoming" else ("issued_on", "earliest")
    having_row = (
        select(register_rows.c.scan_id)
        .join(registers, registers.c.id == register_rows.c.register_id)
        .where(register_rows.c.scan_id.is_not(None), registers.c.kind == row.kind)
    )
    query = (
        select(documents.c.id, documents.c.record)
        .join(sources, sources.c.id == documents.c.source_id)
        .where(
            documents.c.state == DocumentState.READY,
            seen(p),
            sources.c.media_type != REGISTER_MEDIA_TYPE,
            documents.c.record[path].as_string().between(row.first_day.isoformat(), row.last_day.isoformat()),
            documents.c.id.not_in(having_row),
        )
        .order_by(documents.c.id)
    )
    found = [(i, Record.model_validate(r)) for i, r in await conn.execute(query)]
    if row.kind == "outgoing":
        found = [(i, r) for i, r in found if r.issuer and key(r.issuer.name) == key(row.office)]
    return [_scan(i, r) for i, r in found[:limit]]


def _scan(document_id: str, record: Record) -> ScanWithoutRow:
    return ScanWithoutRow(
        document_id=document_id,
        symbol=record.symbol,
        subject=record.subject,
        arrival_number=record.arrival.number if record.arrival else None,
    )
