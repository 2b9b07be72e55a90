"""What documents ask for, as rows that follow their records in the same transaction, to be listed by day and agency."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import delete, insert

from services.archive.database import Tx
from services.archive.schema import tasks
from services.core.model import JSON, Task
from services.core.text import key


async def put_tasks(tx: Tx, document_id: str, record: Mapping[str, JSON] | None) -> None:
    """Make the rows of a document those of its record in force; without a record they go."""
    await tx.conn.execute(delete(tasks).where(tasks.c.document_id == document_id))
    asked = [Task.model_validate(task) for task in (record or {}).get("tasks") or ()]
    if asked:
        rows = zip(asked, task_keys(asked), strict=True)
        values = [{"document_id": document_id, "ordinal": n, **_asked(*row)} for n, row in enumerate(rows)]
        await tx.conn.execute(insert(tasks), values)


def task_keys(asked: Iterable[Task]) -> list[str]:
    """Return what each task of a document is known by: its clause, and which of the tasks there it is."""
    seen: dict[str, int] = defaultdict(int)
    keys = []
    for task in asked:
        clause = task.clause or ""
        seen[clause] += 1
        keys.append(f"{clause}#{seen[clause]}")
    return keys


def agencies_key(names: Iterable[str]) -> str:
    """Return names in a form in which a part of one is found by its whole syllables: "-so-y-te-;-so-tai-chinh-"."""
    return ";".join(f"-{key(name)}-" for name in names)


def _asked(task: Task, known_by: str) -> dict[str, Any]:
    due = task.due
    return {
        "task": known_by,
        "agencies": agencies_key((*task.assignees, *task.cooperating)),
        "due_first": due.earliest if due else None,
        "due_last": due.latest if due else None,
    }
