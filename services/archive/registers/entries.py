"""A row of a register as what it says of a document: values in the record's shapes, and how it is recognised again."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from services.archive.records import apply, shape
from services.archive.registers.columns import Layout, RegisterKind
from services.archive.registers.sheet import Cell, Row
from services.core.dates import find_long_dates, parse_iso, parse_slash_date
from services.core.errors import InvalidInputError
from services.core.kinds import kind_named, kind_of_title
from services.core.model import JSON, PartialDate, Reason, Record
from services.core.symbols import join_symbol, parse_symbol
from services.core.text import fold, key

_DATED = ("arrived", "issued_on")
_LONGEST = {"symbol": 200, "number": 50, "notation": 150, "arrival_number": 50}  # longer ones are another column's
_FIELDS = {"arrived": "arrival", "arrival_number": "arrival"}
_NAME_CHARS = 200  # of a name or subject that tells rows apart
_SHOWN_CHARS = 100
_AS_THEY_ARE = ("issuer", "urgency", "secrecy", "fonds", "signer")


@dataclass(frozen=True, slots=True)
class Entry:
    """A row that makes sense.

    `given` has the values in the record's own shapes, `record` is what they make alone. `rest` are the cells that no
    field of the record holds, with their headings. `identity` is the same for the same row of the same book, whatever
    file brings it.
    """

    row: int
    sheet: str | None
    identity: str
    given: Mapping[str, JSON]
    record: Record
    rest: tuple[str, ...] = ()

    @property
    def arrived(self) -> dt.date | None:
        """The day of arrival."""
        return self.record.arrival.on if self.record.arrival else None

    @property
    def arrival_number(self) -> str | None:
        """The number in the book of incoming documents."""
        return self.record.arrival.number if self.record.arrival else None

    @property
    def day(self) -> dt.date | None:
        """The day by which the row falls into the register's period: of arrival, else of issue."""
        issued = self.record.issued_on
        return self.arrived or (issued.earliest if issued else None)

    @property
    def import_id(self) -> str:
        """The import identity of the record without a scan."""
        return f"register:{self.identity}"

    def canonical(self) -> bytes:
        """Return the source of the record without a scan: equal rows are equal bytes."""
        text = "\n".join([self.record.subject or "", *self.rest]).strip()
        content = {"id": self.import_id, "text": text, "record": self.given}
        return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that makes no sense, and why."""

    row: int
    sheet: str | None
    reason: Reason


@dataclass(slots=True)
class EntryReader:
    """Reads rows one after the other and knows which it has seen; `office` is whose register it is."""

    kind: RegisterKind
    office: str | None
    _seen: dict[str, str] = field(default_factory=dict)

    def read(self, layout: Layout, sheet: str | None) -> Iterator[Entry | BadRow]:
        """Read all rows below a header."""
        for row in layout.rows:
            try:
                yield self._entry(layout, row, sheet)
            except InvalidInputError as error:
                reason = error.params.get("reason")
                assert isinstance(reason, Reason)
                yield BadRow(row.number, sheet, reason)

    def _entry(self, layout: Layout, row: Row, sheet: str | None) -> Entry:
        cells = {name: row.cells[n] for name, n in layout.columns.items() if n < len(row.cells) and row.cells[n]}
        given, record = self._understood(self._values(cells))
        if not (record.symbol or record.subject):
            raise _bad("register_row_empty")
        identity = self._identity(record)
        if identity in self._seen:
            raise _bad("register_row_repeats", row=self._seen[identity])
        self._seen[identity] = f"{sheet}!{row.number}" if sheet else str(row.number)
        filled = {n: cell for n, cell in enumerate(row.cells) if cell}
        rest = tuple(f"{heading}: {_text(filled[n])}" for n, heading in layout.others.items() if n in filled)
        return Entry(row.number, sheet, identity, given, record, rest)

    def _values(self, cells: Mapping[str, Cell]) -> dict[str, JSON]:
        dates = {name: _date(name, cells[name]) for name in _DATED if name in cells}
        texts = {name: _words(name, cell) for name, cell in cells.items() if name not in _DATED}
        values: dict[str, JSON] = {name: texts[name] for name in _AS_THEY_ARE if name in texts}
        values.update(_symbol(texts))
        values.update(_kind_and_subject(texts))
        if self.kind == "outgoing" and self.office:
            values.setdefault("issuer", self.office)
        if "recipients" in texts:
            values["recipients"] = [name.strip() for name in texts["recipients"].split(";") if name.strip()]
        if "issued_on" in dates:
            values["issued_on"] = dates["issued_on"].model_dump(mode="json")
        if "arrival_number" in texts or "arrived" in dates:
            values["arrival"] = _arrival(texts.get("arrival_number"), dates.get("arrived"))
        return values

    def _understood(self, values: Mapping[str, JSON]) -> tuple[dict[str, JSON], Record]:
        """Return the values in the record's own shapes, and the record that they make."""
        try:
            given = shape(values)
            return given, Record.model_validate(apply({}, given)[0])
        except InvalidInputError as error:
            name = str(error.params["key"]).split(".")[0]
            raise _bad("register_cell", field=name, value=str(values.get(name))[:_SHOWN_CHARS]) from error

    def _identity(self, record: Record) -> str:
        """Return kind, office, year, number of arrival and symbol; without a number also what else tells rows apart."""
        number = record.arrival.number if record.arrival else None
        issued = record.issued_on.earliest if record.issued_on else None
        day = (record.arrival.on if record.arrival else None) or issued
        symbol = record.symbol_key or key(record.symbol or "")
        parts = [self.kind, key(self.office or ""), str(day.year if day else ""), number or "", symbol]
        if number is None:
            parts += [key(record.issuer.name)[:_NAME_CHARS] if record.issuer else "", str(issued or "")]
            parts += [] if record.symbol_key else [key(record.subject or "")[:_NAME_CHARS]]
        return ":".join(parts)


def _symbol(texts: Mapping[str, str]) -> dict[str, JSON]:
    """Take the symbol from its own column, or put it together from number and notation."""
    if "symbol" in texts:
        return {"symbol": texts["symbol"]}
    joined = join_symbol(texts.get("number", ""), texts.get("notation", ""))
    return {"symbol": joined} if joined else {}


def _kind_and_subject(texts: Mapping[str, str]) -> dict[str, JSON]:
    """Take kind and subject from columns of their own, or split "Công văn về việc ..." where one column has both."""
    values: dict[str, JSON] = {}
    both = texts.get("kind_subject")
    if both is not None:
        kind = kind_of_title(both)
        rest = both[len(kind.name) :] if kind and fold(both).startswith(fold(kind.name)) else both
        values["subject"] = rest.strip(" ,;:.–-") or None
        if kind and rest != both:
            values["kind"] = kind.model_dump(mode="json")
    if "subject" in texts:
        values["subject"] = texts["subject"]
    if "kind" in texts:
        named = kind_named(texts["kind"])
        values["kind"] = named.model_dump(mode="json") if named else texts["kind"]
    elif "kind" not in values and (symbol := parse_symbol(str(_symbol(texts).get("symbol") or ""))) and symbol.kind:
        values["kind"] = symbol.kind.model_dump(mode="json")
    return {k: v for k, v in values.items() if v is not None}


def _arrival(number: str | None, arrived: PartialDate | None) -> dict[str, JSON]:
    if arrived is not None and arrived.day is None:
        raise _bad("register_date", field="arrival", value=arrived.as_written or "")
    on = arrived.earliest if arrived else None
    return {"number": number, "date": f"{on:%d/%m/%Y}" if on else None, "on": on.isoformat() if on else None}


def _date(column: str, cell: Cell) -> PartialDate:
    """Read a date in any of the ways people write it; one that cannot be is a bad row."""
    if isinstance(cell, dt.date):
        return PartialDate(year=cell.year, month=cell.month, day=cell.day, earliest=cell, latest=cell)
    text = cell.strip()
    found = parse_slash_date(text) or next(iter(find_long_dates(text)), None)
    date = None if found is not None and found.illegible else (found.date if found else parse_iso(text[:10]))
    if date is None or date.year is None:
        raise _bad("register_date", field=_FIELDS.get(column, column), value=text[:_SHOWN_CHARS])
    return date


def _words(column: str, cell: Cell) -> str:
    if isinstance(cell, dt.date):  # a spreadsheet took "12/2021" for one
        raise _bad("register_cell", field=_FIELDS.get(column, column), value=cell.isoformat())
    if len(cell) > _LONGEST.get(column, len(cell)):
        raise _bad("register_cell", field=_FIELDS.get(column, column), value=cell[:_SHOWN_CHARS])
    return cell


def _text(cell: Cell) -> str:
    return cell if isinstance(cell, str) else f"{cell:%d/%m/%Y}"


def _bad(code: str, **params: JSON) -> InvalidInputError:
    return InvalidInputError(code, reason=Reason(code=code, params=params))
