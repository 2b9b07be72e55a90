"""The record as a form: how each of its values is written for people to change, and read back from what they wrote."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from services.core.dates import date_text, find_dates, iso, parse_iso, parse_slash_date
from services.core.kinds import KINDS
from services.core.model import JSON, Evidence, Record
from services.core.text import nfc, squeeze

AUTHORITY_MARK = " / "
"""Between the lines of a signer's authority ("TM. ỦY BAN NHÂN DÂN / KT. CHỦ TỊCH")."""
_ROLE = re.compile(r"^(?P<name>.+?)\s*\((?P<role>[^()]{1,30})\)$")
_MONTH = re.compile(r"(\d{1,2})\s*[/.-]\s*(\d{4})")


@dataclass(frozen=True, slots=True)
class Input:
    """One field of the form; `name` is its key in the record, for a part of a value with the part behind a dot."""

    name: str
    form: Literal["line", "area", "choice"] = "line"
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a value may be: the name of the input that it goes into, and how it is written there."""

    input: str
    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A value of the record as people see it: its inputs, and the way there (`write`) and back (`read`).

    `main` is the number of the input that a candidate goes into.
    """

    key: str
    inputs: tuple[Input, ...]
    write: Callable[[Record], tuple[str, ...]]
    read: Callable[[tuple[str, ...]], JSON]
    main: int = 0

    def written(self, record: Record) -> dict[str, str]:
        """Return what stands in the inputs, by their names."""
        return {one.name: text for one, text in zip(self.inputs, self.write(record), strict=True)}


def _line(key: str) -> Entry:
    return _text(key, Input(key))


def _text(key: str, field: Input) -> Entry:
    return Entry(key, (field,), lambda record: (getattr(record, key) or "",), lambda said: said[0] or None)


def _choice(key: str, *values: str) -> Entry:
    return _text(key, Input(key, "choice", tuple((value, value) for value in values)))


def _write_issuer(record: Record) -> tuple[str, ...]:
    return (record.issuer.name, record.issuer.parent or "") if record.issuer else ("", "")


def _read_issuer(said: tuple[str, ...]) -> JSON:
    name, parent = said
    return {"name": name, "parent": parent or None, "level": None, "place": None, "id": None} if name else None


def _read_date(said: tuple[str, ...]) -> JSON:
    """Read a day, a month or a year; what is none of them goes on as it is, for the archive to refuse."""
    month = _MONTH.fullmatch(said[0])
    return f"{month[2]}-{int(month[1]):02}" if month else said[0] or None


def _lines(text: str) -> list[str]:
    return [line for line in map(squeeze, text.splitlines()) if line]


def _write_recipients(record: Record) -> tuple[str, ...]:
    return ("\n".join(f"{one.name} ({one.role})" if one.role else one.name for one in record.recipients),)


def _read_recipients(said: tuple[str, ...]) -> JSON:
    found: list[JSON] = []
    for line in _lines(said[0]):
        match = _ROLE.match(line)
        found.append({"name": match["name"], "role": match["role"]} if match else {"name": line})
    return found


def _write_signer(record: Record) -> tuple[str, ...]:
    signer = record.signer
    return (AUTHORITY_MARK.join(signer.authority), signer.title or "", signer.name or "") if signer else ("", "", "")


def _read_signer(said: tuple[str, ...]) -> JSON:
    authority, title, name = said
    lines: list[JSON] = [part for part in map(str.strip, authority.split("/")) if part]
    return {"authority": lines, "title": title or None, "name": name or None} if any(said) else None


def _write_arrival(record: Record) -> tuple[str, ...]:
    return (record.arrival.number or "", record.arrival.date or "") if record.arrival else ("", "")


def _read_arrival(said: tuple[str, ...]) -> JSON:
    number, written = said
    slashed = parse_slash_date(written) or next(iter(find_dates(written)), None)
    date = parse_iso(written) or (slashed.date if slashed else None)
    day = iso(date) if date is not None and date.day else None
    return {"number": number or None, "date": written or None, "on": day} if any(said) else None


ENTRIES: tuple[Entry, ...] = (
    _line("symbol"),
    Entry(
        "kind",
        (Input("kind", "choice", tuple((kind.code, kind.name) for kind in KINDS.values())),),
        lambda record: (record.kind.code if record.kind else "",),
        lambda said: said[0] or None,
    ),
    Entry("issuer", (Input("issuer.name"), Input("issuer.parent")), _write_issuer, _read_issuer),
    Entry("issued_on", (Input("issued_on"),), lambda record: (date_text(record.issued_on),), _read_date),
    _line("place"),
    _text("subject", Input("subject", "area")),
    Entry(
        "addressees",
        (Input("addressees", "area"),),
        lambda record: ("\n".join(record.addressees),),
        lambda said: list(_lines(said[0])),
    ),
    Entry(
        "signer",
        (Input("signer.authority"), Input("signer.title"), Input("signer.name")),
        _write_signer,
        _read_signer,
        main=2,
    ),
    Entry("recipients", (Input("recipients", "area"),), _write_recipients, _read_recipients),
    _line("copy_line"),
    _choice("urgency", "KHẨN", "THƯỢNG KHẨN", "HỎA TỐC", "HỎA TỐC HẸN GIỜ"),
    _choice("secrecy", "MẬT", "TỐI MẬT", "TUYỆT MẬT"),
    Entry("arrival", (Input("arrival.number"), Input("arrival.date")), _write_arrival, _read_arrival),
    _line("fonds"),
    _line("shelf"),
    _line("copy_status"),
)
"""The values that a person can enter, in the order in which a document shows them (NĐ 30/2020, PL I)."""


def written(record: Record) -> dict[str, str]:
    """Return what stands in all inputs, by their names."""
    return {name: text for entry in ENTRIES for name, text in entry.written(record).items()}


def patch_of(record: Record, said: Mapping[str, str], confirmed: Collection[str]) -> dict[str, JSON]:
    """Return the merge patch that a filled form means: what differs from the record, and what is confirmed as it is.

    An input that is missing in `said` stands as it was.
    """
    stands = record.model_dump(mode="json")
    patch: dict[str, JSON] = {}
    for entry in ENTRIES:
        before = entry.written(record)
        now = {name: _clean(said.get(name, text)) for name, text in before.items()}
        if now != {name: _clean(text) for name, text in before.items()}:
            patch[entry.key] = entry.read(tuple(now.values()))
        elif entry.key in confirmed:
            patch[entry.key] = stands[entry.key]
    return patch


def candidates(entry: Entry, evidence: Evidence | None, record: Record, said: Mapping[str, str]) -> list[Candidate]:
    """Return what a value may be besides what its inputs hold."""
    name = entry.inputs[entry.main].name
    texts = [_as_typed(entry.key, one, record) for one in (evidence.candidates if evidence else ())]
    return [Candidate(name, text) for text in dict.fromkeys(texts) if text != said[name]]


def shown(key: str, value: JSON) -> str:
    """Return a value of the record on one line, as the form has it; empty where there is none."""
    entry = next((one for one in ENTRIES if one.key == key), None)
    if entry is None:
        return json.dumps(value, ensure_ascii=False) if value else ""
    parts = entry.write(Record.model_validate({key: value})) if value else ()
    return " · ".join(part.replace("\n", "; ") for part in parts if part)


def _as_typed(key: str, candidate: str, record: Record) -> str:
    if key == "symbol" and candidate.isdecimal() and record.notation:
        return f"{candidate}/{record.notation}"
    return (date_text(parse_iso(candidate)) or candidate) if key == "issued_on" else candidate


def _clean(text: str) -> str:
    return "\n".join(line.strip() for line in nfc(text).strip().splitlines())
