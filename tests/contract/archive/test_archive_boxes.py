"""The boxes of many documents' pages in one look: those that were read, and only for who may see them."""

from __future__ import annotations

from services.archive import Archive
from services.core.model import Principal
from services.core.page_boxes import PageBoxes
from tests.contract.archive.archive_play import ME, pdf, upload, work


async def test_boxes_are_those_of_the_pages_that_were_read(archive: Archive) -> None:
    item = await upload(archive, "a.pdf", pdf("hai trang", pages=2))
    await work(archive)
    (document_id,) = (await archive.account.item(ME, item.id)).document_ids
    pages = await archive.documents.pages(ME, document_id, [1, 2])
    boxes = await archive.documents.boxes(ME, {document_id: [1, 2, 3], "nobody": [1]})
    assert boxes == {document_id: {number: PageBoxes.of(page) for number, page in pages.items()}}
    assert await archive.documents.boxes(ME, {document_id: [2]}) == {document_id: {2: PageBoxes.of(pages[2])}}
    assert await archive.documents.boxes(Principal("guest", access=frozenset({"other"})), {document_id: [1]}) == {}
    await archive.documents.trash_document(ME, document_id)
    assert await archive.documents.boxes(ME, {document_id: [1, 2]}) == {}
