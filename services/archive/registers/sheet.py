"""Tables out of the files that offices keep their registers in: CSV in any of their encodings, and XLSX.

The one place that reads spreadsheets. A file is hostile until read: its size, rows and unpacked size are limited, and
whatever the library cannot read is InvalidInputError with what to do.
"""

import csv
import datetime as dt
import io
import zipfile
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.core.errors import InvalidInputError, TooLargeError
from services.core.settings import Limits
from services.core.text import nfc, squeeze

Cell = str | dt.date
_COLUMNS = 60  # a register has some twenty; what stands further right is an accident
_UNPACKED = 10  # an XLSX may unpack to so many times the limit on the file
_SAMPLE_LINES = 100
_DELIMITERS = ",;\t|"
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True)
class Row:
    """A row as the office's own program numbers it (from 1), blank cells as empty texts."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one sheet that hold anything; `name` is None in a file that has but one."""

    name: str | None
    rows: tuple[Row, ...]


def read_tables(data: bytes, limits: Limits) -> tuple[Table, ...]:
    """Read the tables of a CSV or XLSX file.

    Raises InvalidInputError for what is neither and TooLargeError over the limits of the settings.
    """
    if len(data) > limits.register_bytes:
        raise TooLargeError(
            "The register is over the limit. Split it by year.", why="register_too_large", limit=limits.register_bytes
        )
    if data.startswith(_OLE):
        raise InvalidInputError(
            "This is an old Excel file (.xls). Save it as .xlsx or CSV and send that.",
            why="register_old_excel",
            format=".xls",
        )
    tables = _workbook(data, limits) if data.startswith(_ZIP) else (Table(None, _csv_rows(data, limits)),)
    if sum(len(table.rows) for table in tables) > limits.register_rows:
        raise TooLargeError(
            "The register has too many rows. Split it by year.", why="register_too_long", limit=limits.register_rows
        )
    return tables


def decode(data: bytes) -> str:
    """Decode a text by its byte order mark, else as UTF-8, UTF-16 or Windows-1258, and compose it (NFC)."""
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        encodings = ["utf-16"]
    elif data.startswith(BOM_UTF8):
        encodings = ["utf-8-sig"]
    elif b"\0" in data[:1000]:  # the Latin letters and delimiters of UTF-16 without a mark
        encodings = ["utf-16-le" if data[1:1000:2].count(0) >= data[:1000:2].count(0) else "utf-16-be"]
    else:
        encodings = ["utf-8", "cp1258"]
    for encoding in encodings:
        try:
            return nfc(data.decode(encoding)).replace("\0", "")
        except UnicodeDecodeError:
            continue
    raise InvalidInputError(
        "The encoding of the file is not known. Save it as CSV UTF-8 and send that.",
        why="register_encoding",
        known="UTF-8, UTF-16, Windows-1258",
    )


def _csv_rows(data: bytes, limits: Limits) -> tuple[Row, ...]:
    text = decode(data)
    rows = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    try:
        for cells in reader:
            shown = tuple(squeeze(cell) for cell in cells[:_COLUMNS])
            if any(shown):
                rows.append(Row(reader.line_num, shown))
            if len(rows) > limits.register_rows:
                break
    except csv.Error as error:
        raise InvalidInputError(
            f"Line {reader.line_num} is no CSV ({error}). Save the table as CSV UTF-8 again, or as .xlsx.",
            why="register_no_csv",
            row=reader.line_num,
        ) from error
    return tuple(rows)


def _delimiter(text: str) -> str:
    """Return the delimiter that cuts most lines of the beginning into the same number of cells."""
    lines = text.splitlines()[:_SAMPLE_LINES]

    def regular(delimiter: str) -> int:
        widths = Counter(line.count(delimiter) for line in lines)
        return max((width * count for width, count in widths.items()), default=0)

    return max(_DELIMITERS, key=regular)


def _workbook(data: bytes, limits: Limits) -> tuple[Table, ...]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            unpacked = sum(entry.file_size for entry in packed.infolist())
        if unpacked > _UNPACKED * limits.register_bytes:
            raise TooLargeError(
                "The register unpacks to more than the limit. Split it by year.",
                why="register_too_large",
                limit=_UNPACKED * limits.register_bytes,
            )
        from openpyxl import load_workbook  # only here: a fifth of the time that any process takes to start

        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        try:
            return tuple(
                Table(sheet.title, tuple(_sheet_rows(sheet.iter_rows(max_col=_COLUMNS, values_only=True), limits)))
                for sheet in book.worksheets
            )
        finally:
            book.close()
    except TooLargeError:
        raise
    except Exception as error:  # a damaged workbook fails in any way inside the library
        raise InvalidInputError(
            f"The workbook cannot be read ({type(error).__name__}). Open it, save it as .xlsx again, and send that.",
            why="register_broken_workbook",
            problem=type(error).__name__,
        ) from error


def _sheet_rows(rows: Iterator[Sequence[object]], limits: Limits) -> Iterator[Row]:
    found = 0
    for number, values in enumerate(rows, start=1):
        cells = tuple(_cell(value) for value in values)
        if any(cells):
            found += 1
            yield Row(number, cells)
        if found > limits.register_rows:
            return


def _cell(value: object) -> Cell:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else squeeze(nfc(str(value)).replace("\0", ""))
