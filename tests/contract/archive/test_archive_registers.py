"""Registers of an office: rows become records without scans, or meet their scans, before and after."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from services.archive import Archive, Reconciliation
from services.core.errors import GoneError, NotFoundError
from services.core.ids import new_id
from services.core.model import Document, DocumentDraft, DossierForm, Evidence, Extraction, ItemState, PageText, Record
from tests.contract.archive.archive_play import ME, PIPELINE, compose, do, draft_of, index, pdf, upload, work

HEADER = "Ngày đến;Số đến;Tác giả;Số ký hiệu;Ngày tháng;Trích yếu"
FIRST = "18/8/2021;6906;UBND tỉnh Kon Tum;2641/UBND-KGVX;17/8/2021;Tiêm chủng"
SECOND = "19/8/2021;6907;Bộ Y tế;12/BYT-DP;16/8/2021;Phòng dịch"
BAD = "hôm qua;6908;Bộ Y tế;13/BYT-DP;16/8/2021;Phòng dịch"


def book(*rows: str) -> bytes:
    return "\n".join([HEADER, *rows]).encode()


async def take_in(archive: Archive, *rows: str) -> Reconciliation:
    register = await archive.registers.take_in(ME, "so-den.csv", book(*rows))
    await settle(archive)
    return await archive.registers.reconcile(ME, register.id)


async def settle(archive: Archive) -> None:
    """Do all work; a row of a register has the record of its values, as the record job makes it."""
    while rows := await archive.work.claim(1000):
        for row in rows:
            if row.job == "assemble":
                await assemble(archive, row.args["source_id"])
            else:
                await do(archive, row)


async def work_one(archive: Archive, row: Any) -> None:
    from tests.contract.archive.archive_play import do

    await do(archive, row)


async def assemble(archive: Archive, source_id: str, **values: Any) -> None:
    source = await archive.work.source(source_id)
    if source is None:
        return
    pages = [p for p in await archive.work.source_pages(source_id) if isinstance(p, PageText)]
    draft = draft_of(pages, **values)
    if source.media_type.startswith("application/x-vanban-register"):
        extraction = Extraction(record=Record.model_validate(dict(source.given)))
        draft = DocumentDraft(1, 1, extraction, compose(pages), scanned=False)
    await archive.work.assembled(source_id, [draft], version=source.version, pipeline=PIPELINE)


SCANNED: dict[str, Any] = {
    "symbol": "2641/UBND-KGVX",
    "symbol_key": "2641||UBND-KGVX",
    "issuer": {"name": "ỦY BAN NHÂN DÂN TỈNH KON TUM", "id": "kon-tum/ubnd"},
    "issued_on": {"year": 2021, "month": 8, "day": 17, "earliest": "2021-08-17", "latest": "2021-08-17"},
    "subject": "Tiêm vắc xin",
}


async def scan(archive: Archive, name: str = "a", *, sure: bool = True, **values: Any) -> str:
    """Send a scan on which these values are read, and return its document."""
    item = await upload(archive, f"{name}.pdf", pdf(name))
    assert item.source_id is not None
    await work(archive, only="read")
    pages = [p for p in await archive.work.source_pages(item.source_id) if isinstance(p, PageText)]
    record = Record.model_validate({**SCANNED, **values})
    evidence = {key: Evidence(how="read", page=1, confirmed=sure) for key in ("symbol", "subject")}
    draft = DocumentDraft(1, 1, Extraction(record=record, evidence=evidence), compose(pages))
    (document,) = await archive.work.assembled(item.source_id, [draft], pipeline=PIPELINE)
    await index(archive)
    return document


async def row_document(archive: Archive, register: Reconciliation, number: int) -> Document:
    (row,) = [r for r in register.without_scan if r.row == number]
    assert row.document_id is not None
    return await archive.documents.get(ME, row.document_id)


async def test_rows_become_records_without_scans_and_bad_ones_are_told(archive: Archive) -> None:
    register = await take_in(archive, FIRST, BAD, SECOND)
    assert (register.rows, register.imported, register.matched, register.failed) == (3, 2, 0, 1)
    assert [(r.row, r.reason and r.reason.code) for r in register.failures] == [(3, "register_date")]
    assert (str(register.first_day), str(register.last_day)) == ("2021-08-18", "2021-08-19")
    document = await row_document(archive, register, 2)
    assert document.record.symbol_key == "2641||UBND-KGVX"
    assert document.record.pages == 0, "nobody counted its pages"
    assert document.item_state is ItemState.DONE
    assert document.media_type == "application/x-vanban-register+json"
    assert document.file_name == "so-den.csv #2"
    evidence = document.evidence["subject"]
    assert (evidence.how, evidence.witness, evidence.by) == ("entered", "register", "test")


async def test_a_record_without_a_scan_can_be_corrected_thrown_away_and_restored(archive: Archive) -> None:
    register = await take_in(archive, FIRST)
    document = await row_document(archive, register, 2)
    corrected = await archive.documents.correct(ME, document.id, {"subject": "Khác"})
    assert (corrected.record.subject, corrected.record.pages) == ("Khác", 0)
    await archive.documents.trash_document(ME, document.id)
    assert (await archive.documents.restore_document(ME, document.id)).record.subject == "Khác"


async def test_a_row_and_a_scan_whose_number_nobody_confirmed_do_not_count_as_one_number_twice(
    archive: Archive,
) -> None:
    scanned = await scan(archive, sure=False)
    register = await take_in(archive, FIRST)
    assert (register.matched, register.imported) == (0, 1)
    row = await row_document(archive, register, 2)
    for document in (scanned, row.id):
        assert (await archive.documents.relations(ME, document)).warnings == ()
    again = await scan(archive, "b", sure=False)
    for document in (scanned, again):
        assert [w.params["count"] for w in (await archive.documents.relations(ME, document)).warnings] == [1]


async def test_the_same_register_again_doubles_nothing(archive: Archive) -> None:
    once = await take_in(archive, FIRST, SECOND)
    again = await take_in(archive, FIRST, SECOND)
    assert again.id == once.id
    longer = await take_in(archive, FIRST, SECOND, SECOND.replace("6907", "6999"))
    assert longer.id != once.id
    assert (await archive.account.status(ME)).documents == 3
    assert [r.document_id for r in longer.without_scan][:2] == [r.document_id for r in once.without_scan]
    assert len(await archive.registers.known(ME)) == 2


async def test_a_changed_row_is_a_new_revision_of_its_document(archive: Archive) -> None:
    before = await row_document(archive, await take_in(archive, FIRST), 2)
    after = await row_document(archive, await take_in(archive, FIRST.replace("Tiêm chủng", "Tiêm vắc xin")), 2)
    assert (after.id, after.record.subject) == (before.id, "Tiêm vắc xin")
    assert after.revision > before.revision


async def test_a_row_finds_the_scan_that_is_there_and_fills_what_it_lacks(archive: Archive) -> None:
    document = await scan(archive)
    register = await take_in(archive, FIRST, SECOND)
    assert (register.matched, register.imported) == (1, 1)
    (differing,) = register.differing
    assert differing.scan_id == document
    assert [(d.key, d.register_value, d.scan_value) for d in differing.differences] == [
        ("subject", "Tiêm chủng", "Tiêm vắc xin")
    ]
    filled = await archive.documents.get(ME, document)
    assert filled.record.subject == "Tiêm vắc xin", "what was read and is sure stays"
    assert filled.record.arrival is not None
    assert (filled.record.arrival.number, filled.evidence["arrival"].witness) == ("6906", "register")
    assert await index(archive) == []
    revision = filled.revision
    await take_in(archive, FIRST, SECOND)
    assert (await archive.documents.get(ME, document)).revision == revision, "nothing is left to fill"


async def test_a_scan_that_comes_later_takes_the_place_of_its_row(archive: Archive) -> None:
    register = await take_in(archive, FIRST, SECOND)
    without = await row_document(archive, register, 2)
    dossier = await archive.dossiers.create(ME, DossierForm(code="01", title="x"))
    await archive.dossiers.put(ME, dossier.id, without.id)
    await archive.documents.correct(ME, without.id, {"shelf": "Kho 2"})
    _, cursor = await archive.documents.changes(ME)
    document = await scan(archive)
    register = await archive.registers.reconcile(ME, register.id)
    assert (register.matched, [r.row for r in register.without_scan]) == (1, [3])
    assert (await archive.documents.get(ME, without.id)).id == document, "the old id leads to the scan"
    found = await archive.documents.get(ME, document)
    assert (found.record.shelf, found.record.subject) == ("Kho 2", "Tiêm vắc xin")
    assert found.record.arrival is not None
    assert (found.record.arrival.number, found.record.pages) == ("6906", 1)
    assert [d.id for d in (await archive.dossiers.documents(ME, dossier.id)).items] == [document]
    lines, _ = await archive.documents.changes(ME, cursor)
    assert ("moved", without.id, document) in [(line.action, line.document_id, line.moved_to) for line in lines]
    assert (await archive.account.status(ME)).documents == 2


async def test_a_scan_keeps_what_the_register_gave_when_it_is_read_again(archive: Archive) -> None:
    document = await scan(archive)
    await take_in(archive, FIRST)
    source_id = (await archive.documents.get(ME, document)).source_id
    await archive.documents.reread(ME, source_id=source_id)
    await work(archive)
    record = (await archive.documents.get(ME, document)).record
    assert record.arrival is not None
    assert record.arrival.number == "6906"


async def test_a_guess_joins_nothing_until_a_person_confirms_it(archive: Archive) -> None:
    register = await take_in(archive, FIRST)
    document = await scan(archive, sure=False)
    assert (await archive.registers.reconcile(ME, register.id)).matched == 0
    await archive.documents.correct(ME, document, {"symbol": "2641/UBND-KGVX"})
    reconciled = await archive.registers.reconcile(ME, register.id)
    assert (reconciled.matched, reconciled.imported) == (1, 0)
    assert (await archive.documents.get(ME, document)).record.subject == "Tiêm chủng", "the guess gave way"


async def test_scans_of_the_period_that_the_register_lacks_are_listed(archive: Archive) -> None:
    inside = await scan(
        archive, "b", symbol_key="9||X", arrival={"number": "1", "date": "18/8/2021", "on": "2021-08-18"}
    )
    await scan(archive, "c", symbol_key="8||X", arrival={"number": "1", "date": "1/1/2022", "on": "2022-01-01"})
    register = await take_in(archive, FIRST, SECOND)
    assert [s.document_id for s in register.without_row] == [inside]


async def test_a_row_whose_scan_comes_before_its_own_record_is_made_gets_none(archive: Archive) -> None:
    register = await archive.registers.take_in(ME, "so-den.csv", book(FIRST))
    item = await upload(archive, "a.pdf", pdf("a"))
    assert item.source_id is not None
    pending = {row.args["source_id"]: row for row in await archive.work.claim(10, "read")}
    await do(archive, pending[item.source_id])
    await work(archive, only="read")
    pages = [p for p in await archive.work.source_pages(item.source_id) if isinstance(p, PageText)]
    draft = DocumentDraft(1, 1, Extraction(record=Record.model_validate(SCANNED)), compose(pages))
    await archive.work.assembled(item.source_id, [draft], pipeline=PIPELINE)
    await archive.work.sweep(claimed_seconds=0, sent_seconds=0)
    await settle(archive)
    reconciled = await archive.registers.reconcile(ME, register.id)
    assert (reconciled.matched, (await archive.account.status(ME)).documents) == (1, 1)
    (row_item,) = (await archive.account.items(ME, register.batch_id)).items
    assert row_item.state is ItemState.DONE


async def test_two_at_once_take_the_same_register_in_once(archive: Archive, other: Archive) -> None:
    both = await asyncio.gather(*(a.registers.take_in(ME, "x.csv", book(FIRST, SECOND)) for a in (archive, other)))
    assert both[0].id == both[1].id
    await settle(archive)
    assert (await archive.account.status(ME)).documents == 2


async def test_a_purged_scan_leaves_the_row_without_one(archive: Archive) -> None:
    document = await scan(archive)
    register = await take_in(archive, FIRST)
    await archive.documents.trash_document(ME, document)
    await archive.documents.purge_document(ME, document)
    with pytest.raises(GoneError):
        await archive.documents.get(ME, document)
    reconciled = await archive.registers.reconcile(ME, register.id)
    assert [(r.row, r.scan_id) for r in reconciled.without_scan] == [(2, None)]
    with pytest.raises(NotFoundError):
        await archive.registers.reconcile(ME, new_id())
