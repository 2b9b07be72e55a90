"""Citations and identities: what documents cite and are known by, made from the records that are there."""

import datetime as dt
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_LONGEST = 200


def upgrade() -> None:
    """Make both tables and fill them; what the gazetteer knows of issuers comes with the next reading or correction."""
    identities = op.create_table(
        "identities",
        sa.Column("document_id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("notation", sa.Text(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=True),
        sa.Column("issuer_id", sa.Text(), nullable=True),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("earliest", sa.Date(), nullable=True),
        sa.Column("latest", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_identities_document_id")),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_identities")),
    )
    op.create_index("ix_identities_key", "identities", ["key"])
    op.create_index("ix_identities_notation", "identities", ["notation", "issuer_id"])
    citations = op.create_table(
        "citations",
        sa.Column("document_id", sa.String(length=36), nullable=False),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=True),
        sa.Column("issuer_id", sa.Text(), nullable=True),
        sa.Column("issuer", sa.Text(), nullable=True),
        sa.Column("role", sa.String(length=16), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("earliest", sa.Date(), nullable=True),
        sa.Column("latest", sa.Date(), nullable=True),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_citations_document_id")),
        sa.PrimaryKeyConstraint("document_id", "ordinal", name=op.f("pk_citations")),
    )
    op.create_index("ix_citations_key", "citations", ["key"])
    documents = sa.table("documents", sa.column("id"), sa.column("record", sa.JSON()))
    conn = op.get_bind()
    for row in conn.execute(sa.select(documents).where(documents.c.record.is_not(None))).all():
        if row.record:
            conn.execute(identities.insert().values(document_id=row.id, **_identity(row.record)))
            for ordinal, citation in enumerate(row.record.get("citations") or ()):
                values = _cited(citation)
                conn.execute(citations.insert().values(document_id=row.id, ordinal=ordinal, **values))


def _identity(record: dict[str, Any]) -> dict[str, Any]:
    kind, issuer = record.get("kind") or {}, record.get("issuer") or {}
    notation = "".join((record.get("notation") or "").split()).upper().replace("Đ", "D").replace("/", "-")
    return {
        "key": _short(record.get("symbol_key")),
        "notation": _short(notation or None),
        "kind": _short(kind.get("code"), 16),
        "issuer_id": _short(issuer.get("id")),
        "listed": False,
        **_bounds(record.get("issued_on")),
    }


def _cited(citation: dict[str, Any]) -> dict[str, Any]:
    date = citation.get("date") or {}
    return {
        "key": _short(citation.get("key")),
        "raw": citation["raw"],
        "kind": _short(citation.get("kind"), 16),
        "issuer": citation.get("issuer"),
        "role": _short(citation.get("role"), 16),
        "year": date.get("year"),
        **_bounds(date),
    }


def _bounds(date: dict[str, Any] | None) -> dict[str, Any]:
    days = {name: (date or {}).get(name) for name in ("earliest", "latest")}
    return {name: dt.date.fromisoformat(day) if day else None for name, day in days.items()}


def _short(value: str | None, longest: int = _LONGEST) -> str | None:
    return value if value is not None and len(value) <= longest else None
