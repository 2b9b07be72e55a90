"""A symbol by itself, whether a document of the archive has it or others only cite it."""

from typing import Any

from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.paging import build_cursor, parse_cursor
from services.archive.relations import known_by, load_refs, mentions, resolved
from services.archive.resolving import Resolution
from services.archive.schema import citations
from services.archive.seeing import visible
from services.core.model import CitedSymbol, DocumentRef, Principal, SymbolCitation
from services.core.symbols import find_symbols, parse_symbol


async def find_symbol(conn: AsyncConnection, p: Principal, key: str, limit: int, cursor: str | None) -> CitedSymbol:
    """Look up who has a symbol and who cites it; empty where nobody does. At most `limit` citations are returned."""
    query = mentions(p, [key]).order_by(None).order_by(citations.c.document_id.desc(), citations.c.ordinal.desc())
    if cursor is not None:
        place = parse_cursor(cursor, str, int)
        query = query.where(tuple_(citations.c.document_id, citations.c.ordinal) < tuple_(*place))
    rows = (await conn.execute(query.limit(limit + 1))).all()
    shown, known = rows[:limit], await known_by(conn, p, [key])
    having = [identity.document_id for identity in known.get(key, ())]
    refs = await load_refs(conn, p, {*having, *(row.document_id for row in shown)})
    last = shown[-1] if len(rows) > limit else None
    return CitedSymbol(
        key=key,
        symbol=_as_written(key, [refs[i] for i in having], shown),
        documents=tuple(refs[i] for i in having),
        citations=tuple(_citation(row, refs[row.document_id], resolved(row, known)) for row in shown),
        count=await _count(conn, p, key),
        next=build_cursor(last.document_id, last.ordinal) if last else None,
    )


def _citation(row: Any, citing: DocumentRef, meant: Resolution) -> SymbolCitation:
    return SymbolCitation(
        document=citing,
        raw=row.raw,
        issuer=row.issuer,
        issued_on=row.earliest if row.earliest == row.latest else None,
        role=row.role,
        page=row.page,
        meant=meant.document_id,
        candidates=meant.candidates,
    )


def _as_written(key: str, having: list[DocumentRef], cited: list[Any]) -> str:
    """Return the symbol as a document has it, else as one cites it, else its key."""
    for ref in having:
        if ref.symbol:
            return ref.symbol
    for row in cited:
        named = parse_symbol(row.raw) or next((symbol for symbol, _, _ in find_symbols(row.raw)), None)
        if named is not None:
            return str(named)
    return cited[0].raw if cited else key


async def _count(conn: AsyncConnection, p: Principal, key: str) -> int:
    query = select(func.count(citations.c.document_id.distinct())).where(
        citations.c.key == key, visible(p, citations.c.document_id)
    )
    return int(await conn.scalar(query) or 0)
