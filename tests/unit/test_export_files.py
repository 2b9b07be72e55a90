"""The files of exports, opened again: what was written is what is read, and nothing of it runs."""

from __future__ import annotations

import json
import tempfile
import tracemalloc
from collections.abc import AsyncIterator, Callable
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import docx
import openpyxl
import pytest
from docx.enum.section import WD_ORIENT
from docx.oxml.ns import qn
from docx.shared import Length
from hypothesis import given, settings
from hypothesis import strategies as st

from services.core.errors import StorageFullError, UnavailableError
from services.core.model import Document
from services.export import RegisterName
from services.export.csv_table import defused, write_csv
from services.export.docx_table import write_docx
from services.export.edxml_zip import Messages
from services.export.ndjson import json_lines
from services.export.registers import REGISTERS, Table
from services.export.service import temporary_file
from services.export.values import cell
from services.export.xlsx_table import write_xlsx
from services.web.schemas import DocumentView
from tests.unit.export_support import csv_rows, docx_rows, letter, stream, table_of, xlsx_rows

Write = Callable[[Table, BinaryIO], None]
WRITERS = [write_csv, write_xlsx, write_docx]
NASTY = ["=1+1", "+84", "-5", "@SUM(A1)", "＝1", "a<b>&\"'c", "012", "⟦3⟧", '1,2;"3"', "</w:t>"]


def written(write: Write, table: Table) -> bytes:
    file = BytesIO()
    write(table, file)
    return file.getvalue()


def nasty_table() -> Table:
    table = table_of(RegisterName.CONTENTS, [])
    rows = tuple((text, *("" for _ in table.columns[1:-1]), text) for text in NASTY)
    return Table(table.title, table.about, table.columns, rows)


@pytest.mark.parametrize("register", RegisterName)
def test_all_three_formats_hold_the_same_rows(register: RegisterName) -> None:
    table = table_of(register, [letter(), letter("other", arrival=None)])
    headings = [column.title for column in table.columns]
    title_block = [[table.title], *([line] for line in table.about)]
    rows = [_bare(row) for row in table.rows]
    assert [_bare(row) for row in csv_rows(written(write_csv, table))] == [headings, *rows]
    assert xlsx_rows(written(write_xlsx, table)) == [*title_block, headings, *rows]
    assert docx_rows(written(write_docx, table)) == [*title_block, headings, *rows]


def test_texts_that_mean_something_to_a_format_are_only_texts() -> None:
    table = nasty_table()
    assert [row[0] for row in xlsx_rows(written(write_xlsx, table))[-len(NASTY) :]] == NASTY
    assert [row[0] for row in docx_rows(written(write_docx, table))[-len(NASTY) :]] == NASTY
    assert [row[0].removeprefix("'") for row in csv_rows(written(write_csv, table))[1:]] == NASTY


def test_a_spreadsheet_runs_no_cell() -> None:
    sheet = openpyxl.load_workbook(BytesIO(written(write_xlsx, nasty_table()))).worksheets[0]
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert {cell.number_format for cell in cells} == {"@"}
    shown = [row[0] for row in csv_rows(written(write_csv, nasty_table()))[1:]]
    assert shown[:5] == ["'=1+1", "'+84", "'-5", "'@SUM(A1)", "'＝1"]


@given(st.text())
def test_a_defused_text_is_no_formula_and_reads_back(text: str) -> None:
    safe = defused(cell(text))
    assert not safe.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert safe in (cell(text), f"'{cell(text)}")


@settings(max_examples=25)
@given(st.lists(st.text(max_size=30), min_size=7, max_size=7))
def test_whatever_a_scan_says_the_files_open_again(texts: list[str]) -> None:
    row = tuple(map(cell, texts))
    table = Table("SỔ", (), REGISTERS[RegisterName.CONTENTS].columns, (row,))
    assert csv_rows(written(write_csv, table))[1] == list(map(defused, row))
    assert xlsx_rows(written(write_xlsx, table))[2] == _bare(row)
    assert docx_rows(written(write_docx, table))[2] == _bare(row)


def test_a_workbook_freezes_its_headings_and_has_room_for_its_columns() -> None:
    table = table_of(RegisterName.INCOMING, [letter()])
    sheet = openpyxl.load_workbook(BytesIO(written(write_xlsx, table))).worksheets[0]
    assert sheet.freeze_panes == "A5"
    assert sheet["A4"].value == "Ngày đến"
    assert sheet.auto_filter.ref == "A4:J5"
    assert sheet.column_dimensions["F"].width == 48
    assert (sheet.page_setup.orientation, sheet.print_title_rows) == ("landscape", "$4:$4")
    assert sheet["B5"].value == "012"


def test_a_word_file_is_a4_landscape_in_times_new_roman_and_repeats_its_headings() -> None:
    file = docx.Document(BytesIO(written(write_docx, table_of(RegisterName.INCOMING, [letter()] * 40))))
    section = file.sections[0]
    assert [round(Length(side or 0).cm, 1) for side in (section.page_width, section.page_height)] == [29.7, 21.0]
    assert section.orientation is WD_ORIENT.LANDSCAPE
    assert file.styles["Normal"].font.name == "Times New Roman"
    headings, *rows = file.tables[0].rows
    assert headings._tr.trPr.find(qn("w:tblHeader")) is not None
    assert all(row._tr.trPr.find(qn("w:tblHeader")) is None for row in rows)
    assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in rows)
    assert len(rows) == 40


def test_a_full_disk_is_told_as_such() -> None:
    def write(file: BinaryIO) -> None:
        with Path("/dev/full").open("wb", buffering=0) as full:
            full.write(b"x")

    with pytest.raises(StorageFullError, match="Free some space"):
        temporary_file(write)


async def test_json_lines_are_the_documents_of_the_api() -> None:
    documents = [letter(f"{n:036}") for n in range(300)]
    pieces = [piece async for piece in json_lines(stream(documents), DocumentView.of, 301)]
    assert len(pieces) > 3
    *lines, last = b"".join(pieces).decode().splitlines()
    assert json.loads(last) == {"end": {"total": 301, "documents": 300}}
    assert [json.loads(line)["id"] for line in lines] == [document.id for document in documents]
    shape = DocumentView.of(documents[0]).model_dump(mode="json", exclude={"pages"})
    assert json.loads(lines[0]) == shape
    assert {"id", "revision", "external_id", "record", "evidence", "links"} <= set(shape)


async def test_json_lines_that_break_off_say_so_in_their_last_line() -> None:
    async def broken() -> AsyncIterator[Document]:
        yield letter("a")
        raise UnavailableError("OpenSearch does not answer")

    pieces: list[bytes] = []

    async def take() -> None:
        async for piece in json_lines(broken(), DocumentView.of, 2):
            pieces.append(piece)  # noqa: PERF401 - what came before the error counts

    with pytest.raises(UnavailableError):
        await take()
    first, last = map(json.loads, b"".join(pieces).splitlines())
    assert first["id"] == "a"
    assert last["error"]["code"] == "unavailable"


async def many(count: int) -> AsyncIterator[Document]:
    for n in range(count):
        yield letter(f"{n:036}", symbol=f"{n}/UBND-KGVX", number=str(n), subject=f"V/v triển khai việc số {n} " * 5)


async def _write_table(write: Write) -> None:
    register = REGISTERS[RegisterName.INCOMING]
    lines = [line async for document in many(2_000) for line in register.lines(document)]
    rows = tuple(register.finish(lines))
    with tempfile.TemporaryFile() as file:
        write(Table(register.title, (), register.columns, rows), file)


async def _write_json() -> None:
    async for piece in json_lines(many(2_000), DocumentView.of, 2_000):
        assert piece


async def _write_edxml() -> None:
    messages = Messages()
    async for document in many(2_000):
        messages.add(document)
    with tempfile.TemporaryFile() as file:
        messages.write(file)


@pytest.mark.parametrize("name", ["csv", "xlsx", "docx", "ndjson", "edxml"])
async def test_two_thousand_documents_take_little_memory(name: str) -> None:
    works = {
        "csv": lambda: _write_table(write_csv),
        "xlsx": lambda: _write_table(write_xlsx),
        "docx": lambda: _write_table(write_docx),
        "ndjson": _write_json,
        "edxml": _write_edxml,
    }
    tracemalloc.start()
    try:
        await works[name]()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8_000_000  # the documents themselves are some 20 MB


def _bare(row: tuple[str, ...] | list[str]) -> list[str]:
    return list(row[: len(row) - next((n for n, value in enumerate(reversed(row)) if value), len(row))])
