"""Whether a task is done stands in its row, and its lists are read off indexes in their order."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, fill it with what people said last, and index by it."""
    op.add_column("tasks", sa.Column("done", sa.Boolean(), server_default=sa.false(), nullable=False))
    tasks, said = (
        sa.table(name, sa.column("id"), sa.column("document_id"), sa.column("task"), sa.column("done"))
        for name in ("tasks", "task_progress")
    )
    conn = op.get_bind()
    last = {(row.document_id, row.task): row.done for row in conn.execute(sa.select(said).order_by(said.c.id))}
    for document_id, task in (known for known, done in last.items() if done):
        conn.execute(tasks.update().where(tasks.c.document_id == document_id, tasks.c.task == task).values(done=True))
    op.drop_index("ix_tasks_due_last", "tasks")
    op.create_index("ix_tasks_due_last", "tasks", ["due_last", "document_id", "ordinal"])
    op.create_index("ix_tasks_done", "tasks", ["done", "due_last", "document_id", "ordinal"])
