"""The first page: the search box, what came in, what waits for people, and how much there is of what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from services.core.model import Scope
from services.search import SearchPage, SearchQuery
from services.web.admission import DeclaredRoute
from services.web.pages.search import FacetLink, facet_links, histogram
from services.web.query import SearchParams
from services.web.site import OurSite, Reads

router = APIRouter(route_class=DeclaredRoute)
NEWEST = 6
RECENT_BATCHES = 4
LATELY = 200
"""Documents that came in last, of which it is said what they cite and the archive lacks."""
MISSING = 4
CHARTS = {"issuer": 1, "topic": 0}
"""The facets that are drawn, each with the depth of its tree: bodies under their place, the main topics."""
BARS = 6


@dataclass(frozen=True, slots=True)
class CountBar:
    """A value of a facet: how many documents, how wide of 100, and the address that finds them."""

    label: str
    count: int
    width: float
    address: str


@router.get("/")
async def home(site: OurSite, p: Reads, request: Request) -> Response:
    """Show the search box and an overview of what the caller may see: all counts come from one search."""
    documents = site.archive.documents
    counted = await site.search.search(p, SearchQuery(limit=1, facets=(*CHARTS, "year")))
    ids = await documents.latest_ids(p, LATELY)
    newest = await documents.shown(p, ids[:NEWEST], {})
    batches = (await site.archive.account.batches(p, RECENT_BATCHES)).items if p.may(Scope.UPLOAD) else ()
    return site.views.render(
        request,
        "home.html",
        newest=[newest[each] for each in ids if each in newest],
        missing=(await documents.missing(p, among=ids, limit=MISSING)).items,
        to_review=await documents.count_to_review(p) if p.may(Scope.CORRECT) else 0,
        months=histogram(counted, SearchParams()),
        bars=count_bars(counted),
        batches=batches,
        totals=await site.archive.account.status(p),
    )


def count_bars(counted: SearchPage) -> dict[str, list[CountBar]]:
    """Return the most frequent values of each chart, the most frequent first; none where there is only one."""
    links = facet_links(counted, SearchParams())
    charts = {name: _bars(links.get(name, ()), depth) for name, depth in CHARTS.items()}
    return {name: bars for name, bars in charts.items() if len(bars) > 1}


def _bars(links: Sequence[FacetLink], depth: int) -> list[CountBar]:
    """Draw the values at a depth of the tree, and those above it that have none below them."""
    parents = {link.value.value.rpartition("/")[0] for link in links}
    known = [link for link in links if link.value.count and link.value.value != "unknown"]
    shown = [n for n in known if n.depth == depth or (n.depth < depth and n.value.value not in parents)]
    top = sorted(shown, key=lambda link: -link.value.count)[:BARS]
    return [
        CountBar(n.value.label, n.value.count, round(100 * n.value.count / top[0].value.count, 1), n.address)
        for n in top
    ]
