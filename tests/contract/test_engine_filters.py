"""Filters that look into a document: one task for who and when, bodies meant among others, provinces that merged."""

import datetime as dt
from typing import Any

from services.core.dates import VIETNAM
from services.core.model import Citation, Due, Issuer, Record, Task
from services.search import Filters, IndexDocument, SearchEngine, SearchQuery
from services.search.query import Plan, build_engine_query
from services.search.typed import take_apart
from tests.search_servers import engine, index_url
from tests.search_support import day, entry

__all__ = ["engine", "index_url"]  # fixtures

SEPTEMBER: dict[str, Any] = {"due_from": dt.date(2021, 9, 1), "due_to": dt.date(2021, 9, 12)}


async def found(engine: SearchEngine, q: str = "", **filters: Any) -> set[str]:
    query = SearchQuery(q=q, filters=Filters(**filters))
    hits = await engine.search(build_engine_query(Plan(take_apart(q)), query, frozenset({"public"})))
    assert len(hits.hits) == hits.total
    return {hit.id for hit in hits.hits}


def task(*assignees: str, due: dt.date | None) -> Task:
    moment = due and dt.datetime(due.year, due.month, due.day, 17, tzinfo=VIETNAM)
    return Task(assignees=assignees, text="báo cáo", due=Due(as_written="trước", earliest=moment, latest=moment))


def dispatch(
    name: str, *tasks: Task, addressees: tuple[str, ...] = (), province: str = "Điện Biên", **record: Any
) -> IndexDocument:
    issuer = Issuer(name=f"UBND tỉnh {province}", level="province", place=province, id=None)
    return entry(name, "", Record(issuer=issuer, tasks=tasks, addressees=addressees, **record))


async def test_who_and_by_when_are_asked_of_one_task(engine: SearchEngine) -> None:
    soon, late = dt.date(2021, 9, 10), dt.date(2021, 12, 1)
    await engine.apply(
        [
            dispatch("same", task("Sở Y tế", due=soon), task("Sở Nội vụ", due=late)),
            dispatch("other", task("Sở Nội vụ", due=soon), task("Sở Y tế", due=late)),
            dispatch("group", task("Các sở, ban, ngành tỉnh", due=soon)),
            dispatch("never", task("Sở Y tế", due=None)),
        ]
    )
    assert await found(engine, assignee=("Sở Y tế",)) == {"same", "other", "group", "never"}
    assert await found(engine, **SEPTEMBER) == {"same", "other", "group"}
    assert await found(engine, assignee=("Sở Y tế",), **SEPTEMBER) == {"same", "group"}
    assert await found(engine, q='giao:"Sở Y tế"', due_to=dt.date(2021, 9, 12)) == {"same", "group"}
    assert await found(engine, assignee=("Sở Nội vụ", "Sở Y tế"), **SEPTEMBER) == {"same", "other", "group"}
    assert await found(engine, assignee=("Sở Y tế Lai Châu",), **SEPTEMBER) == set()
    assert await found(engine, assignee=("Sở Y tế",), due_from=dt.date(2021, 11, 1)) == {"other"}


async def test_a_dispatch_to_all_of_a_kind_is_found_for_each_of_them(engine: SearchEngine) -> None:
    await engine.apply(
        [
            dispatch("all", addressees=("Các sở, ban, ngành tỉnh",)),
            dispatch("one", addressees=("Sở Y tế",)),
            dispatch("districts", addressees=("UBND các huyện, thành phố",)),
            dispatch("elsewhere", addressees=("Các sở, ban, ngành",), province="Lai Châu"),
        ]
    )
    assert await found(engine, addressee=("Sở Y tế",)) == {"all", "one", "elsewhere"}
    assert await found(engine, addressee=("Sở Y tế tỉnh Điện Biên",)) == {"all", "one"}
    assert await found(engine, addressee=("UBND huyện Mường Nhé",)) == {"districts"}
    assert await found(engine, q='-addressee:"Sở Y tế"') == {"districts"}


async def test_a_province_has_those_that_went_into_it_and_leads_to_where_it_went(engine: SearchEngine) -> None:
    await engine.apply(
        [
            dispatch("old", province="Bắc Kạn", issued_on=day(2021, 9, 1)),
            dispatch("before", province="Thái Nguyên", issued_on=day(2021, 9, 1)),
            dispatch("after", province="Thái Nguyên", issued_on=day(2025, 9, 1)),
        ]
    )
    assert await found(engine, province=("Thái Nguyên",)) == {"old", "before", "after"}
    assert await found(engine, province=("tỉnh Bắc Kạn",)) == {"old", "after"}


async def test_a_document_that_is_not_here_is_found_by_those_that_cite_it(engine: SearchEngine) -> None:
    cited = Citation(raw="Công điện số 1102/CĐ-TTg", key="1102||CD-TTG")
    await engine.apply([dispatch("citing", citations=(cited,)), dispatch("other")])
    assert await found(engine, cites=("1102/CĐ-TTg",)) == {"citing"}
    assert await found(engine, cites=("1103/CĐ-TTg",)) == set()
