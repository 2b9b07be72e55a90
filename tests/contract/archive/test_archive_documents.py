"""Documents in people's hands: corrections, access, trash and what integrators are told."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace as with_values
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from services.archive import Archive
from services.archive.schema import corrections, record_revisions
from services.core.errors import ConflictError, GoneError, InvalidInputError, NotFoundError
from services.core.model import Document, DocumentRevision, Item, ItemState, Principal, Reason
from services.core.settings import Settings
from tests.contract.archive.archive_play import (
    ME,
    PIPELINE,
    assemble,
    draft_of,
    index,
    page_of,
    pdf,
    read_page,
    triage,
    upload,
    work,
)

STRANGER = Principal("khách", frozenset({"public"}))


async def made(archive: Archive, text: str = "một", pages: int = 1, **options: Any) -> Document:
    """Upload, read and index a file; return its document."""
    item = await upload(archive, f"{text}.pdf", pdf(text, pages), **options)
    await work(archive)
    return await archive.documents.get(ME, (await archive.account.item(ME, item.id)).document_ids[0])


async def actions(archive: Archive, cursor: str | None = None) -> list[tuple[str, str, int]]:
    return [(c.action, c.document_id, c.revision) for c in (await archive.documents.changes(ME, cursor))[0]]


async def test_a_correction_is_in_force_with_who_and_when_and_the_reading_stays_below(archive: Archive) -> None:
    document = await made(archive)
    corrected = await archive.documents.correct(
        ME, document.id, {"symbol": "Số 12/UBND-VX", "subject": None}, if_revision=1
    )
    assert (corrected.revision, corrected.record.number, corrected.record.symbol_key) == (2, "12", "12||UBND-VX")
    assert corrected.record.subject is None
    evidence = corrected.evidence["subject"]
    assert (evidence.how, evidence.by, evidence.at is not None) == ("entered", "test", True)
    task = (await archive.work.index_tasks())[0]
    assert (task.revision, task.document and task.document.record.number) == (2, "12")
    await archive.documents.correct(ME, document.id, {"place": "Kon Tum"})
    assert await actions(archive) == [
        ("ready", document.id, 1),
        ("changed", document.id, 2),
        ("changed", document.id, 3),
    ]
    async with archive._database.read() as conn:
        read = (await conn.execute(select(record_revisions.c.record))).scalars().all()
        human = (await conn.execute(select(corrections.c.who, corrections.c.revision))).all()
    assert [r["subject"] for r in read] == ["một trang 1"]
    assert [tuple(h) for h in human] == [("test", 2), ("test", 3)]


async def test_reading_again_never_overwrites_a_correction(archive: Archive) -> None:
    document = await made(archive)
    await archive.documents.correct(ME, document.id, {"subject": "người sửa"})
    await archive.documents.reread(ME, document_id=document.id)
    await triage(archive, document.source_id)
    for page in (await archive.documents.get(ME, document.id)).pages:
        await archive.work.page_read(page.id, page_of("đọc khác", 1), pipeline="p2")
    await assemble(archive, document.source_id, place="Kon Tum")
    again = await archive.documents.get(ME, document.id)
    assert (again.record.subject, again.record.place) == ("người sửa", "Kon Tum")
    assert (await archive.documents.clean_text(ME, document.id)).text == "đọc khác"


async def test_corrections_at_once_lose_nothing(archive: Archive, other: Archive) -> None:
    document = await made(archive)
    keys = ["place", "copy_line", "urgency", "secrecy", "subject", "language"]
    await asyncio.gather(
        *(a.documents.correct(ME, document.id, {key: key}) for key, a in zip(keys, [archive, other] * 3, strict=True))
    )
    final = await archive.documents.get(ME, document.id)
    assert {key: getattr(final.record, key) for key in keys} == {key: key for key in keys}
    assert final.revision == 1 + len(keys)


async def test_of_many_corrections_of_one_revision_one_wins_and_the_others_are_told(
    archive: Archive, other: Archive
) -> None:
    document = await made(archive)
    results = await asyncio.gather(
        *(
            a.documents.correct(ME, document.id, {"subject": str(n)}, if_revision=1)
            for n, a in enumerate([archive, other] * 3)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(r, Document) for r in results) == 1
    assert sum(isinstance(r, ConflictError) for r in results) == 5


@pytest.mark.parametrize(
    "patch", [{"subjekt": "x"}, {"kind": {"code": 5}}, {"issued_on": "hôm qua"}, {"signer": {"tittle": "x"}}]
)
async def test_a_correction_that_makes_no_sense_changes_nothing(archive: Archive, patch: dict[str, Any]) -> None:
    document = await made(archive)
    with pytest.raises(InvalidInputError) as caught:
        await archive.documents.correct(ME, document.id, patch)
    assert next(iter(patch)) in caught.value.params["key"]
    assert await archive.documents.get(ME, document.id) == document


async def test_who_may_not_see_a_document_does_not_learn_that_it_is_there(archive: Archive) -> None:
    document = await made(archive)
    await archive.documents.set_access(ME, document.id, "secret")
    for call in (
        archive.documents.get(STRANGER, document.id),
        archive.documents.clean_text(STRANGER, document.id),
        archive.documents.page(STRANGER, document.id, 1),
        archive.documents.correct(STRANGER, document.id, {"subject": "x"}),
        archive.documents.trash_document(STRANGER, document.id),
    ):
        with pytest.raises(NotFoundError):
            await call
    assert await archive.documents.many(STRANGER, [document.id]) == {}
    assert await archive.documents.clean_texts(STRANGER, [document.id]) == {}
    assert await archive.documents.ids(STRANGER) == []
    assert await archive.documents.count(STRANGER) == 0
    assert await archive.documents.revisions(STRANGER) == []
    assert (await archive.documents.changes(STRANGER))[0] == []
    with pytest.raises(InvalidInputError):
        await archive.documents.set_access(STRANGER, document.id, "secret")
    assert await archive.documents.ids(ME) == [document.id]


async def test_a_list_of_hits_gets_what_it_knows_back_until_it_is_changed_hidden_or_gone(archive: Archive) -> None:
    first, second = await made(archive, "một"), await made(archive, "hai")
    ids = [first.id, second.id]
    known = await archive.documents.shown(ME, ids, {})
    many = await archive.documents.many(ME, ids)
    assert known == {i: document.model_copy(update={"evidence": {}}) for i, document in many.items()}
    corrected = await archive.documents.correct(ME, first.id, {"subject": "khác"})
    again = await archive.documents.shown(ME, ids, known)
    assert again[second.id] is known[second.id]
    assert (again[first.id].revision, again[first.id].record.subject) == (corrected.revision, "khác")
    await archive.documents.set_access(ME, first.id, "secret")
    await archive.documents.trash_document(ME, second.id)
    assert await archive.documents.shown(STRANGER, ids, again) == {}


async def test_the_trash_takes_a_document_out_of_everything_and_gives_it_back(archive: Archive) -> None:
    document = await made(archive)
    trashed = await archive.documents.trash_document(ME, document.id, "trùng")
    assert trashed.state == "trashed"
    assert (await archive.documents.trash_document(ME, document.id, "lần nữa")).revision == trashed.revision
    assert await archive.documents.many(ME, [document.id]) == {}
    assert await archive.documents.ids(ME) == []
    assert await archive.documents.count(ME) == 0
    assert await archive.documents.revisions(ME) == [DocumentRevision(document.id, trashed.revision, ready=False)]
    assert [(t.document_id, t.document) for t in await archive.work.index_tasks()] == [(document.id, None)]
    assert [d.id for d in (await archive.documents.trashed(ME)).items] == [document.id]
    with pytest.raises(ConflictError):
        await archive.documents.correct(ME, document.id, {"subject": "x"})
    event = [e for e in (await archive.events.list(ME, subject_id=document.id)).items if "trash" in e.action]
    assert [(e.who, e.details["why"]) for e in event] == [("test", "trùng")]
    await index(archive)
    await archive.documents.restore_document(ME, document.id)
    assert [a for a, *_ in await actions(archive)] == ["ready", "deleted"], "not yet in the index again"
    await index(archive)
    assert [a for a, *_ in await actions(archive)] == ["ready", "deleted", "ready"]
    assert await archive.documents.ids(ME) == [document.id]
    assert await archive.documents.count(ME) == 1
    (line,) = await archive.documents.revisions(ME)
    assert (line.id, line.ready, line.revision > trashed.revision) == (document.id, True, True)
    assert await archive.documents.revisions(ME, after=document.id) == []


async def test_a_source_takes_its_documents_to_the_trash_and_back(archive: Archive) -> None:
    document = await made(archive)
    await archive.documents.trash_source(ME, document.source_id, "nhầm")
    await archive.documents.trash_source(ME, document.source_id, "nhầm")
    assert (await archive.documents.get(ME, document.id)).state == "trashed"
    with pytest.raises(ConflictError):
        await archive.documents.restore_document(ME, document.id)
    await archive.documents.restore_source(ME, document.source_id)
    assert (await archive.documents.get(ME, document.id)).state == "ready"
    await archive.documents.trash_document(ME, document.id)
    await archive.documents.trash_source(ME, document.source_id)
    await archive.documents.restore_source(ME, document.source_id)
    assert (await archive.documents.get(ME, document.id)).state == "trashed", "it had gone there by itself"


def blobs(settings: Settings) -> list[str]:
    root = Path(settings.blobs_url.removeprefix("file://"))
    return sorted(str(p.relative_to(root)) for p in root.rglob("*") if p.is_file())


async def test_purge_reaches_everything_and_nothing_brings_it_back(archive: Archive, settings: Settings) -> None:
    kept = await made(archive, "giữ")
    before = blobs(settings)
    document = await made(archive, "bỏ", 2, given={"place": "Kon Tum"})
    await archive.documents.correct(ME, document.id, {"subject": "sửa"})
    with pytest.raises(ConflictError):
        await archive.documents.purge_document(ME, document.id)
    await archive.documents.trash_document(ME, document.id)
    await archive.documents.purge_document(ME, document.id, "lệnh")

    assert blobs(settings) == before
    for call in (
        archive.documents.get(ME, document.id),
        archive.documents.clean_text(ME, document.id),
        archive.documents.restore_document(ME, document.id),
        archive.account.source(ME, document.source_id),
    ):
        with pytest.raises(GoneError):
            await call
    assert await archive.work.page_result("hash of bỏ trang 1", pipeline=PIPELINE) is None
    assert await archive.work.source(document.source_id) is None
    async with archive._database.read() as conn:
        owners = [*(await conn.execute(select(record_revisions.c.document_id))).scalars()]
        owners += (await conn.execute(select(corrections.c.document_id))).scalars()
    assert owners == [kept.id]
    tasks = {t.document_id: t.document for t in await archive.work.index_tasks()}
    assert tasks == {document.id: None}
    await index(archive)
    # The ways back: late results, retry, the sweeper, another reading, a reindex.
    await archive.work.assembled(document.source_id, [draft_of([page_of("bỏ", 1)])])
    await archive.work.page_read(document.pages[0].id, page_of("bỏ", 1), pipeline=PIPELINE)
    assert await archive.intake.retry(ME) == 0
    assert await archive.work.sweep(claimed_seconds=0, sent_seconds=0) == 0
    assert await work(archive) == []
    assert await archive.documents.ids(ME) == [kept.id]
    assert [a for a, i, _ in await actions(archive) if i == document.id] == ["ready", "changed", "deleted"]


async def test_purge_leaves_page_results_that_another_source_shares(archive: Archive) -> None:
    one, two = await made(archive, "chung"), await made(archive, "riêng")
    shared = page_of("cùng một trang", 1, image_hash="cùng ảnh")
    for document in (one, two):
        await archive.documents.reread(ME, document_id=document.id)
        await triage(archive, document.source_id)
        await archive.work.page_read(document.pages[0].id, shared, pipeline=PIPELINE)
        await work(archive)
    await archive.documents.trash_source(ME, one.source_id)
    await archive.documents.purge_source(ME, one.source_id)
    assert (await archive.documents.page(ME, two.id, 1)).words == shared.words
    assert (await archive.documents.clean_text(ME, two.id)).text == "cùng một trang"
    assert await archive.work.page_result("cùng ảnh", pipeline=PIPELINE) is not None


async def test_purging_one_of_two_documents_of_a_file_keeps_the_other_and_stays_so(archive: Archive) -> None:
    item = await upload(archive, "hai.pdf", pdf("hai", 2))
    assert item.source_id is not None
    await triage(archive, item.source_id)
    pages = [page_of("thư", 1), page_of("phụ lục", 2)]
    statuses = await archive.work.source_pages(item.source_id)
    for status, text in zip(statuses, pages, strict=True):
        await archive.work.page_read(getattr(status, "id", ""), text, pipeline=PIPELINE)
    letter, annex = await archive.work.assembled(item.source_id, [draft_of([p]) for p in pages])
    await index(archive)
    await archive.documents.trash_document(ME, annex)
    await archive.documents.purge_document(ME, annex, "lệnh")
    assert (await archive.account.item(ME, item.id)).document_ids == (letter,)
    assert (await archive.account.source(ME, item.source_id)).state == "ready"
    await archive.documents.reread(ME, source_id=item.source_id)
    jobs = [r.job for r in await work(archive)]
    assert jobs.count("read_page") == 1, "the purged page is not read again"
    assert (await archive.account.item(ME, item.id)).document_ids == (letter,)


async def test_a_purge_that_died_before_deleting_blobs_is_finished_by_the_sweeper(
    archive: Archive, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = await made(archive)
    await archive.documents.trash_source(ME, document.source_id)

    async def die(key: str) -> None:
        raise RuntimeError(f"kill -9 before {key}")

    with monkeypatch.context() as patched:
        patched.setattr(archive.documents._blobs, "delete", die)
        with pytest.raises(RuntimeError):
            await archive.documents.purge_source(ME, document.source_id)
    assert blobs(settings) != []
    await archive.work.sweep()
    assert blobs(settings) == []


async def test_changes_are_seen_once_and_in_order_however_they_are_paged(archive: Archive, other: Archive) -> None:
    documents = [await made(archive, f"số {n}") for n in range(4)]
    seen: list[str] = []
    cursor: str | None = None
    writers = asyncio.gather(
        *(
            a.documents.correct(ME, d.id, {"subject": f"{d.id} {n}"})
            for d in documents
            for n, a in enumerate((archive, other, archive, other))
        )
    )
    caught_up = False
    while not caught_up:
        written = writers.done()  # asked before reading: what is committed after an empty page is still to come
        lines, cursor = await archive.documents.changes(ME, cursor, limit=3)
        seen += [line.cursor for line in lines]
        caught_up = written and not lines
        await asyncio.sleep(0.01)
    await writers
    all_lines, _ = await archive.documents.changes(ME, None, limit=1000)
    assert seen == [line.cursor for line in all_lines]
    assert len(seen) == 4 + 16
    assert (await archive.documents.changes(ME, cursor))[1] == cursor


async def imported(archive: Archive, line: dict[str, Any], batch_id: str | None = None) -> Item:
    batch_id = batch_id or (await archive.intake.create_batch(ME)).id
    item = await archive.intake.import_line(ME, batch_id, json.dumps(line, ensure_ascii=False))
    await work(archive)
    return await archive.account.item(ME, item.id)


async def test_the_same_import_id_is_a_new_revision_and_equal_texts_are_two_documents(archive: Archive) -> None:
    first = await imported(archive, {"id": "A", "text": "nội dung", "record": {"kind": "Công văn", "place": "Huế"}})
    twin = await imported(archive, {"id": "B", "text": "nội dung"})
    assert first.state == twin.state == ItemState.DONE
    assert first.document_ids != twin.document_ids
    document = await archive.documents.get(ME, first.document_ids[0])
    assert (document.external_id, document.record.place) == ("A", "Huế")

    second = await imported(archive, {"id": "A", "pages": ["mới", "hai trang"], "record": {"kind": "QĐ"}})
    assert second.document_ids == first.document_ids
    newer = await archive.documents.get(ME, document.id)
    assert newer.record.kind is not None
    assert (newer.record.kind.code, newer.record.place, newer.last_page) == ("QĐ", None, 2)
    assert newer.revision > document.revision
    assert (await archive.documents.clean_text(ME, document.id)).text == "mới hai trang"
    assert (await archive.account.item(ME, first.id)).document_ids == first.document_ids

    same = await imported(archive, {"id": "A", "pages": ["mới", "hai trang"], "record": {"kind": "QĐ"}})
    assert same.state == ItemState.DUPLICATE
    back = await imported(archive, {"id": "A", "text": "nội dung", "record": {"kind": "Công văn", "place": "Huế"}})
    assert (back.state, back.document_ids) == (ItemState.DONE, first.document_ids)
    reverted = await archive.documents.get(ME, document.id)
    assert (reverted.record.place, reverted.last_page) == ("Huế", 1)
    assert (await archive.account.status(ME)).documents == 2


async def test_of_two_lines_with_one_id_the_last_received_wins_whatever_is_read_first(archive: Archive) -> None:
    batch = await archive.intake.create_batch(ME)
    old = await archive.intake.import_line(ME, batch.id, {"id": "A", "text": "cũ"})
    new = await archive.intake.import_line(ME, batch.id, {"id": "A", "text": "mới"})
    assert old.source_id is not None
    assert new.source_id is not None
    for source_id in (new.source_id, old.source_id):
        await triage(archive, source_id)
        for status in await archive.work.source_pages(source_id):
            await read_page(archive, getattr(status, "id", ""))
        await assemble(archive, source_id)
    await index(archive)
    (document_id,) = await archive.documents.ids(ME)
    assert (await archive.documents.clean_text(ME, document_id)).text == "mới"
    states = [(await archive.account.item(ME, i.id)).state for i in (old, new)]
    assert states == [ItemState.DONE, ItemState.DONE]


async def test_purging_an_imported_document_takes_its_earlier_lines_along(archive: Archive, settings: Settings) -> None:
    await imported(archive, {"id": "A", "text": "cũ"})
    item = await imported(archive, {"id": "A", "text": "mới"})
    await archive.documents.trash_document(ME, item.document_ids[0])
    await archive.documents.purge_document(ME, item.document_ids[0])
    await archive.work.sweep()
    assert [b for b in blobs(settings) if b.startswith("originals/")] == []
    refused = await imported(archive, {"id": "A", "text": "cũ"})
    assert refused.reason is not None
    assert refused.reason.code == "purged_before"


async def test_a_line_that_makes_no_sense_is_a_failed_item_of_its_batch(archive: Archive) -> None:
    batch = await archive.intake.create_batch(ME)
    bad = await archive.intake.import_line(ME, batch.id, '{"id": ')
    good = await archive.intake.import_line(ME, batch.id, {"id": "A", "text": "x"})
    assert bad.reason is not None
    assert (bad.state, bad.reason.code, bad.name) == (ItemState.FAILED, "line_not_json", "dòng 1")
    assert (good.state, good.name, good.external_id) == (ItemState.RECEIVED, "A", "A")


async def test_the_report_of_a_batch_says_what_is_missing(archive: Archive) -> None:
    batch = await archive.intake.create_batch(ME)
    await upload(archive, "a.pdf", pdf("một", 3), batch)
    await upload(archive, "b.pdf", b"", batch)
    await upload(archive, "c.pdf", b"", batch)
    assert not (await archive.account.report(ME, batch.id)).batch.finished
    await work(archive)
    report = await archive.account.report(ME, batch.id)
    assert (report.items, report.complete, report.reasons) == (3, False, {"empty_file": 2})
    assert (report.documents, report.pages_failed, report.batch.finished) == (1, 0, True)
    events = await archive.events.list(ME, actions=["item.failed", "item.done"])
    assert sorted(e.action for e in events.items) == ["item.done", "item.failed", "item.failed"]
    assert (await archive.events.list(ME, cursor=events.next, actions=["item.done"])).items == ()


async def test_hit_lists_and_the_index_see_the_outcome_while_the_live_state_is_reading(archive: Archive) -> None:
    item = await upload(archive, "a.pdf", pdf("một"))
    assert item.source_id is not None
    await work(archive, only="read")
    pages = [p for p in await archive.work.source_pages(item.source_id) if not hasattr(p, "state")]
    question = Reason(code="unconfirmed")
    draft = with_values(draft_of(pages), needs_review=(question,))
    (document_id,) = await archive.work.assembled(item.source_id, [draft])
    assert (await archive.documents.get(ME, document_id)).item_state == ItemState.READING
    many = await archive.documents.many(ME, [document_id, "nothing"])
    assert many[document_id].item_state == ItemState.NEEDS_REVIEW
    assert list(await archive.documents.clean_texts(ME, [document_id])) == [document_id]
