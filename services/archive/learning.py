"""What the archive learns of corrections: names of issuers and signers that were read otherwise, to list and to forget.

Each correction is a row of its own (append-only but for what is taken back); how many documents agree says how sure an
alias is. Only what was read teaches: a value that nothing on the page says was no slip of reading.
"""

import difflib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, func, insert, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.database import Database, Tx
from services.archive.entered import machine_layer
from services.archive.schema import aliases, documents
from services.archive.seeing import seen
from services.core.errors import NotFoundError
from services.core.learnt import TAUGHT, Learnt, issuer_reading, signer_reading
from services.core.model import JSON, Alias, Principal
from services.core.text import fold, nfc, squeeze

SURE_FROM = 3
"""Documents in which people corrected a reading to the same name, before it is shown as sure."""
_LIKE = 0.6
"""How like the letters of two names of a signer must be, for one to be a slip of the other and not another person."""


class Learning:
    """The aliases of an archive."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self, p: Principal) -> list[Alias]:
        """Return the aliases that documents taught which may be seen, the newest first."""
        async with self._database.read() as conn:
            return await _load(conn, taught_by(p))

    async def learnt(self) -> Learnt:
        """Return what the reading of records goes by."""
        async with self._database.read() as conn:
            return await load_learnt(conn)

    async def forget(self, p: Principal, alias_id: int) -> None:
        """Take an alias back, with all corrections that taught it; those themselves stay. Raises NotFoundError."""
        async with self._database.write(p) as tx:
            row = (await tx.conn.execute(select(aliases).where(aliases.c.id == alias_id, taught_by(p)))).one_or_none()
            if row is None or row.forgotten_at is not None:
                raise NotFoundError(f"There is no alias {alias_id}.", id=str(alias_id))
            await _forget(tx, *(aliases.c[name] == getattr(row, name) for name in ("kind", "reading", "name")))
            tx.event("alias.forgotten", "alias", str(alias_id), kind=row.kind, reading=row.reading, name=row.name)


def taught_by(p: Principal) -> ColumnElement[bool]:
    """Return the condition that an alias was taught by a document that may be seen, in the trash or not."""
    return select(documents.c.id).where(documents.c.id == aliases.c.document_id, seen(p)).correlate(aliases).exists()


async def load_learnt(conn: AsyncConnection) -> Learnt:
    """Return what corrections taught."""
    return Learnt.of(await _load(conn, true()))


async def learn(tx: Tx, document_id: str, patch: Mapping[str, JSON]) -> None:
    """Keep what a person's correction says of a name that was read otherwise, or that was taken from an alias."""
    if not patch.keys() & {"issuer", "signer"}:
        return
    record, evidence = await machine_layer(tx.conn, document_id)
    for kind in ("issuer", "signer"):
        if kind in patch:  # what this document taught of it before no longer holds
            await _forget(tx, aliases.c.document_id == document_id, aliases.c.kind == kind)
        said, seen = patch.get(kind), evidence.get(kind, {})
        if not isinstance(said, Mapping) or not record.get(kind) or seen.get("how") != "read":
            continue
        name, read = _name(said.get("name")), await _read(tx.conn, kind, record[kind], seen)
        if name and read and _teaches(kind, name, read[0]):
            values = {"kind": kind, "reading": read[1], "name": name, "parent": _name(said.get("parent"))}
            await tx.conn.execute(insert(aliases).values(document_id=document_id, who=tx.p.name, at=tx.now, **values))


async def _read(
    conn: AsyncConnection, kind: str, value: Mapping[str, Any], evidence: Mapping[str, Any]
) -> tuple[str, str] | None:
    """Return the name that stood on the page as it was read, and what that reading is known by."""
    name = str(value.get("name") or "")
    if evidence.get("witness") != TAUGHT:
        return (name, issuer_reading(name, value.get("id")) if kind == "issuer" else signer_reading(name))
    printed = str(evidence["candidates"][0])
    taught = select(aliases.c.reading).where(
        aliases.c.kind == kind, aliases.c.name == name, aliases.c.forgotten_at.is_(None)
    )
    readings = (await conn.execute(taught)).scalars()
    found = next((r for r in readings if r.partition(" | ")[0] == signer_reading(printed)), None)
    return (printed, found) if found else None


def _teaches(kind: str, name: str, read: str) -> bool:
    """Whether a name is what people make of a reading, not the reading itself nor another person."""
    if not read or name == squeeze(read) or "|" in read:
        return False
    like = difflib.SequenceMatcher(None, fold(name), fold(read), autojunk=False).ratio()
    return kind == "issuer" or like >= _LIKE


async def _forget(tx: Tx, *which: ColumnElement[bool]) -> None:
    await tx.conn.execute(update(aliases).where(*which, aliases.c.forgotten_at.is_(None)).values(forgotten_at=tx.now))


def _name(value: JSON) -> str | None:
    return squeeze(nfc(value)) or None if isinstance(value, str) else None


async def _load(conn: AsyncConnection, which: ColumnElement[bool]) -> list[Alias]:
    query = (
        select(
            aliases.c.kind,
            aliases.c.reading,
            aliases.c.name,
            func.max(aliases.c.id).label("id"),
            func.max(aliases.c.parent).label("parent"),
            func.count(aliases.c.document_id.distinct()).label("seen"),
            func.max(aliases.c.at).label("at"),
        )
        .where(aliases.c.forgotten_at.is_(None), which)
        .group_by(aliases.c.kind, aliases.c.reading, aliases.c.name)
        .order_by(func.max(aliases.c.id).desc())
    )
    rows = (await conn.execute(query)).all()
    return [
        Alias(
            id=r.id,
            kind=r.kind,
            reading=r.reading,
            name=r.name,
            parent=r.parent,
            seen=r.seen,
            sure=r.seen >= SURE_FROM,
            at=r.at,
        )
        for r in rows
    ]
