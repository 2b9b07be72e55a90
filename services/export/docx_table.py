"""A register as DOCX: A4 landscape, Times New Roman, the headings repeated on every page, pages numbered.

python-docx makes the whole document with one row of placeholders; the rows are then written between what stands before
that row and what stands after it. A row built in python-docx keeps 14 kB of memory until the file is saved.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from itertools import zip_longest
from typing import BinaryIO
from xml.sax.saxutils import escape

from docx import Document
from docx.document import Document as DocumentFile
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Length, Pt
from docx.table import Table as DocxTable
from docx.text.paragraph import Paragraph

from services.export.registers import Table

_FONT = "Times New Roman"
_MAIN_PART = "word/document.xml"
_HOLE = re.compile(r"\u27e6[0-9]+\u27e7")
_ROW = ("<w:tr>", "</w:tr>")
_MARGIN = Cm(1.5)
_A4 = (Cm(29.7), Cm(21.0))


def write_docx(table: Table, file: BinaryIO) -> None:
    """Write the table into a binary file: title block, headings, rows."""
    skeleton = io.BytesIO()
    _skeleton(table).save(skeleton)
    with zipfile.ZipFile(skeleton) as made, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as out:
        for info in made.infolist():
            if info.filename != _MAIN_PART:
                out.writestr(info, made.read(info))
                continue
            with out.open(_MAIN_PART, "w", force_zip64=True) as part:
                for piece in _filled(made.read(info).decode(), table):
                    part.write(piece.encode())


def _filled(document: str, table: Table) -> Iterator[str]:
    """Yield the document with the rows of the table in place of its row of placeholders."""
    hole = _HOLE.search(document)
    assert hole is not None
    start = document.rindex(_ROW[0], 0, hole.start())
    end = document.index(_ROW[1], hole.end()) + len(_ROW[1])
    between = _HOLE.split(document[start:end])
    yield document[:start]
    for row in table.rows:
        filled = zip_longest(between, map(escape, row), fillvalue="")
        yield "".join(piece for pair in filled for piece in pair)
    yield document[end:]


def _skeleton(table: Table) -> DocumentFile:
    file = Document()
    width = _page(file)
    _fonts(file)
    file.core_properties.title = table.title
    file.core_properties.author = "vanban"
    _centred(file.add_paragraph(), table.title, size=14, bold=True)
    for line in table.about:
        _centred(file.add_paragraph(), line, size=12, italic=True)
    _grid(file, table, width)
    return file


def _page(file: DocumentFile) -> int:
    """Lay the page out, numbered at the top but for the first one (NĐ 30/2020, PL I), and return its usable width."""
    section = file.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = _A4
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = _MARGIN
    section.different_first_page_header_footer = True
    number = section.header.paragraphs[0]
    number.alignment = WD_ALIGN_PARAGRAPH.CENTER
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    number._p.append(field)
    return _A4[0] - 2 * _MARGIN


def _fonts(file: DocumentFile) -> None:
    style = file.styles["Normal"]
    style.font.name, style.font.size = _FONT, Pt(11)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), _FONT)
    style.paragraph_format.space_after = Pt(0)


def _grid(file: DocumentFile, table: Table, width: int) -> None:
    """Add the table: its headings, and one row of placeholders."""
    grid = file.add_table(rows=2, cols=len(table.columns), style="Table Grid")
    grid.autofit = False
    share = width / sum(column.width for column in table.columns)
    for number, column in enumerate(table.columns):
        _set_width(grid, number, Length(int(column.width * share)))
        _centred(grid.cell(0, number).paragraphs[0], column.title, size=11, bold=True)
        grid.cell(1, number).text = f"\u27e6{number}\u27e7"
    _row_rule(grid, 0, "w:tblHeader")
    for row in (0, 1):
        _row_rule(grid, row, "w:cantSplit")


def _set_width(grid: DocxTable, number: int, width: Length) -> None:
    grid.columns[number].width = width
    for cell in grid.column_cells(number):
        cell.width = width


def _row_rule(grid: DocxTable, row: int, rule: str) -> None:
    grid.rows[row]._tr.get_or_add_trPr().append(OxmlElement(rule))


def _centred(paragraph: Paragraph, text: str, *, size: int, bold: bool = False, italic: bool = False) -> None:
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = paragraph.add_run(text)
    run.font.size, run.bold, run.italic = Pt(size), bold, italic
