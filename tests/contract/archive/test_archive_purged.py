"""Nothing that happens by itself, late or twice brings back what was purged."""

from __future__ import annotations

import datetime as dt

import pytest

from services.archive import Archive
from services.core.errors import GoneError
from services.core.model import OutboxRow, PageText
from tests.contract.archive import archive_play
from tests.contract.archive.archive_play import ME, PIPELINE, pdf, upload, work


async def test_retries_late_results_the_sweeper_and_the_same_file_bring_nothing_back(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.archive.garbage.GRACE", dt.timedelta(0))
    data = pdf("mật", pages=2)
    item = await upload(archive, "mật.pdf", data)
    assert item.source_id is not None
    late: list[OutboxRow] = []
    while rows := await archive.work.claim(10):
        await archive.work.sent([row.id for row in rows])
        for row in rows:
            await archive_play.do(archive, row)
        late += rows
    (document_id,) = await archive.documents.ids(ME)
    source = await archive.work.source(item.source_id)
    pages = [page for page in await archive.work.source_pages(item.source_id) if isinstance(page, PageText)]
    page_ids = [row.args["page_id"] for row in late if row.job == "read_page"]
    assert source is not None
    await archive.documents.trash_source(ME, item.source_id, "nhầm")
    await archive.documents.purge_source(ME, item.source_id, "nhầm")
    for page_id, page in zip(page_ids, pages, strict=True):  # a worker that was slow hands in what it read
        await archive.work.page_read(page_id, page, pipeline=PIPELINE)
    await archive.work.assembled(
        item.source_id,
        [archive_play.draft_of(pages)],
        version=source.version,
        pipeline=PIPELINE,
        again=True,
    )
    for row in late:  # Redis remembers jobs that were done long ago
        await archive_play.do(archive, row)
    await archive.intake.retry(ME, item_id=item.id)
    await archive.intake.retry(ME, batch_id=item.batch_id)
    await archive.work.outdate()
    await archive.work.sweep(claimed_seconds=0, sent_seconds=0)
    for call in (archive.documents.restore_source, archive.documents.trash_source):
        with pytest.raises(GoneError):
            await call(ME, item.source_id)
    with pytest.raises(GoneError):
        await archive.documents.reread(ME, source_id=item.source_id)
    again = await upload(archive, "mật lần nữa.pdf", data)
    assert again.reason is not None
    assert again.reason.code == "purged_before"
    await work(archive)
    await archive.work.sweep(claimed_seconds=0, sent_seconds=0)
    assert await archive.documents.ids(ME) == []
    assert [each async for each in archive.blob_keys()] == []
    assert [stored.key async for stored in archive._blobs.list("")] == []
    with pytest.raises(GoneError):
        await archive.documents.get(ME, document_id)
