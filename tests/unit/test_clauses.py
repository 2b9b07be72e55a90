"""Clauses: the body of a document as a tree whose ids can be cited."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.model import Clause, CleanText
from services.fields import find_clause, find_clauses
from services.fields.clauses import all_clauses
from services.fields.numbering import find_marker
from tests.unit.fields_support import compose, scan_page

LETTER = """ỦY BAN NHÂN DÂN TỈNH LÀO CAI
Số: 512/UBND-NLN
Lào Cai, ngày 09 tháng 12 năm 2022
Kính gửi:
- Sở Nông nghiệp và Phát triển nông thôn;
- UBND các huyện, thị xã, thành phố.
Để chủ động phòng, chống rét, UBND tỉnh yêu cầu các cơ quan thực hiện các nội dung sau:
1. Sở Nông nghiệp và Phát triển nông thôn
- Hướng dẫn người dân che chắn chuồng trại.
- Kiểm tra nguồn thức ăn dự trữ:
+ Tại các xã vùng cao;
+ Tại các điểm chăn thả.
3. Giao Sở Tài chính: Cân đối nguồn kinh phí.
2. Các sở: Y tế, Công Thương phối hợp thực hiện.
Các cơ quan khẩn trương thực hiện./.
Nơi nhận:
- Như trên;
1. Dòng ghi tay không thuộc văn bản.
TM. ỦY BAN NHÂN DÂN
"""


def tree(text: str) -> tuple[Clause, ...]:
    return find_clauses(CleanText(text.strip(), ()))


def ids(text: str) -> list[str]:
    return [clause.id for clause in all_clauses(tree(text))]


def test_the_body_is_what_stands_between_addressees_and_foot_in_printed_order() -> None:
    assert ids(LETTER) == [
        "doan-1",
        "1",
        "1.gach-1",
        "1.gach-2",
        "1.gach-2.cong-1",
        "1.gach-2.cong-2",
        "3",
        "2",
        "doan-2",
    ]


def test_a_clause_knows_its_number_heading_text_and_the_agencies_it_speaks_to() -> None:
    clauses = tree(LETTER)
    one, three, two = (find_clause(clauses, i) for i in ("1", "3", "2"))
    assert one is not None
    assert (one.number, one.heading, one.agencies) == (
        "1.",
        "Sở Nông nghiệp và Phát triển nông thôn",
        ("Sở Nông nghiệp và Phát triển nông thôn",),
    )
    assert three is not None
    assert three.agencies == ("Sở Tài chính",)
    assert two is not None
    assert two.agencies == ("Sở Y tế", "Sở Công Thương")
    bullet = find_clause(clauses, "1.gach-1")
    assert bullet is not None
    assert (bullet.number, bullet.text) == ("-", "Hướng dẫn người dân che chắn chuồng trại.")
    assert LETTER.strip()[bullet.start : bullet.end] == "- Hướng dẫn người dân che chắn chuồng trại."
    assert find_clause(clauses, "9") is None


def test_articles_of_a_decision_hold_their_points_and_annexes_count_anew() -> None:
    text = """QUYẾT ĐỊNH
Về việc ban hành Kế hoạch trồng rừng
Căn cứ Luật Lâm nghiệp ngày 15 tháng 11 năm 2017;
QUYẾT ĐỊNH:
Điều 1. Phê duyệt kế hoạch với các nội dung sau:
I. MỤC TIÊU
1. Trồng mới rừng phòng hộ.
Điều 2. Tổ chức thực hiện
1. Sở Tài chính:
a) Bố trí kinh phí;
đ) Kiểm tra việc chi trả.
1. Số lặp lại do đánh nhầm.
Điều 3. Quyết định này có hiệu lực kể từ ngày ký./.
Nơi nhận:
- Lưu: VT.
PHỤ LỤC I
1. Danh mục cây giống"""
    assert ids(text) == [
        *(
            "dieu-1",
            "dieu-1.I",
            "dieu-1.I.1",
            "dieu-2",
            "dieu-2.1",
            "dieu-2.1.a",
            "dieu-2.1.dd",
            "dieu-2.1_2",
            "dieu-3",
        ),
        *("phu-luc-i", "phu-luc-i.1"),
    ]


def test_decimal_numbers_do_not_repeat_the_number_they_stand_in() -> None:
    assert ids("1. Mục một\n1.1. Nội dung thứ nhất.\n1.1.1. Chi tiết hơn nữa.\n1.2. Nội dung thứ hai.") == [
        "1",
        "1.1",
        "1.1.1",
        "1.2",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "1. 234.000 đồng cho mỗi hộ.",
        "1.5 triệu đồng mỗi tháng.",
        "12.9.2021 là hạn cuối.",
        "Điều 5 Luật Đất đai quy định việc này.",
        "Mục 2 của văn bản nêu trên.",
        "12/QĐ-UBND ngày 20/9/2021.",
        "I am no clause",
        "-5 độ C",
        "f) không có điểm f",
    ],
)
def test_amounts_dates_symbols_and_running_text_are_no_numbers_of_clauses(text: str) -> None:
    assert find_marker(text) is None


@pytest.mark.parametrize(
    ("text", "slug", "printed"),
    [
        ("Chương IV QUẢN LÝ", "chuong-IV", "Chương IV"),
        ("Điều 12a. Tên điều", "dieu-12a", "Điều 12a."),
        ("ĐIỀU 3: Tên điều", "dieu-3", "ĐIỀU 3:"),
        ("II- NHIỆM VỤ", "II", "II-"),
        ("H. CHỈ TIÊU", "II", "H."),
        ("2/ Sở Y tế", "2", "2/"),
        ("1) Sở Y tế", "1", "1)"),
        ("đ) Nội dung", "dd", "đ)"),
        ("d) Nội dung", "d", "d)"),
        ("- 90% cán bộ", "gach", "-"),
    ],
)
def test_numbers_are_read_as_they_are_printed(text: str, slug: str, printed: str) -> None:
    marker = find_marker(text)
    assert marker is not None
    assert (marker.slug, marker.printed) == (slug, printed)


def test_a_clause_has_a_box_for_each_of_its_lines_on_each_page() -> None:
    first = scan_page([("1. Sở Y tế chủ trì", 60, 100), ("2. Sở Tài chính cân đối", 60, 140)], 1)
    second = scan_page([("3. Công an tỉnh phối hợp", 60, 100)], 2)
    clean = compose([first, second])
    one, _, three = find_clauses(clean, [first, second])
    assert [(p.page, len(p.boxes)) for p in one.places] == [(1, 1)]
    assert one.places[0].boxes[0][:2] == (60, 100)
    assert (three.page, three.places[0].page) == (2, 2)
    assert find_clauses(clean)[0].places == ()


PIECES = (
    *(
        "1. Sở Y tế",
        "2. Nội dung.",
        "a) Việc;",
        "b) Việc.",
        "- Gạch;",
        "+ Cộng.",
        "Điều 1. Tên",
        "I. PHẦN",
        "1.1. Mục con.",
    ),
    *("1.1. Mục con.", "Đoạn văn.", "đoạn tiếp", "PHỤ LỤC", "Nơi nhận:", "Kết thúc./.", "Kính gửi: Sở Y tế"),
)


@given(st.lists(st.sampled_from(PIECES), max_size=25))
def test_ids_are_unique_and_clauses_follow_each_other_whatever_the_text(lines: list[str]) -> None:
    text = "\n".join(lines)
    clauses = list(all_clauses(find_clauses(CleanText(text, ()))))
    assert len({c.id for c in clauses}) == len(clauses)
    assert [c.start for c in clauses] == sorted(c.start for c in clauses)
    assert all(0 <= c.start < c.end <= len(text) for c in clauses)
    assert all(a.end <= b.start for a, b in pairwise(clauses))
