"""Dossiers (hồ sơ): documents that belong together, in order, without being copied; closed ones are locked.

A document may lie in many dossiers (NĐ 30/2020, PL VI, III.4.e). Locks are taken dossier first, then as everywhere.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from sqlalchemy import delete, func, insert, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.database import Database, Tx
from services.archive.documents import find_document
from services.archive.outbox import chunks
from services.archive.paging import Page, build_cursor, parse_cursor
from services.archive.removal import lock_document
from services.archive.rows import load_documents
from services.archive.schema import documents, dossier_documents, dossiers
from services.archive.seeing import seen, visible
from services.archive.state import lock_source, touch_document
from services.core.errors import ConflictError, DossierExistsError, DossierLockedError, InvalidInputError, NotFoundError
from services.core.ids import new_id
from services.core.model import JSON, Document, DocumentState, Dossier, DossierForm, DossierState, Principal
from services.core.text import nfc, squeeze

_TEXTS = ("code", "title", "retention", "fonds")


class Dossiers:
    """Open dossiers, put documents into them, close them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, p: Principal, form: DossierForm) -> Dossier:
        """Open a dossier; ConflictError when fonds, year and code name one that is there already."""
        values = _tidy(form.model_dump())
        dossier_id = new_id()
        async with self._database.write(p) as tx:
            await _refuse_second(tx, values, dossier_id)
            await tx.conn.execute(
                insert(dossiers).values(
                    id=dossier_id,
                    state=DossierState.OPEN,
                    revision=1,
                    created_at=tx.now,
                    created_by=p.name,
                    updated_at=tx.now,
                    updated_by=p.name,
                    **values,
                )
            )
            tx.event("dossier.created", "dossier", dossier_id, code=values["code"])
        return await self.get(p, dossier_id)

    async def get(self, p: Principal, dossier_id: str) -> Dossier:
        """Return a dossier; NotFoundError."""
        async with self._database.read() as conn:
            row = (await conn.execute(select(dossiers).where(dossiers.c.id == dossier_id))).one_or_none()
            if row is None:
                raise _unknown(dossier_id)
            return (await _load(conn, p, [row]))[0]

    async def list(
        self,
        p: Principal,
        *,
        document_id: str | None = None,
        code: str | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> Page[Dossier]:
        """Return dossiers by code: all of them, those that a document lies in, those that have this code."""
        query = select(dossiers).order_by(dossiers.c.code, dossiers.c.id).limit(limit + 1)
        if document_id is not None:
            inside = select(dossier_documents.c.dossier_id).where(
                dossier_documents.c.document_id == document_id, visible(p, dossier_documents.c.document_id)
            )
            query = query.where(dossiers.c.id.in_(inside))
        if code is not None:
            wanted = squeeze(nfc(code))  # SQLite knows the small letters of ASCII only
            query = query.where(or_(dossiers.c.code == wanted, func.lower(dossiers.c.code) == wanted.lower()))
        if cursor is not None:
            query = query.where(tuple_(dossiers.c.code, dossiers.c.id) > parse_cursor(cursor, str, str))
        async with self._database.read() as conn:
            rows = (await conn.execute(query)).all()
            found = await _load(conn, p, rows[:limit])
        more = build_cursor(found[-1].code, found[-1].id) if len(rows) > limit else None
        return Page[Dossier](items=tuple(found), next=more)

    async def documents(
        self, p: Principal, dossier_id: str, *, limit: int = 100, cursor: str | None = None
    ) -> Page[Document]:
        """Return the documents of a dossier in its order, without their pages; what lies in the trash is left out."""
        query = (
            select(documents, dossier_documents.c.position)
            .join(dossier_documents, dossier_documents.c.document_id == documents.c.id)
            .where(
                dossier_documents.c.dossier_id == dossier_id,
                documents.c.state == DocumentState.READY,
                seen(p),
            )
            .order_by(dossier_documents.c.position)
            .limit(limit + 1)
        )
        if cursor is not None:
            query = query.where(dossier_documents.c.position > parse_cursor(cursor, int)[0])
        await self.get(p, dossier_id)
        async with self._database.read() as conn:
            rows = (await conn.execute(query)).all()
            found = await load_documents(conn, rows[:limit], live_state=True)
        more = build_cursor(rows[limit - 1].position) if len(rows) > limit else None
        return Page[Document](items=tuple(found), next=more)

    async def change(
        self, p: Principal, dossier_id: str, patch: Mapping[str, JSON], *, if_revision: int | None = None
    ) -> Dossier:
        """Change what a dossier says of itself, or its `state` (RFC 7396 merge patch over DossierForm and `state`).

        A locked dossier takes nothing but a patch that opens it. Raises InvalidInputError naming the key,
        ConflictError for a locked dossier, an old revision, or an identity that another dossier has.
        """
        async with self._database.write(p) as tx:
            row = await _lock(tx, dossier_id, if_revision)
            state, values = _patched(row, patch)
            if DossierState.LOCKED == row.state == state:
                raise _locked(row)
            await _refuse_second(tx, values, dossier_id)
            changed = sorted(k for k, v in values.items() if v != getattr(row, k))
            if changed:
                tx.event("dossier.changed", "dossier", dossier_id, keys=changed)
            if state != row.state:
                action = "dossier.locked" if state == DossierState.LOCKED else "dossier.unlocked"
                tx.event(action, "dossier", dossier_id)
            if changed or state != row.state:
                await _touch(tx, row, state=state, **values)
            if "code" in changed:
                await _reindex(tx, await _members(tx, dossier_id))
        return await self.get(p, dossier_id)

    async def put(
        self,
        p: Principal,
        dossier_id: str,
        document_id: str,
        *,
        position: int | None = None,
        if_revision: int | None = None,
    ) -> Dossier:
        """Put a document into a dossier, or at another place of it (`position`, from 1; the end without one).

        Raises ConflictError when the dossier is locked or has moved on, or the document lies in the trash;
        NotFoundError and GoneError for the document.
        """
        async with self._database.write(p) as tx:
            row = await _lock_open(tx, dossier_id, if_revision)
            target = (await find_document(tx.conn, p, document_id)).id
            inside = await _lies_in(tx, dossier_id, target)
            if not inside:
                await _append(tx, row, target)
            if position is not None:
                members = await _members(tx, dossier_id)
                ordered = _placed(members, target, position)
                if ordered != members:
                    if inside:
                        tx.event("dossier.reordered", "dossier", dossier_id, document_id=target, position=position)
                        await _touch(tx, row)
                    await _write_order(tx, dossier_id, ordered)
        return await self.get(p, dossier_id)

    async def take_out(
        self, p: Principal, dossier_id: str, document_id: str, *, if_revision: int | None = None
    ) -> Dossier:
        """Take a document out of a dossier; nothing happens when it is not in it. Errors as `put`."""
        async with self._database.write(p) as tx:
            await take_out(tx, dossier_id, document_id, if_revision=if_revision)
        return await self.get(p, dossier_id)


async def append(tx: Tx, dossier_id: str, document_id: str) -> bool:
    """Put a document at the end of a dossier; False where it lies in it already. Errors as `Dossiers.put`."""
    row = await _lock_open(tx, dossier_id, None)
    target = (await find_document(tx.conn, tx.p, document_id)).id
    if await _lies_in(tx, dossier_id, target):
        return False
    await _append(tx, row, target)
    return True


async def take_out(tx: Tx, dossier_id: str, document_id: str, *, if_revision: int | None = None) -> bool:
    """Take a document out of a dossier; False where it is not in it. Errors as `Dossiers.put`."""
    row = await _lock_open(tx, dossier_id, if_revision)
    target = (await find_document(tx.conn, tx.p, document_id)).id
    gone = await tx.conn.execute(
        delete(dossier_documents).where(
            dossier_documents.c.dossier_id == dossier_id, dossier_documents.c.document_id == target
        )
    )
    if gone.rowcount:
        tx.event("dossier.document_removed", "dossier", dossier_id, document_id=target)
        await _touch(tx, row)
        await _reindex(tx, [target])
    return bool(gone.rowcount)


async def _load(conn: AsyncConnection, p: Principal, rows: Sequence[Any]) -> list[Dossier]:
    counts: dict[str, int] = {}
    for part in chunks([r.id for r in rows]):
        counted = await conn.execute(
            select(dossier_documents.c.dossier_id, func.count())
            .join(documents, documents.c.id == dossier_documents.c.document_id)
            .where(
                dossier_documents.c.dossier_id.in_(part),
                documents.c.state == DocumentState.READY,
                seen(p),
            )
            .group_by(dossier_documents.c.dossier_id)
        )
        counts.update({dossier_id: n for dossier_id, n in counted})  # noqa: C416 - rows are no pairs to the type checker
    keys = Dossier.model_fields.keys() - {"documents"}
    return [Dossier(**{key: getattr(r, key) for key in keys}, documents=counts.get(r.id, 0)) for r in rows]


async def _lock(tx: Tx, dossier_id: str, if_revision: int | None) -> Any:
    row = (await tx.conn.execute(select(dossiers).where(dossiers.c.id == dossier_id).with_for_update())).one_or_none()
    if row is None:
        raise _unknown(dossier_id)
    if if_revision is not None and if_revision != row.revision:
        raise ConflictError(
            f"The dossier is at revision {row.revision} now. Load it again and repeat the change.",
            id=dossier_id,
            revision=row.revision,
        )
    return row


async def _lock_open(tx: Tx, dossier_id: str, if_revision: int | None) -> Any:
    row = await _lock(tx, dossier_id, if_revision)
    if row.state == DossierState.LOCKED:
        raise _locked(row)
    return row


async def _touch(tx: Tx, row: Any, **values: Any) -> None:
    await tx.conn.execute(
        update(dossiers)
        .where(dossiers.c.id == row.id)
        .values(revision=row.revision + 1, updated_at=tx.now, updated_by=tx.p.name, **values)
    )


async def _refuse_second(tx: Tx, values: Mapping[str, Any], dossier_id: str) -> None:
    """Raise ConflictError when another dossier has this fonds, year and code; the name is locked until the end."""
    await tx.lock_name(f"dossier {values['fonds']} {values['year']} {values['code']}")
    same = [dossiers.c[key].is_not_distinct_from(values[key]) for key in ("fonds", "year", "code")]
    other = await tx.conn.scalar(select(dossiers.c.id).where(*same, dossiers.c.id != dossier_id))
    if other is not None:
        raise DossierExistsError(
            f"There is a dossier {values['code']} of this fonds and year. Use that one, or another code.",
            dossier=values["code"],
            id=other,
        )


async def _members(tx: Tx, dossier_id: str) -> list[str]:
    rows = await tx.conn.execute(
        select(dossier_documents.c.document_id)
        .where(dossier_documents.c.dossier_id == dossier_id)
        .order_by(dossier_documents.c.position)
    )
    return list(rows.scalars())


async def _lies_in(tx: Tx, dossier_id: str, document_id: str) -> bool:
    place = dossier_documents.c.dossier_id == dossier_id, dossier_documents.c.document_id == document_id
    return await tx.conn.scalar(select(dossier_documents.c.document_id).where(*place)) is not None


def _placed(members: Sequence[str], document_id: str, position: int) -> list[str]:
    """Return the members with the document at its place."""
    others = [m for m in members if m != document_id]
    at = min(position - 1, len(others))
    return [*others[:at], document_id, *others[at:]]


async def _append(tx: Tx, row: Any, document_id: str) -> None:
    _, document = await lock_document(tx, document_id)
    if document.state != DocumentState.READY:
        raise ConflictError("The document lies in the trash. Restore it first.", id=document_id)
    last = select(func.max(dossier_documents.c.position)).where(dossier_documents.c.dossier_id == row.id)
    position = int(await tx.conn.scalar(last) or 0) + 1
    await tx.conn.execute(
        insert(dossier_documents).values(
            dossier_id=row.id, document_id=document_id, position=position, added_at=tx.now, added_by=tx.p.name
        )
    )
    tx.event("dossier.document_added", "dossier", row.id, document_id=document_id)
    await _touch(tx, row)
    await _reindex(tx, [document_id])


async def _write_order(tx: Tx, dossier_id: str, ordered: Sequence[str]) -> None:
    for position, document_id in enumerate(ordered, start=1):
        await tx.conn.execute(
            update(dossier_documents)
            .where(
                dossier_documents.c.dossier_id == dossier_id,
                dossier_documents.c.document_id == document_id,
                dossier_documents.c.position != position,
            )
            .values(position=position)
        )


async def _reindex(tx: Tx, document_ids: Iterable[str]) -> None:
    """Give documents their next revision because their dossiers changed, so that the index and /changes follow."""
    for part in chunks(sorted(document_ids)):
        sources = await tx.conn.execute(select(documents.c.source_id).where(documents.c.id.in_(part)).distinct())
        for source_id in sorted(sources.scalars()):
            await lock_source(tx, source_id)
        rows = await tx.conn.execute(
            select(documents)
            .where(documents.c.id.in_(part), documents.c.state == DocumentState.READY)
            .order_by(documents.c.id)
            .with_for_update()
        )
        for row in rows.all():
            revision = await touch_document(tx, row)
            change = "changed" if row.announced else None
            tx.event(
                "document.dossiers", "document", row.id, change=change, revision=revision, external_id=row.external_id
            )


def _patched(row: Any, patch: Mapping[str, JSON]) -> tuple[DossierState, dict[str, Any]]:
    """Return the state and the values that a dossier has after a patch."""
    values = {key: patch.get(key, getattr(row, key)) for key in DossierForm.model_fields}
    unknown = sorted(patch.keys() - values.keys() - {"state"})
    if unknown:
        raise InvalidInputError(f"A dossier has no key {unknown[0]!r} that can be changed.", key=unknown[0])
    try:
        state = DossierState(patch.get("state") or row.state)
        return state, _tidy(DossierForm.model_validate(values).model_dump())
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise InvalidInputError(f"dossier key {key!r}: {first['msg']}.", key=key) from error
    except ValueError as error:
        raise InvalidInputError("state is open or locked.", key="state") from error


def _tidy(values: Mapping[str, Any]) -> dict[str, Any]:
    """Write texts in one form, so that one code is not two; a code or title of blanks only is none."""
    tidy = {**values, **{key: squeeze(nfc(values[key])) or None for key in _TEXTS if values[key] is not None}}
    for key in ("code", "title"):
        if tidy[key] is None:
            raise InvalidInputError(f"dossier key {key!r}: must not be blank.", key=key)
    return tidy


def _unknown(dossier_id: str) -> NotFoundError:
    return NotFoundError(f"There is no dossier {dossier_id}.", id=dossier_id)


def _locked(row: Any) -> DossierLockedError:
    return DossierLockedError(f"The dossier {row.code} is locked. Unlock it first.", dossier=row.code, id=row.id)
