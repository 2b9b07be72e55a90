"""Work and its results: at least once in, exactly once recorded, in the right order, and never lost."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import delete, insert, select

from services.archive import Archive
from services.archive.schema import items, outbox
from services.core.errors import ConflictError
from services.core.model import (
    Batch,
    BatchState,
    DocumentState,
    ItemState,
    PageInfo,
    PageState,
    PageStatus,
    PageText,
    Reason,
    Triage,
)
from tests.contract.archive.archive_play import (
    ME,
    PIPELINE,
    assemble,
    content,
    do,
    draft_of,
    index,
    page_of,
    pdf,
    read_page,
    triage,
    upload,
    work,
)

BROKEN = Reason(code="page_damaged", params={"page": 1})


async def read_source(archive: Archive, name: str = "a.pdf", text: str = "một", pages: int = 1) -> tuple[str, str]:
    """Upload and read a file; return its item's and its source's id."""
    item = await upload(archive, name, pdf(text, pages))
    await work(archive)
    assert item.source_id is not None
    return item.id, item.source_id


async def page_ids(archive: Archive, source_id: str) -> list[str]:
    """The ids of a source's pages that wait."""
    return [p.id for p in await archive.work.source_pages(source_id) if isinstance(p, PageStatus)]


async def live_rows(archive: Archive) -> list[tuple[str, str]]:
    async with archive._database.read() as conn:
        rows = await conn.execute(select(outbox.c.job, outbox.c.subject_id).order_by(outbox.c.id))
        return [(r[0], r[1]) for r in rows]


async def test_every_result_may_be_recorded_twice_and_late(archive: Archive) -> None:
    item = await upload(archive, "a.pdf", pdf("hai lần", pages=2))
    assert item.source_id is not None
    pages = tuple(PageInfo(number=n, width=595.3, height=841.9) for n in (1, 2))
    await archive.work.triaged(item.source_id, Triage(pages=pages))
    first, second = await page_ids(archive, item.source_id)
    await archive.work.triaged(item.source_id, Triage(pages=pages))
    assert await page_ids(archive, item.source_id) == [first, second]
    for page_id in (first, first, second, second, first):
        await read_page(archive, page_id)
    assert [j for j, _ in await live_rows(archive)] == ["assemble"]
    ids = await assemble(archive, item.source_id)
    assert await assemble(archive, item.source_id) == ids
    await read_page(archive, first)
    await archive.work.page_failed(second, BROKEN, attempt=False)
    await archive.work.source_failed(item.source_id, BROKEN, attempt=False)
    done = await index(archive)
    await archive.work.indexed(done)
    await archive.work.indexed([(ids[0], 1), ("nothing", 3)])
    assert await live_rows(archive) == []
    document = await archive.documents.get(ME, ids[0])
    assert document.revision == 1
    assert (await archive.account.item(ME, item.id)).state == ItemState.DONE
    lines, _ = await archive.documents.changes(ME)
    assert [(c.action, c.document_id, c.revision) for c in lines] == [("ready", ids[0], 1)]


async def test_all_results_at_once_from_two_processes_give_the_same_end(archive: Archive, other: Archive) -> None:
    item = await upload(archive, "a.pdf", pdf("cùng lúc", pages=12))
    assert item.source_id is not None
    source_id = item.source_id
    await asyncio.gather(*(triage(a, source_id) for a in (archive, other, archive, other)))
    pages = await page_ids(archive, source_id)
    assert len(pages) == 12
    await asyncio.gather(*(read_page(a, page_id) for page_id in pages for a in (archive, other)))
    assert [j for j, _ in await live_rows(archive)] == ["assemble"]
    made = await asyncio.gather(*(assemble(a, source_id) for a in (archive, other, archive, other)))
    assert len({tuple(ids) for ids in made}) == 1
    await asyncio.gather(index(archive), index(other))
    assert (await archive.account.status(ME)).model_dump(include={"documents", "indexed", "outbox"}) == {
        "documents": 1,
        "indexed": 1,
        "outbox": 0,
    }
    assert (await archive.account.item(ME, item.id)).state == ItemState.DONE


async def test_two_claimers_never_take_the_same_row(archive: Archive, other: Archive) -> None:
    batch = await archive.intake.create_batch(ME)
    for i in range(20):
        await upload(archive, f"{i}.pdf", pdf(str(i)), batch)
    taken = await asyncio.gather(*(a.work.claim(3) for _ in range(5) for a in (archive, other)))
    ids = [row.id for rows in taken for row in rows]
    assert len(ids) == len(set(ids)) == 20
    assert await archive.work.claim(10) == []


async def test_a_single_upload_overtakes_a_backlog_of_ten_thousand(archive: Archive) -> None:
    backlog = await archive.intake.create_batch(ME, label="tồn đọng")
    await fill_backlog(archive, backlog, 10_000)
    single = await upload(archive, "gấp.pdf", pdf("gấp"))
    urgent = await archive.intake.create_batch(ME, priority=5)
    first = await upload(archive, "khẩn.pdf", pdf("khẩn"), urgent)
    rows = await archive.work.claim(4, "read")
    assert rows[0].args == {"source_id": first.source_id}, "priority before all"
    assert {"source_id": single.source_id} in [r.args for r in rows[1:3]], "turn 0 of its own batch"
    await archive.work.release([r.id for r in rows])
    while rows[0].args["source_id"] != single.source_id:
        rows = await archive.work.claim(1, "read")
    await archive.work.sent([rows[0].id])
    jobs = []
    for _ in range(3):  # its page, its record, its index entry follow with the same turn
        await do(archive, rows[0])
        claimed = await archive.work.claim(1, "read") + await archive.work.claim(1, "record")
        claimed += await archive.work.claim(1, "index")
        rows = [r for r in claimed if single.source_id in r.args.values() or r.job == "index"] or claimed
        jobs.append(rows[0].job)
    assert jobs == ["read_page", "assemble", "index"]


async def fill_backlog(archive: Archive, batch: Batch, count: int) -> None:
    """Queue many files by copying the rows of one, which is what ten thousand uploads would leave."""
    item = await upload(archive, "0.pdf", pdf("mẫu"), batch)
    async with archive._database.write(ME) as tx:
        model = (await tx.conn.execute(select(outbox))).mappings().one()
        copies = [{**model, "id": model["id"] + n, "subject_id": f"backlog {n}", "turn": n} for n in range(1, count)]
        await tx.conn.execute(insert(outbox), copies)
        if tx.conn.dialect.name == "postgresql":
            await tx.conn.exec_driver_sql(f"SELECT setval('outbox_id_seq', {model['id'] + count})")
    assert item.source_id is not None


async def test_batches_are_held_let_go_and_reordered(archive: Archive) -> None:
    slow, fast = [await archive.intake.create_batch(ME) for _ in range(2)]
    of: dict[str | None, str] = {}
    for name, batch in (("chậm", slow), ("nhanh", fast)):
        for i in range(2):
            of[(await upload(archive, f"{name}{i}.pdf", pdf(f"{name} {i}"), batch)).source_id] = name
    assert (await archive.intake.pause(ME, slow.id)).state == BatchState.PAUSED
    rows = await archive.work.claim(10)
    assert [of[r.args["source_id"]] for r in rows] == ["nhanh", "nhanh"]
    for row in rows:
        await do(archive, row)
    late = await upload(archive, "chậm2.pdf", pdf("chậm 2"), slow)
    assert late.state == ItemState.RECEIVED
    of[late.source_id] = "chậm"
    await archive.intake.set_priority(ME, slow.id, 7)
    assert {r.job for r in await archive.work.claim(10)} == {"read_page"}
    await archive.work.sweep(claimed_seconds=0, sent_seconds=0)
    assert (await archive.intake.resume(ME, slow.id)).priority == 7
    assert [of[r.args["source_id"]] for r in await archive.work.claim(10)] == ["chậm"] * 3 + ["nhanh"] * 2


async def test_results_of_what_was_already_running_make_no_new_work_in_a_paused_batch(archive: Archive) -> None:
    item = await upload(archive, "a.pdf", pdf("một", pages=2))
    assert item.source_id is not None
    await archive.work.claim(1)
    await archive.intake.pause(ME, item.batch_id)
    await triage(archive, item.source_id)
    assert await archive.work.claim(10) == []
    await archive.intake.resume(ME, item.batch_id)
    assert [r.job for r in await archive.work.claim(10)] == ["read_page", "read_page"]


async def test_a_cancelled_batch_gives_up_what_is_unread_and_retry_takes_it_up(archive: Archive) -> None:
    batch = await archive.intake.create_batch(ME)
    done = await upload(archive, "xong.pdf", pdf("xong"), batch)
    await work(archive)
    waiting = [await upload(archive, f"{i}.pdf", pdf(f"chờ {i}"), batch) for i in range(3)]
    running = await archive.work.claim(1)
    cancelled = await archive.intake.cancel(ME, batch.id)
    assert (cancelled.state, cancelled.finished) == (BatchState.CANCELLED, True)
    assert (cancelled.counts[ItemState.DONE], cancelled.counts[ItemState.FAILED]) == (1, 3)
    assert await live_rows(archive) == []
    await do(archive, running[0])
    assert await archive.work.sweep() == 0
    assert await work(archive) == []
    states = {i.id: (await archive.account.item(ME, i.id)) for i in (done, *waiting)}
    assert states[done.id].state == ItemState.DONE
    assert [states[i.id].reason for i in waiting] == [Reason(code="cancelled")] * 3

    assert await archive.intake.retry(ME, batch_id=batch.id) == 3
    await work(archive)
    again = await archive.account.batch(ME, batch.id)
    assert (again.state, again.counts[ItemState.DONE]) == (BatchState.ACTIVE, 4)


async def test_what_another_batch_brought_too_goes_on_there_when_its_batch_is_cancelled(archive: Archive) -> None:
    first = await upload(archive, "một.pdf", pdf("chung"))
    second = await upload(archive, "hai.pdf", pdf("chung"))
    assert second.state == ItemState.DUPLICATE
    await archive.intake.cancel(ME, first.batch_id)
    assert (await archive.account.item(ME, second.id)).state == ItemState.RECEIVED
    await work(archive)
    first, second = [await archive.account.item(ME, i.id) for i in (first, second)]
    assert (first.state, second.state) == (ItemState.FAILED, ItemState.DONE)


async def test_a_file_whose_first_sender_cancelled_is_read_for_the_next_one(archive: Archive) -> None:
    first = await upload(archive, "một.pdf", pdf("chung"))
    await archive.intake.cancel(ME, first.batch_id)
    second = await upload(archive, "hai.pdf", pdf("chung"))
    assert second.state == ItemState.RECEIVED
    await work(archive)
    assert (await archive.account.item(ME, second.id)).state == ItemState.DONE


async def test_a_file_at_fault_fails_at_once_and_a_retry_is_one_more_round(archive: Archive) -> None:
    item = await upload(archive, "a.pdf", pdf("khóa"))
    assert item.source_id is not None
    assert not await archive.work.source_failed(item.source_id, Reason(code="encrypted"), attempt=False)
    failed = await archive.account.item(ME, item.id)
    assert (failed.state, failed.reason, failed.attempts) == (ItemState.FAILED, Reason(code="encrypted"), 0)
    assert await live_rows(archive) == []
    assert await archive.work.sweep() == 0
    assert await archive.intake.retry(ME, item_id=item.id) == 1
    await work(archive)
    assert (await archive.account.item(ME, item.id)).state == ItemState.DONE
    assert await archive.intake.retry(ME) == 0


async def test_death_under_its_own_limits_is_tried_as_often_as_the_settings_say(archive: Archive) -> None:
    item = await upload(archive, "a.pdf", pdf("nặng"))
    assert item.source_id is not None
    heavy = Reason(code="reader_limit")
    seen = []
    for _ in range(3):
        rows = await archive.work.claim(10)
        seen.append(rows[0].id)
        again = await archive.work.source_failed(item.source_id, heavy, attempt=True)
    assert not again
    assert len(set(seen)) == 3, "each attempt is a job of its own"
    failed = await archive.account.item(ME, item.id)
    assert (failed.state, failed.reason, failed.attempts) == (ItemState.FAILED, heavy, 3)
    await archive.intake.retry(ME, batch_id=item.batch_id)
    assert (await archive.account.item(ME, item.id)).attempts == 0


async def test_a_failed_page_lets_the_document_go_on_and_retry_reads_only_that_page(archive: Archive) -> None:
    item = await upload(archive, "a.pdf", pdf("ba trang", pages=3))
    assert item.source_id is not None
    await triage(archive, item.source_id)
    first, second, third = await page_ids(archive, item.source_id)
    await read_page(archive, first)
    await read_page(archive, third)
    states = [await archive.work.page_failed(second, BROKEN, attempt=True) for _ in range(3)]
    assert states == [PageState.WAITING, PageState.WAITING, PageState.FAILED]
    await assemble(archive, item.source_id)
    await index(archive)
    partial = await archive.account.item(ME, item.id)
    assert partial.reason == Reason(code="pages_failed", params={"failed": 1, "pages": 3})
    assert (partial.state, partial.pages_done, partial.attempts) == (ItemState.NEEDS_REVIEW, 2, 3)
    document = await archive.documents.get(ME, partial.document_ids[0])
    assert [p.state for p in document.pages] == [PageState.DONE, PageState.FAILED, PageState.DONE]
    assert document.pages[1].reason == BROKEN
    assert list(await archive.documents.pages(ME, document.id, [1, 2, 3])) == [1, 3]

    assert await archive.intake.retry(ME, item_id=item.id) == 1
    rows = await work(archive)
    assert [(r.job, r.args.get("page_id")) for r in rows if r.job == "read_page"] == [("read_page", second)]
    whole = await archive.account.item(ME, item.id)
    assert (whole.state, whole.document_ids) == (ItemState.DONE, partial.document_ids)
    assert (await archive.documents.clean_text(ME, document.id)).text.count("trang") == 3 * 2


async def test_a_file_of_which_no_page_could_be_read_is_failed(archive: Archive) -> None:
    item = await upload(archive, "a.pdf", pdf("hỏng", pages=2))
    assert item.source_id is not None
    await triage(archive, item.source_id)
    for page_id in await page_ids(archive, item.source_id):
        await archive.work.page_failed(page_id, BROKEN, attempt=False)
    failed = await archive.account.item(ME, item.id)
    assert failed.reason == Reason(code="no_page_read", params={"pages": 2})
    assert (failed.state, failed.document_ids) == (ItemState.FAILED, ())
    assert await live_rows(archive) == []
    assert await archive.work.sweep() == 0
    assert await archive.intake.retry(ME, batch_id=item.batch_id) == 1
    await work(archive)
    assert (await archive.account.item(ME, item.id)).state == ItemState.DONE


@pytest.mark.parametrize(("count", "code"), [(0, "no_pages"), (5001, "too_many_pages")])
async def test_a_source_without_pages_or_with_too_many_fails(archive: Archive, count: int, code: str) -> None:
    item = await upload(archive, "a.pdf", pdf("lạ"))
    assert item.source_id is not None
    pages = tuple(PageInfo(number=n + 1, width=1, height=1) for n in range(count))
    await archive.work.triaged(item.source_id, Triage(pages=pages))
    failed = await archive.account.item(ME, item.id)
    assert failed.reason is not None
    assert (failed.state, failed.reason.code) == (ItemState.FAILED, code)


async def test_open_questions_of_the_record_ask_for_review(archive: Archive) -> None:
    item = await upload(archive, "a.pdf", pdf("mờ"))
    assert item.source_id is not None
    await triage(archive, item.source_id)
    await read_page(archive, (await page_ids(archive, item.source_id))[0])
    question = Reason(code="unconfirmed", params={"fields": "symbol"})
    draft = replace(draft_of([page_of("mờ", 1)]), needs_review=(question,))
    await archive.work.assembled(item.source_id, [draft])
    assert (await archive.account.item(ME, item.id)).state == ItemState.READING, "not searchable yet"
    task = (await archive.work.index_tasks())[0]
    assert task.document is not None
    assert task.document.item_state == ItemState.NEEDS_REVIEW
    await index(archive)
    reviewed = await archive.account.item(ME, item.id)
    assert (reviewed.state, reviewed.reason) == (ItemState.NEEDS_REVIEW, question)


async def test_equal_pictures_are_read_once_for_each_pipeline_version(archive: Archive) -> None:
    _, source_id = await read_source(archive, pages=2)
    text = (await content(archive, source_id))[1]
    known = await archive.work.page_result(f"hash of {text}", pipeline=PIPELINE)
    assert isinstance(known, PageText)
    assert [w.text for w in known.words] == text.split()
    assert await archive.work.page_result(f"hash of {text}", pipeline="p2") is None
    assert await archive.work.page_result("another", pipeline=PIPELINE) is None
    assert await archive.work.page_result("", pipeline=PIPELINE) is None


async def test_the_catalogue_alone_is_enough_to_finish_after_everything_else_is_lost(archive: Archive) -> None:
    batch = await archive.intake.create_batch(ME)
    items_ = [await upload(archive, f"{i}.pdf", pdf(f"số {i}", pages=2), batch) for i in range(6)]
    await archive.work.claim(1)  # claimed by a dispatcher that died
    lost = await archive.work.claim(1)
    await archive.work.sent([r.id for r in lost])  # on a queue that was wiped
    triaged, page_done, read, made = (i.source_id for i in items_[2:])
    assert triaged is not None
    assert page_done is not None
    assert read is not None
    assert made is not None
    for source_id in (triaged, page_done, read, made):
        await triage(archive, source_id)
    for source_id, count in ((page_done, 1), (read, 2), (made, 2)):
        for page_id in (await page_ids(archive, source_id))[:count]:
            await read_page(archive, page_id)
    await assemble(archive, made)
    async with archive._database.write(ME) as tx:
        await tx.conn.execute(delete(outbox).where(outbox.c.claimed_at.is_(None)))  # even the rows themselves

    swept = await archive.work.sweep(claimed_seconds=0, sent_seconds=0)

    assert swept == 6
    assert await archive.work.sweep() == 0, "everything has its row again"
    await work(archive)
    assert (await archive.account.batch(ME, batch.id)).counts[ItemState.DONE] == 6
    assert (await archive.account.status(ME)).outbox == 0


async def test_rows_in_flight_are_left_alone_until_they_are_stale(archive: Archive) -> None:
    await upload(archive, "a.pdf", pdf("một"))
    rows = await archive.work.claim(5)
    assert await archive.work.in_flight() == []
    await archive.work.sent([r.id for r in rows])
    assert await archive.work.in_flight() == rows
    assert await archive.work.in_flight(older_than_seconds=60) == []
    assert await archive.work.sweep(claimed_seconds=60, sent_seconds=60) == 0
    assert await archive.work.claim(5) == []
    await archive.work.release([r.id for r in rows])
    assert await archive.work.claim(5) == rows, "the same row, the same id"


async def test_an_upload_whose_process_died_is_ended_by_the_sweeper(archive: Archive) -> None:
    item = await upload(archive, "a.pdf", pdf("một"))
    async with archive._database.write(ME) as tx:  # as a kill -9 leaves it: received, no source
        long_ago = tx.now.replace(year=tx.now.year - 1)
        await tx.conn.execute(
            items.update().where(items.c.id == item.id).values(source_id=None, follows=False, created_at=long_ago)
        )
    await archive.work.sweep()
    ended = await archive.account.item(ME, item.id)
    assert (ended.state, ended.reason) == (ItemState.FAILED, Reason(code="interrupted"))


async def test_reading_again_keeps_ids_and_changes_only_what_is_read_differently(archive: Archive) -> None:
    item_id, source_id = await read_source(archive, pages=2)
    document_id = (await archive.account.item(ME, item_id)).document_ids[0]
    before = await archive.documents.get(ME, document_id)

    await archive.documents.reread(ME, document_id=document_id)
    assert (await archive.account.item(ME, item_id)).state == ItemState.READING
    assert (await archive.documents.page(ME, document_id, 1)).words, "the old words are shown meanwhile"
    jobs = [r.job for r in await work(archive)]
    assert jobs == ["triage", "read_page", "read_page", "assemble"]
    assert (await archive.documents.get(ME, document_id)) == before, "the same was read, nothing changed"

    await archive.documents.reread(ME, source_id=source_id)
    await triage(archive, source_id)
    for number, page_id in enumerate(await page_ids(archive, source_id), 1):
        await archive.work.page_read(page_id, page_of(f"đọc lại {number}", number), pipeline="p2")
    await work(archive)
    after = await archive.documents.get(ME, document_id)
    assert (after.revision, after.record.subject) == (before.revision + 1, "đọc lại 1 đọc lại 2")
    assert (await archive.account.item(ME, item_id)).document_ids == (document_id,)
    lines, _ = await archive.documents.changes(ME)
    assert [(c.action, c.revision) for c in lines] == [("ready", 1), ("changed", 2)]


async def test_drafts_made_from_older_pages_are_ignored(archive: Archive) -> None:
    item = await upload(archive, "a.pdf", pdf("một", pages=2))
    assert item.source_id is not None
    await triage(archive, item.source_id)
    first, second = await page_ids(archive, item.source_id)
    await read_page(archive, first)
    await archive.work.page_failed(second, BROKEN, attempt=False)
    before = await archive.work.source(item.source_id)
    assert before is not None
    await read_page(archive, second)  # a late success of the same page
    draft = draft_of([page_of("cũ", 1)])
    assert await archive.work.assembled(item.source_id, [draft], version=before.version) == []
    await work(archive)
    assert (await archive.account.item(ME, item.id)).state == ItemState.DONE


async def test_a_split_keeps_the_id_that_shares_most_pages_and_a_join_redirects(archive: Archive) -> None:
    item_id, source_id = await read_source(archive, pages=3)
    whole = (await archive.account.item(ME, item_id)).document_ids[0]
    texts = [page_of(t, n) for n, t in enumerate(await content(archive, source_id), 1)]

    async def cut(*runs: tuple[int, int]) -> list[str]:
        await archive.documents.reread(ME, source_id=source_id)
        await work(archive, only="read")
        return await archive.work.assembled(source_id, [draft_of(texts[a - 1 : b]) for a, b in runs])

    letter, annex = await cut((1, 1), (2, 3))
    assert annex == whole
    assert letter != whole
    await index(archive)
    joined = await cut((1, 3))
    assert joined == [annex]
    assert (await archive.documents.get(ME, letter)).id == annex
    tasks = await archive.work.index_tasks()
    assert {t.document_id: t.document is None for t in tasks} == {letter: True, annex: False}
    await index(archive)
    lines, _ = await archive.documents.changes(ME)
    moved = [c for c in lines if c.action == "moved"]
    assert [(c.document_id, c.moved_to) for c in moved] == [(letter, annex)]
    assert (await archive.account.status(ME)).documents == 1
    assert (await archive.documents.get(ME, annex)).state == DocumentState.READY


async def test_an_older_index_entry_does_not_count_for_a_newer_revision(archive: Archive) -> None:
    item = await upload(archive, "a.pdf", pdf("một"))
    assert item.source_id is not None
    await work(archive, only="read")
    (document_id,) = await assemble(archive, item.source_id)
    task = (await archive.work.index_tasks())[0]
    await archive.documents.correct(ME, document_id, {"subject": "sửa"})
    await archive.work.indexed([(document_id, task.revision)])
    assert [(t.document_id, t.revision) for t in await archive.work.index_tasks()] == [(document_id, 2)]
    assert [j for j, _ in await live_rows(archive) if j == "index"] == ["index"]
    await index(archive)
    assert await archive.work.index_tasks() == []


async def test_work_on_a_source_in_the_trash_stops_and_goes_on_after_restore(archive: Archive) -> None:
    item = await upload(archive, "a.pdf", pdf("một", pages=2))
    assert item.source_id is not None
    await triage(archive, item.source_id)
    first, _ = await page_ids(archive, item.source_id)
    await archive.documents.trash_source(ME, item.source_id, "nhầm")
    assert (await archive.account.item(ME, item.id)).reason == Reason(code="in_trash")
    assert (await archive.account.batch(ME, item.batch_id)).finished
    await archive.work.page_read(first, page_of("muộn", 1), pipeline=PIPELINE)
    assert await archive.work.sweep() == 0
    assert await archive.intake.retry(ME) == 0
    with pytest.raises(ConflictError):
        await archive.documents.reread(ME, source_id=item.source_id)
    await archive.documents.restore_source(ME, item.source_id)
    await work(archive)
    assert (await archive.account.item(ME, item.id)).state == ItemState.DONE


async def test_a_record_that_does_not_say_how_many_pages_it_has_gets_its_run(archive: Archive) -> None:
    item_id, source_id = await read_source(archive, pages=2)
    (document_id,) = (await archive.account.item(ME, item_id)).document_ids
    assert (await archive.documents.get(ME, document_id)).record.pages == 2
    work_of = await archive.work.source(source_id)
    assert work_of is not None
    assert (work_of.pages, work_of.file_name, work_of.given) == (2, "a.pdf", {})
