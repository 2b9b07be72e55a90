"""Exports of what a search finds, on both engines: all of it, once, in order, and nothing that one may not see."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import openpyxl
import pytest
import pytest_asyncio

from services.core.errors import InvalidInputError
from services.core.model import Principal
from services.core.settings import Limits, Settings, load_settings
from services.export import ExportFile, ExportFormat, Exports, RegisterName
from services.search import Filters, SearchEngine, SearchQuery, SearchService
from services.web.schemas import DocumentView
from tests.search_servers import ENGINES, engine, index_url
from tests.search_support import EVERYONE, FakeArchive, made_up

__all__ = ["ENGINES", "engine", "index_url"]  # fixtures

COUNT = 1_050  # more than one page of the walk
SECRET = 7


class Desk(NamedTuple):
    """What a test works with."""

    archive: FakeArchive
    search: SearchService
    exports: Exports


@pytest_asyncio.fixture
async def desk(engine: SearchEngine, index_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    """Made-up dispatches, the first of which are secret."""
    archive = FakeArchive()
    for number, (document, clean) in enumerate(made_up(COUNT)):
        access = "secret" if number < SECRET else "public"
        archive.put(document.model_copy(update={"access": access}), clean)
    await archive.index_all(engine)
    settings = load_settings(data_dir=tmp_path, index_url=index_url, limits=Limits(export_documents=COUNT))
    search = SearchService(engine, archive.as_archive, settings)
    yield Desk(archive, search, Exports(search, settings, DocumentView.of, archive.documents.followed))


def limited(desk: Desk, most: int) -> Desk:
    settings = Settings(limits=Limits(export_documents=most))
    return desk._replace(exports=Exports(desk.search, settings, DocumentView.of, desk.archive.documents.followed))


async def data_of(file: ExportFile) -> bytes:
    data = b"".join([chunk async for chunk in file.chunks])
    assert file.size in (None, len(data))
    return data


async def exported_ids(desk: Desk, p: Principal, query: SearchQuery) -> list[str]:
    file = await desk.exports.export(p, query, ExportFormat.NDJSON)
    *lines, end = map(json.loads, (await data_of(file)).splitlines())
    assert end == {"end": {"total": len(lines), "documents": len(lines)}}
    return [line["id"] for line in lines]


async def listed_ids(desk: Desk, p: Principal, query: SearchQuery) -> list[str]:
    ids: list[str] = []
    page = await desk.search.search(p, replace(query, limit=100))
    while True:
        ids += [hit.id for hit in page.hits]
        if page.next is None:
            return ids
        page = await desk.search.search(p, replace(query, limit=100, cursor=page.next))


@pytest.mark.parametrize(
    "query",
    [
        SearchQuery(),
        SearchQuery("tiêm vắc xin"),
        SearchQuery(sort="oldest", filters=Filters(kind=("CV", "QĐ"))),
        SearchQuery("tiem vac xin thong tin truyen thong khong co", limit=1),
    ],
)
async def test_an_export_is_the_search_over_all_its_pages_in_its_order(desk: Desk, query: SearchQuery) -> None:
    ids = await exported_ids(desk, EVERYONE, query)
    assert ids == await listed_ids(desk, EVERYONE, query)
    assert len(ids) > 100


async def test_an_empty_query_exports_everything_that_one_may_see_and_nothing_else(desk: Desk) -> None:
    hidden = {document.id for document, _ in made_up(SECRET)}
    seen = await exported_ids(desk, EVERYONE, SearchQuery())
    assert len(seen) == len(set(seen)) == COUNT - SECRET
    assert not hidden & set(seen)
    insider = Principal(name="insider", access=frozenset({"public", "secret"}))
    assert set(await exported_ids(desk, insider, SearchQuery())) == {*seen, *hidden}


async def test_what_leaves_the_archive_or_is_hidden_meanwhile_is_not_in_the_file(desk: Desk) -> None:
    found = await desk.search.all_documents(EVERYONE, SearchQuery(sort="newest"))
    taken = [(await anext(found.documents)).id]
    later = (await listed_ids(desk, EVERYONE, SearchQuery(sort="newest")))[-2:]
    del desk.archive.documents.kept[later[0]]
    kept = desk.archive.documents.kept[later[1]]
    kept.document = kept.document.model_copy(update={"access": "secret"})
    taken += [document.id async for document in found.documents]
    assert found.total == COUNT - SECRET
    assert len(taken) == COUNT - SECRET - 2
    assert not set(later) & set(taken)


async def test_a_register_is_sorted_in_its_own_way_whatever_the_order_of_the_search(desk: Desk) -> None:
    rows = []
    for query in (SearchQuery(sort="newest"), SearchQuery(sort="oldest")):
        file = await desk.exports.export(EVERYONE, query, ExportFormat.XLSX, RegisterName.OUTGOING)
        sheet = openpyxl.load_workbook(BytesIO(await data_of(file)), read_only=True).worksheets[0]
        rows.append(list(sheet.iter_rows(min_row=5, values_only=True)))
    assert len(rows[0]) == COUNT - SECRET
    assert [row[:2] for row in rows[0]] == [row[:2] for row in rows[1]]


async def test_more_than_the_limit_is_refused_before_anything_is_written(desk: Desk) -> None:
    insider = Principal(name="insider", access=frozenset({"public", "secret"}))
    desk.archive.put(*made_up(COUNT + 1)[-1])
    most = COUNT - SECRET - 1
    with pytest.raises(InvalidInputError) as caught:
        await limited(desk, most).exports.export(insider, SearchQuery(), ExportFormat.CSV)
    assert caught.value.code == "too_many_documents"
    assert caught.value.params == {"found": COUNT, "limit": most}


async def test_json_lines_take_any_number(desk: Desk) -> None:
    assert len(await exported_ids(limited(desk, 1), EVERYONE, SearchQuery())) == COUNT - SECRET


async def test_progress_is_told_for_every_document(desk: Desk) -> None:
    told: list[tuple[int, int]] = []
    await desk.exports.export(EVERYONE, SearchQuery(), ExportFormat.CSV, progress=lambda *far: told.append(far))
    assert told == [(n, COUNT - SECRET) for n in range(1, COUNT - SECRET + 1)]


async def test_a_register_is_a_table_or_nothing(desk: Desk) -> None:
    for chosen in (ExportFormat.NDJSON, ExportFormat.EDXML):
        with pytest.raises(InvalidInputError) as caught:
            await desk.exports.export(EVERYONE, SearchQuery(), chosen, RegisterName.INCOMING)
        assert caught.value.code == "register_needs_table"
