"""A tantivy result in its whole order, ties broken by id, collected as far as somebody reads it."""

import threading
from array import array
from itertools import groupby
from typing import Any

import tantivy

from services.search.engines.embedded.queries import SCORE_SCALE, matching, ranked
from services.search.engines.embedded.schema import FIRST
from services.search.types import EngineHit, EngineQuery

_SLACK = 16  # fetched beyond what is wanted, so that a small group of ties at the end is complete
_TOP = 4_000  # up to here tantivy's own top list is quicker than sorting everything
_BYTES = 12  # of an entry that is kept

Entry = tuple[Any, tantivy.DocAddress]


class Order:
    """The hits of one query in one snapshot; safe to use from several threads.

    Reading on costs in all what collecting everything once costs, not that for every page: tantivy itself can only
    begin at the top. Of each hit 12 bytes are kept.
    """

    def __init__(self, searcher: tantivy.Searcher, query: EngineQuery, unpicked: tantivy.Query) -> None:
        self._searcher = searcher
        self._query = query
        self._unpicked = unpicked
        self._scored = query.sort == "relevance"
        self._lock = threading.Lock()
        self._total: int | None = None
        self._whole = False
        self._scores = array("f")
        self._addresses = array("Q")

    @property
    def cost(self) -> int:
        """Bytes it takes at most, about."""
        return _BYTES * (self._total or 0) + 1_000

    def hits(self, start: int, count: int) -> list[EngineHit]:
        """Return the hits from a number on, at most `count`."""
        with self._lock:
            if not self._whole and len(self._addresses) < start + count:
                self._collect(start + count)
            scores = self._scores[start : start + count]
            addresses = self._addresses[start : start + count]
        return [
            EngineHit(self._id(_unpacked(address)), score / SCORE_SCALE)
            for score, address in zip(scores, addresses, strict=True)
        ]

    @property
    def total(self) -> int:
        """How many hits there are; known once some were asked for."""
        assert self._total is not None
        return self._total

    def _collect(self, wanted: int) -> None:
        fetch = max(wanted + _SLACK, 2 * len(self._addresses))
        if fetch <= _TOP:
            entries = self._top(fetch)
            self._whole = len(entries) < fetch
            settled = self._settled(entries)
            if self._whole or len(settled) >= wanted:
                self._keep(settled)
                return
        self._keep(self._everything())
        self._whole = True

    def _top(self, fetch: int) -> list[Entry]:
        if self._scored:
            result = self._searcher.search(ranked(self._query, self._unpicked), fetch)
        else:
            asked, field = matching(self._query, self._unpicked), self._query.sort
            result = self._searcher.search(asked, fetch, order_by_field=field, order=tantivy.Order.Asc)
        self._total = int(result.count)  # type: ignore[attr-defined]  # missing in the stub
        return list(result.hits)

    def _settled(self, entries: list[Entry]) -> list[Entry]:
        """Sort ties by id, and leave out the last group of ties where something of it may be missing."""
        if not self._scored:  # what these are sorted by holds the id: no ties
            return entries
        groups = [list(group) for _, group in groupby(entries, key=lambda entry: entry[0])]
        if groups and not self._whole:
            groups.pop()
        return [entry for group in groups for entry in (sorted(group, key=self._by_id) if len(group) > 1 else group)]

    def _everything(self) -> list[Entry]:
        build = ranked if self._scored else matching
        asked = build(self._query, self._unpicked)
        result = self._searcher.search(asked, max(self._total or self._searcher.num_docs, 1))
        self._total = int(result.count)  # type: ignore[attr-defined]  # missing in the stub
        entries = list(result.hits)
        keys = [-score for score, _ in entries] if self._scored else self._days(entries)
        ids = map(self._by_id, entries)
        return [entry for _, _, entry in sorted(zip(keys, ids, entries, strict=True), key=lambda key: key[:2])]

    def _days(self, entries: list[Entry]) -> list[tuple[bool, int]]:
        """Return what sorts by day as `ranking` does, without fetching its keys: each of those costs 20 µs."""
        days = self._searcher.fast_field_values(FIRST, [address for _, address in entries])
        direction = 1 if self._query.sort == "oldest" else -1
        return [(day is None, direction * int(day or 0)) for day in days]

    def _keep(self, entries: list[Entry]) -> None:
        self._scores = array("f", (entry[0] if self._scored else 0.0 for entry in entries))
        self._addresses = array("Q", (_packed(address) for _, address in entries))

    def _by_id(self, entry: Entry) -> str:
        return self._id(entry[1])

    def _id(self, address: tantivy.DocAddress) -> str:
        return str(self._searcher.doc(address).get_first("id"))


def _packed(address: tantivy.DocAddress) -> int:
    return int(address.segment_ord) << 32 | int(address.doc)


def _unpacked(packed: int) -> tantivy.DocAddress:
    return tantivy.DocAddress(packed >> 32, packed & 0xFFFFFFFF)
