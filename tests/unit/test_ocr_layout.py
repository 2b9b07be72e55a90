"""Reading order and zones of a page's lines."""

from __future__ import annotations

import pytest

from services.core.model import Box, Zone
from services.ocr.layout import Line, Region, Segment, Token
from services.ocr.order import order
from services.ocr.zones import locate_zones

WIDTH, HEIGHT = 595.0, 842.0


def line(x: float, y: float, text: str, *more: tuple[float, str]) -> Line:
    """A line at height `y`: words of 6 points a letter from `x` on, and further groups of words at their own x."""
    tokens = []
    for start, words in ((x, text), *more):
        at = start
        for word in words.split():
            tokens.append(Token(word, Box(at, y, at + 6 * len(word), y + 12), 0.9))
            at += 6 * len(word) + 4
    return Line(tuple(tokens))


HEAD = [
    line(70, 60, "ỦY BAN NHÂN DÂN", (265, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")),
    line(75, 76, "TỈNH ĐIỆN BIÊN", (330, "Độc lập - Tự do - Hạnh phúc")),
    line(70, 100, "Số: 2641/UBND-KGVX", (330, "Điện Biên, ngày 18 tháng 8 năm 2021")),
    line(70, 116, "V/v triển khai Công văn"),
    line(70, 150, "Kính gửi: Các sở, ban, ngành tỉnh và Ủy ban nhân dân các huyện, thị xã"),
]
BODY = [
    line(70, 180 + 18 * i, "Thực hiện Công văn số 5553/VPCP-KGVX của Văn phòng Chính phủ về việc") for i in range(4)
]
FOOT = [
    line(70, 400, "Nơi nhận:", (340, "TM. ỦY BAN NHÂN DÂN")),
    line(70, 414, "- Như trên;", (370, "KT. CHỦ TỊCH")),
    line(70, 428, "- Thường trực Tỉnh ủy, Hội đồng nhân dân tỉnh;"),
    line(70, 442, "- Lưu: VT, KGVX."),
    line(370, 480, "Vừ A Bằng"),
]


def read(lines: list[Line]) -> list[Segment]:
    return locate_zones(order(lines, WIDTH, HEIGHT), HEIGHT)


def texts(segments: list[Segment], zone: Zone) -> list[str]:
    return [s.line.text for s in segments if s.zone is zone]


def test_head_and_foot_are_read_column_by_column() -> None:
    said = [s.line.text for s in read([*HEAD, *BODY, *FOOT])]
    assert said[:4] == ["ỦY BAN NHÂN DÂN", "TỈNH ĐIỆN BIÊN", "Số: 2641/UBND-KGVX", "V/v triển khai Công văn"]
    assert said[4] == "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
    assert said[-3:] == ["TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "Vừ A Bằng"]


def test_the_cells_of_head_and_foot_get_their_zones() -> None:
    segments = read([*HEAD, *BODY, *FOOT])
    assert texts(segments, Zone.ISSUER) == ["ỦY BAN NHÂN DÂN", "TỈNH ĐIỆN BIÊN"]
    assert texts(segments, Zone.SYMBOL) == ["Số: 2641/UBND-KGVX"]
    assert texts(segments, Zone.PLACE_DATE) == ["Điện Biên, ngày 18 tháng 8 năm 2021"]
    assert len(texts(segments, Zone.MOTTO)) == 2
    assert len(texts(segments, Zone.RECIPIENTS)) == 4
    assert len(texts(segments, Zone.SIGNATURE)) == 3
    assert len(texts(segments, Zone.BODY)) == len(BODY)


def test_a_long_line_of_recipients_stays_whole_and_does_not_end_the_foot() -> None:
    long = line(70, 456, "- Các Bộ, cơ quan ngang Bộ, cơ quan thuộc Chính phủ và Kiểm toán;")
    recipients = texts(read([*HEAD, *BODY, *FOOT, long]), Zone.RECIPIENTS)
    assert long.text in recipients


def test_a_list_without_its_label_is_found_by_its_last_item() -> None:
    unlabelled = [FOOT[1], FOOT[2], FOOT[3], FOOT[4]]
    assert texts(read([*BODY, *unlabelled]), Zone.SIGNATURE) == ["KT. CHỦ TỊCH", "Vừ A Bằng"]


@pytest.mark.parametrize("number", ["Số 6906 Ngày 18/08/2021", "Số: 6906 Ngày: 18-8-2021"])
def test_an_electronic_arrival_stamp_is_never_the_documents_own_number(number: str) -> None:
    stamp = [line(60, 20, "VĂN BẢN ĐIỆN TỬ"), line(60, 34, number)]
    segments = read([*stamp, *HEAD, *BODY])
    assert texts(segments, Zone.STAMP) == ["VĂN BẢN ĐIỆN TỬ", number]
    assert texts(segments, Zone.SYMBOL) == ["Số: 2641/UBND-KGVX"]


def test_the_labels_around_the_word_den_are_the_stamp() -> None:
    stamp = [line(60, 160, "ĐẾN"), line(40, 176, "Số: 123"), line(40, 192, "Ngày: 6/9/22"), line(40, 208, "Chuyển:")]
    segments = read([*HEAD[:3], *stamp, *[line(70, 300, BODY[0].text)]])
    assert texts(segments, Zone.STAMP) == ["ĐẾN", "Số: 123", "Ngày: 6/9/22", "Chuyển:"]


def test_page_numbers_and_running_heads_are_told_from_the_text() -> None:
    segments = read([line(290, 30, "2"), *BODY, line(290, 800, "17")])
    assert texts(segments, Zone.PAGE_NUMBER) == ["2", "17"]
    segments = read([line(90, 40, "68 CÔNG BÁO/Số 577 + 578/Ngày 07-3-2023"), *BODY])
    assert len(texts(segments, Zone.RUNNING_HEAD)) == 1


def test_the_addressees_end_the_head_even_where_they_stand_on_its_left() -> None:
    alone = [
        line(150, 140, "Kính gửi:"),
        line(200, 156, "- Các sở, ban, ngành tỉnh;"),
        line(200, 172, "- UBND các huyện."),
    ]
    segments = read([*HEAD[:4], *alone, *BODY])
    said = [s.line.text for s in segments]
    assert said.index("Kính gửi:") > said.index("Điện Biên, ngày 18 tháng 8 năm 2021")
    assert texts(segments, Zone.ADDRESSEES) == [s.text for s in alone]


def test_pieces_of_one_printed_line_are_read_from_left_to_right() -> None:
    pieces = [line(300, 200, "Mức hỗ trợ"), line(70, 201.5, "Đối tượng")]
    assert [s.line.text for s in read([*pieces, *[line(70, 300, BODY[0].text)]])][:2] == ["Đối tượng", "Mức hỗ trợ"]


def test_a_page_without_head_and_foot_keeps_its_lines_whole() -> None:
    segments = order(BODY, WIDTH, HEIGHT)
    assert [s.line for s in segments] == BODY
    assert {s.region for s in segments} == {Region.FLOW}


def test_a_party_head_is_parted_too() -> None:
    head = [
        line(70, 60, "TỈNH ỦY SƠN LA", (330, "ĐẢNG CỘNG SẢN VIỆT NAM")),
        line(110, 76, "*", (330, "Sơn La, ngày 08 tháng 9 năm 2021")),
        line(70, 92, "Số 892-CV/TU"),
    ]
    segments = read([*head, *BODY])
    assert texts(segments, Zone.MOTTO) == ["ĐẢNG CỘNG SẢN VIỆT NAM"]
    assert texts(segments, Zone.SYMBOL) == ["Số 892-CV/TU"]
