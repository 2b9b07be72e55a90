"""Who must do what by when, over the whole archive: the tasks of all documents, the earliest deadline first."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.paging import Page, build_cursor, parse_cursor
from services.archive.relations import visible
from services.archive.schema import UtcDateTime, task_progress, tasks
from services.core.dates import VIETNAM
from services.core.errors import InvalidInputError
from services.core.model import Document, DocumentRef, FollowedTask, Principal
from services.core.text import key

TaskState = Literal["open", "overdue", "done", "all"]


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """Which tasks are wanted: whole syllables of an agency's name, days between which something of the deadline lies.

    A task without a known deadline is not between days. `overdue` are open tasks whose deadline has passed.
    """

    agency: str = ""
    due_from: dt.date | None = None
    due_to: dt.date | None = None
    state: TaskState = "open"


class TaskPage(Page[FollowedTask]):
    """Some tasks, and how many there are in all."""

    total: int


def tasks_query(p: Principal, wanted: TaskFilter, now: dt.datetime, cursor: str | None) -> Select[Any]:
    """Select the rows of tasks in the order in which they are listed; those without a known deadline come last."""
    return (
        select(tasks)
        .where(visible(p, tasks.c.document_id), *_conditions(wanted, now), *_after(cursor))
        .order_by(tasks.c.due_last.is_(None), tasks.c.due_last, tasks.c.document_id, tasks.c.ordinal)
    )


async def count_tasks(conn: AsyncConnection, p: Principal, wanted: TaskFilter, now: dt.datetime) -> int:
    """Count the tasks that are wanted."""
    query = select(func.count()).select_from(tasks)
    query = query.where(visible(p, tasks.c.document_id), *_conditions(wanted, now))
    return int(await conn.scalar(query) or 0)


def cursor_of(row: Any) -> str:
    """Return the cursor of what follows a row."""
    return build_cursor(row.due_last.isoformat() if row.due_last else "", row.document_id, row.ordinal)


def followed_task(document: Document, ordinal: int, now: dt.datetime) -> FollowedTask:
    """Return a task of a document whose progress is known (`progress.with_progress`)."""
    record, task = document.record, document.record.tasks[ordinal]
    done = task.progress is not None and task.progress.done
    passed = task.due is not None and task.due.latest is not None and task.due.latest < now
    return FollowedTask(
        document=DocumentRef(
            id=document.id,
            symbol=record.symbol,
            kind=record.kind,
            issuer=record.issuer.name if record.issuer else None,
            issued_on=record.issued_on,
            subject=record.subject,
        ),
        revision=document.revision,
        number=ordinal + 1,
        task=task,
        overdue=passed and not done,
    )


def _conditions(wanted: TaskFilter, now: dt.datetime) -> Sequence[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if part := key(wanted.agency):
        found.append(tasks.c.agencies.contains(f"-{part}-", autoescape=True))
    if wanted.due_from is not None:
        found.append(tasks.c.due_last >= _moment(wanted.due_from, dt.time.min))
    if wanted.due_to is not None:
        found.append(tasks.c.due_first <= _moment(wanted.due_to, dt.time.max))
    if wanted.state in ("open", "overdue"):
        found.append(~func.coalesce(_done(), False))
    if wanted.state == "overdue":
        found.append(tasks.c.due_last < now)
    if wanted.state == "done":
        found.append(_done())
    return found


def _done() -> Any:
    """Return whether people said last of a task that it is done; null where nobody said anything."""
    said = select(task_progress.c.done).where(
        task_progress.c.document_id == tasks.c.document_id, task_progress.c.task == tasks.c.task
    )
    return said.order_by(task_progress.c.id.desc()).limit(1).correlate(tasks).scalar_subquery()


def _after(cursor: str | None) -> Sequence[ColumnElement[bool]]:
    if cursor is None:
        return ()
    due, document_id, ordinal = parse_cursor(cursor, str, str, int)
    follows = tuple_(tasks.c.document_id, tasks.c.ordinal) > tuple_(literal(document_id), literal(ordinal))
    if not due:
        return (and_(tasks.c.due_last.is_(None), follows),)
    try:
        moment = literal(dt.datetime.fromisoformat(str(due)).astimezone(dt.UTC), UtcDateTime())
    except (ValueError, OverflowError) as error:
        raise InvalidInputError("The cursor is not one that was handed out. Start again without it.") from error
    later, same = tasks.c.due_last > moment, and_(tasks.c.due_last == moment, follows)
    return (or_(tasks.c.due_last.is_(None), later, same),)


def _moment(day: dt.date, time: dt.time) -> dt.datetime:
    return dt.datetime.combine(day, time, VIETNAM)
