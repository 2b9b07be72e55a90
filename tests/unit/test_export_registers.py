"""What stands in the registers of NĐ 30/2020: their columns, their lines, their order."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.dates import VIETNAM
from services.core.model import Arrival, Document, Due, Task
from services.export import RegisterName
from services.export.registers import REGISTERS
from services.export.values import cell, copy_holder, due_day, due_text, order_of
from tests.search_support import make_document
from tests.unit.export_support import BLANK, LETTER, guessed, letter, table_of


def test_the_columns_are_those_of_the_decree() -> None:
    titles = {name.value: [column.title for column in register.columns] for name, register in REGISTERS.items()}
    assert titles["incoming"] == [
        "Ngày đến",
        "Số đến",
        "Tác giả",
        "Số, ký hiệu",
        "Ngày tháng văn bản",
        "Tên loại và trích yếu",
        "Đơn vị hoặc người nhận",
        "Ngày chuyển",
        "Ký nhận",
        "Ghi chú",
    ]
    assert titles["outgoing"] == [
        "Số, ký hiệu",
        "Ngày tháng",
        "Tên loại và trích yếu",
        "Người ký",
        "Nơi nhận",
        "Đơn vị, người nhận bản lưu",
        "Số lượng bản",
        "Ngày chuyển",
        "Ký nhận",
        "Ghi chú",
    ]
    assert len(titles["follow-up"]) == 7
    assert titles["contents"] == [
        "STT",
        "Số, ký hiệu",
        "Ngày tháng",
        "Tên loại và trích yếu",
        "Tác giả",
        "Tờ số/Trang số",
        "Ghi chú",
    ]


@pytest.mark.parametrize("register", RegisterName)
def test_every_line_has_as_many_cells_as_there_are_columns(register: RegisterName) -> None:
    table = table_of(register, [letter(), make_document("blank", BLANK), make_document("bare")])
    assert table.rows
    assert {len(row) for row in table.rows} == {len(table.columns)}


def test_the_register_of_incoming_documents_goes_by_arrival_and_leaves_the_hand_its_columns() -> None:
    second = letter("second", arrival=Arrival(number="9", date="18/8/2021", on=dt.date(2021, 8, 18)))
    earlier = letter("earlier", arrival=Arrival(number="99", on=dt.date(2021, 8, 17)))
    unread = letter("unread", arrival=Arrival(date="18/8/20"))
    table = table_of(RegisterName.INCOMING, [make_document("none", LETTER.model_copy(update={"arrival": None})), unread,
                                             letter(), second, earlier])  # fmt: skip
    assert [row[:2] for row in table.rows] == [
        ("17/08/2021", "99"),
        ("18/08/2021", "9"),
        ("18/08/2021", "012"),
        ("", ""),
        ("18/8/20", ""),
    ]
    assert table.rows[2][2:] == (
        "ỦY BAN NHÂN DÂN TỈNH MẪU",
        "2641/UBND-KGVX",
        "18/08/2021",
        "Công văn V/v đẩy nhanh tiến độ tiêm vắc xin",
        "",
        "",
        "",
        "HỎA TỐC",
    )


def test_the_register_of_outgoing_documents_names_each_receiver_once() -> None:
    (row,) = table_of(RegisterName.OUTGOING, [letter()]).rows
    assert row[3:6] == ("Trần Văn Mẫu", "Sở Y tế; Ủy ban nhân dân các huyện; Thường trực Tỉnh ủy (b/c)", "VT, KGVX")


def test_the_follow_up_register_has_a_line_for_each_task() -> None:
    first, second = table_of(RegisterName.FOLLOW_UP, [letter()]).rows
    cited = "Công văn số 2641/UBND-KGVX ngày 18/08/2021 của ỦY BAN NHÂN DÂN TỈNH MẪU"
    due = "25/08/2021 (trước ngày 25/8/2021)"
    assert first == ("012", cited, "Sở Y tế", due, "", "", "Báo cáo kết quả tiêm; HỎA TỐC")
    assert second[2:4] == ("UBND các huyện", "")
    assert table_of(RegisterName.FOLLOW_UP, [make_document("no-task")]).rows == ()


def test_the_contents_of_a_dossier_go_by_date_and_count_the_pages_through() -> None:
    one = make_document("one", LETTER.model_copy(update={"issued_on": LETTER.issued_on}), pages=1)
    undated = make_document("undated", LETTER.model_copy(update={"issued_on": None}), pages=3)
    table = table_of(RegisterName.CONTENTS, [undated, make_document("blank", BLANK, pages=2), one])
    assert [(row[0], row[2], row[5]) for row in table.rows] == [
        ("1", "18/08/2021", "1"),
        ("2", "09/2021", "2-3"),
        ("3", "", "4-6"),
    ]


def test_a_list_keeps_the_order_of_the_search() -> None:
    documents = [letter("b"), make_document("blank", BLANK), letter("a")]
    rows = table_of(RegisterName.LIST, documents).rows
    assert [(row[0], row[10]) for row in rows] == [("1", "b.pdf"), ("2", "blank.pdf"), ("3", "a.pdf")]


def test_a_guess_and_a_blank_are_named_in_the_notes() -> None:
    unsure = guessed(letter(urgency=None), "symbol", "arrival", "place")
    assert table_of(RegisterName.INCOMING, [unsure]).rows[0][-1] == "chưa đối chiếu: dấu đến, số, ký hiệu"
    assert table_of(RegisterName.INCOMING, [make_document("x", BLANK)]).rows[0][-1] == "chưa rõ số và ngày"


def test_the_title_block_names_the_period_asked_for_else_that_of_the_lines() -> None:
    first, last = dt.date(2021, 8, 1), dt.date(2021, 8, 31)
    asked = table_of(RegisterName.INCOMING, [letter()], (first, last))
    assert asked.about == ("Từ ngày 01/08/2021 đến ngày 31/08/2021", "Số mục: 1. Lập ngày 26/11/2026.")
    assert table_of(RegisterName.OUTGOING, [], (None, last)).about[0] == "Đến ngày 31/08/2021"
    assert table_of(RegisterName.INCOMING, [letter()]).about[0] == "Từ ngày 18/08/2021 đến ngày 18/08/2021"
    assert table_of(RegisterName.INCOMING, []).about == ("Số mục: 0. Lập ngày 26/11/2026.",)


@pytest.mark.parametrize(
    ("latest", "shown", "day"),
    [
        (dt.datetime(2021, 9, 20, 23, 59, 59, tzinfo=VIETNAM), "20/09/2021 (trước ngày 20/9)", dt.date(2021, 9, 20)),
        (
            dt.datetime(2021, 9, 11, 11, 30, tzinfo=VIETNAM),
            "11:30 ngày 11/09/2021 (trước ngày 20/9)",
            dt.date(2021, 9, 11),
        ),
        (None, "trước ngày 20/9", None),
    ],
)
def test_a_deadline_is_a_day_or_a_time_with_the_words_that_set_it(
    latest: dt.datetime | None, shown: str, day: dt.date | None
) -> None:
    task = Task(text="x", due=Due(as_written="trước ngày 20/9", latest=latest))
    assert (due_text(task), due_day(task)) == (shown, day)


def test_no_deadline_is_an_empty_cell() -> None:
    assert due_text(Task(text="x")) == ""


def test_numbers_are_sorted_as_numbers_and_the_unknown_come_last() -> None:
    day = dt.date(2021, 1, 1)
    numbers = ["10", "9", None, "010a", "x", "2"]
    assert sorted(numbers, key=lambda n: order_of(day, n)) == ["2", "9", "010a", "10", None, "x"]


@given(st.text())
def test_a_cell_is_one_line_of_composed_text_that_every_format_takes(text: str) -> None:
    written = cell(text)
    assert written == cell(written)
    assert not any(ord(c) < 32 or 0xD800 <= ord(c) <= 0xDFFF for c in written)


def test_a_cell_composes_its_letters() -> None:
    assert cell("Tie\u0302m\n vă\u0301c  xin\x0b") == "Tiêm vắc xin"


@pytest.mark.parametrize(
    ("line", "holder"), [("Lưu: VT, KGVX", "VT, KGVX"), ("- Lưu VT", "VT"), ("VT", "VT"), (None, "")]
)
def test_the_copy_is_held_by_whom_the_copy_line_names(line: str | None, holder: str) -> None:
    document: Document = letter(copy_line=line)
    assert copy_holder(document.record) == holder
