"""From an `EngineQuery` to OpenSearch's query language (pure)."""

from collections.abc import Iterable, Sequence
from typing import Any

from services.search.analysis import PHRASE_STREAMS
from services.search.engines.opensearch.mapping import ARRIVED, DUE, FIRST, LAST, keyword_field
from services.search.near import GUESSES
from services.search.types import Boost, DateWithin, EngineQuery, Gate, KeywordIs, Need, Phrase, Prefix, Scored, Term

Dsl = dict[str, Any]


def search_body(query: EngineQuery) -> Dsl:
    """Build a search: picked values come after the counting, so that no facet is counted under its own pick."""
    body: Dsl = {
        "query": _ranked(query),
        "size": query.limit + 1,  # one more tells whether there is another page
        "sort": [{"_score": "desc"}, {"id": "asc"}] if query.sort == "relevance" else [{query.sort: "asc"}],
        "track_total_hits": True,
        "_source": False,
        "aggs": {facet: _facet(facet, query) for facet in query.facets},
    }
    if query.picked:
        body["post_filter"] = {"bool": {"filter": [_keyword(p) for p in query.picked]}}
    return body


def frequency_body(stream: str, tokens: Sequence[str], access: frozenset[str] | None) -> Dsl:
    """Build the question how many of the documents (with these values of access) have each token, by its place."""
    readable: list[Dsl] = [_keyword(KeywordIs("access", tuple(sorted(access))))] if access is not None else []
    return {
        "size": 0,
        "query": {"bool": {"filter": readable}},
        "aggs": {str(n): {"filter": {"term": {stream: token}}} for n, token in enumerate(tokens)},
    }


def near_body(tokens: list[str]) -> Dsl:
    """Build the question which of the tokens are nowhere after all, and what is one edit away from each."""
    return {
        "size": 0,
        "aggs": {token: {"filter": {"term": {"all_f": token}}} for token in tokens},
        "suggest": {
            "text": " ".join(tokens),
            "near": {
                "term": {
                    "field": "all_f",
                    "analyzer": "whitespace",
                    "suggest_mode": "missing",
                    "max_edits": 1,
                    "prefix_length": 0,
                    "min_word_length": 3,
                    "sort": "frequency",
                    "size": 20 * GUESSES,
                    "shard_size": 20 * GUESSES,
                    "max_inspections": 20,
                }
            },
        },
    }


def _ranked(query: EngineQuery) -> Dsl:
    bool_query: Dsl = {"filter": _matching(query)}
    if query.never:
        bool_query["must_not"] = [*map(_condition, query.never)]
    should = [*map(_scored, query.scored), *map(_boost, query.boosts)]
    should += [{"constant_score": {"filter": _condition(p.wanted), "boost": p.score}} for p in query.preferences]
    if should:
        bool_query |= {"should": should, "minimum_should_match": 0}
    return {"bool": bool_query}


def _matching(query: EngineQuery) -> list[Dsl]:
    parts = [_keyword(KeywordIs("access", query.access)), *map(_need, query.must), *map(_filter, query.filters)]
    if query.among is not None:
        parts.append({"terms": {"id": list(query.among)}})
    if query.gate is not None:
        parts.append(_or([_gate(query.gate), *(_keyword(KeywordIs(b.keyword, b.values)) for b in query.boosts)]))
    return parts


def _facet(facet: str, query: EngineQuery) -> Dsl:
    others = [_keyword(p) for p in query.picked if p.keyword != facet]
    size = query.facet_values
    counts = {"counts": {"terms": {"field": keyword_field(facet), "size": size, "shard_size": 10 * size}}}
    return {"filter": {"bool": {"filter": others}} if others else {"match_all": {}}, "aggs": counts}


def _scored(scored: Scored) -> Dsl:
    return {"term": {scored.term.stream: {"value": scored.term.token, "boost": scored.weight}}}


def _boost(boost: Boost) -> Dsl:
    return {"constant_score": {"filter": _keyword(KeywordIs(boost.keyword, boost.values)), "boost": boost.score}}


def _gate(gate: Gate) -> Dsl:
    parts = [_need(need) for need in gate.must]
    if gate.needs:
        shoulds = [_need(need) for need in gate.needs]
        parts.append({"bool": {"should": shoulds, "minimum_should_match": gate.minimum}})
    return _and(parts)


def _need(need: Need) -> Dsl:
    return _or([_and([_part(part) for part in way]) for way in need.ways])


def _part(part: frozenset[Term] | Phrase | Prefix) -> Dsl:
    if isinstance(part, Prefix):
        return {"prefix": {part.stream: part.start}}
    if isinstance(part, Phrase):
        return _or([{"match_phrase": {stream: " ".join(part.syllables)}} for stream in PHRASE_STREAMS])
    return _any(part)


def _any(terms: Iterable[Term]) -> Dsl:
    streams: dict[str, list[str]] = {}
    for term in sorted(terms, key=lambda t: (t.stream, t.token)):
        streams.setdefault(term.stream, []).append(term.token)
    return _or([{"terms": {stream: tokens}} for stream, tokens in streams.items()])


def _keyword(wanted: KeywordIs) -> Dsl:
    return {"terms": {keyword_field(wanted.keyword): list(wanted.values)}}


def _condition(wanted: Need | KeywordIs | DateWithin) -> Dsl:
    return _need(wanted) if isinstance(wanted, Need) else _filter(wanted)


def _filter(wanted: KeywordIs | DateWithin) -> Dsl:
    if isinstance(wanted, KeywordIs):
        return _keyword(wanted)
    first = {"gte": wanted.first.toordinal()} if wanted.first else {}
    last = {"lte": wanted.last.toordinal()} if wanted.last else {}
    if wanted.dates == "issued":
        return _and([{"range": {FIRST: last or {"gte": 0}}}, {"range": {LAST: first or {"gte": 0}}}])
    return {"range": {DUE if wanted.dates == "due" else ARRIVED: {**first, **last}}}


def _and(parts: list[Dsl]) -> Dsl:
    return parts[0] if len(parts) == 1 else {"bool": {"filter": parts}}


def _or(parts: list[Dsl]) -> Dsl:
    return parts[0] if len(parts) == 1 else {"bool": {"should": parts, "minimum_should_match": 1}}
