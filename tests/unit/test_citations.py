"""Citations in a text: roles, slips of readers, mentions, enclosures; and the body that each means."""

from __future__ import annotations

import pytest

from services.core.cited import cited_issuer_id
from services.core.model import Citation, CitationRole, CleanText, Issuer, Record
from services.core.symbols import find_symbols, parse_symbol
from services.fields.citations import FoundCitation, find_citations, find_mentions
from services.fields.enclosures import find_enclosure_notes


def found(text: str, own: str | None = None) -> list[FoundCitation]:
    return find_citations(CleanText(text, (), ((1, 0),)), own, ())


def roles(text: str) -> list[str | None]:
    return [c.citation.role and c.citation.role.value for c in found(text)]


@pytest.mark.parametrize(
    ("text", "number", "notation"),
    [
        ("Quyết định số 1 466/QĐ-UBND ngày 29/12/2023", "1466", "QĐ-UBND"),
        ("Luật Nhà ở số 2 7⁄2023/QH15", "27", "QH15"),
        ("Nghị quyết số 3 7/⁄2023/NO-HĐND", "37", "NQ-HĐND"),
        ("Công điện số 1O68/CĐ-TTg", "1068", "CĐ-TTg"),
        ("Công điện số 1102 CĐ-TTg ngày 23/8/2021", "1102", "CĐ-TTg"),
        ("Công văn số 3030lUBND-KGVX", "3030", "UBND-KGVX"),
        ("Thông tư số 09/2018/TT-\n-BGDĐT", "09", "TT-BGDĐT"),
        ("Thông tư số 58/2021/TT-BỌP", "58", "TT-BQP"),
        ("Công văn số 5072/UBND-\nVXNV", "5072", "UBND-VXNV"),
    ],
)
def test_slips_of_readers_in_a_symbol_are_undone(text: str, number: str, notation: str) -> None:
    (symbol,) = [symbol for symbol, _, _ in find_symbols(text)]
    assert (symbol.number, symbol.notation) == (number, notation)


@pytest.mark.parametrize("text", ["Số 12 Nguyễn Huệ", "số 15 Hà-Nội", "Phụ lục số 2 HAI-BA", "24/7", "lớp 1 466/ab"])
def test_words_behind_a_number_are_no_symbol(text: str) -> None:
    assert find_symbols(text) == []


def test_a_small_letter_behind_a_number_stays_a_letter() -> None:
    assert [str(s) for s, _, _ in find_symbols("số 1842b/CTPH-BVHTTDL và số 30c/NQ-CP")] == [
        "1842b/CTPH-BVHTTDL",
        "30c/NQ-CP",
    ]
    parsed = parse_symbol("30l/NQ-CP")
    assert parsed is not None
    assert parsed.number == "30l"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Thu hồi Công văn số 5/SYT-NV ngày 02/3/2021", ["revokes"]),
        ("Thu hồi toàn bộ Quyết định số 5/QĐ-UBND", ["revokes"]),
        ("Thu hồi 500 m2 đất của ông A tại xã B cấp theo Quyết định số 5/QĐ-UBND", ["implements"]),
        ("Thu hồi đất ghi trong Quyết định giao đất số 5/QĐ-UBND", [None]),
        ("Xin gửi kèm Tờ trình số 5/TTr-SYT", ["encloses"]),
        ("(Ban hành kèm theo Quyết định số 5/QĐ-UBND)", ["attached"]),
        ("Căn cứ Nghị định số 1/2020/NĐ-CP sửa đổi Nghị định số 2/2016/NĐ-CP;", ["basis", "basis"]),
        ("Theo Nghị định số 1/2020/NĐ-CP sửa đổi Nghị định số 2/2016/NĐ-CP", ["implements", "implements"]),
        ("đã được thay thế bởi Quyết định số 5/QĐ-UBND", [None]),
        ("Căn cứ các Nghị định: Số 101/2024/NĐ-CP ngày 29/7/2024; số 102/2024/NĐ-CP ngày 30/7/2024;", ["basis"] * 2),
        ("Bãi bỏ các Quyết định:\n- Quyết định số 5/QĐ-UBND", ["repeals"]),
        ("Phúc đáp Công văn số 5/SYT-NV và Công văn số 6/SYT-NV", ["answers"] * 2),
        ("Đính chính Quyết định số 5/QĐ-UBND", ["corrects"]),
    ],
)
def test_the_words_before_a_symbol_give_its_role_from_a_closed_list(text: str, expected: list[str | None]) -> None:
    assert roles(text) == expected
    assert {r for r in expected if r} <= {role.value for role in CitationRole}


def test_a_symbol_that_lost_its_end_is_the_one_mentioned_whole() -> None:
    (one,) = found("theo Chỉ thị số 52-CT/TW. Triển khai Chỉ thị 52-CT/T W trên địa bàn.")
    assert (str(one.symbol), one.mentions) == ("52-CT/TW", 2)


def test_a_lost_digit_on_the_same_date_is_a_slip_and_on_another_date_another_document() -> None:
    slip = "Nghị quyết số 132/2020/QH14 ngày 17/11/2020; Nghị quyết số 32/2020/QH14 ngày 17/11/2020"
    assert [str(c.symbol) for c in found(slip)] == ["132/2020/QH14"]
    others = slip.replace("số 32/2020/QH14 ngày 17/11/2020", "số 32/2020/QH14 ngày 19/3/2020")
    assert [str(c.symbol) for c in found(others)] == ["132/2020/QH14", "32/2020/QH14"]


def test_every_mention_is_found_and_the_own_symbol_is_none() -> None:
    text = "Công điện số 7/CĐ-TTg ngày 02/3/2021. Công văn số 9/UBND-VX. Theo Công điện số 7/CD-TTg."
    mentions = find_mentions(CleanText(text, (), ((1, 0),)), "9||UBND-VX", ())
    assert [m.citation.key for m in mentions] == ["7||CD-TTG", "7||CD-TTG"]
    assert [c.citation.date is not None for c in found(text, "9||UBND-VX")] == [True]


def test_a_citation_says_on_which_page_it_stands_first() -> None:
    text = "Theo Công văn số 5/SYT-NV.\nTheo Công văn số 6/SYT-NV và Công văn số 5/SYT-NV."
    pages = find_citations(CleanText(text, (), ((3, 0), (4, 27))), None, ())
    assert [c.citation.page for c in pages] == [3, 4]


def test_a_note_marks_all_citations_of_its_kinds_as_enclosed_and_no_others() -> None:
    text = (
        "theo các Công điện số 7/CĐ-TTg và số 8/CĐ-TTg của Thủ tướng Chính phủ, Công văn số 5/UBND-VX "
        "(có các Công điện kèm theo) và Công điện số 9/CĐ-TTg"
    )
    assert [c.citation.enclosed for c in found(text)] == [True, True, False, False]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("(có Công điện kèm theo)", ["có Công điện kèm theo"]),
        ("(gửi kèm bản điện tử)", ["gửi kèm bản điện tử"]),
        ("(Kèm theo Quyết định số 5/QĐ-UBND)", []),
        ("(không kèm theo hồ sơ)", []),
        ("danh sách kèm theo", []),
    ],
)
def test_only_a_note_in_brackets_of_its_own_announces_an_enclosure(text: str, words: list[str]) -> None:
    assert [note.words for note in find_enclosure_notes(text)] == words


@pytest.mark.parametrize(
    ("raw", "issuer", "meant"),
    [
        ("5/UBND-VX", "UBND tỉnh", "bac-kan/ubnd"),
        ("5/QĐ-UBND", "Chủ tịch UBND tỉnh Sơn La", "son-la/ubnd"),
        ("5/QĐ-UBND", "UBND thành phố", None),
        ("5-CV/TU", "Ban Thường vụ Tỉnh ủy", "bac-kan/tinh-uy"),
        ("5/2020/TT-BYT", "Bộ trưởng Bộ Y tế", "trung-uong/bo-y-te"),
        ("5/CĐ-BYT", None, "trung-uong/bo-y-te"),
        ("5/UBND-VX", None, None),
        ("5/XYZ-AB", "Nhà máy Giấy", None),
    ],
)
def test_the_body_that_a_citation_means_follows_from_its_words_and_from_who_cites(
    raw: str, issuer: str | None, meant: str | None
) -> None:
    city = Issuer(name="UBND THÀNH PHỐ BẮC KẠN", place="Bắc Kạn", id="bac-kan/thanh-pho-bac-kan/ubnd")
    record = Record(issuer=city, place="TP. Bắc Kạn")
    assert cited_issuer_id(Citation(raw=raw, issuer=issuer), record) == meant
