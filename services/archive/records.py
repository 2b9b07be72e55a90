"""The two layers of a record: what was read, and what people entered over it (RFC 7396 merge patches).

Keys that follow from others are kept in step: `symbol` carries `number`, `notation` and `symbol_key`, the parts of a
date carry the interval they leave open, an issuer's name its place in the gazetteer.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from services.core.dates import find_dates, parse_iso, parse_slash_date, partial_date
from services.core.deadlines import parse_due
from services.core.errors import InvalidInputError
from services.core.gazetteer import lookup_issuer
from services.core.kinds import kind, kind_named
from services.core.model import JSON, Citation, Evidence, Record
from services.core.symbols import parse_symbol, symbol_key
from services.core.text import nfc

DERIVED = frozenset({"symbol_key", "pages", "warnings"})  # follow from other values; nobody enters them
_SETTLES: Mapping[str, frozenset[str]] = {
    "symbol": frozenset({"symbol_not_found", "number_blank", "file_name_number"}),
    "issued_on": frozenset({"date_not_found", "day_blank", "date_after_arrival", "date_in_future", "cites_future"}),
    "issuer": frozenset({"issuer_not_found"}),
    "signer": frozenset({"signer_missing"}),
    "arrival": frozenset({"date_after_arrival"}),
    "citations": frozenset({"cites_future"}),
}
"""Warnings of the reading that are settled when a person enters the value they are about."""
_KEYS = frozenset(Record.model_fields)
_TEXTS = frozenset(
    {
        "symbol",
        "number",
        "notation",
        "place",
        "subject",
        "copy_line",
        "urgency",
        "secrecy",
        "fonds",
        "shelf",
        "copy_status",
        "language",
    }
)


@dataclass(frozen=True, slots=True)
class Layer:
    """One person's entry: the patch, who and when, and the values it led to then.

    `witness` is what it was taken from where a person did not type it: a register, the header of a message.
    """

    patch: Mapping[str, JSON]
    result: Mapping[str, JSON]
    who: str
    at: dt.datetime
    witness: str | None = None


def shape(values: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return a merge patch in the record's own shapes from values as people write them.

    Plain strings do for `kind` (code or Vietnamese name), `issuer` (its name), `issued_on` (ISO, YYYY-MM, or
    14/9/2021), `signer` (name), and for the entries of lists. None clears a value. Raises InvalidInputError naming the
    key (parameter `key`) that is unknown or makes no sense.
    """
    for key in values:
        if key not in _KEYS:
            raise _invalid(key, "is no key of the record")
        if key in DERIVED:
            raise _invalid(key, "follows from other values and cannot be entered")
    return {key: None if value is None else _shape_value(key, value) for key, value in values.items()}


def apply(record: Mapping[str, JSON], patch: Mapping[str, JSON]) -> tuple[dict[str, JSON], frozenset[str]]:
    """Lay a shaped patch over a record; return the whole new record as JSON, and the keys that it touched.

    Raises InvalidInputError naming the key whose value is then no longer valid.
    """
    merged = merge_patch(record, patch)
    touched = set(patch)
    touched |= _derive_symbol(merged, patch)
    _derive_interval(merged, patch)
    _derive_issuer(merged, patch)
    try:
        valid = Record.model_validate(merged)
    except ValidationError as error:
        problem = error.errors()[0]
        key = ".".join(str(part) for part in problem["loc"])
        raise _invalid(key, problem["msg"]) from error
    return valid.model_dump(mode="json"), frozenset(touched)


def lay(
    record: Mapping[str, JSON], evidence: Mapping[str, JSON], layers: Iterable[Layer]
) -> tuple[dict[str, JSON], dict[str, JSON]]:
    """Return the record in force and its evidence: what was read with all that people entered over it."""
    current, sources = dict(record), dict(evidence)
    for layer in layers:
        try:
            current, touched = apply(current, layer.patch)
        except InvalidInputError:
            # What is read now lacks what the patch built upon: the values that stood there then still hold.
            current, touched = {**current, **layer.result}, frozenset(layer.result)
        entered = Evidence(how="entered", by=layer.who, at=layer.at, witness=layer.witness).model_dump(mode="json")
        sources.update(dict.fromkeys(touched, entered))
        settled = frozenset().union(*(_SETTLES.get(key, frozenset()) for key in touched))
        current["warnings"] = [w for w in current.get("warnings") or () if w["code"] not in settled]
    return current, sources


def merge_patch(target: JSON, patch: JSON) -> Any:
    """Apply a JSON merge patch (RFC 7396, section 2)."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def _shape_value(key: str, value: JSON) -> JSON:
    if key in _TEXTS:
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            raise _invalid(key, "must be a text")
        return nfc(value).strip() or None
    if isinstance(value, str):
        return _from_text(key, nfc(value).strip())
    if key in ("addressees", "recipients", "citations", "tasks", "topics"):
        if not isinstance(value, list | tuple):
            raise _invalid(key, "must be a list")
        entries = [_list_entry(key, nfc(v).strip()) if isinstance(v, str) else v for v in value]
        return [_with_due(entry) for entry in entries] if key == "tasks" else entries
    if key == "signer" and isinstance(value, Mapping) and isinstance(value.get("authority"), str):
        return {**value, "authority": [value["authority"]]}
    return value


def _from_text(key: str, text: str) -> JSON:
    if not text:
        return None
    if key == "kind":
        found = kind(text) or kind(text.upper()) or kind_named(text)
        if found is None:
            raise _invalid(key, f"{text!r} is neither a code nor a name of a kind")
        return found.model_dump(mode="json")
    if key == "issued_on":
        return _date(key, text)
    if key == "issuer":
        return {"name": text, "parent": None, "level": None, "place": None, "id": None}
    if key == "signer":
        return {"name": text}
    if key in ("addressees", "recipients", "citations", "tasks", "topics"):
        return [_list_entry(key, text)]
    raise _invalid(key, "must be an object")


def _date(key: str, text: str) -> JSON:
    date = parse_iso(text)
    if date is None:
        found = parse_slash_date(text) or next(iter(find_dates(text)), None)
        date = found.date if found is not None and not found.illegible else None  # 31/9 is no day
    if date is None or date.year is None:
        raise _invalid(key, f"{text!r} is no date; write 2021-09-14, 2021-09 or 2021")
    return date.model_dump(mode="json")


def _list_entry(key: str, text: str) -> JSON:
    if key == "recipients":
        return {"name": text}
    if key == "tasks":
        return {"text": text}
    if key == "topics":
        return {"id": text, "label": text}
    if key == "citations":
        symbol = parse_symbol(text)
        return Citation(raw=text, key=symbol.key if symbol else None).model_dump(mode="json")
    return text


def _with_due(task: JSON) -> JSON:
    """Let a deadline be written as a text: ISO ("2021-09-20", "2021-09-20T11:30") or as documents write it."""
    if isinstance(task, Mapping):
        task = {key: value for key, value in task.items() if key != "progress"}  # is reported, never corrected
    if not isinstance(task, Mapping) or not isinstance(task.get("due"), str):
        return task
    due = parse_due(task["due"])
    if due is None:
        raise _invalid("tasks", f"{task['due']!r} is no deadline; write 2021-09-20, 2021-09 or 2021-09-20T11:30")
    return {**task, "due": due.model_dump(mode="json")}


def _derive_symbol(merged: dict[str, JSON], patch: Mapping[str, JSON]) -> set[str]:
    """Keep number, notation and key in step with what was patched; return the keys that changed with it."""
    if not patch.keys() & {"symbol", "number", "notation"}:
        return set()
    text = merged.get("symbol")
    parsed = parse_symbol(text) if isinstance(text, str) else None
    if "symbol" in patch:
        read = {"number": parsed and parsed.number, "notation": parsed and parsed.notation}
        merged.update({name: value for name, value in read.items() if name not in patch})
    number, notation = merged.get("number"), merged.get("notation")
    year = parsed.year if parsed else None
    merged["symbol_key"] = symbol_key(number, year, notation) if number and notation else None
    return {"number", "notation", "symbol_key"}


def _derive_interval(merged: dict[str, JSON], patch: Mapping[str, JSON]) -> None:
    """Let the interval of the issue date follow its parts, unless the patch sets it."""
    given, date = patch.get("issued_on"), merged.get("issued_on")
    if not isinstance(given, Mapping) or not isinstance(date, dict):
        return
    if given.keys() & {"year", "month", "day"} and not given.keys() & {"earliest", "latest"}:
        try:
            whole = partial_date(date.get("year"), date.get("month"), date.get("day"), date.get("as_written"))
        except TypeError as error:
            raise _invalid("issued_on", "year, month and day must be numbers") from error
        wanted = (date.get("year"), date.get("month"), date.get("day"))
        if (whole.year, whole.month, whole.day) != wanted:
            raise _invalid("issued_on", "there is no such date")
        merged["issued_on"] = whole.model_dump(mode="json")


def _derive_issuer(merged: dict[str, JSON], patch: Mapping[str, JSON]) -> None:
    """Let level, place and id of an issuer follow its name and parent, unless the patch sets the id."""
    given, issuer = patch.get("issuer"), merged.get("issuer")
    if not isinstance(given, Mapping) or not isinstance(issuer, dict) or given.get("id") is not None:
        return
    name, parent, place = issuer.get("name"), issuer.get("parent"), merged.get("place")
    if not isinstance(name, str) or not isinstance(parent, str | None):
        raise _invalid("issuer", "needs a name")
    if given.keys() & {"name", "parent"}:
        found = lookup_issuer(name, parent, place if isinstance(place, str) else None)
        merged["issuer"] = {**issuer, **found.model_dump(mode="json")} if found is not None else issuer


def _invalid(key: str, what: str) -> InvalidInputError:
    return InvalidInputError(f"record key {key!r}: {what}.", key=key, problem=what)
