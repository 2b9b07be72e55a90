"""The documents that are cited most and that the archive does not have."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, and_, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.outbox import chunks
from services.archive.paging import Page, build_cursor, parse_cursor
from services.archive.relations import load_refs
from services.archive.schema import citations, identities
from services.archive.seeing import visible
from services.core.model import MissingDocument, Principal

CITING_SHOWN = 5
"""How many of the documents that cite a missing one are named."""

_ISSUER = func.coalesce(citations.c.issuer_id, "")
_YEAR = func.coalesce(citations.c.year, 0)
_COUNT = func.count(citations.c.document_id.distinct())


async def find_missing(
    conn: AsyncConnection, p: Principal, limit: int, cursor: str | None, *, among: Sequence[str] | None = None
) -> Page[MissingDocument]:
    """List what nothing in the archive can be, by symbol, issuer and year, the most cited first.

    With `among` only what these documents cite.
    """
    groups = _groups(p) if among is None else _groups(p).where(citations.c.document_id.in_(among))
    rows = (await conn.execute(_after(groups, cursor).limit(limit + 1))).all()
    shown = rows[:limit]
    citing = await _citing(conn, p, {r.key for r in shown})
    ids = {g: found[:CITING_SHOWN] for g, found in citing.items()}
    refs = await load_refs(conn, p, {i for row in shown for i in ids.get((row.key, row.of, row.in_year), ())})
    items = tuple(
        MissingDocument(
            symbol=row.raw,
            key=row.key,
            kind=row.kind,
            issuer=row.issuer,
            issued_on=row.earliest if row.earliest == row.latest else None,
            year=row.in_year or None,
            count=row.n,
            cited_by=tuple(refs[i] for i in ids.get((row.key, row.of, row.in_year), ()) if i in refs),
        )
        for row in shown
    )
    last = shown[-1] if len(rows) > limit else None
    return Page[MissingDocument](
        items=items, next=build_cursor(last.n, last.key, last.of, last.in_year) if last else None
    )


def _groups(p: Principal) -> Select[Any]:
    return (
        select(
            citations.c.key,
            _ISSUER.label("of"),
            _YEAR.label("in_year"),
            _COUNT.label("n"),
            func.max(citations.c.raw).label("raw"),
            func.max(citations.c.kind).label("kind"),
            func.max(citations.c.issuer).label("issuer"),
            func.min(citations.c.earliest).label("earliest"),
            func.max(citations.c.latest).label("latest"),
        )
        .where(citations.c.key.is_not(None), visible(p, citations.c.document_id), ~_may_be_here(p))
        .group_by(citations.c.key, _ISSUER, _YEAR)
        .order_by(_COUNT.desc(), citations.c.key, _ISSUER, _YEAR)
    )


def _after(groups: Select[Any], cursor: str | None) -> Select[Any]:
    if cursor is None:
        return groups
    count, *group = parse_cursor(cursor, int, str, str, int)
    follows = tuple_(citations.c.key, _ISSUER, _YEAR) > tuple_(*group)
    n = _COUNT
    return groups.having(or_(n < int(count), and_(n <= int(count), follows)))


def _may_be_here(p: Principal) -> Any:
    """Return the condition that a document with the symbol is here whose date and issuer do not speak against it."""
    dated = and_(identities.c.earliest <= citations.c.latest, identities.c.latest >= citations.c.earliest)
    undated = or_(citations.c.earliest.is_(None), identities.c.earliest.is_(None))
    unnamed = or_(citations.c.issuer_id.is_(None), identities.c.issuer_id.is_(None), ~identities.c.listed)
    return (
        select(identities.c.document_id)
        .where(
            identities.c.key == citations.c.key,
            identities.c.document_id != citations.c.document_id,
            visible(p, identities.c.document_id),
            or_(undated, dated),
            or_(unnamed, identities.c.issuer_id == citations.c.issuer_id),
        )
        .correlate(citations)
        .exists()
    )


async def _citing(conn: AsyncConnection, p: Principal, keys: set[str]) -> dict[tuple[str, str, int], Sequence[str]]:
    """Return who cites each of the groups with these keys, the newest first."""
    found: dict[tuple[str, str, int], dict[str, None]] = defaultdict(dict)
    for part in chunks(sorted(keys)):
        query = (
            select(citations.c.key, _ISSUER.label("of"), _YEAR.label("in_year"), citations.c.document_id)
            .where(citations.c.key.in_(part), visible(p, citations.c.document_id))
            .order_by(citations.c.document_id.desc())
        )
        for row in await conn.execute(query):
            found[row.key, row.of, row.in_year][row.document_id] = None
    return {group: tuple(ids) for group, ids in found.items()}
