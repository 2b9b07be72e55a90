"""Every damage is found, told, and mended where it can be; originals are never touched."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, text, update

from services.archive import Archive
from services.archive.blobs import original_key
from services.archive.checking import Finding, Severity
from services.archive.schema import (
    corrections,
    documents,
    events,
    fingerprint_numbers,
    fingerprints,
    items,
    outbox,
    pages,
    record_revisions,
    sources,
)
from services.core.ids import new_id
from services.core.model import ItemState, PageRun, PageStatus
from services.core.settings import Settings, load_settings
from tests.contract.archive.archive_play import ME, pdf, upload, work
from tests.contract.archive.checks_play import DATA, blob, change, codes, findings, flip, mend, read, words
from tests.new_data import new_data


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """One kind of catalogue will do: what is looked at is the same on both (test_archive_checks)."""
    return load_settings(data_dir=new_data(tmp_path / "data"))


async def test_a_page_of_many_that_was_purged_is_no_finding(archive: Archive) -> None:
    source_id = await read(archive)
    await archive.documents.split(
        ME, source_id, [PageRun(first_page=1, last_page=1), PageRun(first_page=2, last_page=2)]
    )
    await work(archive)
    first = (await archive.account.source(ME, source_id)).document_ids[0]
    await archive.documents.trash_document(ME, first)
    await archive.documents.purge_document(ME, first)
    await work(archive)
    assert await codes(archive) == []


@pytest.mark.parametrize("damage", ["gone", "changed", "cut"])
async def test_a_lost_or_changed_original_is_told_never_touched_and_put_right_by_the_same_file(
    archive: Archive, damage: str
) -> None:
    source_id = await read(archive)
    path = blob(archive, "originals")
    harm(path, damage)
    left = path.read_bytes() if path.exists() else None
    (found,) = await findings(archive)
    severity = Severity.LOST if damage == "gone" else Severity.DAMAGED
    assert (found.severity, found.subject_id, found.params["name"]) == (severity, source_id, "công văn.pdf")
    assert await codes(archive, quick=True) == ([] if damage == "changed" else [found.code])
    assert await mend(archive, orphans=True) == [False]
    assert (path.read_bytes() if path.exists() else None) == left

    again = await upload(archive, "gửi lại.pdf", DATA)
    assert (again.state, again.reason and again.reason.code) == (ItemState.DUPLICATE, "original_restored")
    assert path.read_bytes() == DATA
    assert await codes(archive) == []
    third = await upload(archive, "lần ba.pdf", DATA)
    assert third.reason is not None
    assert third.reason.code == "duplicate"
    logged = await archive.events.list(ME, subject_id=source_id, actions=["source.original_restored"])
    assert len(logged.items) == 1


async def test_bytes_that_are_needed_are_taken_also_where_duplicates_are_refused(archive: Archive) -> None:
    await read(archive)
    blob(archive, "originals").unlink()
    batch = await archive.intake.create_batch(ME, on_duplicate="reject")
    again = await upload(archive, "gửi lại.pdf", DATA, batch)
    assert (again.state, again.reason and again.reason.code) == (ItemState.DUPLICATE, "original_restored")
    assert await codes(archive) == []


def harm(path: Path, how: str) -> None:
    if how == "gone":
        path.unlink()
    elif how == "changed":
        flip(path)
    else:
        path.write_bytes(path.read_bytes()[:-20])


@pytest.mark.parametrize("damage", ["gone", "changed", "cut"])
async def test_a_page_whose_words_are_lost_is_read_again(archive: Archive, damage: str) -> None:
    source_id = await read(archive)
    before = await words(archive, source_id)
    (document_id,) = await archive.documents.ids(ME)
    harm(blob(archive, "pages"), damage)
    (found,) = await findings(archive)
    assert found.code == ("page_words_missing" if damage == "gone" else "page_words_damaged")
    assert found.params["source_id"] == source_id
    assert await mend(archive) == [True]
    assert await codes(archive) == [], "it is being read"
    assert [row.job for row in await work(archive)][:2] == ["read_page", "assemble"]
    assert await codes(archive) == []
    assert await words(archive, source_id) == before
    assert await archive.documents.ids(ME) == [document_id]


async def test_words_that_are_lost_before_the_record_is_made_are_read_again_and_not_without_end(
    archive: Archive, settings: Settings
) -> None:
    item = await upload(archive, "công văn.pdf", DATA)
    assert item.source_id is not None
    await work(archive, only="read")
    for attempt in range(1, settings.reader.attempts):
        harm(blob(archive, "pages"), "gone" if attempt % 2 else "changed")
        (row,) = await work(archive, only="record")
        assert row.job == "assemble"
        assert (await archive.account.item(ME, item.id)).state is ItemState.READING
        assert [row.job for row in await work(archive, only="read")] == ["read_page"]
    harm(blob(archive, "pages"), "changed")
    await work(archive)
    first, second = await words(archive, item.source_id)
    (lost,) = (page for page in (first, second) if isinstance(page, PageStatus))
    assert lost.reason is not None
    assert lost.reason.code == "page_words_lost"
    assert (await archive.account.item(ME, item.id)).state is ItemState.NEEDS_REVIEW
    assert await codes(archive) == []
    await archive.intake.retry(ME, item_id=item.id)
    await work(archive)
    assert (await archive.account.item(ME, item.id)).state is ItemState.DONE


@pytest.mark.parametrize("damage", ["gone", "changed"])
async def test_a_page_is_not_read_again_before_its_original_is_right(archive: Archive, damage: str) -> None:
    source_id = await read(archive)
    harm(blob(archive, "originals"), damage)
    blob(archive, "pages").unlink()
    assert (await codes(archive))[1:] == ["page_words_missing"]
    assert await mend(archive) == [False, False]
    await upload(archive, "gửi lại.pdf", DATA)
    assert await mend(archive) == [True]
    await work(archive)
    assert await codes(archive) == []
    assert len(await words(archive, source_id)) == 2


async def test_damaged_words_of_a_picture_are_not_taken_for_another_page_of_it(archive: Archive) -> None:
    source_id = await read(archive)
    flip(blob(archive, "pages"))
    await archive.documents.reread(ME, source_id=source_id)
    await work(archive)
    assert await codes(archive) == []


@pytest.mark.parametrize("damage", ["gone", "changed", "cut"])
async def test_a_lost_clean_text_is_made_again(archive: Archive, damage: str) -> None:
    await read(archive)
    (document_id,) = await archive.documents.ids(ME)
    before = await archive.documents.clean_text(ME, document_id)
    harm(blob(archive, "texts"), damage)
    assert await codes(archive) == ["text_missing" if damage == "gone" else "text_damaged"]
    assert await mend(archive) == [True]
    assert await mend(archive) == [], "twice is once"
    await work(archive)
    assert await codes(archive) == []
    assert await archive.documents.clean_text(ME, document_id) == before


async def test_lost_pages_and_texts_are_mended_together(archive: Archive) -> None:
    source_id = await read(archive)
    before = await words(archive, source_id)
    for kind in ("pages", "texts"):
        flip(blob(archive, kind))
    assert await mend(archive) == [True, True]
    await work(archive)
    assert await codes(archive) == []
    assert await words(archive, source_id) == before


async def test_a_document_that_lost_its_layer_gets_it_back(archive: Archive) -> None:
    await read(archive)
    await change(archive, delete(record_revisions))
    assert await codes(archive) == ["record_missing"]
    assert await mend(archive) == [True]
    await work(archive)
    assert await codes(archive) == []


async def test_a_correction_that_cannot_be_read_is_told_and_left(archive: Archive) -> None:
    await read(archive)
    (document_id,) = await archive.documents.ids(ME)
    await archive.documents.correct(ME, document_id, {"place": "Lai Châu"})
    await work(archive)
    await change(archive, update(corrections).values(patch=["not", "a", "patch"]))
    (found,) = await findings(archive)
    assert (found.code, found.severity, found.params["who"]) == ("correction_damaged", Severity.DAMAGED, "test")
    assert await mend(archive) == [False]


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (delete(fingerprint_numbers), "fingerprint_damaged"),
        (update(fingerprints).values(clean_key="texts/00/other"), "fingerprint_missing"),
        (update(sources).values(pages_done=7), "page_counts_wrong"),
        (update(items).values(state="reading"), "item_state_wrong"),
        (update(items).values(state="nowhere", follows=False), "item_state_impossible"),
        (update(pages).values(blob_key=None).where(pages.c.number == 1), "page_words_missing"),
        (update(documents).values(indexed_revision=0, awaited_revision=0), "job_missing"),
        (update(sources).values(version=9), "job_missing"),
        (delete(pages).where(pages.c.number == 2), "page_rows_missing"),
    ],
)
async def test_what_does_not_add_up_is_found_and_mended(archive: Archive, damage: Any, code: str) -> None:
    source_id = await long_read(archive)
    await change(archive, damage)
    found = await findings(archive)
    assert code in {each.code for each in found}
    mended = [await archive.checks.mend(ME, each) for each in found]
    if code == "item_state_impossible":
        assert mended == [False]
        return
    await work(archive)
    assert [code for code in await codes(archive) if code != "orphan_blob"] == []
    assert len(await words(archive, source_id)) == 2


async def long_read(archive: Archive) -> str:
    """Read a file whose text is long enough for a fingerprint."""
    item = await upload(
        archive, "dài.pdf", pdf(" ".join(f"{a}{o}n" for a in "bcdghklmnpstvx" for o in "aeiou"), pages=2)
    )
    await work(archive)
    assert item.source_id is not None
    return item.source_id


async def test_done_with_unread_pages_is_found(archive: Archive) -> None:
    await read(archive)
    await change(archive, update(pages).values(state="waiting").where(pages.c.number == 1))
    assert {"item_state_wrong", "page_counts_wrong", "job_missing"} <= set(await codes(archive))
    await mend(archive)
    await work(archive)
    assert await codes(archive) == []


async def test_what_nothing_needs_is_listed_once_it_is_old_and_deleted_on_request_only(archive: Archive) -> None:
    await read(archive)
    root = archive._blobs.root
    assert root is not None
    kept = blob(archive, "texts")
    old = root / "texts" / "00" / ("0" * 64)
    young = root / "texts" / "00" / ("1" * 64)
    part = root / "pages" / "00" / ("2" * 64 + "#1")
    spool = archive.checks._spool.folder / "x.part"
    for path in (old, young, part, spool):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"left over")
    for path in (old, part, spool):
        os.utime(path, (time.time() - 7200,) * 2)
    found = await findings(archive)
    assert [(each.code, each.severity, each.params["bytes"]) for each in found] == [
        ("orphan_blob", Severity.ORPHAN, 9),
        ("orphan_file", Severity.ORPHAN, 9),
        ("orphan_file", Severity.ORPHAN, 9),
    ]
    assert await mend(archive) == [False] * 3
    assert await mend(archive, orphans=True) == [True] * 3
    assert [path.exists() for path in (old, part, spool, young, kept)] == [False, False, False, True, True]
    assert await codes(archive) == []


async def test_a_blob_that_somebody_begins_to_need_is_not_deleted(archive: Archive) -> None:
    found = await orphaned(archive)
    await upload(archive, "đến.pdf", DATA)
    assert await archive.checks.mend(ME, found, orphans=True)
    await work(archive)
    assert await codes(archive) == []


async def orphaned(archive: Archive) -> Finding:
    """Return the finding of an original whose upload was killed before its row was written."""
    key = original_key(hashlib.sha256(DATA).hexdigest())
    await archive._blobs.put(key, DATA)
    assert archive._blobs.root is not None
    os.utime(archive._blobs.root / key, (time.time() - 7200,) * 2)
    (found,) = await findings(archive)
    return found


async def test_broken_references_are_told_and_those_of_derived_rows_go(archive: Archive) -> None:
    if not archive._database.sqlite:
        pytest.skip("PostgreSQL does not let them come about")
    await read(archive)
    async with archive._database.writer.connect() as conn:
        await conn.execute(text("COMMIT"))
        await conn.execute(text("PRAGMA foreign_keys = OFF"))
        await conn.execute(text("BEGIN"))
        await conn.execute(text("INSERT INTO citations (document_id, ordinal, raw) VALUES ('gone', 0, 'x')"))
        await conn.execute(text("UPDATE documents SET source_id = 'gone'"))
        await conn.commit()
    found = {each.subject_type: each for each in await findings(archive) if each.code == "foreign_key_broken"}
    assert found.keys() == {"citations", "documents"}
    assert await archive.checks.mend(ME, found["citations"])
    assert not await archive.checks.mend(ME, found["documents"])
    assert [f.subject_type for f in await findings(archive) if f.code == "foreign_key_broken"] == ["documents"]


async def test_work_claimed_before_the_clock_was_set_back_is_done_again_and_the_log_keeps_its_order(
    archive: Archive,
) -> None:
    await upload(archive, "a.pdf", DATA)
    await archive.work.sent([row.id for row in await archive.work.claim(10)])
    tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    await change(
        archive, update(outbox).values(claimed_at=tomorrow, sent_at=tomorrow), update(events).values(at=tomorrow)
    )
    assert await archive.work.claim(10) == []
    assert await archive.work.sweep() == 1
    await work(archive)
    assert set(await codes(archive)) == {"event_changed"}, "other times were written into the log here"
    log = (await archive.events.list(ME, limit=100)).items
    assert [line.seq for line in log] == sorted(line.seq for line in log)
    assert log[0].action == "batch.created"
    lines, _ = await archive.documents.changes(ME)
    assert [line.action for line in lines] == ["ready"]


async def test_an_upload_cut_off_before_the_clock_was_set_back_is_ended(archive: Archive) -> None:
    batch = await archive.intake.create_batch(ME)
    item = await upload(archive, "a.pdf", DATA, batch)
    part = archive.checks._spool.folder / f"{item.id}.part"
    part.write_bytes(b"%PDF")
    os.utime(part, (time.time() + 86400,) * 2)
    await change(archive, update(items).values(source_id=None, follows=False, state="received"))
    await archive.work.sweep()
    ended = await archive.account.item(ME, item.id)
    assert (ended.state, ended.reason and ended.reason.code) == (ItemState.FAILED, "interrupted")
    assert not part.exists()


def test_ids_keep_their_order_when_the_clock_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    before = [new_id() for _ in range(3)]
    hour_ago = time.time_ns() - 3_600_000_000_000
    monkeypatch.setattr("services.core.ids.time.time_ns", lambda: hour_ago)
    made = before + [new_id() for _ in range(5000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
