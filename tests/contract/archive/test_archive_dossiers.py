"""Dossiers: what lies in them, in which order, what a locked one refuses, and that the index follows."""

from __future__ import annotations

import asyncio

import pytest

from services.archive import Archive
from services.core.errors import ConflictError, GoneError, InvalidInputError, NotFoundError
from services.core.ids import new_id
from services.core.model import Dossier, DossierForm, DossierState
from tests.contract.archive.archive_play import ME, draft_of, index, page_of, pdf, upload, work


async def opened(archive: Archive, code: str = "01.TCCB", **values: object) -> Dossier:
    return await archive.dossiers.create(
        ME, DossierForm.model_validate({"code": code, "title": "Tuyển dụng", **values})
    )


async def filed(archive: Archive, text: str) -> str:
    """Send a file, read and index it, and return its document."""
    item = await upload(archive, f"{text}.pdf", pdf(text))
    await work(archive)
    (document,) = (await archive.account.item(ME, item.id)).document_ids
    return document


async def contents(archive: Archive, dossier: Dossier) -> list[str]:
    return [d.id for d in (await archive.dossiers.documents(ME, dossier.id)).items]


async def test_a_document_lies_in_many_dossiers_and_carries_them(archive: Archive) -> None:
    document = await filed(archive, "a")
    first, second = await opened(archive, "02.TCCB", year=2021), await opened(archive, "01.TCCB", year=2021)
    for dossier in (first, second):
        await archive.dossiers.put(ME, dossier.id, document)
    carried = (await archive.documents.get(ME, document)).dossiers
    assert [(d.id, d.code) for d in carried] == [(second.id, "01.TCCB"), (first.id, "02.TCCB")]
    listed = await archive.dossiers.list(ME, document_id=document)
    assert [(d.code, d.documents) for d in listed.items] == [("01.TCCB", 1), ("02.TCCB", 1)]
    await archive.dossiers.take_out(ME, first.id, document)
    assert [d.id for d in (await archive.dossiers.list(ME, document_id=document)).items] == [second.id]


async def test_documents_keep_the_order_they_are_put_in(archive: Archive) -> None:
    a, b, c = [await filed(archive, text) for text in "abc"]
    dossier = await opened(archive)
    for document, position in ((a, None), (b, 1), (c, 2)):
        await archive.dossiers.put(ME, dossier.id, document, position=position)
    assert await contents(archive, dossier) == [b, c, a]
    await archive.dossiers.put(ME, dossier.id, b, position=99)
    assert await contents(archive, dossier) == [c, a, b]
    page = await archive.dossiers.documents(ME, dossier.id, limit=2)
    rest = await archive.dossiers.documents(ME, dossier.id, limit=2, cursor=page.next)
    assert [d.id for d in page.items] + [d.id for d in rest.items] == [c, a, b]
    assert rest.next is None


async def test_putting_a_document_in_twice_changes_nothing(archive: Archive) -> None:
    document, dossier = await filed(archive, "a"), await opened(archive)
    once = await archive.dossiers.put(ME, dossier.id, document)
    assert await archive.dossiers.put(ME, dossier.id, document) == once
    out = await archive.dossiers.take_out(ME, dossier.id, document)
    assert await archive.dossiers.take_out(ME, dossier.id, document) == out
    assert out.documents == 0


async def test_a_locked_dossier_refuses_every_change_until_it_is_opened(archive: Archive) -> None:
    inside, outside, dossier = await filed(archive, "a"), await filed(archive, "b"), await opened(archive)
    await archive.dossiers.put(ME, dossier.id, inside)
    locked = await archive.dossiers.change(ME, dossier.id, {"state": "locked"})
    assert locked.state is DossierState.LOCKED
    source = (await archive.documents.get(ME, inside)).source_id
    refused = [
        archive.dossiers.put(ME, dossier.id, outside),
        archive.dossiers.put(ME, dossier.id, inside, position=1),
        archive.dossiers.take_out(ME, dossier.id, inside),
        archive.dossiers.change(ME, dossier.id, {"title": "x"}),
        archive.documents.trash_document(ME, inside),
        archive.documents.trash_source(ME, source),
    ]
    for change in refused:
        with pytest.raises(ConflictError, match="locked"):
            await change
    assert await archive.dossiers.get(ME, dossier.id) == locked
    await archive.dossiers.change(ME, dossier.id, {"state": "open", "title": "x"})
    await archive.documents.trash_document(ME, inside)
    assert await contents(archive, dossier) == []


async def test_what_was_trashed_before_the_lock_is_not_purged_out_of_the_dossier(archive: Archive) -> None:
    document, dossier = await filed(archive, "a"), await opened(archive)
    await archive.dossiers.put(ME, dossier.id, document)
    await archive.documents.trash_document(ME, document)
    await archive.dossiers.change(ME, dossier.id, {"state": "locked"})
    with pytest.raises(ConflictError, match="locked"):
        await archive.documents.purge_document(ME, document)
    await archive.documents.restore_document(ME, document)
    assert await contents(archive, dossier) == [document]
    await archive.dossiers.change(ME, dossier.id, {"state": "open"})
    await archive.documents.trash_document(ME, document)
    await archive.documents.purge_document(ME, document)
    with pytest.raises(GoneError):
        await archive.dossiers.put(ME, dossier.id, document)
    assert (await archive.dossiers.list(ME, document_id=document)).items == ()


async def test_code_fonds_and_year_are_one_identity(archive: Archive) -> None:
    await opened(archive, year=2021)
    other = await opened(archive, year=2022)
    for year in (2021, 2022):
        with pytest.raises(ConflictError, match=r"01\.TCCB"):
            await opened(archive, " 01.TCCB ", year=year)
    with pytest.raises(ConflictError):
        await archive.dossiers.change(ME, other.id, {"year": 2021})
    nameless = [opened(archive, "02.TCCB") for _ in range(5)]
    done = await asyncio.gather(*nameless, return_exceptions=True)
    assert sorted(type(d).__name__ for d in done) == ["Dossier"] + ["DossierExistsError"] * 4


async def test_an_old_revision_and_nonsense_change_nothing(archive: Archive) -> None:
    dossier = await opened(archive)
    changed = await archive.dossiers.change(ME, dossier.id, {"retention": "20 năm"}, if_revision=1)
    assert (changed.retention, changed.revision) == ("20 năm", 2)
    with pytest.raises(ConflictError, match="revision 2"):
        await archive.dossiers.change(ME, dossier.id, {"title": "x"}, if_revision=1)
    for patch in ({"title": " "}, {"title": None}, {"year": "sang năm"}, {"state": "half"}, {"id": new_id()}):
        with pytest.raises(InvalidInputError):
            await archive.dossiers.change(ME, dossier.id, patch)
    for missing in (archive.dossiers.get(ME, new_id()), archive.dossiers.put(ME, dossier.id, new_id())):
        with pytest.raises(NotFoundError):
            await missing
    assert await archive.dossiers.get(ME, dossier.id) == changed


async def test_a_change_of_membership_or_code_is_index_work_and_a_line_of_changes(archive: Archive) -> None:
    document, dossier = await filed(archive, "a"), await opened(archive)
    _, cursor = await archive.documents.changes(ME)
    revision = (await archive.documents.get(ME, document)).revision
    for n, change in enumerate(
        (
            archive.dossiers.put(ME, dossier.id, document),
            archive.dossiers.change(ME, dossier.id, {"code": "03.TCCB"}),
            archive.dossiers.take_out(ME, dossier.id, document),
        ),
        start=1,
    ):
        await change
        assert await index(archive) == [(document, revision + n)]
    await archive.dossiers.change(ME, dossier.id, {"title": "Khác"})
    assert await index(archive) == [], "a title is no part of any document"
    lines, _ = await archive.documents.changes(ME, cursor)
    assert [(line.action, line.document_id) for line in lines] == [("changed", document)] * 3
    actions = [e.action for e in (await archive.events.list(ME, subject_id=dossier.id)).items]
    assert actions == [
        "dossier.created",
        "dossier.document_added",
        "dossier.changed",
        "dossier.document_removed",
        "dossier.changed",
    ]


async def test_the_document_that_another_one_moved_to_takes_its_place(archive: Archive) -> None:
    item = await upload(archive, "two.pdf", pdf("x", pages=2))
    source_id = item.source_id
    assert source_id is not None
    await work(archive, only="read")
    pages = [page_of(f"x trang {n}", n) for n in (1, 2)]
    first, second = await archive.work.assembled(source_id, [draft_of([page]) for page in pages])
    dossier = await opened(archive)
    await archive.dossiers.put(ME, dossier.id, second)
    await archive.documents.reread(ME, source_id=source_id)
    await work(archive, only="read")
    (whole,) = await archive.work.assembled(source_id, [draft_of(pages)])
    assert whole == first
    assert await contents(archive, dossier) == [first]
    await archive.dossiers.take_out(ME, dossier.id, second)
    assert await contents(archive, dossier) == [], "the old id leads to the document"


async def test_what_people_enter_of_the_paper_is_part_of_the_record(archive: Archive) -> None:
    document = await filed(archive, "a")
    patch = {"fonds": "Phông UBND", "shelf": "Kho 2, giá 5", "copy_status": "bản chính"}
    record = (await archive.documents.correct(ME, document, patch)).record
    assert (record.fonds, record.shelf, record.copy_status) == tuple(patch.values())
