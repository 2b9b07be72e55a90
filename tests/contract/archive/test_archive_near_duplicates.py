"""Near duplicates: other scans of one paper are found whichever comes first; forms and hidden documents are not."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from services.archive import Archive, fingerprinting
from services.archive.database import Database
from services.archive.schema import fingerprint_numbers, fingerprints
from services.core.dates import parse_iso
from services.core.errors import ConflictError, InvalidInputError, NotFoundError
from services.core.model import Issuer, NearDuplicate, Principal
from services.core.settings import Settings
from services.core.symbols import parse_symbol
from tests.contract.archive.archive_play import ME, draft_of, page_of, pdf, upload, work

PUBLIC = Principal("khách", frozenset({"public"}))
UBND = {"name": "ỦY BAN NHÂN DÂN TỈNH ĐIỆN BIÊN", "place": "Điện Biên", "id": "dien-bien/ubnd"}
LETTER = (
    "Thực hiện Công điện của Thủ tướng Chính phủ về phòng chống dịch bệnh, Ủy ban nhân dân tỉnh yêu cầu các sở ban "
    "ngành và Ủy ban nhân dân các huyện rà soát danh sách lực lượng tuyến đầu để tổ chức tiêm vắc xin đợt hai, bảo đảm "
    "đúng đối tượng ưu tiên theo hướng dẫn của Bộ Y tế, tổng hợp kết quả gửi về Sở Y tế trước ngày 20 tháng 9 năm 2021 "
    "để báo cáo Chủ tịch Ủy ban nhân dân tỉnh xem xét chỉ đạo kịp thời và đôn đốc các đơn vị còn chậm"
)
RESCAN = LETTER.replace("yêu cầu", "yêu câu").replace("danh sách", "danh sach").replace("hướng", "hưóng")
SECOND_PAGE = (
    "Kèm theo danh sách các đơn vị đã hoàn thành việc rà soát và số liều vắc xin được phân bổ cho từng địa phương "
    "trong tháng, các đơn vị chưa gửi báo cáo khẩn trương hoàn thiện hồ sơ theo mẫu đã ban hành"
)


async def read(
    archive: Archive,
    *texts: str,
    symbol: str | None = None,
    date: str | None = None,
    access: str = "public",
    **record: Any,
) -> str:
    """Take in a scan that reads so, a text for each page; return the id of its document."""
    content = hashlib.sha256(repr((texts, symbol, date, record)).encode()).hexdigest()
    item = await upload(archive, f"{content[:8]}.pdf", pdf(content, len(texts)))
    await work(archive, only="read")
    assert item.source_id is not None
    return (await again(archive, item.source_id, *texts, symbol=symbol, date=date, **record))[0]


async def again(
    archive: Archive, source_id: str, *texts: str, symbol: str | None = None, date: str | None = None, **record: Any
) -> list[str]:
    """Make the document of a source anew of these pages."""
    pages = [page_of(text, n) for n, text in enumerate(texts, 1)]
    parsed = parse_symbol(symbol) if symbol else None
    if parsed is not None:
        record |= {"symbol": symbol, "number": parsed.number, "notation": parsed.notation, "symbol_key": parsed.key}
    draft = draft_of(
        pages, issuer=Issuer(**UBND), issued_on=parse_iso(date) if date else None, **{"subject": "V/v", **record}
    )
    source = await archive.work.source(source_id)
    assert source is not None
    return await archive.work.assembled(source_id, [draft], version=source.version, pipeline="p", again=True)


async def near(archive: Archive, document_id: str, p: Principal = ME) -> tuple[NearDuplicate, ...]:
    return (await archive.duplicates.of(p, document_id)).items


async def ids(archive: Archive, document_id: str, p: Principal = ME) -> list[str]:
    return [item.document.id for item in await near(archive, document_id, p)]


async def test_another_scan_of_a_paper_is_found_from_both_sides(archive: Archive) -> None:
    first = await read(archive, LETTER, symbol="12/UBND-KGVX", date="2021-09-06")
    second = await read(archive, RESCAN, symbol="12/UBND-KGVX", date="2021-09-06")
    other = await read(archive, SECOND_PAGE + " " + SECOND_PAGE.upper())
    (found,) = await near(archive, first)
    assert (found.document.id, found.document.symbol, found.shared, found.differs) == (second, "12/UBND-KGVX", 1.0, ())
    assert await ids(archive, second) == [first]
    assert await ids(archive, other) == []


async def test_a_lost_page_is_told_and_does_not_hide_the_pair(archive: Archive) -> None:
    whole = await read(archive, LETTER, SECOND_PAGE, symbol="12/UBND-KGVX", date="2021-09-06")
    part = await read(archive, RESCAN, symbol="12/UBND-KGVX", date="2021-09-06")
    (found,) = await near(archive, part)
    assert (found.document.id, found.pages, found.differs) == (whole, 2, ("pages",))
    assert found.only_there > 30
    assert found.only_here == 0


@pytest.mark.parametrize(
    ("symbol", "date", "text"),
    [
        ("13/UBND-KGVX", "2022-09-06", LETTER),
        ("12/UBND-KGVX", "2022-09-06", LETTER),
        ("45/UBND-KGVX", "2021-09-06", LETTER),
        (None, None, LETTER.replace("20 tháng 9 năm 2021", "15 tháng 4 năm 2022")),
        (None, None, LETTER.replace("Sở Y tế trước", "Văn phòng Tỉnh ủy Điện Biên trước")),
    ],
)
async def test_another_paper_of_the_same_words_is_not_one(
    archive: Archive, symbol: str | None, date: str | None, text: str
) -> None:
    first = await read(archive, LETTER, symbol="12/UBND-KGVX", date="2021-09-06")
    second = await read(archive, text, symbol=symbol, date=date)
    assert await ids(archive, first) == await ids(archive, second) == []


async def test_a_scan_whose_number_was_not_read_is_one_all_the_same(archive: Archive) -> None:
    first = await read(archive, LETTER, symbol="12/UBND-KGVX", date="2021-09-06")
    second = await read(archive, RESCAN)
    (found,) = await near(archive, first)
    assert (found.document.id, found.differs) == (second, ("symbol", "issued_on"))


async def test_the_list_follows_correction_reading_again_trash_and_purge(archive: Archive) -> None:
    first = await read(archive, LETTER, symbol="12/UBND-KGVX", date="2021-09-06")
    second = await read(archive, RESCAN, symbol="12/UBND-KGVX", date="2021-09-06")
    await archive.documents.correct(ME, second, {"symbol": "98/UBND-KGVX"})
    assert await ids(archive, first) == []
    await archive.documents.correct(ME, second, {"symbol": "12/UBND-KGVX"})
    assert await ids(archive, first) == [second]
    source_id = (await archive.documents.get(ME, second)).source_id
    assert await again(archive, source_id, SECOND_PAGE, symbol="12/UBND-KGVX", date="2021-09-06") == [second]
    assert await ids(archive, first) == []
    await again(archive, source_id, RESCAN, symbol="12/UBND-KGVX", date="2021-09-06")
    assert await ids(archive, first) == [second]
    await archive.documents.trash_document(ME, second)
    assert await ids(archive, first) == []
    await archive.documents.restore_document(ME, second)
    assert await ids(archive, first) == [second]
    await archive.documents.trash_document(ME, second)
    await archive.documents.purge_document(ME, second)
    assert await ids(archive, first) == []


async def test_what_a_caller_may_not_see_is_not_shown(archive: Archive, settings: Settings) -> None:
    first = await read(archive, LETTER, symbol="12/UBND-KGVX", date="2021-09-06")
    second = await read(archive, RESCAN, symbol="12/UBND-KGVX", date="2021-09-06")
    nobody = Principal("ai", frozenset({"other"}))
    assert await archive.duplicates.of_those(nobody, [first, second]) == {}
    with pytest.raises(NotFoundError):
        await archive.duplicates.of(nobody, first)
    assert await ids(archive, first, PUBLIC) == [second]


async def test_told_apart_stays_until_it_is_taken_back(archive: Archive) -> None:
    first = await read(archive, LETTER, symbol="12/UBND-KGVX", date="2021-09-06")
    second = await read(archive, RESCAN, symbol="12/UBND-KGVX", date="2021-09-06")
    await archive.duplicates.tell_apart(ME, second, first)
    await archive.duplicates.tell_apart(ME, first, second)
    assert await ids(archive, first) == await ids(archive, second) == []
    await archive.duplicates.tell_apart(ME, first, second, apart=False)
    assert await ids(archive, first) == [second]
    with pytest.raises(InvalidInputError):
        await archive.duplicates.tell_apart(ME, first, first)
    with pytest.raises(NotFoundError):
        await archive.duplicates.tell_apart(ME, first, "0" * 36)
    await archive.documents.trash_document(ME, second)
    with pytest.raises(ConflictError):
        await archive.duplicates.tell_apart(ME, first, second)


async def test_an_archive_from_before_gets_its_fingerprints(archive: Archive, settings: Settings) -> None:
    first = await read(archive, LETTER, symbol="12/UBND-KGVX", date="2021-09-06")
    second = await read(archive, RESCAN, symbol="12/UBND-KGVX", date="2021-09-06")
    database = Database(settings.database_url)
    async with database.write(ME) as tx:
        await tx.conn.execute(delete(fingerprint_numbers))
        await tx.conn.execute(delete(fingerprints))
    await database.close()
    assert await archive.duplicates.count_without() == 2
    assert await archive.duplicates.fill() == 2
    assert await archive.duplicates.fill() == await archive.duplicates.count_without() == 0
    assert await ids(archive, first) == [second]


async def test_a_document_has_one_fingerprint_and_a_purged_one_none(archive: Archive, settings: Settings) -> None:
    first = await read(archive, LETTER)
    source_id = (await archive.documents.get(ME, first)).source_id
    await again(archive, source_id, LETTER + " " + SECOND_PAGE)
    database = Database(settings.database_url)

    async def counted() -> tuple[int, int]:
        async with database.read() as conn:
            rows = [await conn.scalar(select(func.count()).select_from(t)) for t in (fingerprints, fingerprint_numbers)]
        return int(rows[0] or 0), int(rows[1] or 0)

    assert await counted() == (1, 32)
    await archive.documents.trash_document(ME, first)
    await archive.documents.purge_document(ME, first)
    assert await counted() == (0, 0)
    await database.close()


async def test_the_twin_is_found_behind_many_papers_of_one_form(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fingerprinting, "MEMBERS_SEEN", 5)
    names = ["Lò Văn Pâng", "Quàng Thị Dung", "Giàng A Sùng", "Cà Văn Thành", "Tòng Thị Hặc", "Vừ Mí Chơ", "Hạng A Lử"]
    form = LETTER + " Họ tên {0} thường trú tại bản {0} xã {0} nghề nghiệp {0} chủ hộ {0} cùng vợ con {0} xin {0} hết"
    made = [await read(archive, form.format(name)) for name in names]
    twin = await read(archive, form.format(names[0]).replace("yêu cầu", "yêu câu"))
    assert await ids(archive, made[0]) == [twin]
    assert await ids(archive, twin) == [made[0]]
    assert await ids(archive, made[3]) == []
