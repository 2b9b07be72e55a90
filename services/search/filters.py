"""Filters as people and programs give them, made into the values that the index holds (pure)."""

import dataclasses
from collections.abc import Callable

from services.core.kinds import KINDS, kind_named
from services.core.symbols import symbol_from_query
from services.core.text import fold, key, squeeze
from services.search.types import FACETS, DateWithin, Filters, KeywordIs


def picked_and_filters(filters: Filters) -> tuple[tuple[KeywordIs, ...], tuple[KeywordIs | DateWithin, ...]]:
    """Split filters into those picked of a facet and the others."""
    keywords = [
        KeywordIs(name, normal_values(name, values))
        for name in (f.name for f in dataclasses.fields(filters))
        if isinstance(values := getattr(filters, name), tuple) and values
    ]
    picked = tuple(k for k in keywords if k.keyword in FACETS)
    others = tuple(k for k in keywords if k.keyword not in FACETS)
    return picked, (*others, *_dates(filters))


def normal_values(name: str, values: tuple[str, ...]) -> tuple[str, ...]:
    """Write filter values as they are indexed: `signer=Vừ A Bằng` and `signer=vu-a-bang` are the same filter."""
    normal = _NORMAL.get(name, squeeze)
    return tuple(dict.fromkeys(form for value in values for form in _listed(normal(value))))


def _dates(filters: Filters) -> list[DateWithin]:
    asked = [
        DateWithin("issued", filters.date_from, filters.date_to),
        DateWithin("due", filters.due_from, filters.due_to),
        DateWithin("arrived", filters.arrived_from, filters.arrived_to),
    ]
    return [d for d in asked if d.first or d.last]


def _listed(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


def _path(value: str) -> str:
    return "/".join(key(part) for part in value.split("/"))


def _kind(value: str) -> str:
    if value in KINDS:
        return value
    named = kind_named(value)
    return named.code if named else squeeze(value)


def _dossier(value: str) -> str:
    """Take a dossier's id or its code, in any case."""
    return fold(squeeze(value))


def _symbol_keys(value: str) -> tuple[str, ...]:
    symbol = symbol_from_query(value)
    return symbol.keys if symbol and symbol.keys else (squeeze(value),)


_NORMAL: dict[str, Callable[[str], str | tuple[str, ...]]] = {
    "issuer": _path,
    "kind": _kind,
    "signer": key,
    "urgency": key,
    "addressee": key,
    "assignee": key,
    "province": key,
    "cites": _symbol_keys,
    "dossier": _dossier,
}
