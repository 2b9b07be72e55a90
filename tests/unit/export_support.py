"""Documents for the tests of exporting, and the files read back with the libraries that make them."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import AsyncIterator, Iterable
from io import BytesIO, StringIO

import docx
import openpyxl

from services.core.dates import partial_date
from services.core.deadlines import whole_days
from services.core.model import (
    Arrival,
    Citation,
    Document,
    Due,
    Evidence,
    Issuer,
    Kind,
    Recipient,
    Record,
    Signer,
    Task,
)
from services.export.registers import REGISTERS, Period, RegisterName, Table, build_table
from tests.search_support import make_document

TODAY = dt.date(2026, 11, 26)

LETTER = Record(
    symbol="2641/UBND-KGVX",
    number="2641",
    notation="UBND-KGVX",
    kind=Kind(code="CV", name="Công văn"),
    issuer=Issuer(name="ỦY BAN NHÂN DÂN TỈNH MẪU", parent=None, level="province"),
    issued_on=partial_date(2021, 8, 18, "ngày 18 tháng 8 năm 2021"),
    place="Mẫu",
    subject="V/v đẩy nhanh tiến độ tiêm vắc xin",
    addressees=("Sở Y tế", "Ủy ban nhân dân các huyện"),
    recipients=(
        Recipient(name="Như trên"),
        Recipient(name="Sở Y tế"),
        Recipient(name="Thường trực Tỉnh ủy", role="b/c"),
    ),
    copy_line="Lưu: VT, KGVX",
    signer=Signer(authority=("TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH"), title="PHÓ CHỦ TỊCH", name="Trần Văn Mẫu"),
    urgency="HỎA TỐC",
    arrival=Arrival(number="012", date="18/08/2021", on=dt.date(2021, 8, 18)),
    citations=(Citation(raw="Công điện số 1/CĐ-TTg", key="1||CD-TTG"),),
    tasks=(
        Task(
            assignees=("Sở Y tế",),
            text="Báo cáo kết quả tiêm",
            due=Due(as_written="trước ngày 25/8/2021", **whole_days(dt.date(2021, 8, 25), dt.date(2021, 8, 25))),
        ),
        Task(assignees=("UBND các huyện",), text="Rà soát đối tượng"),
    ),
    pages=2,
)
BLANK = Record(
    symbol="/UBND-VX",
    notation="UBND-VX",
    kind=Kind(code="CV", name="Công văn"),
    issuer=Issuer(name="ỦY BAN NHÂN DÂN TỈNH KHÁC"),
    issued_on=partial_date(2021, 9),
    subject="V/v phòng, chống dịch",
)


def letter(document_id: str = "letter", **changes: object) -> Document:
    """Make a letter of two pages with these values of its record instead."""
    return make_document(document_id, LETTER.model_copy(update=changes), pages=2)


def guessed(document: Document, *keys: str) -> Document:
    """Make the values under these keys guesses."""
    return document.model_copy(update={"evidence": {key: Evidence(how="read", confirmed=False) for key in keys}})


def table_of(register: RegisterName, documents: Iterable[Document], period: Period = (None, None)) -> Table:
    """Build the table of a register, as the service does."""
    chosen = REGISTERS[register]
    lines = [line for document in documents for line in chosen.lines(document)]
    return build_table(chosen, lines, period, TODAY)


async def stream(documents: Iterable[Document]) -> AsyncIterator[Document]:
    """Hand out documents as the search does."""
    for document in documents:
        yield document


# --------------------------------------------------------------------------- files read back


def csv_rows(data: bytes) -> list[list[str]]:
    """Read a CSV; its first bytes must be the mark that tells Excel of UTF-8."""
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(StringIO(data.decode("utf-8-sig"), newline="")))


def xlsx_rows(data: bytes) -> list[list[str]]:
    """Read the first sheet of an XLSX, every row without its empty end."""
    sheet = openpyxl.load_workbook(BytesIO(data)).worksheets[0]
    return [_bare(["" if value is None else str(value) for value in row]) for row in sheet.iter_rows(values_only=True)]


def docx_rows(data: bytes) -> list[list[str]]:
    """Read the paragraphs above the table of a DOCX, then its rows."""
    file = docx.Document(BytesIO(data))
    rows = [[cell.text for cell in row.cells] for row in file.tables[0].rows]
    return [*([p.text] for p in file.paragraphs if p.text), *map(_bare, rows)]


def _bare(row: list[str]) -> list[str]:
    while row and row[-1] == "":
        row.pop()
    return row
