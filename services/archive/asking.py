"""What documents ask for, as rows that follow their records in the same transaction, to be listed by day and agency."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import delete, insert, select

from services.archive.database import Tx
from services.archive.schema import task_progress, tasks
from services.core.model import JSON, Task
from services.core.text import key


async def put_tasks(tx: Tx, document_id: str, record: Mapping[str, JSON] | None) -> None:
    """Make the rows of a document those of its record in force; without a record they go."""
    await tx.conn.execute(delete(tasks).where(tasks.c.document_id == document_id))
    asked = [Task.model_validate(task) for task in (record or {}).get("tasks") or ()]
    if asked:
        done = await _done(tx, document_id)
        rows = [(task, known_by, known_by in done) for task, known_by in zip(asked, task_keys(asked), strict=True)]
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


async def _done(tx: Tx, document_id: str) -> set[str]:
    """Return the tasks of a document of which people said last that they are done."""
    query = select(task_progress.c.task, task_progress.c.done).where(task_progress.c.document_id == document_id)
    last = {row.task: row.done for row in await tx.conn.execute(query.order_by(task_progress.c.id))}
    return {task for task, done in last.items() if done}


def _asked(task: Task, known_by: str, done: bool) -> dict[str, Any]:
    due = task.due
    return {
        "task": known_by,
        "done": done,
        "agencies": agencies_key((*task.assignees, *task.cooperating)),
        "due_first": due.earliest if due else None,
        "due_last": due.latest if due else None,
    }
