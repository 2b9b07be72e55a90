"""The one service behind `GET /export` and `vanban export`."""

import asyncio
import datetime as dt
import errno
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from typing import BinaryIO
from zoneinfo import ZoneInfo

from services.core.errors import StorageFullError
from services.core.files import pieces
from services.core.model import Document, Principal
from services.core.settings import Settings
from services.export.csv_table import write_csv
from services.export.edxml_zip import Messages
from services.export.ndjson import View, json_lines
from services.export.problems import none_as_edxml, register_needs_table
from services.export.registers import REGISTERS, Period, Register, RegisterName, Table, build_table, with_columns
from services.search import AllDocuments, Filters, SearchQuery, SearchService

Follow = Callable[[Principal, Sequence[Document]], Awaitable[list[Document]]]
_PART = 200
Progress = Callable[[int, int], None]
"""Is told how many documents of how many are through."""


class ExportFormat(StrEnum):
    """The kinds of files."""

    CSV = "csv"
    XLSX = "xlsx"
    DOCX = "docx"
    NDJSON = "ndjson"
    EDXML = "edxml"


MEDIA_TYPES = {
    ExportFormat.CSV: "text/csv",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ExportFormat.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ExportFormat.NDJSON: "application/x-ndjson",
    ExportFormat.EDXML: "application/xml",
}
ZIP = "application/zip"


# the two libraries are imported where a file is written: half a second that no start of the web server should take


def _write_xlsx(table: Table, out: BinaryIO) -> None:
    from services.export.xlsx_table import write_xlsx

    write_xlsx(table, out)


def _write_docx(table: Table, out: BinaryIO) -> None:
    from services.export.docx_table import write_docx

    write_docx(table, out)


_TABLES: dict[ExportFormat, Callable[[Table, BinaryIO], None]] = {
    ExportFormat.CSV: write_csv,
    ExportFormat.XLSX: _write_xlsx,
    ExportFormat.DOCX: _write_docx,
}


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A file to be taken once: `size` in bytes is None where it is made while it is taken."""

    name: str
    media_type: str
    chunks: AsyncIterator[bytes]
    size: int | None = None


class Exports:
    """Writes everything that answers a query into one file.

    `view` gives a document the shape of the API, `follow` looks up how far the tasks of documents have come.
    """

    def __init__(self, search: SearchService, settings: Settings, view: View, follow: Follow) -> None:
        self._search, self._follow = search, follow
        self._most = settings.limits.export_documents
        self._zone = ZoneInfo(settings.timezone)
        self._view = view

    async def export(
        self,
        p: Principal,
        query: SearchQuery,
        format_: ExportFormat,
        register: RegisterName = RegisterName.LIST,
        progress: Progress = lambda done, total: None,
        columns: Sequence[str] = (),
    ) -> ExportFile:
        """Write the documents of a query: a list in its order, a register in the register's own.

        `columns` are the headings of those that are wanted of a table, all where none is named.

        Only JSON lines are written while they are taken, any number of them, and end with a line that says so; every
        other file has at most `limits.export_documents` and is whole before this returns, so that none breaks off.
        Memory holds a line of text for each document (of JSON lines its id), never the documents. Raises
        InvalidInputError as `SearchService.all_documents`, for a register in a format without tables, and for edXML
        that would have no message; StorageFullError when there is no room for the file.
        """
        if register is not RegisterName.LIST and format_ not in _TABLES:
            raise register_needs_table(format_)
        if format_ in _TABLES:
            table = await self.table(p, query, register, columns, progress)
            return await write_table(table, f"{REGISTERS[register].file_name}-{self._today()}", format_)
        most = None if format_ is ExportFormat.NDJSON else self._most
        found = await self._search.all_documents(p, query, most=most)
        documents = _told(found, progress)
        stem = f"{REGISTERS[RegisterName.LIST].file_name}-{self._today()}"
        if format_ is ExportFormat.EDXML:
            return await _edxml_file(documents, f"{stem}-edxml.zip")
        return ExportFile(f"{stem}.{format_}", MEDIA_TYPES[format_], json_lines(documents, self._view, found.total))

    async def table(
        self,
        p: Principal,
        query: SearchQuery,
        register: RegisterName,
        columns: Sequence[str] = (),
        progress: Progress = lambda done, total: None,
    ) -> Table:
        """Return a register of the documents of a query as it would be written, at most `limits.export_documents`.

        Raises InvalidInputError as `export`, and for a column that the register does not have.
        """
        form = REGISTERS[register]
        found = await self._search.all_documents(p, query, most=self._most)
        documents = _told(found, progress)
        if form.followed:
            documents = _followed(documents, lambda part: self._follow(p, part))
        lines = [line async for document in documents for line in form.lines(document)]
        return with_columns(build_table(form, lines, _period(form, query.filters), self._today()), columns)

    def _today(self) -> dt.date:
        return dt.datetime.now(self._zone).date()


async def _told(found: AllDocuments, progress: Progress) -> AsyncIterator[Document]:
    done = 0
    async for document in found.documents:
        yield document
        done += 1
        progress(done, found.total)


async def _followed(
    documents: AsyncIterator[Document], follow: Callable[[Sequence[Document]], Awaitable[list[Document]]]
) -> AsyncIterator[Document]:
    part: list[Document] = []
    async for document in documents:
        part.append(document)
        if len(part) == _PART:
            for followed in await follow(part):
                yield followed
            part = []
    for followed in await follow(part):
        yield followed


async def write_table(table: Table, stem: str, format_: ExportFormat) -> ExportFile:
    """Write a table into a file; InvalidInputError for a format without tables, StorageFullError without room."""
    if format_ not in _TABLES:
        raise register_needs_table(format_)
    file = await asyncio.to_thread(temporary_file, lambda out: _TABLES[format_](table, out))
    return await _file(file, f"{stem}.{format_}", MEDIA_TYPES[format_])


async def _edxml_file(documents: AsyncIterator[Document], name: str) -> ExportFile:
    """Write one message as it is, several as an archive."""
    messages = Messages()
    async for document in documents:
        messages.add(document)
    if not messages.written:
        raise none_as_edxml(len(messages.refused))
    if len(messages.written) == 1 and not messages.refused:
        only = messages.written[0]
        return await _file(BytesIO(only.data), f"{only.stem}.edxml", MEDIA_TYPES[ExportFormat.EDXML])
    return await _file(await asyncio.to_thread(temporary_file, messages.write), name, ZIP)


def _period(register: Register, filters: Filters) -> Period:
    """Return the days that the search itself sets for what the register goes by."""
    return getattr(filters, f"{register.period}_from"), getattr(filters, f"{register.period}_to")


def temporary_file(write: Callable[[BinaryIO], None]) -> BinaryIO:
    """Return a temporary file with what `write` puts into it; it is gone once closed. StorageFullError without room."""
    with ExitStack() as stack:
        file = stack.enter_context(tempfile.TemporaryFile())
        try:
            write(file)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise StorageFullError(f"The folder for temporary files is full: {error}. Free some space.") from error
        stack.pop_all()
        return file


async def _file(file: BinaryIO, name: str, media_type: str) -> ExportFile:
    size = await asyncio.to_thread(file.seek, 0, 2)
    return ExportFile(name, media_type, pieces(file), size)
