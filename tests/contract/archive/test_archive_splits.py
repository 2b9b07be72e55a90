"""Splits by hand: a layer of its own under which documents keep ids, corrections and what came with the upload."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from services.archive import Archive
from services.archive.schema import corrections, splits
from services.core.errors import ConflictError, GoneError, InvalidInputError, NotFoundError
from services.core.model import DocumentState, ItemState, PageRun, Principal, SourceSplit
from services.core.page_runs import parse_runs
from tests.contract.archive.archive_play import ME, index, pdf, triage, upload, work

STRANGER = Principal("khách", frozenset({"public"}))


async def made(archive: Archive, pages: int = 5, **options: Any) -> SourceSplit:
    """Upload, read and index a file; return how it is cut."""
    item = await upload(archive, "tệp.pdf", pdf("một", pages), **options)
    await work(archive)
    assert item.source_id is not None
    return await archive.documents.split_of(ME, item.source_id)


async def cut(archive: Archive, source_id: str, runs: str | None) -> dict[str, str]:
    """Split a source, have it worked off, and return its documents by their runs."""
    await archive.documents.split(ME, source_id, None if runs is None else parse_runs(runs))
    await work(archive)
    split = await archive.documents.split_of(ME, source_id)
    assert not split.pending
    return {f"{d.first_page}-{d.last_page}": d.id for d in split.documents}


async def actions(archive: Archive) -> list[tuple[str, str]]:
    return [(c.action, c.document_id) for c in (await archive.documents.changes(ME, limit=1000))[0]]


async def test_a_file_is_cut_by_hand_and_put_together_again(archive: Archive) -> None:
    whole = await made(archive)
    (document,) = whole.documents
    assert (whole.pages, whole.runs, whole.by, whole.pending) == (5, None, None, False)
    pending = await archive.documents.split(ME, whole.source_id, parse_runs("3-5, 1-2"), if_version=whole.version)
    assert pending.pending
    assert pending.runs == (PageRun(first_page=1, last_page=2), PageRun(first_page=3, last_page=5))
    assert (pending.by, pending.at is not None) == ("test", True)
    (item,) = (await archive.account.source(ME, whole.source_id)).items
    assert item.state is ItemState.READING, "until the documents are made and searchable"
    assert [row.job for row in await work(archive)] == ["assemble", "index", "index"]
    after = await archive.documents.split_of(ME, whole.source_id)
    assert [(d.first_page, d.last_page) for d in after.documents] == [(1, 2), (3, 5)]
    assert after.documents[1].id == document.id, "the id stays with most of the pages"
    (item,) = (await archive.account.source(ME, whole.source_id)).items
    assert (item.state, len(item.document_ids)) == (ItemState.DONE, 2)
    first = await archive.documents.get(ME, after.documents[0].id)
    assert (first.record.subject, [p.number for p in first.pages]) == ("một trang 1 một trang 2", [1, 2])
    joined = await cut(archive, whole.source_id, None)
    assert joined == {"1-5": document.id}
    assert (await archive.documents.get(ME, first.id)).id == document.id
    assert (await archive.documents.split_of(ME, whole.source_id)).by is None
    async with archive._database.read() as conn:
        kept = (await conn.execute(select(splits.c.runs, splits.c.who).order_by(splits.c.id))).all()
    assert [tuple(row) for row in kept] == [([[1, 2], [3, 5]], "test"), (None, "test")]


async def test_a_split_by_hand_survives_reading_again(archive: Archive) -> None:
    source_id = (await made(archive)).source_id
    before = await cut(archive, source_id, "1-2 3-5")
    await archive.documents.reread(ME, source_id=source_id)
    await work(archive)
    split = await archive.documents.split_of(ME, source_id)
    assert {f"{d.first_page}-{d.last_page}": d.id for d in split.documents} == before


async def test_a_split_while_pages_are_read_is_there_when_they_are(archive: Archive) -> None:
    item = await upload(archive, "a.pdf", pdf("một", 3))
    assert item.source_id is not None
    with pytest.raises(ConflictError, match="not known"):
        await archive.documents.split(ME, item.source_id, parse_runs("1 2-3"))
    await triage(archive, item.source_id)
    await archive.documents.split(ME, item.source_id, parse_runs("1 2-3"))
    await work(archive)
    split = await archive.documents.split_of(ME, item.source_id)
    assert [(d.first_page, d.last_page) for d in split.documents] == [(1, 1), (2, 3)]
    assert (await archive.account.item(ME, item.id)).state is ItemState.DONE


async def test_what_a_join_took_away_comes_back_with_its_id_and_corrections(archive: Archive) -> None:
    source_id = (await made(archive)).source_id
    parts = await cut(archive, source_id, "1-3 4-5")
    await archive.documents.correct(ME, parts["4-5"], {"place": "Kon Tum"})
    await index(archive)
    await cut(archive, source_id, "1-5")
    assert (await archive.documents.get(ME, parts["4-5"])).id == parts["1-3"]
    assert await cut(archive, source_id, "1-3 4-5") == parts
    again = await archive.documents.get(ME, parts["4-5"])
    assert (again.state, again.record.place, again.record.subject) == (
        DocumentState.READY,
        "Kon Tum",
        "một trang 4 một trang 5",
    )
    lines = [action for action, id_ in await actions(archive) if id_ == parts["4-5"]]
    assert lines == ["ready", "changed", "moved", "ready"]
    assert await archive.work.index_tasks() == []


async def test_what_came_with_the_upload_belongs_to_the_first_document(archive: Archive) -> None:
    whole = await made(archive, external_id="HS-1", given={"place": "Lai Châu"})
    parts = await cut(archive, whole.source_id, "1-2 3-5")
    first, second = [await archive.documents.get(ME, parts[run]) for run in ("1-2", "3-5")]
    assert (first.record.place, second.record.place) == ("Lai Châu", None)
    assert (first.external_id, second.external_id) == (None, "HS-1"), "a name is given to one document and stays there"
    await archive.documents.correct(ME, second.id, {"urgency": "KHẨN"})
    assert (await archive.documents.get(ME, second.id)).record.place is None


async def test_a_new_file_gives_its_external_id_to_its_first_document_only(archive: Archive) -> None:
    item = await upload(archive, "a.pdf", pdf("hai", 4), external_id="HS-9")
    assert item.source_id is not None
    await triage(archive, item.source_id)
    await archive.documents.split(ME, item.source_id, parse_runs("1-2 3-4"))
    await work(archive)
    ids = (await archive.account.item(ME, item.id)).document_ids
    assert [(await archive.documents.get(ME, i)).external_id for i in ids] == ["HS-9", None]


async def test_of_two_people_who_split_at_once_one_is_told(archive: Archive, other: Archive) -> None:
    whole = await made(archive)
    results = await asyncio.gather(
        *(
            a.documents.split(ME, whole.source_id, parse_runs(runs), if_version=whole.version)
            for a, runs in ((archive, "1 2-5"), (other, "1-4 5"))
        ),
        return_exceptions=True,
    )
    assert sorted(type(r).__name__ for r in results) == ["ConflictError", "SourceSplit"]


async def test_runs_that_are_not_the_file_change_nothing(archive: Archive) -> None:
    whole = await made(archive)
    for runs in ("1-4", "2-5", "1-3 3-5", "1-6"):
        with pytest.raises(InvalidInputError):
            await archive.documents.split(ME, whole.source_id, parse_runs(runs))
    assert await archive.documents.split_of(ME, whole.source_id) == whole


async def test_what_may_not_be_split_says_why(archive: Archive) -> None:
    whole = await made(archive)
    with pytest.raises(NotFoundError):
        await archive.documents.split(ME, whole.documents[0].id, None)
    await archive.documents.set_access(ME, whole.documents[0].id, "secret")
    with pytest.raises(NotFoundError):
        await archive.documents.split_of(STRANGER, whole.source_id)
    await archive.documents.trash_source(ME, whole.source_id)
    with pytest.raises(ConflictError, match="trash"):
        await archive.documents.split(ME, whole.source_id, None)
    await archive.documents.purge_source(ME, whole.source_id)
    for call in (
        archive.documents.split(ME, whole.source_id, None),
        archive.documents.split_of(ME, whole.source_id),
    ):
        with pytest.raises(GoneError):
            await call


async def test_a_purge_leaves_nothing_of_splits_and_of_documents_that_were_joined(archive: Archive) -> None:
    source_id = (await made(archive)).source_id
    parts = await cut(archive, source_id, "1-3 4-5")
    await archive.documents.correct(ME, parts["4-5"], {"place": "Kon Tum"})
    await cut(archive, source_id, None)
    await archive.documents.trash_source(ME, source_id)
    await archive.documents.purge_source(ME, source_id)
    async with archive._database.read() as conn:
        assert (await conn.execute(select(splits))).all() == []
        assert (await conn.execute(select(corrections))).all() == []


async def test_a_purged_part_stays_gone_when_the_rest_is_cut_otherwise(archive: Archive) -> None:
    source_id = (await made(archive)).source_id
    parts = await cut(archive, source_id, "1-2 3-4 5")
    await archive.documents.trash_document(ME, parts["3-4"])
    await archive.documents.purge_document(ME, parts["3-4"])
    after = await cut(archive, source_id, "1-2 3-5")
    assert after == {"1-2": parts["1-2"], "5-5": parts["5-5"]}
    with pytest.raises(GoneError):
        await archive.documents.get(ME, parts["3-4"])
