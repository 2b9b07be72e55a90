"""Saved searches and what they found."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "saved_searches",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.JSON(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("access", sa.JSON(), nullable=False),
        sa.Column("started", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("known_seq", sa.BigInteger(), nullable=False),
        sa.Column("found_seq", sa.Integer(), server_default="0", nullable=False),
        sa.Column("seen_seq", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failure", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_searches")),
    )
    op.create_index("ix_saved_searches_owner", "saved_searches", ["owner", "name", "id"])
    op.create_table(
        "search_matches",
        sa.Column("search_id", sa.String(length=36), nullable=False),
        sa.Column("document_id", sa.String(length=36), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["search_id"], ["saved_searches.id"], name=op.f("fk_search_matches_search_id")),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_search_matches_document_id")),
        sa.PrimaryKeyConstraint("search_id", "document_id", name=op.f("pk_search_matches")),
    )
    op.create_index("ix_search_matches_seq", "search_matches", ["search_id", "seq"])
    op.create_index("ix_search_matches_document_id", "search_matches", ["document_id"])
