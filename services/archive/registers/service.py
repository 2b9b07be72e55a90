"""Registers: take a book in, and say how it and the archive stand to each other (decision 9)."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.attach import Content, attach, find_live
from services.archive.blobs import Blobs
from services.archive.database import Database, Tx
from services.archive.imports import REGISTER_MEDIA_TYPE
from services.archive.intake import Intake, begin_item
from services.archive.outbox import chunks
from services.archive.registers.columns import RegisterKind, find_layout
from services.archive.registers.entries import BadRow, Entry, EntryReader
from services.archive.registers.matching import arrival_number
from services.archive.registers.meeting import Scans, join, scans_like
from services.archive.registers.reconciling import reconcile, summary
from services.archive.registers.report import Reconciliation, Register
from services.archive.registers.sheet import read_tables
from services.archive.removal import lock_document
from services.archive.rows import stored
from services.archive.schema import batches, import_ids, redirects, register_rows, registers
from services.archive.seeing import seen
from services.core.errors import GoneError, InvalidInputError, NotFoundError
from services.core.ids import new_id
from services.core.model import Principal
from services.core.settings import Limits
from services.core.text import nfc, squeeze

_ROWS_AT_ONCE = 500  # rows whose scans are looked for together: one look at all documents
_IMPORTED_AT_ONCE = 50  # rows that become records in one transaction
_NO_VALUES = dict.fromkeys(("reason", "identity", "given", "record", "symbol_key", "arrival_number", "scan_id"))


@dataclass(frozen=True, slots=True)
class Book:
    """A file as the register that it is: equal bytes of one kind and office are one register."""

    name: str
    kind: RegisterKind
    office: str | None
    sha256: str

    def same(self) -> Select[Any]:
        """Select the register that this file is."""
        return select(registers).where(
            registers.c.sha256 == self.sha256,
            registers.c.kind == self.kind,
            registers.c.office.is_not_distinct_from(self.office),
        )


class Registers:
    """Take in the registers that offices kept before, and reconcile them with the scans."""

    def __init__(self, database: Database, blobs: Blobs, intake: Intake, limits: Limits) -> None:
        self._database, self._blobs, self._intake, self._limits = database, blobs, intake, limits

    async def take_in(
        self, p: Principal, name: str, data: bytes, *, kind: RegisterKind | None = None, office: str | None = None
    ) -> Register:
        """Take in a register (CSV or XLSX): rows become records without scans, or are matched with scans.

        `kind` is read off the columns where it is not given; `office` is whose register it is. A row that makes no
        sense is in the report with its reason, the others go in. The same rows again double nothing: equal bytes are
        the register that is there, which is matched anew.

        Raises InvalidInputError for a file that is no table or in which no header is found, TooLargeError over the
        limits of the settings, and what taking in a file raises.
        """
        office = squeeze(nfc(office)) or None if office else None
        shown, found, skipped = await asyncio.to_thread(read_register, data, self._limits, kind, office)
        book = Book(name, shown, office, hashlib.sha256(data).hexdigest())
        register_id, batch_id = await self._record(p, book, found, skipped)
        entries = [row for row in found if isinstance(row, Entry)]
        for start in range(0, len(entries), _ROWS_AT_ONCE):
            await self._settle(p, register_id, batch_id, book, entries[start : start + _ROWS_AT_ONCE])
        async with self._database.read() as conn:
            return Register(**await summary(conn, p, await _find(conn, p, register_id)))

    async def known(self, p: Principal) -> Sequence[Register]:
        """Return the registers that were taken in, the newest first."""
        async with self._database.read() as conn:
            rows = (await conn.execute(select(registers).where(_seen(p)).order_by(registers.c.id.desc()))).all()
            return [Register(**await summary(conn, p, row)) for row in rows]

    async def reconcile(self, p: Principal, register_id: str, *, limit: int = 1000) -> Reconciliation:
        """Hold a register against the archive as it is now; NotFoundError."""
        async with self._database.read() as conn:
            return await reconcile(conn, p, await _find(conn, p, register_id), limit)

    async def _record(
        self, p: Principal, book: Book, found: Sequence[Entry | BadRow], skipped: Sequence[str]
    ) -> tuple[str, str]:
        """Write the register and its rows, in the place of those of an equal file; what was matched stays so.

        Return the ids of the register and of its batch.
        """
        async with self._database.read() as conn:
            known = (await conn.execute(book.same())).one_or_none()
        batch_id = known.batch_id if known is not None else (await self._intake.create_batch(p, label=book.name)).id
        async with self._database.write(p) as tx:
            await tx.lock_name(f"register {book.sha256}")
            known = (await tx.conn.execute(book.same())).one_or_none()
            if known is None:
                register_id = await _open(tx, book, batch_id, found, skipped)
            else:
                register_id, batch_id = known.id, known.batch_id
            scans = await _known_scans(tx.conn, [row.identity for row in found if isinstance(row, Entry)])
            await tx.conn.execute(delete(register_rows).where(register_rows.c.register_id == register_id))
            if found:
                await tx.conn.execute(insert(register_rows), [_row_values(register_id, row, scans) for row in found])
        return register_id, batch_id

    async def _settle(
        self, p: Principal, register_id: str, batch_id: str, book: Book, entries: Sequence[Entry]
    ) -> None:
        """Match rows with their scans, or make them records without one; nothing changes for one that is settled."""
        async with self._database.read() as conn:
            rows = await conn.execute(
                select(register_rows).where(
                    register_rows.c.register_id == register_id,
                    register_rows.c.identity.in_([entry.identity for entry in entries]),
                )
            )
            by_identity = {row.identity: row for row in rows}
            scans = Scans(await scans_like(conn, [entry.record for entry in entries]))
        without: list[Entry] = []
        for entry in entries:
            row = by_identity.get(entry.identity)  # gone when the same file is taken in once more at this moment
            if row is None:
                continue
            scan_id = row.scan_id or scans.best(entry.record)
            if scan_id is None:
                without.append(entry)
                continue
            async with self._database.write(p) as tx:
                await _join(tx, row, scan_id)
        for start in range(0, len(without), _IMPORTED_AT_ONCE):
            async with self._database.write(p) as tx:
                await self._import(tx, batch_id, book.name, without[start : start + _IMPORTED_AT_ONCE])

    async def _import(self, tx: Tx, batch_id: str, name: str, entries: Sequence[Entry]) -> None:
        """Make rows records without scans, but for those whose latest source is the same already."""
        contents = [Content.of_bytes(e.canonical(), REGISTER_MEDIA_TYPE, import_id=e.import_id) for e in entries]
        live = {}
        for sha256 in sorted(content.sha256 for content in contents):  # locks are taken sources first, then the batch
            live[sha256] = await find_live(tx, sha256)
        for entry, content in zip(entries, contents, strict=True):
            source = live[content.sha256]
            if source is not None and await _is_latest(tx, entry.import_id, source.id):
                continue
            place = f"{name} ({entry.sheet}) #{entry.row}" if entry.sheet else f"{name} #{entry.row}"
            item_id = await begin_item(tx, batch_id, place, entry.import_id, entry.given, "register")
            await attach(tx, self._blobs, item_id, content)


def read_register(
    data: bytes, limits: Limits, kind: RegisterKind | None = None, office: str | None = None
) -> tuple[RegisterKind, list[Entry | BadRow], list[str]]:
    """Return the kind of register a file is, its rows, and the sheets in which no header was found."""
    tables = read_tables(data, limits)
    layouts = [(table, find_layout(table.rows)) for table in tables]
    with_header = [(table, layout) for table, layout in layouts if layout is not None]
    if not with_header:
        raise InvalidInputError(
            "No header row was found. Name the columns as the forms of NĐ 30/2020, PL IV do: Ngày đến, Số đến, "
            "Tác giả, Số ký hiệu, Ngày tháng, Tên loại và trích yếu.",
            why="register_no_header",
            sheets=max(1, len(tables)),
        )
    kind = kind or with_header[0][1].kind
    reader = EntryReader(kind, office)
    found = [row for table, layout in with_header for row in reader.read(layout, table.name)]
    skipped = [table.name or "" for table, layout in layouts if layout is None and table.rows]
    return kind, found, skipped


async def _open(tx: Tx, book: Book, batch_id: str, found: Sequence[Entry | BadRow], skipped: Sequence[str]) -> str:
    days = [row.day for row in found if isinstance(row, Entry) and row.day]
    register_id = new_id()
    await tx.conn.execute(
        insert(registers).values(
            id=register_id,
            batch_id=batch_id,
            first_day=min(days, default=None),
            last_day=max(days, default=None),
            skipped=list(skipped),
            created_at=tx.now,
            created_by=tx.p.name,
            **asdict(book),
        )
    )
    tx.event("register.taken_in", "register", register_id, name=book.name, rows=len(found))
    return register_id


async def _join(tx: Tx, row: Any, scan_id: str) -> None:
    try:
        await lock_document(tx, scan_id)
    except (NotFoundError, GoneError):  # purged since; the next import finds out
        return
    await join(tx, row, scan_id)


async def _is_latest(tx: Tx, import_id: str, source_id: str) -> bool:
    query = select(import_ids.c.source_id).where(import_ids.c.import_id == import_id)
    return await tx.conn.scalar(query) == source_id


async def _known_scans(conn: AsyncConnection, identities: Sequence[str]) -> dict[str, str]:
    """Return the scans that rows with these identities were matched with before, where they are now."""
    known: dict[str, str] = {}
    for part in chunks(identities):
        rows = await conn.execute(
            select(register_rows.c.identity, func.coalesce(redirects.c.new_id, register_rows.c.scan_id))
            .outerjoin(redirects, redirects.c.old_id == register_rows.c.scan_id)
            .where(register_rows.c.identity.in_(part), register_rows.c.scan_id.is_not(None))
        )
        known.update({identity: scan_id for identity, scan_id in rows})  # noqa: C416 - rows are no pairs to the type checker
    return known


def _row_values(register_id: str, row: Entry | BadRow, known: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {"register_id": register_id, "sheet": row.sheet, "number": row.row, **_NO_VALUES}
    if isinstance(row, BadRow):
        return {**values, "reason": stored(row.reason)}
    return {
        **values,
        "identity": row.identity,
        "given": dict(row.given),
        "record": row.record.model_dump(mode="json"),
        "symbol_key": row.record.symbol_key,
        "arrival_number": arrival_number(row.arrival_number),
        "scan_id": known.get(row.identity),
    }


def _seen(p: Principal) -> ColumnElement[bool]:
    """Return the condition that a register may be seen: its batch's level and collection."""
    batch = select(batches.c.id).where(batches.c.id == registers.c.batch_id, seen(p, batches))
    return batch.correlate(registers).exists()


async def _find(conn: AsyncConnection, p: Principal, register_id: str) -> Any:
    row = (await conn.execute(select(registers).where(registers.c.id == register_id, _seen(p)))).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no register {register_id}.", id=register_id)
    return row
