"""Records that were entered or imported before: deadlines become intervals of time, roles those of the vocabulary."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_PLACES = (
    ("documents", "id", "record"),
    ("record_revisions", "id", "record"),
    ("corrections", "id", "patch"),
    ("corrections", "id", "result"),
    ("items", "id", "given"),
)
_ROLES = frozenset(
    "basis implements answers follows amends replaces repeals corrects revokes encloses attached".split()
)
_OFFSET = "+07:00"


def upgrade() -> None:
    """Write deadlines and roles in today's shape, so that what has them can still be opened."""
    conn = op.get_bind()
    for name, key, column in _PLACES:
        table = sa.table(name, sa.column(key), sa.column(column, sa.JSON(none_as_null=True)))
        for row in conn.execute(sa.select(table).where(table.c[column].is_not(None))).all():
            old = row[1]
            if isinstance(old, dict) and (new := _converted(old)) != old:
                conn.execute(sa.update(table).where(table.c[key] == row[0]).values({column: new}))


def _converted(record: dict[str, Any]) -> dict[str, Any]:
    changed = dict(record)
    if isinstance(record.get("tasks"), list):
        changed["tasks"] = [_task(task) for task in record["tasks"]]
    if isinstance(record.get("citations"), list):
        changed["citations"] = [_citation(citation) for citation in record["citations"]]
    return changed


def _task(task: Any) -> Any:
    due = task.get("due") if isinstance(task, dict) else None
    if not isinstance(due, dict) or "year" not in due:
        return task
    first, last = due.get("earliest"), due.get("latest")
    moment = {
        "as_written": due.get("as_written") or first or "",
        "earliest": f"{first}T00:00:00{_OFFSET}" if first else None,
        "latest": f"{last}T23:59:59{_OFFSET}" if last else None,
    }
    return {**task, "due": moment}


def _citation(citation: Any) -> Any:
    if not isinstance(citation, dict) or citation.get("role") is None or citation["role"] in _ROLES:
        return citation
    return {**citation, "role": None}
