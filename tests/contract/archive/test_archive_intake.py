"""What comes in: every file ends in a state with a reason, whatever it is and however it arrives."""

from __future__ import annotations

import asyncio
import hashlib
import unicodedata
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.archive import Archive, open_archive
from services.core.errors import ConflictError, GoneError, InvalidInputError, NotFoundError
from services.core.model import ItemState, OnDuplicate
from services.core.settings import Limits, Settings
from tests.contract.archive.archive_play import ME, chunks, pdf, upload, work


async def reason_of(archive: Archive, name: str, data: bytes) -> tuple[ItemState, str | None]:
    item = await upload(archive, name, data)
    return item.state, item.reason.code if item.reason else None


async def test_what_is_no_document_is_a_failed_file_with_its_reason(archive: Archive) -> None:
    assert await reason_of(archive, "a.pdf", b"") == (ItemState.FAILED, "empty_file")
    assert await reason_of(archive, "a.pdf", "chỉ là chữ".encode()) == (ItemState.FAILED, "wrong_type")
    assert await reason_of(archive, "a.docx", b"PK\3\4") == (ItemState.FAILED, "not_recognised")
    assert await reason_of(archive, "a.txt", b"a\0b") == (ItemState.FAILED, "not_text")
    assert await reason_of(archive, "a.txt", "Công văn".encode()) == (ItemState.RECEIVED, None)


async def test_a_file_over_the_limit_fails_and_its_neighbours_do_not(settings: Settings) -> None:
    tight = settings.model_copy(update={"limits": Limits(file_bytes=1000, text_bytes=100)})
    async with await open_archive(tight) as archive:
        batch = await archive.intake.create_batch(ME)
        big = await upload(archive, "big.pdf", pdf("x" * 2000), batch)
        small = await upload(archive, "small.pdf", pdf("x"), batch)
        long = await upload(archive, "long.txt", b"x " * 60, batch)
        assert long.reason is not None
        assert (long.reason.code, long.reason.params) == ("file_too_large", {"limit": 100})
        assert big.reason is not None
        assert (big.state, big.reason.code, big.reason.params) == (ItemState.FAILED, "file_too_large", {"limit": 1000})
        assert small.state == ItemState.RECEIVED
        assert list((settings.data_dir / "spool").iterdir()) == []


async def test_hostile_names_are_cleaned_and_touch_no_path(archive: Archive, settings: Settings) -> None:
    names = [
        "../../etc/passwd.pdf",
        "-rf.pdf",
        "hai\ndòng\x00.pdf",
        unicodedata.normalize("NFD", "số.pdf"),
        "bad\udcff.pdf",
    ]
    shown = ["passwd.pdf", "-rf.pdf", "haidòng.pdf", "số.pdf", "bad\ufffd.pdf"]
    batch = await archive.intake.create_batch(ME)
    items = [await upload(archive, name, pdf(str(i)), batch) for i, name in enumerate(names)]
    assert [i.state for i in items] == [ItemState.RECEIVED] * 5
    assert [i.name for i in (await archive.account.items(ME, batch.id)).items] == shown
    assert not list(settings.data_dir.parent.rglob("*passwd*"))


async def test_the_original_comes_back_byte_for_byte_under_its_hash(archive: Archive) -> None:
    data = pdf("nguyên bản") * 1000
    item = await upload(archive, "gốc.pdf", data)
    assert item.source_id is not None
    original = await archive.account.original(ME, item.source_id)
    assert b"".join([c async for c in original.chunks]) == data
    assert original.sha256 == hashlib.sha256(data).hexdigest()
    assert (original.size, original.media_type, original.name) == (len(data), "application/pdf", "gốc.pdf")
    source = await archive.account.find_source(ME, original.sha256.upper())
    assert source is not None
    assert source.id == item.source_id
    async with archive.account.local_file(source.id) as path:
        assert path.read_bytes() == data


async def test_a_known_content_is_linked_to_the_file_that_brought_it_first(archive: Archive) -> None:
    first = await upload(archive, "một.pdf", pdf("như nhau"))
    await work(archive)
    second = await upload(archive, "hai.pdf", pdf("như nhau"))
    assert second.reason is not None
    assert (second.state, second.duplicate_of, second.source_id) == (
        ItemState.DUPLICATE,
        first.id,
        first.source_id,
    )
    assert (second.reason.code, second.reason.params) == ("duplicate", {"name": "một.pdf"})
    document_id = (await archive.account.item(ME, first.id)).document_ids[0]
    assert second.document_ids == (document_id,)
    document = await archive.documents.get(ME, document_id)
    assert set(document.batch_ids) == {first.batch_id, second.batch_id}
    assert [r.job for r in await work(archive)] == ["index"], "a new batch is only a new value in the index"
    assert (await archive.account.item(ME, first.id)).state == ItemState.DONE


async def test_a_batch_may_reject_duplicates(archive: Archive) -> None:
    first = await upload(archive, "một.pdf", pdf("như nhau"))
    batch = await archive.intake.create_batch(ME, on_duplicate="reject")
    second = await upload(archive, "hai.pdf", pdf("như nhau"), batch)
    assert second.reason is not None
    assert (second.state, second.reason.code, second.duplicate_of, second.source_id) == (
        ItemState.FAILED,
        "duplicate_rejected",
        first.id,
        None,
    )


@pytest.mark.parametrize("before_reading", [True, False])
async def test_an_accepted_duplicate_shares_source_and_document(archive: Archive, before_reading: bool) -> None:
    first = await upload(archive, "một.pdf", pdf("như nhau"))
    if not before_reading:
        await work(archive)
    batch = await archive.intake.create_batch(ME, on_duplicate="accept")
    second = await upload(archive, "hai.pdf", pdf("như nhau"), batch, given={"subject": "do người gửi nhập"})
    jobs = [r.job for r in await work(archive)]
    assert jobs.count("read_page") == (1 if before_reading else 0)
    first, second = [await archive.account.item(ME, i.id) for i in (first, second)]
    assert (first.state, second.state) == (ItemState.DONE, ItemState.DONE)
    assert first.document_ids == second.document_ids
    document = await archive.documents.get(ME, first.document_ids[0])
    assert document.record.subject == "do người gửi nhập"


@pytest.mark.parametrize("rule", ["link", "accept"])
async def test_two_uploads_of_one_file_at_once_make_one_source(
    archive: Archive, other: Archive, rule: OnDuplicate
) -> None:
    batch = await archive.intake.create_batch(ME, on_duplicate=rule)
    sent = [upload(a, f"{i}.pdf", pdf("cùng lúc", pages=2), batch) for i in range(6) for a in (archive, other)]
    items = await asyncio.gather(*sent)
    assert len({i.source_id for i in items}) == 1
    states = sorted(i.state for i in items)
    if rule == "link":
        assert states == sorted([ItemState.DUPLICATE] * 11 + [ItemState.RECEIVED])
    jobs = [r.job for r in await work(archive)]
    assert jobs.count("triage") == 1
    assert jobs.count("read_page") == 2
    assert (await archive.account.status(ME)).documents == 1


async def test_given_values_and_the_external_id_reach_the_document_as_an_entered_layer(archive: Archive) -> None:
    given = {"kind": "công văn", "issuer": "UBND tỉnh Kon Tum", "issued_on": "2021-09", "symbol": "3030/UBND-KGVX"}
    item = await upload(archive, "a.pdf", pdf("một"), external_id="HS-1", given=given)
    await work(archive)
    document = await archive.documents.get(ME, (await archive.account.item(ME, item.id)).document_ids[0])
    record = document.record
    assert document.external_id == "HS-1"
    assert record.kind is not None
    assert record.issuer is not None
    assert record.issued_on is not None
    assert (record.kind.code, record.issuer.name) == ("CV", "UBND tỉnh Kon Tum")
    assert (record.number, record.notation, record.symbol_key) == ("3030", "UBND-KGVX", "3030||UBND-KGVX")
    assert (record.issued_on.day, str(record.issued_on.latest)) == (None, "2021-09-30")
    assert (document.evidence["symbol"].how, document.evidence["symbol"].by) == ("entered", "test")
    assert document.evidence["subject"].how == "read"


async def test_given_values_that_make_no_sense_fail_the_file_naming_the_key(archive: Archive) -> None:
    item = await upload(archive, "a.pdf", pdf("một"), given={"subjekt": "x"})
    assert item.reason is not None
    assert (item.state, item.reason.code, item.reason.params["key"]) == (ItemState.FAILED, "invalid_record", "subjekt")


async def test_an_upload_that_breaks_off_is_a_failed_item_and_leaves_nothing(
    archive: Archive, settings: Settings
) -> None:
    async def breaking() -> AsyncIterator[bytes]:
        yield b"%PDF-1.4 "
        raise ConnectionResetError("gone")

    batch = await archive.intake.create_batch(ME)
    with pytest.raises(ConnectionResetError):
        await archive.intake.receive(ME, batch.id, "a.pdf", breaking())
    items = (await archive.account.items(ME, batch.id)).items
    assert [(i.state, i.reason.code if i.reason else None) for i in items] == [(ItemState.FAILED, "interrupted")]
    assert list((settings.data_dir / "spool").iterdir()) == []
    assert (await archive.account.batch(ME, batch.id)).finished


async def test_an_upload_whose_task_is_cancelled_is_a_failed_item(archive: Archive) -> None:
    started = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"%PDF-1.4 "
            started.set()
            await asyncio.sleep(0.01)

    batch = await archive.intake.create_batch(ME)
    task = asyncio.create_task(archive.intake.receive(ME, batch.id, "a.pdf", endless()))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    items = (await archive.account.items(ME, batch.id)).items
    assert [(i.state, i.reason.code if i.reason else None) for i in items] == [(ItemState.FAILED, "interrupted")]


async def test_bytes_that_are_not_those_announced_are_refused(archive: Archive) -> None:
    data = pdf("đúng")
    wrong = await upload(archive, "a.pdf", data, sha256="0" * 64)
    assert wrong.reason is not None
    assert (wrong.state, wrong.reason.code) == (ItemState.FAILED, "hash_mismatch")
    right = await upload(archive, "a.pdf", data, sha256=hashlib.sha256(data).hexdigest())
    assert right.state == ItemState.RECEIVED


async def test_a_path_is_taken_and_one_that_cannot_be_opened_is_a_failed_item(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf("đường dẫn"))
    batch = await archive.intake.create_batch(ME)
    good = await archive.intake.receive_path(ME, batch.id, tmp_path / "a.pdf")
    missing = await archive.intake.receive_path(ME, batch.id, tmp_path / "b.pdf")
    folder = await archive.intake.receive_path(ME, batch.id, tmp_path)
    assert (good.name, good.state) == ("a.pdf", ItemState.RECEIVED)
    for item in (missing, folder):
        assert item.reason is not None
        assert (item.state, item.reason.code) == (ItemState.FAILED, "cannot_open")


async def test_calls_about_unknown_or_closed_batches_are_refused(archive: Archive) -> None:
    with pytest.raises(NotFoundError):
        await archive.intake.receive(ME, "nothing", "a.pdf", chunks(b"x"))
    batch = await archive.intake.create_batch(ME)
    await archive.intake.cancel(ME, batch.id)
    with pytest.raises(ConflictError):
        await upload(archive, "a.pdf", pdf("x"), batch)
    with pytest.raises(ConflictError):
        await archive.intake.resume(ME, batch.id)
    with pytest.raises(InvalidInputError):
        await archive.intake.set_priority(ME, batch.id, 10**6)
    with pytest.raises(NotFoundError):
        await archive.account.source(ME, "nothing")


async def test_a_purged_content_is_refused_and_says_who_purged_it_unless_accepted(archive: Archive) -> None:
    item = await upload(archive, "a.pdf", pdf("bí mật"))
    await work(archive)
    assert item.source_id is not None
    await archive.documents.trash_source(ME, item.source_id, "nhầm")
    again = await upload(archive, "a.pdf", pdf("bí mật"))
    assert again.reason is not None
    assert (again.state, again.reason.code) == (ItemState.DUPLICATE, "duplicate_in_trash")
    await archive.documents.purge_source(ME, item.source_id, "theo quyết định")
    with pytest.raises(GoneError):
        await archive.account.original(ME, item.source_id)

    refused = await upload(archive, "a.pdf", pdf("bí mật"))
    assert refused.reason is not None
    assert (refused.state, refused.reason.code) == (ItemState.FAILED, "purged_before")
    assert (refused.reason.params["who"], refused.reason.params["why"]) == ("test", "theo quyết định")

    batch = await archive.intake.create_batch(ME, on_duplicate="accept")
    taken = await upload(archive, "a.pdf", pdf("bí mật"), batch)
    assert taken.source_id not in (None, item.source_id)
    await work(archive)
    assert (await archive.account.item(ME, taken.id)).state == ItemState.DONE


async def test_the_lists_are_paged_without_gaps(archive: Archive) -> None:
    batch = await archive.intake.create_batch(ME, label="lô")
    sent = [(await upload(archive, f"{i}.pdf", pdf(str(i)), batch)).id for i in range(7)]
    found, cursor = [], None
    while True:
        page = await archive.account.items(ME, batch.id, limit=3, cursor=cursor)
        found += [i.id for i in page.items]
        if (cursor := page.next) is None:
            break
    assert found == sent
    with pytest.raises(InvalidInputError):
        await archive.account.items(ME, batch.id, cursor="rubbish")
    newest = await archive.account.batches(ME, limit=1)
    assert [b.label for b in newest.items] == ["lô"]
    failed = await archive.account.items(ME, batch.id, state=ItemState.FAILED)
    assert failed.items == ()
