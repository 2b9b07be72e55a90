"""How much of a document people have to look at stands in its row; corrections can be withdrawn."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0019"
branch_labels = None
depends_on = None

_WEIGHTS = {"symbol": 8, "issued_on": 8, "issuer": 8, "subject": 4, "kind": 4, "signer": 2}


def upgrade() -> None:
    """Add the columns, and count what is open in the documents that are there."""
    op.add_column("documents", sa.Column("doubt", sa.Integer(), server_default="0", nullable=False))
    op.add_column("corrections", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("corrections", sa.Column("withdrawn_by", sa.Text(), nullable=True))
    documents = sa.table(
        "documents",
        *(sa.column(name) for name in ("id", "outcome", "doubt")),
        *(sa.column(name, sa.JSON()) for name in ("review", "evidence")),
    )
    conn = op.get_bind()
    asked = sa.select(documents).where(documents.c.outcome == "needs_review")
    for row in conn.execute(asked).all():
        conn.execute(documents.update().where(documents.c.id == row.id).values(doubt=_doubt(row)))
    op.create_index("ix_documents_doubt", "documents", ["state", "doubt", "id"])


def _doubt(row: Any) -> int:
    """Weigh what the reading asked, as services.archive.questions did at this revision; no page is known to fail."""
    total = 0
    for question in row.review or ():
        if question["code"] == "unconfirmed":
            total += sum(_WEIGHTS.get(key, 1) for key in question["params"]["fields"].split(", "))
        else:
            total += 32 if question["code"] == "no_text" else 1
    return total or 16
