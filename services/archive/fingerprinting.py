"""Fingerprints of documents as rows that follow their texts, and the documents found by them."""

import struct
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, insert, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.database import Tx
from services.archive.schema import documents, fingerprint_numbers, fingerprints, identities
from services.core.fingerprint import FINGERPRINT_VERSION
from services.core.model import DocumentState

LEAST_SHARED = 6
"""Numbers that two fingerprints share before their texts are compared: other documents share fewer as a rule, readings
of one paper at 5 % of slips more (`tests.bench.near_duplicates`)."""
TELLING = 1.0
"""Or as much weight: a number that n documents have weighs 1/n, so that two which nobody else has will do. It finds the
twin among thousands of papers of one form."""
MEMBERS_SEEN = 200
"""Documents of one number that are looked at, the newest first: what they all have tells little."""
CANDIDATES = 20
"""Documents whose texts are compared with one."""


async def put_fingerprint(tx: Tx, document_id: str, clean_key: str, numbers: Sequence[int]) -> None:
    """Make the rows of a document those of its text."""
    await forget_fingerprint(tx, document_id)
    values = {"document_id": document_id, "clean_key": clean_key, "version": FINGERPRINT_VERSION}
    made = await tx.conn.execute(insert(fingerprints).values(**values, numbers=_pack(numbers)))
    (own,) = made.inserted_primary_key or (None,)
    if numbers:
        await tx.conn.execute(insert(fingerprint_numbers), [{"number": n, "fingerprint_id": own} for n in numbers])


async def forget_fingerprint(tx: Tx, document_id: str) -> None:
    """Remove the rows of a document."""
    query = select(fingerprints.c.id, fingerprints.c.numbers).where(fingerprints.c.document_id == document_id)
    row = (await tx.conn.execute(query)).one_or_none()
    if row is None:
        return
    if row.numbers:
        held = fingerprint_numbers.c.number.in_(_unpack(row.numbers))
        await tx.conn.execute(delete(fingerprint_numbers).where(held, fingerprint_numbers.c.fingerprint_id == row.id))
    await tx.conn.execute(delete(fingerprints).where(fingerprints.c.id == row.id))


async def without_fingerprint(conn: AsyncConnection, limit: int) -> list[tuple[str, str]]:
    """Return (id, key of the clean text) of documents whose fingerprint is of another text or of older rules."""
    query = _outdated(documents.c.id, documents.c.clean_key).order_by(documents.c.id).limit(limit)
    return [(row.id, row.clean_key) for row in await conn.execute(query)]


async def count_without(conn: AsyncConnection) -> int:
    """Count the documents that `without_fingerprint` finds."""
    return int(await conn.scalar(select(func.count()).select_from(_outdated(documents.c.id).subquery())) or 0)


async def find_candidates(conn: AsyncConnection, document_id: str) -> list[str]:
    """Return the documents that may be the same paper, CANDIDATES at most, the likeliest first.

    The work is bounded: MEMBERS_SEEN rows of each number. Whether they may be seen is for the caller to ask.
    """
    query = select(fingerprints.c.id, fingerprints.c.numbers).where(fingerprints.c.document_id == document_id)
    row = (await conn.execute(query)).one_or_none()
    if row is None or not row.numbers:
        return []
    same = await _of_the_same_number(conn, document_id)
    alike = await _sharing(conn, row.id, _unpack(row.numbers))
    return list(dict.fromkeys([*same, *alike]))[:CANDIDATES]


async def _of_the_same_number(conn: AsyncConnection, document_id: str) -> list[str]:
    """Return documents with the same symbol, the newest first: a scan that lost half its pages shares few numbers."""
    own = select(identities.c.key).where(identities.c.document_id == document_id).scalar_subquery()
    query = (
        select(identities.c.document_id)
        .where(identities.c.key == own, identities.c.document_id != document_id)
        .order_by(identities.c.document_id.desc())
        .limit(CANDIDATES // 2)
    )
    return list((await conn.execute(query)).scalars())


async def _sharing(conn: AsyncConnection, own: int, numbers: Sequence[int]) -> list[str]:
    """Return documents that share enough numbers, those that share the rarest first."""
    members = [
        select(fingerprint_numbers.c.number, fingerprint_numbers.c.fingerprint_id)
        .where(fingerprint_numbers.c.number == number)
        .order_by(fingerprint_numbers.c.fingerprint_id.desc())
        .limit(MEMBERS_SEEN)
        .subquery()
        for number in numbers
    ]
    having: dict[int, list[int]] = defaultdict(list)
    for row in await conn.execute(union_all(*(select(each) for each in members))):
        having[row.number].append(row.fingerprint_id)
    shared: dict[int, int] = defaultdict(int)
    weights: dict[int, float] = defaultdict(float)
    for found in having.values():
        for other in found:
            shared[other] += 1
            weights[other] += 1 / len(found)
    near = [i for i in shared if i != own and (shared[i] >= LEAST_SHARED or weights[i] >= TELLING)]
    near = sorted(near, key=lambda i: (-weights[i], i))[:CANDIDATES]
    rows = await conn.execute(select(fingerprints.c.id, fingerprints.c.document_id).where(fingerprints.c.id.in_(near)))
    ids = {row.id: row.document_id for row in rows}
    return [ids[i] for i in near if i in ids]


def _outdated(*columns: ColumnElement[Any]) -> Select[Any]:
    older = fingerprints.c.version.is_distinct_from(FINGERPRINT_VERSION)
    other = fingerprints.c.clean_key.is_distinct_from(documents.c.clean_key)
    return (
        select(*columns)
        .join_from(documents, fingerprints, fingerprints.c.document_id == documents.c.id, isouter=True)
        .where(documents.c.state != DocumentState.PURGED, documents.c.clean_key.is_not(None), older | other)
    )


def _pack(numbers: Sequence[int]) -> bytes:
    return struct.pack(f">{len(numbers)}q", *numbers)


def _unpack(packed: bytes) -> tuple[int, ...]:
    return struct.unpack(f">{len(packed) // 8}q", packed)
