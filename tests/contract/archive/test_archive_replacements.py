"""A better scan takes the place of a document's pages, and the document stays who it is."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from services.archive import Archive
from services.archive.schema import corrections, pages
from services.core.errors import ConflictError, GoneError, NotFoundError
from services.core.model import Document, DocumentState, Item, ItemState, Reason
from services.core.page_runs import parse_runs
from tests.contract.archive.archive_play import ME, chunks, pdf, read_page, triage, upload, work

BROKEN = Reason(code="page_damaged", params={"page": 2})


async def made(archive: Archive, text: str = "một", pages: int = 2, **options: Any) -> Document:
    """Upload, read and index a file; return its document."""
    item = await upload(archive, f"{text}.pdf", pdf(text, pages), **options)
    await work(archive)
    return await archive.documents.get(ME, (await archive.account.item(ME, item.id)).document_ids[0])


async def rescan(archive: Archive, document_id: str, text: str = "rõ hơn", pages: int = 2) -> Item:
    return await archive.intake.replace(ME, document_id, "quét lại.pdf", chunks(pdf(text, pages)))


async def test_a_document_moves_to_its_better_scan_with_id_corrections_and_name(archive: Archive) -> None:
    old = await made(archive, external_id="HS-1", given={"secrecy": "MẬT"})
    await archive.documents.correct(ME, old.id, {"place": "Kon Tum"})
    await archive.documents.set_access(ME, old.id, "internal")
    await work(archive)
    item = await rescan(archive, old.id, pages=3)
    assert (item.state, item.replaces) == (ItemState.RECEIVED, old.id)
    assert (await archive.documents.get(ME, old.id)).source_id == old.source_id, "the old scan is in force"
    await work(archive)
    new = await archive.documents.get(ME, old.id)
    assert (new.source_id, new.first_page, new.last_page) == (item.source_id, 1, 3)
    assert new.record.subject == "rõ hơn trang 1 rõ hơn trang 2 rõ hơn trang 3"
    assert (new.record.place, new.record.secrecy) == ("Kon Tum", "MẬT")
    assert (new.external_id, new.access, new.file_name) == ("HS-1", "internal", "quét lại.pdf")
    assert [p.number for p in new.pages] == [1, 2, 3]
    done = await archive.account.item(ME, item.id)
    assert (done.state, done.document_ids) == (ItemState.DONE, (old.id,))
    assert (await archive.account.status(ME)).documents == 1
    lines = [(c.action, c.document_id) for c in (await archive.documents.changes(ME))[0]]
    assert set(lines) == {("ready", old.id), ("changed", old.id)}
    moved = await archive.events.list(ME, subject_id=old.id, actions=["document.replaced"])
    assert [e.details["old_source_id"] for e in moved.items] == [old.source_id]


async def test_the_old_scan_stays_as_history_and_makes_no_document_again(archive: Archive) -> None:
    old = await made(archive)
    await rescan(archive, old.id)
    await work(archive)
    source = await archive.account.source(ME, old.source_id)
    assert (source.state, source.document_ids) == (DocumentState.READY, (old.id,))
    assert {i.state for i in source.items} == {ItemState.DONE}
    await archive.documents.reread(ME, source_id=old.source_id)
    await work(archive)
    assert (await archive.account.status(ME)).documents == 1
    again = await upload(archive, "một.pdf", pdf("một", 2))
    assert (again.state, again.document_ids) == (ItemState.DUPLICATE, (old.id,))
    await archive.documents.reread(ME, document_id=old.id)
    await work(archive)
    assert (await archive.documents.get(ME, old.id)).source_id != old.source_id


async def test_a_new_file_that_fails_leaves_the_old_scan_in_force(archive: Archive) -> None:
    old = await made(archive)
    refused = await archive.intake.replace(ME, old.id, "a.pdf", chunks(b"no scan at all\x00"))
    assert (refused.state, refused.reason and refused.reason.code) == (ItemState.FAILED, "wrong_type")
    item = await rescan(archive, old.id)
    assert item.source_id is not None
    await archive.work.source_failed(item.source_id, Reason(code="damaged"), attempt=False)
    assert (await archive.account.item(ME, item.id)).state is ItemState.FAILED
    assert await archive.documents.get(ME, old.id) == old


async def test_a_new_file_that_lacks_a_page_waits_until_it_is_read(archive: Archive) -> None:
    old = await made(archive)
    item = await rescan(archive, old.id)
    assert item.source_id is not None
    await triage(archive, item.source_id)
    async with archive._database.read() as conn:
        numbered = select(pages.c.id).where(pages.c.source_id == item.source_id).order_by(pages.c.number)
        first, second = (await conn.execute(numbered)).scalars()
    await read_page(archive, first)
    await archive.work.page_failed(second, BROKEN, attempt=False)
    await work(archive)
    waiting = await archive.account.item(ME, item.id)
    assert (waiting.state, waiting.reason and waiting.reason.code) == (ItemState.NEEDS_REVIEW, "pages_failed")
    assert waiting.document_ids == ()
    assert await archive.documents.get(ME, old.id) == old
    await archive.intake.retry(ME, item_id=item.id)
    await work(archive)
    assert (await archive.documents.get(ME, old.id)).source_id == item.source_id
    assert (await archive.account.item(ME, item.id)).state is ItemState.DONE


async def test_one_document_of_a_file_is_replaced_and_the_others_stay(archive: Archive) -> None:
    whole = await made(archive, pages=5)
    await archive.documents.split(ME, whole.source_id, parse_runs("1-2 3-5"))
    await work(archive)
    first, second = (await archive.documents.split_of(ME, whole.source_id)).documents
    await rescan(archive, second.id, pages=1)
    await work(archive)
    left = (await archive.documents.split_of(ME, whole.source_id)).documents
    assert [(d.id, d.first_page, d.last_page) for d in left] == [(first.id, 1, 2)]
    await archive.documents.reread(ME, source_id=whole.source_id)
    await work(archive)
    assert (await archive.documents.split_of(ME, whole.source_id)).documents == left
    await archive.documents.trash_document(ME, second.id)
    await archive.documents.purge_document(ME, second.id)
    assert (await archive.documents.get(ME, first.id)).record.subject == "một trang 1 một trang 2"
    async with archive._database.read() as conn:
        kept = await conn.execute(
            select(pages.c.number).where(pages.c.source_id == whole.source_id, pages.c.blob_key.is_not(None))
        )
        assert sorted(kept.scalars()) == [1, 2]


async def test_a_rescan_that_holds_more_gives_the_id_to_its_first_document(archive: Archive) -> None:
    old = await made(archive)
    item = await rescan(archive, old.id, pages=4)
    assert item.source_id is not None
    await triage(archive, item.source_id)
    await archive.documents.split(ME, item.source_id, parse_runs("1 2-4"))
    await work(archive)
    first, second = (await archive.documents.split_of(ME, item.source_id)).documents
    assert (first.id, first.last_page) == (old.id, 1)
    assert second.id != old.id
    assert (await archive.account.item(ME, item.id)).document_ids == (first.id, second.id)


async def test_a_purge_reaches_every_scan_a_document_had(archive: Archive, other: Archive) -> None:
    old = await made(archive)
    await archive.documents.correct(ME, old.id, {"place": "Kon Tum"})
    for text in ("lần hai", "lần ba"):
        await rescan(archive, old.id, text)
        await work(archive)
    sources = {i.source_id for b in (await archive.account.batches(ME)).items for i in await items_of(archive, b.id)}
    assert len(sources) == 3
    await archive.documents.trash_document(ME, old.id)
    await archive.documents.purge_document(ME, old.id)
    for source_id in sources:
        assert source_id is not None
        with pytest.raises(GoneError):
            await other.account.source(ME, source_id)
    with pytest.raises(GoneError):
        await archive.documents.get(ME, old.id)
    async with archive._database.read() as conn:
        assert (await conn.execute(select(corrections))).all() == []


async def test_a_document_that_leaves_meanwhile_is_not_called_back(archive: Archive) -> None:
    old = await made(archive)
    item = await rescan(archive, old.id)
    await archive.documents.trash_document(ME, old.id)
    await work(archive)
    assert (await archive.documents.get(ME, old.id)).state is DocumentState.TRASHED
    (own,) = (await archive.account.item(ME, item.id)).document_ids
    assert own != old.id
    with pytest.raises(ConflictError):
        await rescan(archive, old.id, "ba")
    with pytest.raises(NotFoundError):
        await rescan(archive, item.id, "bốn")


async def test_a_content_that_the_archive_has_replaces_nothing(archive: Archive) -> None:
    old, other_document = await made(archive), await made(archive, "hai")
    for text in ("một", "hai"):
        item = await rescan(archive, old.id, text)
        assert item.state is ItemState.DUPLICATE
    await work(archive)
    assert (await archive.documents.get(ME, old.id)).source_id == old.source_id
    assert (await archive.documents.get(ME, other_document.id)).source_id == other_document.source_id


async def test_two_rescans_at_once_end_with_one_document_and_both_kept(archive: Archive, other: Archive) -> None:
    old = await made(archive)
    items = await asyncio.gather(*(rescan(a, old.id, text) for a, text in ((archive, "hai"), (other, "ba"))))
    await asyncio.gather(work(archive), work(other))
    await work(archive)
    assert (await archive.account.status(ME)).documents == 1
    now = await archive.documents.get(ME, old.id)
    assert now.source_id in {i.source_id for i in items}
    for item in items:
        assert (await archive.account.item(ME, item.id)).document_ids == (old.id,)


async def items_of(archive: Archive, batch_id: str) -> tuple[Item, ...]:
    return (await archive.account.items(ME, batch_id)).items
