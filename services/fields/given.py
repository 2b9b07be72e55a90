"""Values that came with the upload: laid over what was read, as entered."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from services.core.dates import parse_iso
from services.core.errors import InvalidInputError
from services.core.gazetteer import lookup_issuer
from services.core.kinds import kind, kind_named, kind_of_code
from services.core.model import JSON, Evidence, Issuer, Kind, PartialDate, Record
from services.core.symbols import parse_symbol


def lay_over(
    record: Record, evidence: Mapping[str, Evidence], given: Mapping[str, JSON]
) -> tuple[Record, dict[str, Evidence]]:
    """Put given values in the place of read ones as "entered"; InvalidInputError for what makes no sense."""
    values: dict[str, Any] = {}
    for name, value in given.items():
        if value is not None:
            values.update(_understand(name, value, record))
    if not values:
        return record, dict(evidence)
    try:
        merged = Record.model_validate({**record.model_dump(), **values})
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        raise InvalidInputError(f"record.{field}: {first['msg']}", field=field) from error
    entered = {name: Evidence(how="entered", witness="upload") for name in given if given[name] is not None}
    return merged, {**evidence, **entered}


def _understand(name: str, value: JSON, record: Record) -> dict[str, Any]:
    """Turn a plain string into the model's value; everything else is left to the model's own checks."""
    if name not in Record.model_fields:
        raise InvalidInputError(f"record.{name}: there is no such field", field=name)
    if not isinstance(value, str):
        return {name: value}
    match name:
        case "issued_on":
            return {name: _date(value).model_dump()}
        case "kind":
            return {name: _kind(value).model_dump()}
        case "issuer":
            return {name: _issuer(value, record).model_dump()}
        case "symbol":
            return _symbol(value)
        case "signer":
            return {name: {"name": value}}
        case _:
            return {name: value}


def _date(value: str) -> PartialDate:
    date = parse_iso(value)
    if date is None:
        raise InvalidInputError(
            f"record.issued_on: {value!r} is no date (YYYY-MM-DD, YYYY-MM, YYYY)", field="issued_on"
        )
    return date


def _kind(value: str) -> Kind:
    found = kind(value) or kind_named(value) or kind_of_code(value)
    if found is None:
        raise InvalidInputError(f"record.kind: {value!r} is no kind's code or name", field="kind")
    return found


def _issuer(value: str, record: Record) -> Issuer:
    return lookup_issuer(value, None, record.place) or Issuer(name=value)


def _symbol(value: str) -> dict[str, Any]:
    symbol = parse_symbol(value)
    if symbol is None:
        return {"symbol": value, "number": None, "notation": None, "symbol_key": None}
    return {"symbol": value, "number": symbol.number, "notation": symbol.notation, "symbol_key": symbol.key}
