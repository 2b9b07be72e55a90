"""What documents ask for, as rows that can be listed by day and agency, made from the records that are there."""

import datetime as dt
from collections import defaultdict
from typing import Any

import sqlalchemy as sa
from alembic import op

from services.core.text import key

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and fill it."""
    tasks = op.create_table(
        "tasks",
        sa.Column("document_id", sa.String(length=36), nullable=False),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("agencies", sa.Text(), nullable=False),
        sa.Column("due_first", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_last", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_tasks_document_id")),
        sa.PrimaryKeyConstraint("document_id", "ordinal", name=op.f("pk_tasks")),
    )
    op.create_index("ix_tasks_due_last", "tasks", ["due_last"])
    documents = sa.table("documents", sa.column("id"), sa.column("record", sa.JSON()))
    conn = op.get_bind()
    for row in conn.execute(sa.select(documents).where(documents.c.record.is_not(None))).all():
        rows = _rows((row.record or {}).get("tasks") or ())
        if rows:
            values = [{"document_id": row.id, "ordinal": n, **asked} for n, asked in enumerate(rows)]
            conn.execute(tasks.insert(), values)


def _rows(asked: Any) -> list[dict[str, Any]]:
    seen: dict[str, int] = defaultdict(int)
    rows = []
    for task in asked:
        clause, due = task.get("clause") or "", task.get("due") or {}
        seen[clause] += 1
        names = (*(task.get("assignees") or ()), *(task.get("cooperating") or ()))
        rows.append(
            {
                "task": f"{clause}#{seen[clause]}",
                "agencies": ";".join(f"-{key(name)}-" for name in names),
                "due_first": _utc(due.get("earliest")),
                "due_last": _utc(due.get("latest")),
            }
        )
    return rows


def _utc(written: str | None) -> dt.datetime | None:
    if not written:
        return None
    moment = dt.datetime.fromisoformat(written).astimezone(dt.UTC)
    return moment.replace(tzinfo=None) if op.get_bind().dialect.name == "sqlite" else moment
