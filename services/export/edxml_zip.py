"""Many edXML messages in one archive, with a list of the documents for which none could be written."""

import zipfile
from dataclasses import dataclass, field
from io import BytesIO
from typing import BinaryIO, NamedTuple

from services.core.messages import say
from services.core.model import Document
from services.core.text import key
from services.export.csv_table import write_csv
from services.export.edxml import message, refusal
from services.export.registers import Column, Row, Table
from services.export.values import cell, exact_day

REFUSED = "khong-xuat-duoc.csv"
_COLUMNS = (Column("Mã văn bản", 36), Column("Số, ký hiệu", 18), Column("Tệp", 20), Column("Lý do", 60))


class Message(NamedTuple):
    """The message of one document; `stem` names it by symbol and date, which two documents may share."""

    stem: str
    document_id: str
    data: bytes


@dataclass
class Messages:
    """The messages written so far, and a row for every document refused."""

    written: list[Message] = field(default_factory=list)
    refused: list[Row] = field(default_factory=list)

    def add(self, document: Document) -> None:
        """Write the message of a document, or note why there is none."""
        if reason := refusal(document):
            symbol, name = cell(document.record.symbol), cell(document.file_name)
            self.refused.append((document.id, symbol, name, say(reason, "vi")))
        else:
            self.written.append(Message(_stem(document), document.id, message(document)))

    def write(self, file: BinaryIO) -> None:
        """Write the archive into a binary file: a message a document, and the list of those refused where there are."""
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for stem, document_id, data in self.written:
                archive.writestr(f"{stem}_{document_id}.edxml", data)
            if self.refused:
                rows = BytesIO()
                write_csv(Table("", (), _COLUMNS, tuple(self.refused)), rows)
                archive.writestr(REFUSED, rows.getvalue())


def _stem(document: Document) -> str:
    day = exact_day(document.record.issued_on)
    return "_".join([key(document.record.symbol or ""), *([f"{day:%Y-%m-%d}"] if day else [])])
