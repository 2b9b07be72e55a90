"""Errors of searching with codes of their own, so that people read their own next step (core/locale/*/reasons.yaml)."""

import datetime as dt
from collections.abc import Sequence

from services.core.errors import ConflictError, CorruptError, GoneError, InvalidInputError, UnavailableError
from services.core.model import JSON

REBUILD_RUNNING = "rebuild_running"


def index_damaged(message: str, **params: JSON) -> CorruptError:
    """Make the error for an index that must be rebuilt; the archive itself is unharmed."""
    error = CorruptError(message, **params)
    error.code = "index_damaged"
    return error


def bad_cursor() -> InvalidInputError:
    """Make the error for a cursor that cannot be used."""
    error = InvalidInputError("The cursor is not one of this search: start again without it.", name="cursor")
    error.code = "bad_cursor"
    return error


def cursor_expired() -> GoneError:
    """Make the error for a cursor whose view of the index is no longer kept."""
    return GoneError(
        "The results that this cursor goes on in are no longer kept: it is some time since the last page, or the index"
        " or the synonyms were made anew. Search again from the first page.",
        why="cursor_expired",
    )


def query_too_long(length: int, limit: int) -> InvalidInputError:
    """Make the error for a query over `limits.query_chars`."""
    error = InvalidInputError(
        f"The query has {length} characters, {limit} are the most. Search for a part of it.", name="q", limit=limit
    )
    error.code = "query_too_long"
    return error


def search_too_slow(seconds: float) -> UnavailableError:
    """Make the error for an answer that did not come within `limits.search_seconds`."""
    return UnavailableError(
        f"The search engine gave no answer within {seconds:g} seconds. Search for fewer words, or try again later.",
        why="search_too_slow",
        seconds=f"{seconds:g}",
    )


def bad_limit(limit: int) -> InvalidInputError:
    """Make the error for a page size out of bounds."""
    error = InvalidInputError(f"limit must be a number from 1 to {limit}.", name="limit", limit=limit)
    error.code = "bad_limit"
    return error


def bad_year(value: str) -> InvalidInputError:
    """Make the error for a year that no document can have."""
    error = InvalidInputError(
        f'year is a year ("2021"), a month of one ("2021/08") or "unknown", not "{value[:40]}".', name="year"
    )
    error.code = "bad_year"
    return error


def bad_level(value: str, levels: Sequence[str]) -> InvalidInputError:
    """Make the error for a level that no body has."""
    named = ", ".join(levels)
    error = InvalidInputError(f'level is one of {named}, not "{value[:40]}".', name="level", levels=named)
    error.code = "bad_level"
    return error


def bad_facet(name: str, facets: Sequence[str]) -> InvalidInputError:
    """Make the error for a facet that there is not."""
    named = ", ".join(facets)
    return InvalidInputError(f"There is no facet {name[:40]!r}: {named}.", why="bad_facet", name="facet", facets=named)


def bad_state(value: str, states: Sequence[str]) -> InvalidInputError:
    """Make the error for a state that no document is in."""
    named = ", ".join(states)
    return InvalidInputError(
        f'state is one of {named}, not "{value[:40]}".', why="bad_state", name="state", states=named
    )


def bad_day(name: str, value: str) -> InvalidInputError:
    """Make the error for what is no day of the calendar."""
    return InvalidInputError(
        f"{name} wants a day, YYYY-MM-DD or DD/MM/YYYY, not {value[:40]!r}.", why="bad_day", name=name, value=value[:40]
    )


def too_many_values(name: str, found: int, limit: int) -> InvalidInputError:
    """Make the error for more alternatives of one filter than are asked for at once."""
    return InvalidInputError(
        f"{name} has {found} values, {limit} are the most.", why="too_many_values", name=name, found=found, limit=limit
    )


def bad_interval(name: str, first: dt.date, last: dt.date) -> InvalidInputError:
    """Make the error for an interval that ends before it begins."""
    error = InvalidInputError(
        f"The interval ends ({last}) before it begins ({first}).", name=name, first=f"{first}", last=f"{last}"
    )
    error.code = "bad_interval"
    return error


def too_many_documents(found: int, limit: int) -> InvalidInputError:
    """Make the error for a query whose documents are more than may be taken at once."""
    error = InvalidInputError(
        f"{found} documents match, {limit} are the most that are taken at once. Narrow the search down, by year for"
        " instance, and take the parts one after the other.",
        found=found,
        limit=limit,
    )
    error.code = "too_many_documents"
    return error


def rebuild_running(by: str) -> ConflictError:
    """Make the error for a second rebuild; `by` says who is at the first one."""
    return ConflictError(
        f"The index is being rebuilt already ({by}). Wait until that is done; it needs no second one.",
        why=REBUILD_RUNNING,
    )
