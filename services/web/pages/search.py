"""The search page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from services.search import MOST_MONTHS, FacetValue, SearchPage
from services.web.admission import DeclaredRoute
from services.web.query import FILTERS, Search, SearchParams
from services.web.site import OurSite, Reads

router = APIRouter(route_class=DeclaredRoute)

FACETS = ("issuer", "kind", "year", "topic", "signer", "urgency", "state")
"""The facets shown, in this order."""
SHOWN_VALUES = 8
"""Values of a facet that are in sight; the rest unfold."""
MOST_YEARS = 90
"""Bars of the date histogram: months while they are so few, else years; for more years there is none."""
DEEPEST = 4
"""How deep the tree of a facet is drawn."""
_DATE_NAMES = ("from", "to", "due_from", "due_to", "arrived_from", "arrived_to")


@dataclass(frozen=True, slots=True)
class FacetLink:
    """A value of a facet with the address that picks it, or drops it when it is picked.

    `depth` tells under how many of the values shown it stands, 0 at the top.
    """

    value: FacetValue
    address: str
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Bar:
    """A year or month of the date histogram: how many documents, how high of 100, and the address that picks it."""

    value: str
    label: str
    count: int
    height: int
    address: str
    selected: bool


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force, and the address without it."""

    name: str
    value: str
    label: str
    address: str


@router.get("/search")
async def search(site: OurSite, p: Reads, request: Request, params: Search) -> Response:
    """Show the documents found, with the facets to narrow them down."""
    found = await site.search.search(p, params.query())
    return site.views.render(
        request,
        "search.html",
        found=found,
        params=params,
        facets=facet_links(found, params),
        chips=chips(found, params),
        bars=histogram(found, params),
        following=following(found, params),
        hidden=[pair for pair in params.pairs() if pair[0] not in ("q", "from", "to")],
        kept=[pair for pair in params.pairs() if pair[0] not in ("q", "literal")],
        shown_values=SHOWN_VALUES,
        export_most=site.settings.limits.export_documents,
    )


def facet_links(found: SearchPage, params: SearchParams) -> dict[str, list[FacetLink]]:
    """Return the links of each facet that has values, in the order in which they are shown."""
    links: dict[str, list[FacetLink]] = {}
    for name in FACETS:
        values = found.facets.get(name, ())
        if name == "year":
            values = _unfolded(values)
        if values:
            links[name] = [FacetLink(value, _toggle(name, value, params), depth) for value, depth in as_tree(values)]
    return links


def _unfolded(years: Sequence[FacetValue]) -> tuple[FacetValue, ...]:
    """Leave the months of those years only that were picked, or of which a month was."""
    picked = {value.value.split("/")[0] for value in years if value.selected}
    return tuple(value for value in years if "/" not in value.value or value.value.split("/")[0] in picked)


def histogram(found: SearchPage, params: SearchParams) -> list[Bar]:
    """Return a bar for every month from the first to the last that has a document, or for every year if they are many.

    Empty where there is only one to show.
    """
    values = {value.value: value for value in found.facets.get("year", ()) if value.count}
    months = sorted(value for value in values if "/" in value)
    span = _months_between(months[0], months[-1]) if months else []
    years = sorted(int(value) for value in values if value.isdecimal())
    steps = span if 1 < len(span) <= MOST_MONTHS else [str(y) for y in range(years[0], years[-1] + 1)] if years else []
    if not 1 < len(steps) <= MOST_YEARS:
        return []
    most = max(values[step].count for step in steps if step in values)
    return [_bar(step, values.get(step), most, params) for step in steps]


def _bar(step: str, value: FacetValue | None, most: int, params: SearchParams) -> Bar:
    label = "/".join(reversed(step.split("/")))
    if value is None:
        return Bar(step, label, 0, 0, "", selected=False)
    height = max(2, round(100 * value.count / most))
    return Bar(step, label, value.count, height, _toggle("year", value, params), value.selected)


def _months_between(first: str, last: str) -> list[str]:
    (year, month), (last_year, last_month) = (map(int, value.split("/")) for value in (first, last))
    count = (last_year - year) * 12 + last_month - month + 1
    return [f"{year + (month + n - 1) // 12}/{(month + n - 1) % 12 + 1:02}" for n in range(count)]


def as_tree(values: Sequence[FacetValue]) -> Iterator[tuple[FacetValue, int]]:
    """Yield values with their depth, each right after what it stands under (`a/b` under `a`), else in the order given.

    The parent of a value may be missing; it then stands under the nearest one there is.
    """
    known = {value.value for value in values}
    below: dict[str | None, list[FacetValue]] = {}
    for value in values:
        below.setdefault(_parent(value.value, known), []).append(value)

    def walk(parent: str | None, depth: int) -> Iterator[tuple[FacetValue, int]]:
        for value in below.get(parent, ()):
            yield value, min(depth, DEEPEST)
            yield from walk(value.value, depth + 1)

    return walk(None, 0)


def _parent(path: str, known: Set[str]) -> str | None:
    while "/" in path:
        path = path.rsplit("/", 1)[0]
        if path in known:
            return path
    return None


def _toggle(name: str, value: FacetValue, params: SearchParams) -> str:
    pair = (name, value.value)
    return params.address(drop=pair) if value.selected else params.address(add=pair)


def chips(found: SearchPage, params: SearchParams) -> list[Chip]:
    """Return every filter in force, with the label that its facet gives it."""
    labels = {(name, v.value): v.label for name, values in found.facets.items() for v in values}
    return [
        Chip(name, value, labels.get((name, value), value), params.address(drop=(name, value)))
        for name, value in params.pairs()
        if name in FILTERS or name in _DATE_NAMES
    ]


def following(found: SearchPage, params: SearchParams) -> str | None:
    """Return the address of the next page of results, None on the last."""
    if found.next is None:
        return None
    return "/search?" + urlencode([*params.pairs(), ("cursor", found.next)])
