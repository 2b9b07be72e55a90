"""Many searches at once: a table of queries in, a CSV of hits out.

Columns of the queries: `q`; `id` (comes back), `limit` (hits, 10 by default), `marks`, `sort`, `literal`; and every
filter of the search under its name there, several values of one apart by `|`. Days are YYYY-MM-DD or DD/MM/YYYY.
"""

import csv
import dataclasses
import datetime as dt
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from services.archive import read_tables
from services.core.dates import date_text
from services.core.errors import InvalidInputError, VanbanError
from services.core.model import Principal
from services.core.settings import Settings
from services.export.csv_table import defused
from services.export.problems import bad_batch, too_many_queries
from services.search import Filters, Hit, SearchQuery, SearchService, day_given
from services.search.types import Marks, Sort

COLUMNS = (
    "id",
    "q",
    "total",
    "rank",
    "document_id",
    "tier",
    "score",
    "symbol",
    "kind",
    "issuer",
    "issued_on",
    "subject",
    "page",
    "snippet",
    "error",
)
"""Columns of the answer: a line for each hit, one without a rank for a query without hits, one with `error` for a query
that could not be asked."""

_LIMIT = 10
_DATES = {"from": "date_from", "to": "date_to"}
_FILTERS = {field.name: field for field in dataclasses.fields(Filters)}
_OWN = ("id", "q", "limit", "marks", "sort", "literal")
_TRUE = ("1", "true", "yes", "x", "có")


@dataclass(frozen=True, slots=True)
class Row:
    """A query of the table as it stands there, by column."""

    number: int
    cells: Mapping[str, str | dt.date]

    def text(self, column: str) -> str:
        """Return a cell as text, empty where there is none."""
        return str(self.cells.get(column, ""))


class BatchSearch:
    """Asks every query of a table in its order."""

    def __init__(self, search: SearchService, settings: Settings) -> None:
        self._search, self._limits = search, settings.limits

    def rows(self, data: bytes) -> list[Row]:
        """Read a CSV (in any encoding, with `,`, `;`, tab or `|`) or XLSX of queries.

        Raises InvalidInputError for a file without a column `q` or with one that is not known, and for more than
        `limits.batch_queries` rows; TooLargeError for a file over `limits.register_bytes`.
        """
        found = [row for table in read_tables(data, self._limits)[:1] for row in table.rows]
        if not found:
            raise bad_batch("q")
        names = [str(cell).strip().lower() for cell in found[0].cells]
        unknown = [n for n in names if n and n not in (*_OWN, *_DATES, *_FILTERS)]
        if unknown or "q" not in names:
            raise bad_batch(unknown[0] if unknown else "q")
        if len(found) - 1 > self._limits.batch_queries:
            raise too_many_queries(len(found) - 1, self._limits.batch_queries)
        return [Row(row.number, dict(zip(names, row.cells, strict=False))) for row in found[1:]]

    async def answer(self, p: Principal, rows: Sequence[Row]) -> AsyncIterator[bytes]:
        """Yield the answer, the lines of one query at a time; what is wrong with a query stands in its line."""
        yield b"\xef\xbb\xbf" + _csv([COLUMNS])
        for row in rows:
            yield _csv(await self._lines(p, row))

    async def _lines(self, p: Principal, row: Row) -> list[list[str]]:
        asked = [row.text("id"), row.text("q")]
        try:
            page = await self._search.search(p, _query(row))
        except VanbanError as error:
            return [[*asked, *[""] * (len(COLUMNS) - 3), f"{error.code}: {error}"]]
        if not page.hits:
            return [[*asked, "0", *[""] * (len(COLUMNS) - 3)]]
        return [[*asked, str(page.total), *_shown(rank, hit), ""] for rank, hit in enumerate(page.hits, 1)]


def _query(row: Row) -> SearchQuery:
    values: dict[str, Any] = {}
    for column in row.cells:
        name = _DATES.get(column, column)
        if name in _FILTERS and row.text(column):
            values[name] = _day(row, column) if _FILTERS[name].default is None else _values(row.text(column))
    limit = row.text("limit") or str(_LIMIT)
    if not limit.isdecimal():
        raise _bad_value(row, "limit", "a number")
    return SearchQuery(
        q=row.text("q"),
        filters=Filters(**values),
        marks=_one_of(row, "marks", get_args(Marks)),
        sort=_one_of(row, "sort", get_args(Sort)),
        literal=row.text("literal").lower() in _TRUE,
        limit=int(limit),
        facets=(),
    )


def _values(text: str) -> tuple[str, ...]:
    return tuple(value.strip() for value in text.split("|") if value.strip())


def _day(row: Row, column: str) -> dt.date | None:
    value = row.cells[column]
    return value if isinstance(value, dt.date) else day_given(column, value)


def _one_of(row: Row, column: str, allowed: tuple[Any, ...]) -> Any:
    value = row.text(column).lower() or allowed[0]
    if value not in allowed:
        raise _bad_value(row, column, f"one of {', '.join(allowed)}")
    return value


def _bad_value(row: Row, column: str, wanted: str) -> InvalidInputError:
    return InvalidInputError(f"{column} wants {wanted}, not {row.text(column)[:80]!r}.", row=row.number, name=column)


def _shown(rank: int, hit: Hit) -> list[str]:
    first = hit.pages[0] if hit.pages else None
    return [
        str(rank),
        hit.id,
        hit.tier,
        str(hit.score),
        hit.symbol or "",
        hit.kind.name if hit.kind else "",
        hit.issuer.name if hit.issuer else "",
        date_text(hit.issued_on),
        hit.subject or "",
        str(first.number) if first else "",
        " ".join("".join(piece.text for piece in first.snippet).split()) if first else "",
    ]


def _csv(lines: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([defused(value) for value in line] for line in lines)
    return text.getvalue().encode("utf-8", "replace")
