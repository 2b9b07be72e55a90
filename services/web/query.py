"""The parameters of a search, shared by the API and the search page."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, WithJsonSchema

from services.export import ExportFormat, RegisterName
from services.search import MOST_VALUES, Filters, SearchQuery, day_given
from services.search.types import Marks, Sort

Values = Annotated[list[str], Field(json_schema_extra={"maxItems": MOST_VALUES})]
"""More than that is for the search to refuse, with a code of its own (`search.filters`)."""


def _day(value: Any, info: ValidationInfo) -> Any:
    """Read a day; a form sends an empty text for one that was left open. A number is none."""
    if isinstance(value, int | float):
        raise ValueError("a day is a text, as 2021-08-12")  # noqa: TRY004 - pydantic makes an answer of this one only
    field = SearchParams.model_fields.get(info.field_name or "")
    return day_given((field and field.alias) or info.field_name or "", value) if isinstance(value, str) else value


_WRITTEN: dict[str, Any] = {
    "anyOf": [
        {"type": "string", "format": "date"},
        {"type": "string", "pattern": "^[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}$"},
        {"type": "string", "maxLength": 0},
        {"type": "null"},
    ]
}
"""A day as `day_given` reads it: of a calendar, as people write it, or left open."""
Day = Annotated[dt.date | None, BeforeValidator(_day), WithJsonSchema(_WRITTEN)]
FILTERS = (
    "issuer",
    "kind",
    "topic",
    "year",
    "signer",
    "urgency",
    "state",
    "addressee",
    "assignee",
    "cites",
    "arrival_number",
    "level",
    "province",
    "batch",
    "dossier",
)
_OTHER_DATES = ("due_from", "due_to", "arrived_from", "arrived_to")


class QueryParams(BaseModel):
    """What is asked for, as an address carries it (design.md section 8)."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    q: str = Field("", description="What is looked for; empty lists everything that the filters let through.")
    issuer: Values = Field([], description="Issuing body: a value of the issuer facet, with all below it.")
    kind: Values = Field([], description="Code of the kind of document, as NĐ 30/2020 has it; công văn is CV.")
    topic: Values = Field([], description="Topic: a value of the topic facet, with all below it.")
    year: Values = Field([], description="Year of issue, a month of one (`2021/08`), or `unknown`.")
    signer: Values = Field([], description="Name of the signer.")
    urgency: Values = Field([], description="Degree of urgency.")
    state: Values = Field([], description="`done` or `needs_review`.")
    addressee: Values = Field([], description="Whom it is addressed to, by name or in a group (các sở, ban, ngành).")
    assignee: Values = Field([], description="Who is asked to do something.")
    cites: Values = Field([], description="Symbol of a document that is cited.")
    arrival_number: Values = Field([], description="Number of the arrival stamp.")
    level: Values = Field([], description="Level of the issuing body.")
    province: Values = Field([], description="Province.")
    batch: Values = Field([], description="Id of the batch that brought the file.")
    dossier: Values = Field([], description="Dossier that it lies in: id or code.")
    from_: Day = Field(None, alias="from", description="Issued on this day or later.")
    to: Day = Field(None, description="Issued on this day or earlier.")
    due_from: Day = Field(None, description="Something is due on this day or later; with `assignee`, to one of these.")
    due_to: Day = Field(None, description="Something is due on this day or earlier.")
    arrived_from: Day = Field(None, description="Arrived on this day or later.")
    arrived_to: Day = Field(None, description="Arrived on this day or earlier.")
    marks: Marks = Field("wish", description="`wish`: typed marks raise documents; `strict`: they are required.")
    sort: Sort = Field("relevance", description="Order of the hits; by date the unknown ones come last.")
    literal: bool = Field(False, description="All of `q` is words: no phrases, exclusions, filters or dates in it.")

    def query(self) -> SearchQuery:
        """Return the search that the parameters mean."""
        values: dict[str, Any] = {name: tuple(v for v in getattr(self, name) if v) for name in FILTERS}
        values |= {name: getattr(self, name) for name in _OTHER_DATES}
        return SearchQuery(
            q=self.q,
            filters=Filters(date_from=self.from_, date_to=self.to, **values),
            marks=self.marks,
            sort=self.sort,
            literal=self.literal,
        )


class SavedQuery(QueryParams):
    """What a saved search asks for; a parameter that there is not is refused, since nobody sees its hits at once."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    literal: bool = Field(False, strict=True, description=QueryParams.model_fields["literal"].description)


class SavedForm(QueryParams):
    """A search to save, as the form of the search page sends it."""

    name: str = Field(min_length=1, max_length=200)


class SearchParams(QueryParams):
    """A search for one page of hits."""

    limit: int = Field(20, ge=1, le=100, description="Hits on one page.")
    cursor: str | None = Field(None, max_length=6000, description="`next` of the page before; opaque.")

    def query(self) -> SearchQuery:
        """Return the search that the parameters mean."""
        return dataclasses.replace(super().query(), limit=self.limit, cursor=self.cursor)

    def pairs(self) -> list[tuple[str, str]]:
        """Return the parameters that differ from their defaults, as an address has them; without the cursor."""
        pairs: list[tuple[str, str]] = []
        for name, field in SearchParams.model_fields.items():
            value = getattr(self, name)
            if name == "cursor" or value == field.default:
                continue
            pairs += [
                (field.alias or name, "1" if v is True else str(v))
                for v in (value if isinstance(value, list) else [value])
            ]
        return pairs

    def address(self, *, add: tuple[str, str] | None = None, drop: tuple[str, str] | None = None) -> str:
        """Return the address of the search page with one value more or less; it starts at the first page."""
        pairs = [pair for pair in self.pairs() if pair != drop]
        if add is not None:
            pairs.append(add)
        return "/search?" + urlencode(pairs)

    def export_address(self, format_: str) -> str:
        """Return the address of a file of everything that the search finds."""
        kept = [pair for pair in self.pairs() if pair[0] != "limit"]
        return "/api/v1/export?" + urlencode([("format", format_), *kept])


class FacetParams(QueryParams):
    """A search for the values of one of its facets."""

    prefix: str = Field("", max_length=200, description="A word of the value's name begins so; marks do not count.")
    offset: int = Field(0, ge=0, le=10_000, description="Values left out at the beginning.")
    limit: int = Field(20, ge=1, le=40, description="Values at most.")


class ExportParams(QueryParams):
    """A search for everything that it finds, as one file."""

    format: ExportFormat = Field(description="The kind of file; edxml is one message, or a ZIP of several.")
    register_: RegisterName = Field(
        RegisterName.LIST,
        alias="register",
        description="A list in the order of the search, or a register of NĐ 30/2020 in its own (csv, xlsx, docx).",
    )
    column: list[str] = Field(
        [], max_length=30, description="Heading of a column to keep (csv, xlsx, docx), repeatable; all by default."
    )


Search = Annotated[SearchParams, Query()]
Facet = Annotated[FacetParams, Query()]
Export = Annotated[ExportParams, Query()]
