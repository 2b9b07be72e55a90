"""A register as XLSX, written row by row: every cell a text ("012" stays, "=1+1" is no formula), headings frozen."""

from collections.abc import Iterable, Iterator
from typing import BinaryIO, cast

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from services.export.registers import Table

_TEXT = "@"
_FONT = "Times New Roman"
_LINE = Side(style="thin", color="FF999999")
_FRAME = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_CENTRED = Alignment(horizontal="center", vertical="center", wrap_text=True)
_TITLE, _ABOUT, _HEADING, _CELL = "vanban_title", "vanban_about", "vanban_heading", "vanban_cell"


def write_xlsx(table: Table, file: BinaryIO) -> None:
    """Write the table into a binary file: title block, headings, rows."""
    book = Workbook(write_only=True)
    for style in _styles():
        book.add_named_style(style)
    sheet = cast(Worksheet, book.create_sheet(table.title.capitalize()[:31]))  # what its stub hides, it has
    headings = len(table.about) + 2
    _lay_out(sheet, table, headings)
    sheet.append(_cells(sheet, [table.title], _TITLE))
    for line in table.about:
        sheet.append(_cells(sheet, [line], _ABOUT))
    sheet.append(_cells(sheet, [column.title for column in table.columns], _HEADING))
    for row in table.rows:
        sheet.append(_cells(sheet, row, _CELL))
    book.save(file)


def _styles() -> Iterator[NamedStyle]:
    grey = PatternFill("solid", fgColor="FFEDEDED")
    top = Alignment(vertical="top", wrap_text=True)
    yield NamedStyle(_TITLE, Font(name=_FONT, size=14, bold=True), number_format=_TEXT)
    yield NamedStyle(_ABOUT, Font(name=_FONT, size=11, italic=True), number_format=_TEXT)
    yield NamedStyle(_HEADING, Font(name=_FONT, size=11, bold=True), grey, _FRAME, _CENTRED, _TEXT)
    yield NamedStyle(_CELL, Font(name=_FONT, size=11), border=_FRAME, alignment=top, number_format=_TEXT)


def _lay_out(sheet: Worksheet, table: Table, headings: int) -> None:
    """Set widths, the frozen headings in row `headings`, the filter, and the printed page: A4 landscape."""
    for number, column in enumerate(table.columns, 1):
        sheet.column_dimensions[get_column_letter(number)].width = column.width
    last = get_column_letter(len(table.columns))
    sheet.freeze_panes = f"A{headings + 1}"
    sheet.auto_filter.ref = f"A{headings}:{last}{headings + len(table.rows)}"
    sheet.print_title_rows = f"{headings}:{headings}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = Worksheet.PAPERSIZE_A4
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _cells(sheet: Worksheet, values: Iterable[str], style: str) -> list[Cell]:
    cells = []
    for value in values:
        cell = WriteOnlyCell(sheet, value)
        cell.data_type = "s"  # what begins with "=" would be taken for a formula
        cell.style = style
        cells.append(cell)
    return cells
