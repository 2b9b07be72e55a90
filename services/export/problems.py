"""Errors of exporting with codes of their own, so that people read their own next step (core/locale/*/reasons.yaml)."""

from services.core.errors import InvalidInputError


def register_needs_table(format_: str) -> InvalidInputError:
    """Make the error for a register asked for in a format that has no tables."""
    error = InvalidInputError(
        f"{format_} has no registers: ask for csv, xlsx or docx, or leave the register out.", format=format_
    )
    error.code = "register_needs_table"
    return error


def unknown_column(register: str, column: str, columns: str) -> InvalidInputError:
    """Make the error for a column that a register does not have."""
    return InvalidInputError(
        f"{register} has no column {column!r}; its columns are: {columns}.",
        why="register_unknown_column",
        register=register,
        column=column[:80],
        columns=columns,
    )


def none_as_edxml(documents: int) -> InvalidInputError:
    """Make the error for an edXML export in which no document qualifies."""
    error = InvalidInputError(
        f"Of {documents} documents none has issuer, symbol and date that are known for sure. Complete or confirm them"
        " in the record, then export again.",
        documents=documents,
    )
    error.code = "none_as_edxml"
    return error


def bad_batch(column: str) -> InvalidInputError:
    """Make the error for a table of queries without a column `q`, or with one that is not known."""
    return InvalidInputError(
        "The first line names the columns: q, and beside it id, limit, marks, sort, literal or filters of the search"
        f" (issuer, kind, year, from, to, …). {column!r} is missing or not known.",
        why="bad_batch",
        column=column[:80],
    )


def too_many_queries(found: int, limit: int) -> InvalidInputError:
    """Make the error for a table of more queries than are asked at once."""
    return InvalidInputError(
        f"{found} queries are in the file, {limit} are the most. Split it.",
        why="too_many_queries",
        found=found,
        limit=limit,
    )
