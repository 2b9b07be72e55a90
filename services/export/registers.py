"""The registers: which columns each has, what stands in them, in which order (pure).

Columns and their names are those of NĐ 30/2020: PL IV (registers of incoming and outgoing documents, follow-up) and
PL V (contents of a dossier). What only the office itself knows (who signed for it, when it was passed on) stays empty
for the pen.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from services.core.dates import date_text
from services.core.model import Document
from services.export.problems import unknown_column
from services.export.values import (
    Order,
    cell,
    copy_holder,
    due_day,
    due_text,
    exact_day,
    full_citation,
    kind_and_subject,
    listed,
    notes,
    order_of,
    progress_text,
    receivers,
)

Row = tuple[str, ...]


class RegisterName(StrEnum):
    """The registers by the names of the API."""

    LIST = "list"
    INCOMING = "incoming"
    OUTGOING = "outgoing"
    FOLLOW_UP = "follow-up"
    CONTENTS = "contents"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading and its width in characters."""

    title: str
    width: int


@dataclass(frozen=True, slots=True)
class Line:
    """A line before it has its place: its cells, what it is sorted by, its day, how many pages its document has."""

    cells: Row
    order: Order | None = None
    day: dt.date | None = None
    pages: int = 0


@dataclass(frozen=True, slots=True)
class Register:
    """A register. `period` names the dates of a search that bound it; `finish` numbers the sorted lines."""

    title: str
    file_name: str
    columns: tuple[Column, ...]
    lines: Callable[[Document], Iterable[Line]]
    finish: Callable[[Sequence[Line]], Iterator[Row]]
    period: Literal["date", "arrived", "due"] = "date"
    followed: bool = False
    """Whether its lines tell how far tasks have come."""


@dataclass(frozen=True, slots=True)
class Table:
    """A register ready to be written: title, lines under the title, columns, rows of as many cells each."""

    title: str
    about: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


Period = tuple[dt.date | None, dt.date | None]


def build_table(register: Register, lines: list[Line], period: Period, today: dt.date) -> Table:
    """Sort and number the lines, and write the title block. A period left open is that of the lines themselves."""
    if all(line.order is not None for line in lines):
        lines = sorted(lines, key=lambda line: line.order or order_of(None, None))
    days = sorted(line.day for line in lines if line.day)
    first, last = period if any(period) else (days[0], days[-1]) if days else (None, None)
    about = [
        " ".join(
            part
            for part in (
                f"Từ ngày {first:%d/%m/%Y}" if first else "",
                f"{'đến' if first else 'Đến'} ngày {last:%d/%m/%Y}" if last else "",
            )
            if part
        ),
        f"Số mục: {len(lines)}. Lập ngày {today:%d/%m/%Y}.",
    ]
    return Table(register.title, tuple(a for a in about if a), register.columns, tuple(register.finish(lines)))


def with_columns(table: Table, titles: Sequence[str]) -> Table:
    """Keep the columns with these headings, in the order of the register; all where none is named.

    Raises InvalidInputError for a heading that the register does not have.
    """
    known = [column.title for column in table.columns]
    for title in titles:
        if title not in known:
            raise unknown_column(table.title, title, ", ".join(known))
    kept = [n for n, title in enumerate(known) if title in titles] or range(len(known))
    columns = tuple(table.columns[n] for n in kept)
    return Table(table.title, table.about, columns, tuple(tuple(row[n] for n in kept) for row in table.rows))


# --------------------------------------------------------------------------- what stands in the lines


def _incoming(document: Document) -> Iterator[Line]:
    record = document.record
    number, shown, day = _arrival(document)
    cells = (
        shown,
        number,
        cell(record.issuer.name if record.issuer else None),
        cell(record.symbol),
        cell(date_text(record.issued_on)),
        kind_and_subject(record),
        "",
        "",
        "",
        notes(document, ("arrival", "issuer", "symbol", "issued_on", "kind", "subject")),
    )
    yield Line(cells, order_of(day, number), day)


def _outgoing(document: Document) -> Iterator[Line]:
    record = document.record
    cells = (
        cell(record.symbol),
        cell(date_text(record.issued_on)),
        kind_and_subject(record),
        cell(record.signer.name if record.signer else None),
        receivers(record),
        copy_holder(record),
        "",
        "",
        "",
        notes(document, ("symbol", "issued_on", "kind", "subject", "signer", "addressees", "recipients", "copy_line")),
    )
    yield Line(cells, _issue_order(document), exact_day(record.issued_on))


def _follow_up(document: Document) -> Iterator[Line]:
    number, _, day = _arrival(document)
    for task in document.record.tasks:
        cells = (
            number,
            full_citation(document.record),
            listed(task.assignees),
            due_text(task),
            progress_text(task),
            listed(task.progress.replies if task.progress else ()),
            notes(
                document,
                ("arrival", "kind", "symbol", "issued_on", "issuer", "tasks"),
                task.text,
                task.progress.note if task.progress else None,
            ),
        )
        yield Line(cells, order_of(day, number), due_day(task))


def _contents(document: Document) -> Iterator[Line]:
    record = document.record
    cells = (
        cell(record.symbol),
        cell(date_text(record.issued_on)),
        kind_and_subject(record),
        cell(record.issuer.name if record.issuer else None),
        notes(document, ("symbol", "issued_on", "kind", "subject", "issuer")),
    )
    yield Line(cells, _issue_order(document), exact_day(record.issued_on), _pages(document))


def _listed(document: Document) -> Iterator[Line]:
    record = document.record
    number, arrived, _ = _arrival(document)
    keys = ("symbol", "issued_on", "kind", "issuer", "subject", "signer", "arrival")
    cells = (
        cell(record.symbol),
        cell(date_text(record.issued_on)),
        cell(record.kind.name if record.kind else None),
        cell(record.issuer.name if record.issuer else None),
        cell(record.subject),
        cell(record.signer.name if record.signer else None),
        number,
        arrived,
        str(_pages(document)),
        cell(document.file_name),
        notes(document, keys),
    )
    yield Line(cells, day=exact_day(record.issued_on))


def _arrival(document: Document) -> tuple[str, str, dt.date | None]:
    """Return number and date of arrival as shown, and the day by which they are sorted."""
    arrival = document.record.arrival
    if arrival is None:
        return "", "", None
    return cell(arrival.number), f"{arrival.on:%d/%m/%Y}" if arrival.on else cell(arrival.date), arrival.on


def _issue_order(document: Document) -> Order:
    issued = document.record.issued_on
    return order_of(issued.earliest if issued else None, document.record.number)


def _pages(document: Document) -> int:
    return document.last_page - document.first_page + 1


# --------------------------------------------------------------------------- numbering


def _as_they_are(lines: Sequence[Line]) -> Iterator[Row]:
    return (line.cells for line in lines)


def _numbered(lines: Sequence[Line]) -> Iterator[Row]:
    return ((str(n), *line.cells) for n, line in enumerate(lines, 1))


def _paged(lines: Sequence[Line]) -> Iterator[Row]:
    """Number the lines, and put the pages that each document takes in the dossier before its note."""
    first = 1
    for n, line in enumerate(lines, 1):
        last = first + line.pages - 1
        yield str(n), *line.cells[:-1], str(first) if first == last else f"{first}-{last}", line.cells[-1]
        first = last + 1


# --------------------------------------------------------------------------- the registers


def _columns(*columns: tuple[str, int]) -> tuple[Column, ...]:
    return tuple(Column(*column) for column in columns)


REGISTERS = {
    RegisterName.LIST: Register(
        "DANH SÁCH VĂN BẢN",
        "van-ban",
        _columns(
            ("STT", 6),
            ("Số, ký hiệu", 18),
            ("Ngày ban hành", 12),
            ("Tên loại", 13),
            ("Cơ quan ban hành", 26),
            ("Trích yếu", 48),
            ("Người ký", 18),
            ("Số đến", 9),
            ("Ngày đến", 12),
            ("Số trang", 8),
            ("Tệp", 20),
            ("Ghi chú", 22),
        ),
        _listed,
        _numbered,
    ),
    RegisterName.INCOMING: Register(
        "SỔ ĐĂNG KÝ VĂN BẢN ĐẾN",
        "so-dang-ky-van-ban-den",
        _columns(
            ("Ngày đến", 12),
            ("Số đến", 9),
            ("Tác giả", 26),
            ("Số, ký hiệu", 18),
            ("Ngày tháng văn bản", 12),
            ("Tên loại và trích yếu", 48),
            ("Đơn vị hoặc người nhận", 18),
            ("Ngày chuyển", 12),
            ("Ký nhận", 12),
            ("Ghi chú", 22),
        ),
        _incoming,
        _as_they_are,
        period="arrived",
    ),
    RegisterName.OUTGOING: Register(
        "SỔ ĐĂNG KÝ VĂN BẢN ĐI",
        "so-dang-ky-van-ban-di",
        _columns(
            ("Số, ký hiệu", 18),
            ("Ngày tháng", 12),
            ("Tên loại và trích yếu", 48),
            ("Người ký", 18),
            ("Nơi nhận", 30),
            ("Đơn vị, người nhận bản lưu", 16),
            ("Số lượng bản", 9),
            ("Ngày chuyển", 12),
            ("Ký nhận", 12),
            ("Ghi chú", 22),
        ),
        _outgoing,
        _as_they_are,
    ),
    RegisterName.FOLLOW_UP: Register(
        "SỔ THEO DÕI GIẢI QUYẾT VĂN BẢN ĐẾN",
        "so-theo-doi-giai-quyet",
        _columns(
            ("Số đến", 9),
            ("Tên loại, số và ký hiệu, ngày tháng, cơ quan ban hành", 44),
            ("Đơn vị hoặc người nhận", 26),
            ("Thời hạn giải quyết", 22),
            ("Tiến độ giải quyết", 16),
            ("Số, ký hiệu văn bản trả lời", 18),
            ("Ghi chú", 48),
        ),
        _follow_up,
        _as_they_are,
        period="due",
        followed=True,
    ),
    RegisterName.CONTENTS: Register(
        "MỤC LỤC VĂN BẢN TRONG HỒ SƠ",
        "muc-luc-van-ban",
        _columns(
            ("STT", 6),
            ("Số, ký hiệu", 18),
            ("Ngày tháng", 12),
            ("Tên loại và trích yếu", 52),
            ("Tác giả", 28),
            ("Tờ số/Trang số", 12),
            ("Ghi chú", 24),
        ),
        _contents,
        _paged,
    ),
}
