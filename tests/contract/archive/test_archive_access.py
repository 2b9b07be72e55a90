"""Who may see what: levels by a mark of secrecy, files of several documents, batches, collections."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.archive import Archive
from services.core.errors import ForbiddenError, InvalidInputError, NotFoundError
from services.core.model import Document, ItemState, OnDuplicate, PageRun, Principal, Role, Scope
from services.core.permits import ROLE_SCOPES
from tests.contract.archive.archive_play import ME, PIPELINE, assemble, page_of, pdf, triage, upload, work

READER = Principal("khách", frozenset({"public"}))
ARCHIVIST = replace(
    ME,
    name="lưu trữ",
    role=Role.ARCHIVIST,
    access=frozenset({"public", "internal"}),
    scopes=ROLE_SCOPES[Role.ARCHIVIST],
)
ADMIN = replace(ME, name="quản trị", role=Role.ADMINISTRATOR, scopes=frozenset(Scope))


async def read(archive: Archive, name: str, pages: int = 1, **record: object) -> tuple[str, list[str]]:
    """Send and read a file whose documents have these values; return its source and documents."""
    item = await upload(archive, f"{name}.pdf", pdf(name, pages))
    source_id = str((await archive.account.item(ME, item.id)).source_id)
    await triage(archive, source_id)
    for page in await archive.work.source_pages(source_id):
        await archive.work.page_read(page.id, page_of(f"{name} {page.number}", page.number), pipeline=PIPELINE)  # type: ignore[union-attr] # not read yet
    ids = await assemble(archive, source_id, **record)
    await work(archive)
    return source_id, ids


async def get(archive: Archive, document_id: str) -> Document:
    return await archive.documents.get(ME, document_id)


async def test_a_mark_of_secrecy_makes_a_document_secret_and_only_an_administrator_says_otherwise(
    archive: Archive,
) -> None:
    _, (marked,) = await read(archive, "mật", secrecy="MẬT")
    _, (plain,) = await read(archive, "thường")
    assert [(await get(archive, i)).access for i in (marked, plain)] == ["secret", "public"]
    with pytest.raises(NotFoundError):
        await archive.documents.get(ARCHIVIST, marked)
    await archive.documents.correct(ME, plain, {"secrecy": "Tối mật"})
    assert (await get(archive, plain)).access == "secret"
    assert (await archive.documents.set_access(ADMIN, plain, "public")).access == "public"
    await archive.documents.correct(ME, plain, {"subject": "khác"})
    assert (await get(archive, plain)).access == "public", "what an administrator decided is not decided again"
    assert (await archive.documents.set_access(ARCHIVIST, plain, "internal")).access == "internal"
    with pytest.raises(ForbiddenError):
        await archive.documents.set_access(ARCHIVIST, plain, "public")
    with pytest.raises(InvalidInputError):
        await archive.documents.set_access(ARCHIVIST, plain, "secret")
    said = [e for e in (await archive.events.list(ME, subject_id=plain)).items if e.action == "document.access"]
    assert [(e.details["before"], e.details["access"]) for e in said] == [
        ("public", "secret"), ("secret", "public"), ("public", "internal")
    ]  # fmt: skip


async def test_a_file_is_as_strict_as_its_strictest_document(archive: Archive) -> None:
    source_id, (whole,) = await read(archive, "tệp", pages=3)
    await archive.documents.split(
        ME, source_id, [PageRun(first_page=1, last_page=2), PageRun(first_page=3, last_page=3)]
    )
    await work(archive)
    second = next(i for i in (await archive.account.source(ME, source_id)).document_ids if i != whole)
    assert (await archive.account.source(READER, source_id)).document_ids == (whole, second)
    await archive.documents.set_access(ME, second, "secret")
    assert (await archive.documents.get(READER, whole)).id == whole
    for call in (
        archive.account.source(READER, source_id),
        archive.account.original(READER, source_id),
        archive.documents.split_of(READER, source_id),
        archive.documents.get(READER, second),
        archive.documents.page(READER, whole, 3),
    ):
        with pytest.raises(NotFoundError):
            await call
    assert (await archive.account.items(READER)).items == ()
    await archive.documents.split(ME, source_id, [PageRun(first_page=1, last_page=3)])
    await work(archive)
    assert (await get(archive, whole)).access == "secret", "it has a page that was secret"
    with pytest.raises(NotFoundError):
        await archive.documents.get(READER, second)


async def test_a_part_cut_out_of_a_secret_document_is_secret(archive: Archive) -> None:
    source_id, (whole,) = await read(archive, "mật", pages=2, secrecy="MẬT")
    await archive.documents.split(
        ME, source_id, [PageRun(first_page=1, last_page=1), PageRun(first_page=2, last_page=2)]
    )
    await work(archive)
    parts = (await archive.account.source(ME, source_id)).document_ids
    assert [(await get(archive, i)).access for i in parts] == ["secret", "secret"]
    assert whole in parts


async def test_a_file_that_is_not_read_yet_is_for_who_brought_it_and_who_may_see_everything(archive: Archive) -> None:
    item = await upload(archive, "mật 5.pdf", pdf("mật"))
    assert (await archive.account.items(READER, item.batch_id)).items == ()
    assert sum((await archive.account.status(READER)).sources.values()) == 0
    sender = replace(READER, name="test")
    assert [i.name for i in (await archive.account.items(sender, item.batch_id)).items] == ["mật 5.pdf"]
    await work(archive)
    assert (await archive.account.items(READER, item.batch_id)).items[0].state is ItemState.DONE


async def test_who_sends_what_they_may_not_see_learns_nothing_of_it(archive: Archive) -> None:
    _, (secret,) = await read(archive, "mật", secrecy="MẬT")
    sender = replace(READER, name="người gửi")
    batch = await archive.intake.create_batch(sender)
    item = await upload(archive, "mật.pdf", pdf("mật"), batch)
    assert item.document_ids == (secret,), "the one who may see it is told"
    rules: tuple[OnDuplicate, ...] = ("link", "reject")
    for rule in rules:
        batch = await archive.intake.create_batch(sender, on_duplicate=rule)
        told = await archive.intake.receive(sender, batch.id, "của tôi.pdf", _bytes(pdf("mật")))
        assert (told.state, told.source_id, told.document_ids, told.duplicate_of, told.reason) == (
            ItemState.RECEIVED, None, (), None, None
        )  # fmt: skip
        assert sum((await archive.account.batch(sender, batch.id)).counts.values()) == 0


async def _bytes(data: bytes):  # type: ignore[no-untyped-def] # an async generator of one piece
    yield data


async def test_collections_stand_beside_levels(archive: Archive) -> None:
    health = replace(READER, collections=frozenset({"y-te"}))
    batch = await archive.intake.create_batch(ME, collection="y-te", access="internal")
    item = await upload(archive, "a.pdf", pdf("một"), batch)
    await work(archive)
    (document_id,) = (await archive.account.item(ME, item.id)).document_ids
    document = await get(archive, document_id)
    assert (document.access, document.collection) == ("internal", "y-te")
    assert await archive.documents.ids(health) == []
    await archive.documents.set_access(ADMIN, document_id, "public")
    assert await archive.documents.ids(health) == [document_id]
    assert await archive.documents.ids(replace(READER, collections=frozenset())) == []
    assert (await archive.account.source(health, document.source_id)).id == document.source_id
    await archive.documents.set_access(ADMIN, document_id, collection="tài chính")
    for call in (archive.documents.get(health, document_id), archive.account.source(health, document.source_id)):
        with pytest.raises(NotFoundError):
            await call
    assert (await archive.intake.create_batch(health)).collection == "y-te", "their only one"
    with pytest.raises(InvalidInputError):
        await archive.intake.create_batch(health, collection="default")
    with pytest.raises(InvalidInputError):
        await archive.intake.create_batch(health, access="secret")


async def test_a_purged_secret_file_leaves_no_name_behind(archive: Archive) -> None:
    source_id, (document_id,) = await read(archive, "vụ án mật", secrecy="MẬT")
    await archive.documents.trash_source(ME, source_id)
    assert (await archive.documents.trashed(READER)).items == ()
    await archive.documents.purge_source(ME, source_id)
    assert (await archive.account.items(READER)).items == ()
    with pytest.raises(NotFoundError):
        await archive.documents.get(READER, document_id)
    assert (await archive.documents.changes(READER))[0] == []
    assert (await archive.events.list(READER)).items == ()
