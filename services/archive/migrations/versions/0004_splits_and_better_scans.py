"""Splits by hand, and better scans that take the place of others."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the append-only layer of splits, and the account of replaced scans."""
    op.create_table(
        "splits",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("source_id", sa.String(length=36), nullable=False),
        sa.Column("runs", sa.JSON(), nullable=True),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_splits_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_splits")),
    )
    op.create_index("ix_splits_source_id", "splits", ["source_id", "id"])
    op.add_column("items", sa.Column("replaces", sa.String(length=36), nullable=True))
    op.create_table(
        "replacements",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("document_id", sa.String(length=36), nullable=False),
        sa.Column("item_id", sa.String(length=36), nullable=False),
        sa.Column("old_source_id", sa.String(length=36), nullable=False),
        sa.Column("first_page", sa.Integer(), nullable=False),
        sa.Column("last_page", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_replacements_document_id")),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_replacements_item_id")),
        sa.ForeignKeyConstraint(["old_source_id"], ["sources.id"], name=op.f("fk_replacements_old_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replacements")),
        sa.UniqueConstraint("item_id", name=op.f("uq_replacements_item_id")),
    )
    op.create_index("ix_replacements_document_id", "replacements", ["document_id"])
    op.create_index("ix_replacements_old_source_id", "replacements", ["old_source_id"])
