"""Who must do what by when, over the whole archive: the tasks of all documents, the earliest deadline first."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, func, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.paging import Page, build_cursor, parse_cursor
from services.archive.schema import UtcDateTime, tasks
from services.archive.seeing import visible
from services.core.dates import VIETNAM
from services.core.errors import InvalidInputError
from services.core.model import Document, DocumentRef, FollowedTask, Principal
from services.core.text import key

TaskState = Literal["open", "overdue", "done", "all"]
COUNTED = 10_000
"""Tasks of a list that are counted: nobody acts on the number beyond, and counting all would cost too much."""
_Place = tuple[dt.datetime | None, str, int]
"""Due, document and ordinal of the row after which a page begins."""


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
    """Some tasks, and how many there are in all: at most COUNTED are counted, `more` says that there are more."""

    total: int
    more: bool


async def find_rows(
    conn: AsyncConnection, p: Principal, wanted: TaskFilter, now: dt.datetime, limit: int, cursor: str | None
) -> Sequence[Any]:
    """Return the rows of tasks in the order in which they are listed: those without a known deadline come last.

    Each of the two parts is read off an index in its order, so that a page costs what it shows.
    """
    place = _place(cursor)
    wanted_rows = select(tasks).where(*_conditions(wanted, now), visible(p, tasks.c.document_id)).limit(limit)
    rows: list[Any] = []
    if place is None or place[0] is not None:
        dated = wanted_rows.where(tasks.c.due_last.is_not(None), *_after(place))
        rows += await conn.execute(dated.order_by(tasks.c.due_last, tasks.c.document_id, tasks.c.ordinal))
        place = None
    if len(rows) < limit:
        undated = wanted_rows.where(tasks.c.due_last.is_(None), *_after(place))
        rows += await conn.execute(undated.order_by(tasks.c.document_id, tasks.c.ordinal).limit(limit - len(rows)))
    return rows


async def count_tasks(conn: AsyncConnection, p: Principal, wanted: TaskFilter, now: dt.datetime) -> int:
    """Count the tasks that are wanted, up to one more than COUNTED."""
    found = select(tasks.c.ordinal).where(*_conditions(wanted, now), visible(p, tasks.c.document_id))
    query = select(func.count()).select_from(found.limit(COUNTED + 1).subquery())
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
        document=DocumentRef.of(document.id, record),
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
        found.append(~tasks.c.done)
    if wanted.state == "overdue":
        found.append(tasks.c.due_last < now)
    if wanted.state == "done":
        found.append(tasks.c.done)
    return found


def _place(cursor: str | None) -> _Place | None:
    if cursor is None:
        return None
    due, document_id, ordinal = parse_cursor(cursor, str, str, int)
    try:
        moment = dt.datetime.fromisoformat(str(due)).astimezone(dt.UTC) if due else None
    except (ValueError, OverflowError) as error:
        raise InvalidInputError("The cursor is not one that was handed out. Start again without it.") from error
    return moment, str(document_id), int(ordinal)


def _after(place: _Place | None) -> Sequence[ColumnElement[bool]]:
    if place is None:
        return ()
    due, document_id, ordinal = place
    follows = tuple_(tasks.c.document_id, tasks.c.ordinal) > tuple_(literal(document_id), literal(ordinal))
    if due is None:
        return (follows,)
    moment = literal(due, UtcDateTime())
    return (tasks.c.due_last >= moment, or_(tasks.c.due_last > moment, follows))


def _moment(day: dt.date, time: dt.time) -> dt.datetime:
    return dt.datetime.combine(day, time, VIETNAM)
