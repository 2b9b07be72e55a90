"""The tasks of all documents as one list: by day, by agency, done or not, page by page, as far as one may see."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace as with_values
from typing import Any

import pytest

from services.archive import Archive, TaskFilter
from services.core.dates import VIETNAM
from services.core.errors import InvalidInputError
from services.core.model import Due, Principal, Task
from tests.contract.archive.archive_play import ME
from tests.contract.archive.test_archive_citations import made

EVERYTHING = TaskFilter(state="all")


def task(text: str, day: str | None = None, *assignees: str, **values: Any) -> Task:
    """A task that is due on a day."""
    first, last = (
        dt.datetime.combine(dt.date.fromisoformat(day), time, VIETNAM) if day else None
        for time in (dt.time.min, dt.time(23, 59, 59))
    )
    due = Due(as_written=day, earliest=first, latest=last) if day else None
    return Task(text=text, due=due, assignees=assignees, **values)


async def texts(archive: Archive, wanted: TaskFilter, p: Principal = ME) -> list[str]:
    page = await archive.documents.tasks(p, wanted)
    assert page.total == len(page.items)
    return [one.task.text for one in page.items]


async def asking(archive: Archive) -> tuple[str, str]:
    one = await made(
        archive,
        "1/UBND-VX",
        "2021-09-10",
        tasks=(task("b", "2021-09-20", "Sở Y tế", clause="1"), task("d", None, "SỞ TÀI CHÍNH", clause="2")),
    )
    two = await made(
        archive,
        "2/UBND-VX",
        "2021-09-10",
        tasks=(
            task("c", "2999-01-01", "Ủy ban nhân dân các huyện", cooperating=("Sở Y tế",)),
            task("a", "2021-09-19", "Công an tỉnh"),
        ),
    )
    return one, two


async def test_tasks_come_by_their_deadlines_and_those_without_one_last(archive: Archive) -> None:
    one, two = await asking(archive)
    assert await texts(archive, EVERYTHING) == ["a", "b", "c", "d"]
    page = await archive.documents.tasks(ME, EVERYTHING)
    assert [(t.document.id, t.number) for t in page.items] == [(two, 2), (one, 1), (two, 1), (one, 2)]
    assert [t.overdue for t in page.items] == [True, True, False, False]
    assert page.items[0].document.symbol == "2/UBND-VX"


async def test_pages_follow_each_other_without_gaps_over_both_kinds_of_deadline(archive: Archive) -> None:
    await asking(archive)
    await made(archive, "3/UBND-VX", "2021-09-10", tasks=tuple(task(f"e{n}") for n in range(3)))
    seen, cursor = [], None
    while True:
        page = await archive.documents.tasks(ME, EVERYTHING, limit=2, cursor=cursor)
        assert page.total == 7
        seen += [one.task.text for one in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert seen == ["a", "b", "c", "d", "e0", "e1", "e2"]
    with pytest.raises(InvalidInputError):
        await archive.documents.tasks(ME, EVERYTHING, cursor="x")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"agency": "so y te"}, ["b", "c"]),
        ({"agency": "Y TẾ"}, ["b", "c"]),
        ({"agency": "Sở"}, ["b", "c", "d"]),
        ({"agency": "y t"}, []),
        ({"agency": "%"}, ["a", "b", "c", "d"]),
        ({"due_from": dt.date(2021, 9, 20)}, ["b", "c"]),
        ({"due_to": dt.date(2021, 9, 19)}, ["a"]),
        ({"due_from": dt.date(2021, 9, 19), "due_to": dt.date(2021, 9, 20)}, ["a", "b"]),
        ({"state": "overdue"}, ["a", "b"]),
        ({"state": "done"}, []),
    ],
)
async def test_the_list_narrows_down(archive: Archive, wanted: dict[str, Any], found: list[str]) -> None:
    await asking(archive)
    assert await texts(archive, TaskFilter(**{"state": "all", **wanted})) == found


async def test_what_is_done_leaves_the_open_ones_and_comes_back_when_it_is_not(archive: Archive) -> None:
    one, _ = await asking(archive)
    await archive.documents.report_task(ME, one, 1, {"done": True})
    assert await texts(archive, TaskFilter()) == ["a", "c", "d"]
    assert await texts(archive, TaskFilter(state="overdue")) == ["a"]
    (done,) = (await archive.documents.tasks(ME, TaskFilter(state="done"))).items
    assert done.task.progress is not None
    assert (done.task.text, done.task.progress.by, done.overdue) == ("b", ME.name, False)
    await archive.documents.report_task(ME, one, 1, {"done": False})
    assert await texts(archive, TaskFilter(state="done")) == []
    assert await texts(archive, TaskFilter(state="overdue")) == ["a", "b"]


async def test_what_is_done_stays_done_when_the_record_is_made_again_and_the_clause_is_still_there(
    archive: Archive,
) -> None:
    one, _ = await asking(archive)
    await archive.documents.report_task(ME, one, 1, {"done": True})
    again = [{"text": "b, sửa lại", "clause": "1"}, {"text": "d", "clause": "2"}]
    await archive.documents.correct(ME, one, {"tasks": again})
    assert await texts(archive, TaskFilter(state="done")) == ["b, sửa lại"]
    await archive.documents.correct(ME, one, {"tasks": again[1:]})
    assert await texts(archive, TaskFilter(state="done")) == []


async def test_not_more_are_counted_than_anybody_acts_on(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    await asking(archive)
    for most, shown in ((3, (3, True)), (4, (4, False))):
        monkeypatch.setattr("services.archive.tasks.COUNTED", most)
        monkeypatch.setattr("services.archive.documents.COUNTED", most)
        page = await archive.documents.tasks(ME, EVERYTHING, limit=1)
        assert (page.total, page.more) == shown


async def test_a_correction_changes_the_list_and_the_trash_leaves_it(archive: Archive) -> None:
    one, two = await asking(archive)
    await archive.documents.correct(ME, one, {"tasks": [{"text": "f", "due": "2021-09-01", "assignees": ["Sở Y tế"]}]})
    assert await texts(archive, EVERYTHING) == ["f", "a", "c"]
    await archive.documents.trash_document(ME, two, "nhầm")
    assert await texts(archive, EVERYTHING) == ["f"]


async def test_the_tasks_of_a_document_that_one_may_not_see_are_neither_shown_nor_counted(archive: Archive) -> None:
    inner = with_values(ME, access=frozenset({"public", "internal"}))
    one, _ = await asking(archive)
    await archive.documents.set_access(inner, one, "internal")
    public = Principal("khách", frozenset({"public"}))
    assert await texts(archive, EVERYTHING, public) == ["a", "c"]
    assert await texts(archive, EVERYTHING, inner) == ["a", "b", "c", "d"]
