"""Filters as people and programs give them, made into the values that the index holds (pure)."""

import dataclasses
import re
from collections.abc import Callable
from typing import get_args

from services.core.kinds import KINDS, kind_named
from services.core.places import Level
from services.core.symbols import symbol_from_query
from services.core.text import fold, key, squeeze
from services.search.groups import groups_of
from services.search.problems import bad_interval, bad_level, bad_year
from services.search.spans import spans_of, task_value
from services.search.types import FACETS, UNKNOWN, DateWithin, Filters, KeywordIs

_YEAR = re.compile(rf"(?:19|20)\d\d(?:/(?:0[1-9]|1[0-2]))?|{UNKNOWN}")


def picked_and_filters(filters: Filters) -> tuple[tuple[KeywordIs, ...], tuple[KeywordIs | DateWithin, ...]]:
    """Split filters into those picked of a facet and the others.

    Raises InvalidInputError (`bad_year`, `bad_level`, `bad_interval`) for what no document can have.
    """
    _check(filters)
    keywords = [
        KeywordIs(name, normal_values(name, values))
        for name in (f.name for f in dataclasses.fields(filters))
        if isinstance(values := getattr(filters, name), tuple) and values
    ]
    picked = tuple(k for k in keywords if k.keyword in FACETS)
    others = tuple(k for k in keywords if k.keyword not in FACETS)
    return picked, (*others, *_tasks(filters), *_dates(filters))


def _check(filters: Filters) -> None:
    for value in filters.year:
        if not _YEAR.fullmatch(squeeze(value)):
            raise bad_year(value)
    for value in filters.level:
        if squeeze(value) not in get_args(Level):
            raise bad_level(value, get_args(Level))
    for name in ("date", "due", "arrived"):
        first, last = getattr(filters, f"{name}_from"), getattr(filters, f"{name}_to")
        if first and last and first > last:
            raise bad_interval(name, first, last)


def _tasks(filters: Filters) -> list[KeywordIs]:
    """Ask for one task that an assignee has and that is due then, where both are filtered by."""
    if not filters.assignee or not (filters.due_from or filters.due_to):
        return []
    spans = [*spans_of(filters.due_from, filters.due_to)]
    assignees = normal_values("assignee", filters.assignee)
    return [KeywordIs("task", tuple(task_value(assignee, span) for assignee in assignees for span in spans))]


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


def _addressee(value: str) -> tuple[str, ...]:
    """Take an office by its name, and the groups that it belongs to."""
    return (key(value), *groups_of(value))


def _symbol_keys(value: str) -> tuple[str, ...]:
    symbol = symbol_from_query(value)
    return symbol.keys if symbol and symbol.keys else (squeeze(value),)


_NORMAL: dict[str, Callable[[str], str | tuple[str, ...]]] = {
    "issuer": _path,
    "kind": _kind,
    "signer": key,
    "urgency": key,
    "addressee": _addressee,
    "assignee": key,
    "province": key,
    "cites": _symbol_keys,
    "dossier": _dossier,
}
