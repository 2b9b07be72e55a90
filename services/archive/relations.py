"""What a document cites and what cites it, looked up when asked: nothing stored can become stale.

Only documents that are READY and that the Principal may see take part, on either side.
"""

import difflib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.imports import REGISTER_MEDIA_TYPE
from services.archive.outbox import chunks
from services.archive.resolving import Cited, Identity, Resolution, overlaps, repeats, resolve
from services.archive.schema import citations, documents, identities, sources
from services.archive.seeing import seen, visible
from services.core.model import (
    CitationRole,
    CitedDocument,
    CitingDocument,
    Document,
    DocumentRef,
    DocumentState,
    Principal,
    Reason,
    Record,
    Relations,
)
from services.core.text import fold

SAME_SUBJECT = 0.92
"""Likeness (0..1) from which two subjects are taken for readings of one: scans of one paper differ in tone marks."""


async def find_relations(conn: AsyncConnection, p: Principal, document: Document, limit: int) -> Relations:
    """Look up how a document stands to the others; at most `limit` of those that cite it are listed."""
    own = await _own(conn, document.id)
    if own is None:
        return Relations()
    resolutions = await resolve_citations(conn, p, document.id)
    citing = await _citing(conn, p, own)
    original, copies = await _copies(conn, p, own, document.record)
    shown = citing[:limit]
    recalling = list(dict.fromkeys(c.document_id for c in citing if c.role == CitationRole.REVOKES))
    wanted = {r.document_id for r in resolutions} | {c.document_id for c in shown} | {*recalling, original, *copies}
    refs = await load_refs(conn, p, [i for i in wanted if i])
    return Relations(
        cites=tuple(
            CitedDocument(citation=c, document=refs.get(r.document_id or ""), candidates=r.candidates)
            for c, r in zip(with_ids(document.record, resolutions).citations, resolutions, strict=True)
        ),
        cited_by=tuple(CitingDocument(document=refs[c.document_id], role=c.role, page=c.page) for c in shown),
        cited_by_count=len(citing),
        recalled_by=tuple(refs[i] for i in recalling),
        original=refs.get(original or ""),
        copies=tuple(refs[i] for i in copies),
        warnings=await _warnings(conn, p, own, document.record),
    )


async def resolve_citations(conn: AsyncConnection, p: Principal, document_id: str) -> list[Resolution]:
    """Return for each citation of a document's record, in its order, which document it means."""
    own = await _own(conn, document_id)
    rows = (
        await conn.execute(
            select(citations).where(citations.c.document_id == document_id).order_by(citations.c.ordinal)
        )
    ).all()
    if own is None or not rows:
        return []
    known = await known_by(conn, p, {r.key for r in rows if r.key})
    return [resolve(_cited(own, row), known.get(row.key, ())) for row in rows]


def with_ids(record: Record, resolutions: Sequence[Resolution]) -> Record:
    """Return a record whose citations have the ids of the documents that they mean."""
    pairs = zip(record.citations, resolutions, strict=True)
    found = tuple(c.model_copy(update={"document_id": r.document_id}) for c, r in pairs)
    return record.model_copy(update={"citations": found})


async def load_refs(conn: AsyncConnection, p: Principal, ids: Iterable[str]) -> dict[str, DocumentRef]:
    """Return documents as lists name them."""
    found: dict[str, DocumentRef] = {}
    for part in chunks(sorted(ids)):
        query = select(documents.c.id, documents.c.record).where(
            documents.c.id.in_(part), documents.c.state == DocumentState.READY, seen(p)
        )
        for row in await conn.execute(query):
            found[row.id] = DocumentRef.of(row.id, Record.model_validate(row.record or {}))
    return found


async def _own(conn: AsyncConnection, document_id: str) -> Row[Any] | None:
    query = select(identities).where(identities.c.document_id == document_id)
    return (await conn.execute(query)).one_or_none()


def _identity(row: Any) -> Identity:
    return Identity(row.document_id, row.key, row.kind, row.issuer_id, row.earliest, row.latest, row.listed)


def _cited(by: Any, row: Any) -> Cited:
    return Cited(_identity(by), row.key, row.kind, row.issuer_id, row.earliest, row.latest)


async def known_by(conn: AsyncConnection, p: Principal, keys: Iterable[str]) -> Mapping[str, list[Identity]]:
    """Return what the documents that have one of the symbols are known by, by symbol key."""
    found: dict[str, list[Identity]] = defaultdict(list)
    for part in chunks(sorted(keys)):
        query = (
            select(identities)
            .where(identities.c.key.in_(part), visible(p, identities.c.document_id))
            .order_by(identities.c.document_id)
        )
        for row in await conn.execute(query):
            found[row.key].append(_identity(row))
    return found


async def _citing(conn: AsyncConnection, p: Principal, own: Any) -> list[Any]:
    """Return the citations that mean a document, of the documents that came last first."""
    if own.key is None:
        return []
    known = await known_by(conn, p, [own.key])
    query = mentions(p, [own.key]).where(citations.c.document_id != own.document_id)
    return [row for row in await conn.execute(query) if resolved(row, known).document_id == own.document_id]


async def find_answers(conn: AsyncConnection, p: Principal, ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the symbols of the documents that cite each of these as what they answer, the newest first."""
    found: dict[str, list[str]] = defaultdict(list)
    for part in chunks(sorted(ids)):
        own = select(identities.c.key).where(identities.c.document_id.in_(part), identities.c.key.is_not(None))
        keys = list((await conn.execute(own)).scalars())
        if not keys:
            continue
        known = await known_by(conn, p, keys)
        rows = (await conn.execute(mentions(p, keys).where(citations.c.role == CitationRole.ANSWERS))).all()
        refs = await load_refs(conn, p, {row.document_id for row in rows})
        for row in rows:
            meant = resolved(row, known).document_id
            symbol = refs[row.document_id].symbol if row.document_id in refs else None
            if meant and meant in part and meant != row.document_id and symbol:
                found[meant].append(symbol)
    return {document_id: tuple(dict.fromkeys(symbols)) for document_id, symbols in found.items()}


def mentions(p: Principal, keys: Sequence[str]) -> Select[Any]:
    """Select the citations of symbols, with what those who cite are known by."""
    return (
        select(citations, *(identities.c[name].label(f"by_{name}") for name in ("key", "kind", "issuer_id")))
        .add_columns(identities.c.earliest.label("by_earliest"), identities.c.latest.label("by_latest"))
        .join(identities, identities.c.document_id == citations.c.document_id)
        .where(citations.c.key.in_(keys), visible(p, citations.c.document_id))
        .order_by(citations.c.document_id.desc(), citations.c.ordinal)
    )


def resolved(row: Any, known: Mapping[str, list[Identity]]) -> Resolution:
    """Return which document a row of `mentions` means."""
    by = Identity(row.document_id, row.by_key, row.by_kind, row.by_issuer_id, row.by_earliest, row.by_latest)
    cited = Cited(by, row.key, row.kind, row.issuer_id, row.earliest, row.latest)
    return resolve(cited, known.get(row.key, ()))


async def _copies(conn: AsyncConnection, p: Principal, own: Any, record: Record) -> tuple[str | None, list[str]]:
    """Return the numbered original of a copy with a blank number, and the copies of a numbered document.

    They have notation and issuer in common, dates that overlap and nearly the same subject; of several originals none
    is taken. Two blanks are never the same paper.
    """
    if own.notation is None or own.issuer_id is None or not record.subject:
        return None, []
    query = (
        select(identities)
        .where(
            identities.c.notation == own.notation,
            identities.c.issuer_id == own.issuer_id,
            identities.c.document_id != own.document_id,
            identities.c.key.is_not(None) if own.key is None else identities.c.key.is_(None),
            identities.c.latest >= own.earliest,
            identities.c.earliest <= own.latest,
            visible(p, identities.c.document_id),
        )
        .order_by(identities.c.document_id)
    )
    near = [r.document_id for r in await conn.execute(query) if overlaps(_identity(own), _identity(r))]
    refs = await load_refs(conn, p, near)
    subject = fold(record.subject)
    alike = [i for i in near if _alike(subject, fold(refs[i].subject or ""))]
    if own.key is not None:
        return None, alike
    return (alike[0] if len(alike) == 1 else None), []


def _alike(a: str, b: str) -> bool:
    return difflib.SequenceMatcher(None, a, b, autojunk=False).ratio() >= SAME_SUBJECT


async def _without_scan(conn: AsyncConnection, ids: Sequence[str]) -> frozenset[str]:
    """Return those of the documents that are rows of a register."""
    found: set[str] = set()
    for part in chunks(ids):
        query = (
            select(documents.c.id)
            .join(sources, sources.c.id == documents.c.source_id)
            .where(documents.c.id.in_(part), sources.c.media_type == REGISTER_MEDIA_TYPE)
        )
        found.update((await conn.execute(query)).scalars())
    return frozenset(found)


async def _warnings(conn: AsyncConnection, p: Principal, own: Any, record: Record) -> tuple[Reason, ...]:
    """Warn when number, symbol and issuer repeat (NĐ 30/2020, PL VI, III.1.h).

    A row of a register and a scan with the same number are one paper, met or not: that a row still waits for its scan,
    since nobody confirmed the number read there, is for the reconciliation to say.
    """
    if own.key is None:
        return ()
    known = (await known_by(conn, p, [own.key])).get(own.key, [])
    others = [other.document_id for other in known if repeats(_identity(own), other)]
    rows = await _without_scan(conn, [own.document_id, *others]) if others else frozenset()
    count = sum((other in rows) == (own.document_id in rows) for other in others)
    params = {"symbol": record.symbol or "", "count": count}
    return (Reason(code="number_repeated", params=params),) if count else ()
