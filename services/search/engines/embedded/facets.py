"""Counting facets in one go: what matches but for the picks is worked out once, the picks are looked up in it."""

from collections.abc import Iterable
from typing import Any

import tantivy

from services.search.engines.embedded.schema import keyword_field
from services.search.types import EngineQuery, KeywordIs

Counts = dict[str, list[tuple[str, int]]]


def count_facets(searcher: tantivy.Searcher, query: EngineQuery, unpicked: tantivy.Query) -> Counts:
    """Count the facets of a query, each without its own picks; `unpicked` is what matches without any."""
    if not query.facets:
        return {}
    picks = {facet: _said(p for p in query.picked if p.keyword != facet) for facet in query.facets}
    asked: dict[str, Any] = {}
    for facet, said in picks.items():
        within = asked.setdefault(said, {"filter": said, "aggs": {}})["aggs"] if said else asked
        within[facet] = {"terms": _terms(facet, query.facet_values)}
    found = searcher.aggregate(unpicked, asked)
    return {facet: _sorted((found[said] if said else found)[facet]["buckets"]) for facet, said in picks.items()}


def _said(picks: Iterable[KeywordIs]) -> str:
    """Write picks in tantivy's query language, the only one that its filter aggregation takes; empty for none."""
    return " AND ".join(f"({' OR '.join(_field_is(p.keyword, value) for value in p.values)})" for p in picks)


def _field_is(keyword: str, value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{keyword_field(keyword)}:"{escaped}"'


def _terms(facet: str, size: int) -> dict[str, object]:
    return {"field": keyword_field(facet), "size": size, "segment_size": 10 * size}


def _sorted(buckets: list[dict[str, object]]) -> list[tuple[str, int]]:
    pairs = [(str(b["key"]), int(str(b["doc_count"]))) for b in buckets]
    return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))
