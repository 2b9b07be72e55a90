"""What became of tasks: who said when that one was done, and by which document it was answered (NĐ 30/2020, PL IV).

Append-only: the last row of a task is in force. A task is known by its clause and its place among the tasks of that,
so that what people said stays with it while the text around is read again.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.asking import task_keys
from services.archive.database import Tx
from services.archive.outbox import chunks
from services.archive.relations import find_answers
from services.archive.schema import task_progress, tasks
from services.core.errors import InvalidInputError, NotFoundError
from services.core.model import Document, Principal, Record, TaskProgress
from services.core.text import nfc, squeeze

_LONGEST = 1000
_FIELDS = ("done", "reply", "note")


async def report(tx: Tx, row: Any, number: int, said: Mapping[str, bool | str | None]) -> None:
    """Append what was said of task `number` (from 1) of a document; keys that are not in `said` stay as they are.

    Raises NotFoundError where there is no such task, InvalidInputError for a text that is too long.
    """
    keys = task_keys(Record.model_validate(row.record or {}).tasks)
    if not 1 <= number <= len(keys):
        raise NotFoundError(f"The document has {len(keys)} tasks; there is no task {number}.", id=row.id, task=number)
    before = (await _last(tx.conn, [row.id])).get(row.id, {}).get(keys[number - 1])
    values = {name: getattr(before, name, None) for name in _FIELDS} | {k: _tidy(k, v) for k, v in said.items()}
    task, values["done"] = keys[number - 1], bool(values["done"])
    await tx.conn.execute(
        insert(task_progress).values(document_id=row.id, task=task, **values, who=tx.p.name, at=tx.now)
    )
    listed = (tasks.c.document_id == row.id, tasks.c.task == task)
    await tx.conn.execute(update(tasks).where(*listed).values(done=values["done"]))


async def with_progress(conn: AsyncConnection, p: Principal, found: Sequence[Document]) -> list[Document]:
    """Return the documents with the progress of their tasks, as of now.

    The documents of the archive that cite one as what they answer are its replies where no person entered one.
    """
    asked = [d.id for d in found if d.record.tasks]
    said, answers = await _last(conn, asked), await find_answers(conn, p, asked)
    return [_followed(d, said.get(d.id, {}), answers.get(d.id, ())) if d.record.tasks else d for d in found]


def _followed(document: Document, said: Mapping[str, Any], answers: Sequence[str]) -> Document:
    followed = []
    for task, key in zip(document.record.tasks, task_keys(document.record.tasks), strict=True):
        row = said.get(key)
        progress = TaskProgress(replies=tuple(answers)) if row is None else _progress(row, answers)
        known = row is not None or bool(answers)
        followed.append(task.model_copy(update={"progress": progress if known else None}))
    return document.model_copy(update={"record": document.record.model_copy(update={"tasks": tuple(followed)})})


def _progress(row: Any, answers: Sequence[str]) -> TaskProgress:
    replies = (row.reply,) if row.reply else tuple(answers)
    return TaskProgress(done=row.done, replies=replies, note=row.note, by=row.who, at=row.at)


async def _last(conn: AsyncConnection, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return the row in force of every task that somebody said something of, by document and task."""
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    for part in chunks(sorted(ids)):
        rows = await conn.execute(
            select(task_progress).where(task_progress.c.document_id.in_(part)).order_by(task_progress.c.id)
        )
        for row in rows:
            found[row.document_id][row.task] = row
    return found


def _tidy(key: str, value: bool | str | None) -> bool | str | None:
    if not isinstance(value, str):
        return value
    text = squeeze(nfc(value))
    if len(text) > _LONGEST:
        raise InvalidInputError(f"{key} is longer than {_LONGEST} characters.", key=key)
    return text or None
