"""Citations resolved against the archive, both ways: whatever comes first, is corrected, thrown away or hidden."""

from __future__ import annotations

import hashlib
from dataclasses import replace as with_values
from typing import Any

from services.archive import Archive
from services.core.dates import parse_iso
from services.core.model import Citation, CitationRole, Issuer, Principal, Reason, Relations
from services.core.symbols import parse_symbol
from tests.contract.archive.archive_play import ME, assemble, index, pdf, upload, work

PUBLIC = Principal("khách", frozenset({"public"}))
UBND = {"name": "ỦY BAN NHÂN DÂN TỈNH ĐIỆN BIÊN", "place": "Điện Biên", "id": "dien-bien/ubnd"}
BYT = {"name": "BỘ Y TẾ", "id": "trung-uong/bo-y-te"}


def cites(raw: str, date: str | None = None, issuer: str | None = None, role: str | None = "implements") -> Citation:
    symbol = parse_symbol(raw)
    return Citation(
        raw=raw,
        key=symbol.key if symbol else None,
        kind=symbol.kind.code if symbol and symbol.kind else None,
        date=parse_iso(date) if date else None,
        issuer=issuer,
        role=CitationRole(role) if role else None,
        page=1,
    )


async def made(archive: Archive, symbol: str, date: str, issuer: dict[str, Any] = UBND, **record: Any) -> str:
    """Take in a document with this symbol, date and issuer; return its id."""
    content = hashlib.sha256(repr((symbol, date, issuer, record)).encode()).hexdigest()
    item = await upload(archive, f"{content}.pdf", pdf(content))
    await work(archive, only="read")
    parsed = parse_symbol(symbol)
    assert parsed is not None
    assert item.source_id is not None
    ids = await assemble(
        archive,
        item.source_id,
        symbol=symbol,
        number=parsed.number,
        notation=parsed.notation,
        symbol_key=parsed.key,
        kind=parsed.kind,
        issuer=Issuer(**issuer),
        issued_on=parse_iso(date),
        **record,
    )
    await index(archive)
    return ids[0]


async def relations(archive: Archive, document_id: str, p: Principal = ME) -> Relations:
    return await archive.documents.relations(p, document_id)


async def meant(archive: Archive, document_id: str, p: Principal = ME) -> list[tuple[str | None, int]]:
    """What each citation of a document means: the id, or how many it may be."""
    found = (await relations(archive, document_id, p)).cites
    return [(c.document.id if c.document else None, c.candidates) for c in found]


async def cited_by(archive: Archive, document_id: str, p: Principal = ME) -> list[str]:
    return [c.document.id for c in (await relations(archive, document_id, p)).cited_by]


async def citing(archive: Archive, *what: Citation, symbol: str = "3030/UBND-KGVX", date: str = "2021-09-14") -> str:
    return await made(archive, symbol, date, citations=what)


async def test_a_citation_leads_to_the_document_whichever_of_the_two_comes_first(archive: Archive) -> None:
    early = await citing(archive, cites("1356/CĐ-BYT", "2021-09-08", "Bộ Y tế"))
    assert await meant(archive, early) == [(None, 0)]
    dispatch = await made(archive, "1356/CD-BYT", "2021-09-08", BYT)
    late = await citing(archive, cites("1356/CĐ-BYT", "2021-09-08", "Bộ Y tế", "basis"), symbol="3031/UBND-KGVX")
    assert await meant(archive, early) == await meant(archive, late) == [(dispatch, 1)]
    found = (await relations(archive, dispatch)).cited_by
    assert [(c.document.id, c.role, c.page) for c in found] == [(late, "basis", 1), (early, "implements", 1)]
    assert (await archive.documents.get(ME, early)).record.citations[0].document_id == dispatch


async def test_of_many_provinces_with_one_symbol_the_citing_ones_own_is_meant(archive: Archive) -> None:
    own = await made(archive, "2763/UBND-KGVX", "2021-08-25")
    other = {"name": "ỦY BAN NHÂN DÂN TỈNH SƠN LA", "place": "Sơn La", "id": "son-la/ubnd"}
    await made(archive, "2763/UBND-KGVX", "2021-08-25", other)
    letter = await citing(archive, cites("2763/UBND-KGVX", "2021-08-25", "UBND tỉnh"))
    assert await meant(archive, letter) == [(own, 1)]


async def test_another_provinces_document_is_never_taken_for_the_own_one(archive: Archive) -> None:
    other = {"name": "ỦY BAN NHÂN DÂN TỈNH SƠN LA", "place": "Sơn La", "id": "son-la/ubnd"}
    foreign = await made(archive, "2763/UBND-KGVX", "2021-08-25", other)
    named = await citing(archive, cites("2763/UBND-KGVX", "2021-08-25", "UBND tỉnh"))
    unnamed = await citing(archive, cites("2763/UBND-KGVX", "2021-08-25"), symbol="3031/UBND-KGVX")
    assert await meant(archive, named) == [(None, 0)]
    assert await meant(archive, unnamed) == [(None, 1)]
    assert await cited_by(archive, foreign) == []


async def test_numbers_begin_anew_each_year(archive: Archive) -> None:
    old = await made(archive, "16/CT-TTg", "2020-03-31", {"name": "THỦ TƯỚNG CHÍNH PHỦ"})
    dated = await citing(archive, cites("16/CT-TTg", "2021-03-31", "Thủ tướng Chính phủ"))
    undated = await citing(archive, cites("16/CT-TTg"), symbol="3031/UBND-KGVX")
    assert await meant(archive, dated) == [(None, 0)]
    assert await meant(archive, undated) == [(None, 1)]
    assert await cited_by(archive, old) == []


async def test_two_documents_that_fit_alike_leave_a_citation_open_and_say_that_they_are_two(archive: Archive) -> None:
    twins = [await made(archive, "1356/CĐ-BYT", "2021-09-08", BYT, subject=text) for text in ("một", "hai")]
    letter = await citing(archive, cites("1356/CĐ-BYT", "2021-09-08", "Bộ Y tế"))
    assert await meant(archive, letter) == [(None, 2)]
    await archive.documents.trash_document(ME, twins[0])
    assert await meant(archive, letter) == [(twins[1], 1)]


async def test_a_document_never_cites_itself(archive: Archive) -> None:
    own = await citing(archive, cites("3030/UBND-KGVX", "2021-09-14", "UBND tỉnh"))
    assert await meant(archive, own) == [(None, 0)]
    assert await cited_by(archive, own) == []


async def test_a_corrected_symbol_takes_its_citations_along(archive: Archive) -> None:
    misread = await made(archive, "1336/CĐ-BYT", "2021-09-08", BYT)
    letter = await citing(archive, cites("1356/CĐ-BYT", "2021-09-08", "Bộ Y tế"))
    assert await meant(archive, letter) == [(None, 0)]
    await archive.documents.correct(ME, misread, {"symbol": "1356/CĐ-BYT"})
    assert await meant(archive, letter) == [(misread, 1)]
    await archive.documents.correct(ME, letter, {"citations": []})
    assert await meant(archive, letter) == []
    assert await cited_by(archive, misread) == []


async def test_what_lies_in_the_trash_or_is_purged_takes_no_part_on_either_side(archive: Archive) -> None:
    dispatch = await made(archive, "1356/CĐ-BYT", "2021-09-08", BYT)
    letter = await citing(archive, cites("1356/CĐ-BYT", "2021-09-08", "Bộ Y tế"))
    await archive.documents.trash_document(ME, dispatch)
    assert await meant(archive, letter) == [(None, 0)]
    await archive.documents.restore_document(ME, dispatch)
    assert await meant(archive, letter) == [(dispatch, 1)]
    await archive.documents.trash_document(ME, letter)
    assert await cited_by(archive, dispatch) == []
    await archive.documents.purge_document(ME, letter)
    await archive.documents.trash_document(ME, dispatch)
    await archive.documents.purge_document(ME, dispatch)
    assert (await archive.documents.missing(ME)).items == ()


async def test_a_document_that_one_may_not_see_is_not_told_of(archive: Archive) -> None:
    inner = with_values(ME, access=frozenset({"public", "internal"}))
    dispatch = await made(archive, "1356/CĐ-BYT", "2021-09-08", BYT)
    letter = await citing(archive, cites("1356/CĐ-BYT", "2021-09-08", "Bộ Y tế"))
    await archive.documents.set_access(inner, dispatch, "internal")
    assert await meant(archive, letter, inner) == [(dispatch, 1)]
    assert await meant(archive, letter, PUBLIC) == [(None, 0)]
    assert [m.key for m in (await archive.documents.missing(PUBLIC)).items] == ["1356||CD-BYT"]
    assert (await archive.documents.missing(inner)).items == ()


async def test_the_most_cited_documents_that_are_not_here_come_first_page_by_page(archive: Archive) -> None:
    health = cites("1305/CĐ-BYT", "2021-09-02", "Bộ Y tế")
    first = await citing(archive, health, cites("1102/CD-TTg", "2021-08-23"), symbol="1/UBND-VX")
    second = await citing(archive, health, cites("892-CV/TU", "2021-09-08", "Tỉnh ủy"), symbol="2/UBND-VX")
    page = await archive.documents.missing(ME, limit=1)
    (top,) = page.items
    assert (top.symbol, top.count, str(top.issued_on), top.issuer) == ("1305/CĐ-BYT", 2, "2021-09-02", "Bộ Y tế")
    assert [ref.id for ref in top.cited_by] == [second, first]
    rest = await archive.documents.missing(ME, limit=5, cursor=page.next)
    assert [(m.symbol, m.count) for m in rest.items] == [("1102/CD-TTg", 1), ("892-CV/TU", 1)]
    assert rest.next is None
    await made(archive, "1305/CĐ-BYT", "2021-09-02", BYT)
    assert "1305/CĐ-BYT" not in [m.symbol for m in (await archive.documents.missing(ME)).items]


async def test_a_symbol_knows_who_has_it_and_who_cites_it_as_far_as_one_may_see(archive: Archive) -> None:
    inner = with_values(ME, access=frozenset({"public", "internal"}))
    dispatch = await made(archive, "1356/CĐ-BYT", "2021-09-08", BYT)
    health = cites("1356/CĐ-BYT", "2021-09-08", "Bộ Y tế")
    letters = [await citing(archive, health, symbol=f"{n}/UBND-VX") for n in (1, 2, 3)]
    await archive.documents.set_access(inner, dispatch, "internal")
    await archive.documents.set_access(inner, letters[2], "internal")
    found = await archive.documents.symbol(inner, "1356||CD-BYT", limit=2)
    assert ([ref.id for ref in found.documents], found.count, found.symbol) == ([dispatch], 3, "1356/CĐ-BYT")
    assert [(c.document.id, c.meant, c.role, c.page) for c in found.citations] == [
        (letter, dispatch, "implements", 1) for letter in letters[:0:-1]
    ]
    rest = await archive.documents.symbol(inner, "1356||CD-BYT", limit=2, cursor=found.next)
    assert ([c.document.id for c in rest.citations], rest.next) == ([letters[0]], None)
    seen = await archive.documents.symbol(PUBLIC, "1356||CD-BYT")
    assert (seen.documents, seen.count) == ((), 2)
    assert [(c.document.id, c.meant, c.candidates) for c in seen.citations] == [
        (letter, None, 0) for letter in letters[1::-1]
    ]
    nobody = await archive.documents.symbol(ME, "7||UBND-VX")
    assert (nobody.documents, nobody.citations, nobody.count) == ((), (), 0)


async def test_a_document_that_is_recalled_says_by_what(archive: Archive) -> None:
    letter = await made(archive, "2763/UBND-KGVX", "2021-08-25")
    recall = await citing(archive, cites("2763/UBND-KGVX", "2021-08-25", "UBND tỉnh", "revokes"))
    await citing(archive, cites("2763/UBND-KGVX", "2021-08-25", "UBND tỉnh"), symbol="3031/UBND-KGVX")
    found = await relations(archive, letter)
    assert [ref.id for ref in found.recalled_by] == [recall]
    assert found.cited_by_count == 2


async def test_a_copy_with_a_blank_number_is_linked_to_its_original_in_either_order(archive: Archive) -> None:
    subject = "V/v triển khai thực hiện Thông báo kết luận của Thủ tướng Chính phủ"
    before = await made(archive, "/UBND-VX", "2021-09", subject=subject)
    original = await made(archive, "15/UBND-VX", "2021-09-10", subject=subject.replace("kết luận", "kêt luận"))
    after = await made(archive, "/UBND-VX", "2021-09", subject=subject.upper())
    await made(archive, "16/UBND-VX", "2021-09-10", subject="V/v tổ chức Hội nghị tổng kết năm")
    for copy in (before, after):
        found = (await relations(archive, copy)).original
        assert found is not None
        assert found.id == original
    assert [ref.id for ref in (await relations(archive, original)).copies] == [before, after]
    assert (await relations(archive, before)).copies == ()


async def test_a_number_that_repeats_is_warned_of_on_both_documents_but_not_in_the_trash(archive: Archive) -> None:
    one = await made(archive, "15/UBND-VX", "2021-09-10", subject="một")
    two = await made(archive, "015/UBND-VX", "2021-10-20", subject="hai")
    await made(archive, "15/UBND-VX", "2020-09-10", subject="năm khác")
    for document in (one, two):
        assert [(w.code, w.params["count"]) for w in (await relations(archive, document)).warnings] == [
            ("number_repeated", 1)
        ]
    await archive.documents.trash_document(ME, two)
    assert (await relations(archive, one)).warnings == ()


async def test_a_warning_goes_when_the_value_it_is_about_is_entered(archive: Archive) -> None:
    warned = (Reason(code="signer_missing"), Reason(code="cites_future"))
    document = await made(archive, "15/UBND-VX", "2021-09-10", warnings=warned)
    corrected = await archive.documents.correct(ME, document, {"signer": "Nguyễn Văn A"})
    assert [w.code for w in corrected.record.warnings] == ["cites_future"]
