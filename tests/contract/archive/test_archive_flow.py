"""A file's way through the archive, on every kind of catalogue."""

from __future__ import annotations

from services.archive import Archive
from services.core.model import BatchState, ItemState, PageText
from tests.contract.archive.archive_play import ME, pdf, upload, work


async def test_a_file_goes_from_received_to_done_and_becomes_a_document(archive: Archive) -> None:
    item = await upload(archive, "Công văn 12.pdf", pdf("vắc xin", pages=3))
    assert (item.state, item.pages, item.document_ids) == (ItemState.RECEIVED, None, ())

    jobs = [row.job for row in await work(archive)]

    assert jobs == ["triage", "read_page", "read_page", "read_page", "assemble", "index"]
    item = await archive.account.item(ME, item.id)
    assert (item.state, item.pages, item.pages_done) == (ItemState.DONE, 3, 3)
    document = await archive.documents.get(ME, item.document_ids[0])
    assert (document.first_page, document.last_page, document.record.pages) == (1, 3, 3)
    assert document.file_name == "Công văn 12.pdf"
    assert document.batch_ids == (item.batch_id,)
    assert [p.number for p in document.pages] == [1, 2, 3]
    clean = await archive.documents.clean_text(ME, document.id)
    assert clean.text == "vắc xin trang 1 vắc xin trang 2 vắc xin trang 3"
    page = await archive.documents.page(ME, document.id, 2)
    assert isinstance(page, PageText)
    assert [w.text for w in page.words] == ["vắc", "xin", "trang", "2"]
    batch = await archive.account.batch(ME, item.batch_id)
    assert (batch.counts[ItemState.DONE], batch.pages, batch.pages_done, batch.finished) == (1, 3, 3, True)
    assert batch.state == BatchState.ACTIVE
    status = await archive.account.status(ME)
    assert (status.documents, status.indexed, status.pages, status.pages_done, status.outbox) == (1, 1, 3, 3, 0)
