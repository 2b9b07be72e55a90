"""Batches have an access level, and everything a collection; what bears a mark of secrecy is secret."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, and put documents with a mark of secrecy on the level `secret`."""
    op.add_column("batches", sa.Column("access", sa.String(length=50), server_default="public", nullable=False))
    for table in ("batches", "sources", "documents"):
        collection = sa.Column("collection", sa.String(length=100), server_default="default", nullable=False)
        op.add_column(table, collection)
    for table in ("saved_searches", "webhooks", "users"):
        op.add_column(table, sa.Column("collections", sa.JSON(none_as_null=True), nullable=True))
    documents = sa.table("documents", sa.column("id"), sa.column("access"), sa.column("record", sa.JSON))
    conn = op.get_bind()
    rows = conn.execute(sa.select(documents.c.id, documents.c.record).where(documents.c.record.is_not(None)))
    for document_id in [row.id for row in rows if row.record.get("secrecy")]:
        conn.execute(documents.update().where(documents.c.id == document_id).values(access="secret"))
