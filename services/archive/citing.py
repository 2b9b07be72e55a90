"""What a document cites and is known by, as rows that follow its record in the same transaction."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, insert

from services.archive.database import Tx
from services.archive.schema import citations, identities
from services.core.cited import cited_issuer_id
from services.core.gazetteer import is_listed
from services.core.model import JSON, Citation, PartialDate, Record
from services.core.symbols import symbol_key

_LONGEST = 200
"""What people enter may be of any length, what an index takes may not."""


async def put_citations(
    tx: Tx, document_id: str, record: Mapping[str, JSON] | None, evidence: Mapping[str, JSON] | None
) -> None:
    """Make the rows of a document those of its record in force; without a record they go."""
    await tx.conn.execute(delete(citations).where(citations.c.document_id == document_id))
    await tx.conn.execute(delete(identities).where(identities.c.document_id == document_id))
    if record is None:
        return
    valid = Record.model_validate(record)
    await tx.conn.execute(insert(identities).values(document_id=document_id, **_identity(valid, evidence or {})))
    rows = [_cited(c, valid) for c in valid.citations]
    if rows:
        numbered = [{"document_id": document_id, "ordinal": n, **row} for n, row in enumerate(rows)]
        await tx.conn.execute(insert(citations), numbered)


def notation_key(notation: str | None) -> str | None:
    """Return a notation in the form that all its writings share (`symbol_key`)."""
    key = symbol_key("0", None, notation) if notation else None
    return _indexed(key.rsplit("|", 1)[-1]) if key else None


def _identity(record: Record, evidence: Mapping[str, Any]) -> dict[str, Any]:
    date = record.issued_on
    issuer_id = record.issuer.id if record.issuer else None
    sure = "issued_on" not in evidence or evidence["issued_on"].get("confirmed", True)
    earliest, latest = (date.earliest, date.latest) if date else (None, None)
    if date and date.year and not sure:
        earliest, latest = dt.date(date.year, 1, 1), dt.date(date.year, 12, 31)
    return {
        "key": _indexed(record.symbol_key),
        "notation": notation_key(record.notation),
        "kind": _short(record.kind.code if record.kind else None),
        "issuer_id": _indexed(issuer_id),
        "listed": issuer_id is not None and is_listed(issuer_id),
        "earliest": earliest,
        "latest": latest,
    }


def _cited(citation: Citation, record: Record) -> dict[str, Any]:
    date = citation.date or PartialDate()
    return {
        "key": _indexed(citation.key),
        "raw": citation.raw,
        "kind": _short(citation.kind),
        "issuer_id": _indexed(cited_issuer_id(citation, record)),
        "issuer": citation.issuer,
        "role": citation.role,
        "year": _year_of(citation.key) or date.year,
        "earliest": date.earliest,
        "latest": date.latest,
        "page": citation.page,
    }


def _year_of(key: str | None) -> int | None:
    """Return the year that a symbol key holds ("12|2021|QD-TTG")."""
    parts = (key or "").split("|")
    return int(parts[1]) if len(parts) == 3 and parts[1].isdecimal() and len(parts[1]) == 4 else None


def _indexed(value: str | None) -> str | None:
    return value if value is not None and len(value) <= _LONGEST else None


def _short(code: str | None) -> str | None:
    return code if code is not None and len(code) <= 16 else None
