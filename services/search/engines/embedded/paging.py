"""Pages of a tantivy result with ties broken by id, which tantivy itself cannot do over two keys."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any

import tantivy

from services.search.engines.embedded.queries import SCORE_SCALE, matching, ranked
from services.search.problems import bad_cursor
from services.search.types import EngineHit, EngineQuery

_SLACK = 16  # fetched beyond the page, so that a small group of ties at its end is complete

Entry = tuple[Any, tantivy.DocAddress]


@dataclass(frozen=True, slots=True)
class After:
    """The last hit of the page before: its sort value, its id, and how many hits have been shown so far."""

    value: float | str
    id: str
    seen: int

    @classmethod
    def read(cls, values: dict[str, Any]) -> "After":
        """Take it from a cursor's values."""
        try:
            value, document_id, seen = values["v"], values["i"], values["n"]
        except KeyError as error:
            raise bad_cursor() from error
        if not isinstance(value, float | str) or not isinstance(document_id, str) or not isinstance(seen, int):
            raise bad_cursor()
        if not 0 <= seen < 1 << 31:
            raise bad_cursor()
        return cls(value, document_id, seen)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of hits; `after` says where the next one begins, None on the last."""

    hits: tuple[EngineHit, ...]
    total: int
    after: After | None


def find_page(searcher: tantivy.Searcher, query: EngineQuery, after: After | None) -> Page:
    """Find the page that follows `after`, ordered by the query's sort and then by id."""
    by_score = query.sort == "relevance"
    if after is not None and isinstance(after.value, str) == by_score:
        raise bad_cursor()
    whole = ranked(query) if by_score else matching(query)
    fetch = (after.seen if after else 0) + query.limit + _SLACK
    while True:
        if by_score:
            result = searcher.search(whole, fetch)
        else:
            result = searcher.search(whole, fetch, order_by_field=query.sort, order=tantivy.Order.Asc)
        complete = len(result.hits) < fetch
        found = list(islice(_ordered(searcher, result.hits, after, complete), query.limit + 1))
        if complete or len(found) > query.limit:
            return _page(found, int(result.count), query, after)  # type: ignore[attr-defined]  # missing in the stub
        fetch *= 2


def _ordered(
    searcher: tantivy.Searcher, entries: list[Entry], after: After | None, complete: bool
) -> Iterator[tuple[Any, str]]:
    """Yield (value, id) behind `after`; the last group of ties only where nothing of it can be missing."""
    groups = [(value, [address for _, address in group]) for value, group in groupby(entries, key=lambda e: e[0])]
    last = len(groups) - 1
    for number, (value, addresses) in enumerate(groups):
        if number == last and not complete and not isinstance(value, str):  # keys by date hold the id: no ties
            return
        if after is not None and _before(value, after.value):
            continue
        ids = sorted(str(searcher.doc(address).get_first("id")) for address in addresses)
        for document_id in ids:
            if after is None or value != after.value or document_id > after.id:
                yield value, document_id


def _before(value: Any, mark: float | str) -> bool:
    """Whether a hit with this value stands before one with that value: scores fall, keys rise."""
    return bool(value < mark) if isinstance(mark, str) else bool(value > mark)


def _page(found: list[tuple[Any, str]], total: int, query: EngineQuery, after: After | None) -> Page:
    shown = found[: query.limit]
    scale = SCORE_SCALE if query.sort == "relevance" else 0.0
    hits = tuple(EngineHit(document_id, float(value) / scale if scale else 0.0) for value, document_id in shown)
    seen = (after.seen if after else 0) + len(shown)
    more = len(found) > query.limit
    return Page(hits, total, After(shown[-1][0], shown[-1][1], seen) if more and shown else None)
