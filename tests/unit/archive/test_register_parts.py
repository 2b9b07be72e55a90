"""Registers as offices keep them: encodings, delimiters, headings, dates; a row that makes no sense says why."""

from __future__ import annotations

import datetime as dt
import io
import unicodedata
import zipfile
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from services.archive.registers.columns import meaning
from services.archive.registers.entries import BadRow, Entry
from services.archive.registers.matching import differences, open_values, same_document
from services.archive.registers.service import read_register
from services.archive.registers.sheet import decode, read_tables
from services.core.errors import InvalidInputError, TooLargeError
from services.core.model import Arrival, Evidence, Issuer, PartialDate, Record
from services.core.settings import Limits

LIMITS = Limits()
HEADER = ["Ngày đến", "Số đến", "Tác giả", "Số, ký hiệu", "Ngày tháng", "Tên loại và trích yếu nội dung", "Ghi chú"]
ROW = ["18/08/2021", "6906", "UBND tỉnh Kon Tum", "2641/UBND-KGVX", "17/8/2021", "Công văn về việc tiêm chủng", "hộp 3"]


def table(*rows: Sequence[str], header: Sequence[str] = HEADER, delimiter: str = ",") -> str:
    quoted = [[f'"{cell}"' if delimiter in cell else cell for cell in row] for row in (header, *rows)]
    return "\r\n".join(delimiter.join(row) for row in quoted)


def entries(data: bytes | str, **options: str) -> list[Entry | BadRow]:
    return read_register(data if isinstance(data, bytes) else data.encode(), LIMITS, **options)[1]  # type: ignore[arg-type]


def entry(data: bytes | str, **options: str) -> Entry:
    (found,) = entries(data, **options)
    assert isinstance(found, Entry), found
    return found


def workbook(*sheets: tuple[str, Sequence[Sequence[object]]]) -> bytes:
    book, out = Workbook(), io.BytesIO()
    book.remove(book.worksheets[0])
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    book.save(out)
    return out.getvalue()


def test_a_row_of_the_form_becomes_the_values_of_a_record() -> None:
    found = entry(table(ROW))
    record = found.record
    assert (record.symbol, record.symbol_key) == ("2641/UBND-KGVX", "2641||UBND-KGVX")
    assert record.kind is not None
    assert (record.kind.code, record.subject) == ("CV", "về việc tiêm chủng")
    assert record.issuer is not None
    assert record.issuer.id == "kon-tum/ubnd"
    assert record.issued_on is not None
    assert record.issued_on.earliest == dt.date(2021, 8, 17)
    assert record.arrival == Arrival(number="6906", date="18/08/2021", on=dt.date(2021, 8, 18))
    assert found.rest == ("Ghi chú: hộp 3",), "what no field holds is kept with its heading"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1258"])
def test_delimiter_and_encoding_are_found_out(delimiter: str, encoding: str) -> None:
    text = table(ROW, [*ROW[:1], "6907", *ROW[2:]], delimiter=delimiter)
    found = entries(text.encode(encoding) if encoding != "cp1258" else windows_1258(text))
    assert [e.record.subject for e in found if isinstance(e, Entry)] == ["về việc tiêm chủng"] * 2


def windows_1258(text: str) -> bytes:
    """Write Vietnamese as Windows does: letters with their hats in one, tones as marks behind them."""
    tones = "\u0300\u0301\u0303\u0309\u0323"
    written = b""
    for letter in text:
        try:
            written += letter.encode("cp1258")
        except UnicodeEncodeError:
            parts = unicodedata.normalize("NFD", letter)
            base = unicodedata.normalize("NFC", "".join(c for c in parts if c not in tones))
            written += (base + "".join(c for c in parts if c in tones)).encode("cp1258")
    return written


def test_a_workbook_is_read_sheet_by_sheet_with_its_own_dates_and_numbers() -> None:
    day = dt.datetime(2021, 8, 18, 9, 30)
    rows: list[Sequence[object]] = [
        ["SỔ ĐĂNG KÝ VĂN BẢN ĐẾN"],
        [],
        HEADER,
        [f"({n})" for n in range(1, 8)],
        [day, 6906.0, *ROW[2:4], day, ROW[5], None],
    ]
    data = workbook(
        ("Tháng 8", rows), ("Ghi chép", [["không có bảng"]]), ("Tháng 9", [HEADER, ["3/9/2021", 7000, *ROW[2:]]])
    )
    kind, found, skipped = read_register(data, LIMITS)
    assert kind == "incoming"
    assert [(e.sheet, e.row) for e in found] == [("Tháng 8", 5), ("Tháng 9", 2)]
    assert skipped == ["Ghi chép"]
    first = found[0]
    assert isinstance(first, Entry)
    assert (first.arrival_number, first.arrived) == ("6906", dt.date(2021, 8, 18))


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("NGÀY ĐẾN", "arrived"),
        ("Ngày văn bản đến", "arrived"),
        ("Số đến (2)", "arrival_number"),
        ("Số và ký hiệu", "symbol"),
        ("Số, ký hiệu VB", "symbol"),
        ("Số ký hiệu công văn", "symbol"),
        ("Ngày, tháng, năm văn bản", "issued_on"),
        ("Cơ quan ban hành văn bản", "issuer"),
        ("Tên loại, trích yếu nội dung", "kind_subject"),
        ("Trích yếu", "subject"),
        ("Người ký", "signer"),
        ("Nơi nhận văn bản", "recipients"),
        ("Ký nhận", None),
        ("Ngày chuyển", None),
        ("Số lượng bản", None),
    ],
)
def test_a_heading_is_known_in_any_writing(heading: str, name: str | None) -> None:
    assert meaning(heading) == name


def test_columns_may_stand_in_any_order_and_number_and_notation_apart() -> None:
    header = ["Trích yếu", "Ký hiệu", "Số", "Ngày ban hành", "Số vào sổ"]
    found = entry(table(["Họp giao ban", "QĐ-UBND", "0012", "1/2/2021", "5"], header=header))
    assert (found.record.symbol, found.arrival_number) == ("0012/QĐ-UBND", "5")
    assert found.record.kind is not None
    assert found.record.kind.code == "QĐ"


def test_a_register_of_outgoing_documents_names_the_office_as_issuer() -> None:
    header = ["Số ký hiệu văn bản", "Ngày tháng văn bản", "Tên loại và trích yếu", "Người ký", "Nơi nhận văn bản"]
    row = ["15/QĐ-SYT", "05-03-21", "Quyết định thành lập tổ công tác", "Nguyễn Văn An", "Bộ Y tế; UBND tỉnh"]
    data = table(row, header=header).encode()
    assert read_register(data, LIMITS)[0] == "outgoing"
    record = entry(data, office="Sở Y tế tỉnh Kon Tum").record
    assert record.issuer is not None
    assert record.issuer.name == "Sở Y tế tỉnh Kon Tum"
    assert [r.name for r in record.recipients] == ["Bộ Y tế", "UBND tỉnh"]
    assert record.signer is not None
    assert (record.signer.name, record.issued_on and record.issued_on.earliest) == (
        "Nguyễn Văn An",
        dt.date(2021, 3, 5),
    )


@pytest.mark.parametrize(
    "written",
    [
        "17/8/2021",
        "17-08-2021",
        "17.8.2021",
        "17/8/21",
        "2021-08-17",
        "2021-08-17 00:00:00",
        "ngày 17 tháng 8 năm 2021",
    ],
)
def test_a_day_is_understood_in_any_writing(written: str) -> None:
    issued = entry(table([*ROW[:4], written, *ROW[5:]])).record.issued_on
    assert issued is not None
    assert issued.earliest == issued.latest == dt.date(2021, 8, 17)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({0: "30/2/2021"}, "register_date"),
        ({0: "8/2021"}, "register_date"),
        ({4: "hôm qua"}, "register_date"),
        ({3: "", 5: ""}, "register_row_empty"),
    ],
)
def test_a_row_that_makes_no_sense_is_told_with_its_number_and_the_others_go_in(
    changed: dict[int, str], code: str
) -> None:
    bad = [changed.get(n, cell) for n, cell in enumerate(ROW)]
    found = entries(table(ROW, bad, [ROW[0], "6907", *ROW[2:]]))
    assert [type(e).__name__ for e in found] == ["Entry", "BadRow", "Entry"]
    assert isinstance(found[1], BadRow)
    assert (found[1].row, found[1].reason.code) == (3, code)


def test_a_number_that_a_spreadsheet_took_for_a_day_is_told() -> None:
    (found,) = entries(workbook(("x", [HEADER, [*ROW[:3], dt.date(2021, 12, 1), *ROW[4:]]])))
    assert isinstance(found, BadRow)
    assert (found.reason.code, found.reason.params["field"]) == ("register_cell", "symbol")


def test_a_row_that_stands_there_twice_is_told_with_the_first_one() -> None:
    found = entries(table(ROW, ROW))
    assert isinstance(found[1], BadRow)
    assert (found[1].reason.code, found[1].reason.params) == ("register_row_repeats", {"row": "2"})


def test_a_row_that_stands_on_two_sheets_is_told_too() -> None:
    found = entries(workbook(("một", [HEADER, ROW]), ("hai", [HEADER, ROW])))
    assert isinstance(found[1], BadRow)
    assert found[1].reason.params == {"row": "một!2"}


@pytest.mark.parametrize("column", [1, 3])
def test_a_cell_that_is_far_too_long_for_its_column_is_told(column: int) -> None:
    (found,) = entries(table([*ROW[:column], "x" * 5000, *ROW[column + 1 :]]))
    assert isinstance(found, BadRow)
    assert found.reason.code == "register_cell"
    assert len(str(found.reason.params["value"])) <= 100


@given(st.lists(st.text(max_size=40), min_size=7, max_size=7))
def test_no_row_is_dropped_in_silence_whatever_its_cells_say(cells: list[str]) -> None:
    plain = [" ".join(cell.replace('"', "").replace("\0", "").split()) or "x" for cell in cells]
    written = "\n".join([",".join([*HEADER[:3], "Số ký hiệu", *HEADER[4:]]), ",".join(f'"{c}"' for c in plain)])
    found = entries(written.encode("utf-8", "replace"))
    assert len(found) == 1
    assert isinstance(found[0], Entry) or found[0].reason.code.startswith("register_")


def test_the_identity_of_a_row_does_not_hang_on_its_file_nor_on_its_other_cells() -> None:
    moved = entry(table([*ROW[:5], "Công văn về việc khác", ""], delimiter=";"))
    assert moved.identity == entry(table(ROW)).identity
    assert moved.identity != entry(table(["18/08/2022", *ROW[1:]])).identity
    assert moved.identity != entry(table(ROW), office="Sở Y tế").identity


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "header"),
        (b"a,b,c\n1,2,3\n", "header"),
        (b"PK\x03\x04 nothing", "workbook"),
        (b"\xd0\xcf\x11\xe0 old", r"\.xls"),
        (b"\xd2\xff\x80\x81", "encoding|header"),
        (b'"' + b"x" * 200_000, "CSV"),
    ],
)
def test_what_is_no_register_is_refused_with_what_to_do(data: bytes, says: str) -> None:
    with pytest.raises(InvalidInputError, match=says):
        read_register(data, LIMITS)


def test_a_register_over_the_limits_is_refused_before_it_is_read() -> None:
    with pytest.raises(TooLargeError):
        read_tables(b"x" * 101, Limits(register_bytes=100))
    with pytest.raises(TooLargeError):
        read_tables(table(*[ROW] * 9).encode(), Limits(register_rows=5))
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b"0" * 300_000)
    with pytest.raises(TooLargeError):
        read_tables(bomb.getvalue(), Limits(register_bytes=20_000))


@given(st.text(alphabet="aăâđêôơưAĐ é", min_size=1, max_size=30))
def test_text_comes_back_from_the_encoding_windows_had(text: str) -> None:
    assert decode(windows_1258(text + "ệ")) == text + "ệ"


# --------------------------------------------------------------------------- when a row and a scan are one


def record(symbol_key: str | None, issuer: str | None = None, year: int | None = None, **values: object) -> Record:
    return Record(
        symbol="x" if symbol_key else None,
        symbol_key=symbol_key,
        issuer=Issuer(name=issuer) if issuer else None,
        issued_on=PartialDate(year=year) if year else None,
        **values,
    )


UNSURE = {name: Evidence(how="read", confirmed=False) for name in ("symbol", "arrival")}
STAMP = Arrival(number="0215", on=dt.date(2021, 8, 13))
SAME_STAMP = Arrival(number="215", on=dt.date(2021, 8, 13))


@pytest.mark.parametrize(
    ("row", "scan", "same"),
    [
        (record("1||A", year=2021), record("1||A", year=2021), True),
        (record("1||A", "UBND tỉnh Kon Tum"), record("1||A", "ỦY BAN NHÂN DÂN TỈNH KON TUM"), True),
        (record("1||A"), record("1||A"), False),
        (record("1||A", year=2020), record("1||A", year=2021), False),
        (record("1||A", "UBND tỉnh Kon Tum", 2021), record("1||A", "UBND tỉnh Gia Lai", 2021), False),
        (record("1||A", year=2021), record("2||A", year=2021), False),
        (record(None, arrival=STAMP), record("1||A", arrival=SAME_STAMP), True),
        (record("2||A", arrival=STAMP), record("1||A", arrival=SAME_STAMP), False),
        (record(None), record(None), False),
        (record(None, arrival=Arrival(number="1")), record(None, arrival=Arrival(number="1")), False),
    ],
)
def test_a_row_means_a_scan_when_symbol_or_arrival_agree_and_nothing_speaks_against_it(
    row: Record, scan: Record, *, same: bool
) -> None:
    assert same_document(row, scan, {}) is same


def test_what_was_read_and_nobody_confirmed_joins_only_when_symbol_and_arrival_both_agree() -> None:
    row = record("1||A", year=2021, arrival=STAMP)
    assert not same_document(row, record("1||A", year=2021), UNSURE)
    assert not same_document(row, record(None, arrival=SAME_STAMP), UNSURE)
    assert same_document(row, record("1||A", year=2021, arrival=SAME_STAMP), UNSURE)


def test_the_register_fills_what_is_empty_or_a_guess_and_nothing_else() -> None:
    given_values = {"subject": "a", "place": "b", "urgency": "c", "secrecy": None}
    evidence = {"place": Evidence(how="read", confirmed=False), "urgency": Evidence(how="read")}
    assert open_values(given_values, {"place": "x", "urgency": "y"}, evidence) == {"subject": "a", "place": "b"}


def test_differing_values_are_told_and_other_writings_of_one_value_are_not() -> None:
    row = Record(subject="V/v tiêm chủng", issuer=Issuer(name="UBND tỉnh Kon Tum"), urgency="Khẩn", arrival=STAMP)
    scan = Record(
        subject="Tiêm chủng", issuer=Issuer(name="ỦY BAN NHÂN DÂN TỈNH KON TUM"), urgency="Hỏa tốc", arrival=SAME_STAMP
    )
    assert differences(row, scan) == {"urgency": ("Khẩn", "Hỏa tốc")}
    assert differences(Record(subject="a"), Record()) == {}
