"""Filters as people and programs give them, made into the values that the index holds (pure)."""

import dataclasses
import datetime as dt
import re
from collections.abc import Callable
from typing import get_args

from services.core.kinds import KINDS, kind_named
from services.core.model import ItemState
from services.core.places import Level, province_named
from services.core.symbols import symbol_from_query
from services.core.text import fold, key, squeeze
from services.search.agencies import asked_values
from services.search.due import asked_terms
from services.search.problems import bad_day, bad_interval, bad_level, bad_state, bad_year, too_many_values
from services.search.types import FACETS, UNKNOWN, DateWithin, Filters, KeywordIs

MOST_VALUES = 50
"""Alternatives of one filter."""
_LEVELS = {
    "trung uong": "central",
    "bo": "ministry",
    "tinh": "province",
    "huyen": "district",
    "xa": "commune",
    "dang": "party",
    "khac": "other",
}
_STATES = {"xong": "done", "can kiem tra": "needs_review"}
_DAY_FORMS = ("%Y-%m-%d", "%d/%m/%Y")
_YEAR = re.compile(rf"(?:19|20)\d\d(?:/(?:0[1-9]|1[0-2]))?|{UNKNOWN}")


def picked_and_filters(filters: Filters) -> tuple[tuple[KeywordIs, ...], tuple[KeywordIs | DateWithin, ...]]:
    """Split filters into those picked of a facet and the others.

    Raises InvalidInputError (`bad_year`, `bad_level`, `bad_state`, `bad_interval`) for what no document can have, and
    `too_many_values`.
    """
    _check(filters)
    keywords = [
        KeywordIs(name, normal_values(name, values))
        for name in (f.name for f in dataclasses.fields(filters))
        if isinstance(values := getattr(filters, name), tuple) and values
    ]
    picked = tuple(k for k in keywords if k.keyword in FACETS)
    others = tuple(k for k in keywords if k.keyword not in FACETS)
    return picked, (*others, *_dates(filters))


def _check(filters: Filters) -> None:
    for name, values in ((f.name, getattr(filters, f.name)) for f in dataclasses.fields(filters)):
        if isinstance(values, tuple) and len(values) > MOST_VALUES:
            raise too_many_values(name, len(values), MOST_VALUES)
    for value in filters.year:
        if not _YEAR.fullmatch(squeeze(value)):
            raise bad_year(value)
    for value in filters.level:
        if _level(value) not in get_args(Level):
            raise bad_level(value, get_args(Level))
    for value in filters.state:
        if _state(value) not in tuple(ItemState):
            raise bad_state(value, tuple(ItemState))
    for name in ("date", "due", "arrived"):
        first, last = getattr(filters, f"{name}_from"), getattr(filters, f"{name}_to")
        if first and last and first > last:
            raise bad_interval(name, first, last)


def same_task(filters: tuple[KeywordIs | DateWithin, ...]) -> tuple[KeywordIs | DateWithin, ...]:
    """Ask for who must do something and by when of one and the same task, not of two tasks of a document."""
    due = [f for f in filters if isinstance(f, DateWithin) and f.dates == "due"]
    assignees = [f for f in filters if isinstance(f, KeywordIs) and f.keyword == "assignee"]
    if not due or not assignees:
        return filters
    asked = [KeywordIs("task", asked_terms(who.values, when.first, when.last)) for who in assignees for when in due]
    return (*(f for f in filters if f not in due and f not in assignees), *asked)


def day_given(name: str, value: str) -> dt.date | None:
    """Read a day as people and programs write it, YYYY-MM-DD or DD/MM/YYYY; None for blanks.

    Raises InvalidInputError (`bad_day`) for anything else.
    """
    text = value.strip()
    for form in _DAY_FORMS if text else ():
        try:
            return dt.datetime.strptime(text, form).date()
        except ValueError:
            continue
    if text:
        raise bad_day(name, text)
    return None


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


def _level(value: str) -> str:
    return _LEVELS.get(fold(squeeze(value)), squeeze(value))


def _state(value: str) -> str:
    return _STATES.get(fold(squeeze(value)), squeeze(value))


def _province(value: str) -> str:
    """Take a province by its name, with or without its type."""
    named = province_named(value)
    return named.id if named else key(value)


def _symbol_keys(value: str) -> tuple[str, ...]:
    symbol = symbol_from_query(value)
    return symbol.keys if symbol and symbol.keys else (squeeze(value),)


_NORMAL: dict[str, Callable[[str], str | tuple[str, ...]]] = {
    "issuer": _path,
    "kind": _kind,
    "signer": key,
    "urgency": key,
    "state": _state,
    "level": _level,
    "addressee": asked_values,
    "assignee": asked_values,
    "province": _province,
    "cites": _symbol_keys,
    "dossier": _dossier,
}
