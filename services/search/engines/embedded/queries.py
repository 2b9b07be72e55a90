"""From an `EngineQuery` to tantivy's queries (pure)."""

import datetime as dt
from collections.abc import Iterable

import tantivy

from services.search.analysis import PHRASE_STREAMS
from services.search.engines.embedded.schema import ARRIVED, DUE, FIRST, LAST, keyword_field, schema
from services.search.types import (
    Boost,
    DateWithin,
    EngineQuery,
    Gate,
    KeywordIs,
    Need,
    Phrase,
    Preference,
    Prefix,
    Scored,
    Term,
)

SCORE_SCALE = 2.2
"""tantivy keeps the factor k1 + 1 of BM25 that Lucene has dropped; scores of both are given without it."""

Query = tantivy.Query
_Must, _Should = tantivy.Occur.Must, tantivy.Occur.Should


def matching(query: EngineQuery, unpicked: tantivy.Query) -> tantivy.Query:
    """Build what decides which documents match out of what does but for the picks. Scores 0."""
    return Query.const_score_query(_and([unpicked, *map(_keyword, query.picked)]), 0.0)


def unpicked(query: EngineQuery) -> tantivy.Query:
    """Build what decides which documents match, but for what was picked of facets. Scores 0."""
    parts = [_keyword(KeywordIs("access", query.access))]
    if query.among is not None:
        parts.append(_one_of("id", list(query.among)) if query.among else Query.empty_query())
    if query.gate is not None:
        parts.append(_or([_gate(query.gate), *(_keyword(KeywordIs(b.keyword, b.values)) for b in query.boosts)]))
    parts += [_need(need) for need in query.must]
    parts += [_filter(f) for f in query.filters]
    return Query.const_score_query(_without(_and(parts), query), 0.0)


def ranked(query: EngineQuery, unpicked: tantivy.Query) -> tantivy.Query:
    """Build the whole query: what matches (see `matching`), and the flat sum that ranks it."""
    clauses = [(_Must, matching(query, unpicked))]
    clauses += [(_Should, _scored(s)) for s in query.scored]
    clauses += [(_Should, _boost(b)) for b in query.boosts]
    clauses += [(_Should, _preference(p)) for p in query.preferences]
    return Query.boolean_query(clauses)


def id_is(document_id: str) -> tantivy.Query:
    """Build the query for one document."""
    return Query.term_query(schema(), "id", document_id, index_option="basic")


def _scored(scored: Scored) -> tantivy.Query:
    term = Query.term_query(schema(), scored.term.stream, scored.term.token, index_option="freq")
    return Query.boost_query(term, scored.weight)


def _preference(preference: Preference) -> tantivy.Query:
    return Query.const_score_query(_condition(preference.wanted), preference.score * SCORE_SCALE)


def _boost(boost: Boost) -> tantivy.Query:
    return Query.const_score_query(_keyword(KeywordIs(boost.keyword, boost.values)), boost.score * SCORE_SCALE)


def _without(found: tantivy.Query, query: EngineQuery) -> tantivy.Query:
    if not query.never:
        return found
    never = map(_condition, query.never)
    return Query.boolean_query([(_Must, found), *((tantivy.Occur.MustNot, n) for n in never)])


def _gate(gate: Gate) -> tantivy.Query:
    parts = [_need(need) for need in gate.must]
    if gate.needs:
        shoulds = [(_Should, _need(need)) for need in gate.needs]
        parts.append(Query.boolean_query(shoulds, minimum_number_should_match=gate.minimum))
    return _and(parts)


def _need(need: Need) -> tantivy.Query:
    return _or([_and([_part(part) for part in way]) for way in need.ways])


def _part(part: frozenset[Term] | Phrase | Prefix) -> tantivy.Query:
    if isinstance(part, Prefix):
        return Query.regex_query(schema(), part.stream, f"{part.start}.*")
    if isinstance(part, Phrase):
        return _or([Query.phrase_query(schema(), s, list(part.syllables)) for s in PHRASE_STREAMS])
    return _any(part)


def _any(terms: Iterable[Term]) -> tantivy.Query:
    streams: dict[str, list[str]] = {}
    for term in sorted(terms, key=lambda t: (t.stream, t.token)):
        streams.setdefault(term.stream, []).append(term.token)
    return _or([_one_of(stream, tokens) for stream, tokens in streams.items()])


def _one_of(field: str, tokens: list[str]) -> tantivy.Query:
    if len(tokens) == 1:
        return Query.term_query(schema(), field, tokens[0], index_option="basic")
    return Query.term_set_query(schema(), field, tokens)


def _keyword(wanted: KeywordIs) -> tantivy.Query:
    return _one_of(keyword_field(wanted.keyword), list(wanted.values)) if wanted.values else Query.empty_query()


def _condition(wanted: Need | KeywordIs | DateWithin) -> tantivy.Query:
    return _need(wanted) if isinstance(wanted, Need) else _filter(wanted)


def _filter(wanted: KeywordIs | DateWithin) -> tantivy.Query:
    if isinstance(wanted, KeywordIs):
        return _keyword(wanted)
    if wanted.dates == "issued":
        return _and([_days(FIRST, None, wanted.last), _days(LAST, wanted.first, None)])
    return _days(DUE if wanted.dates == "due" else ARRIVED, wanted.first, wanted.last)


def _days(field: str, first: dt.date | None, last: dt.date | None) -> tantivy.Query:
    low = first.toordinal() if first else 0
    high = last.toordinal() if last else dt.date.max.toordinal()
    return Query.range_query(schema(), field, tantivy.FieldType.Integer, low, high)


def _and(parts: list[tantivy.Query]) -> tantivy.Query:
    return parts[0] if len(parts) == 1 else Query.boolean_query([(_Must, part) for part in parts])


def _or(parts: list[tantivy.Query]) -> tantivy.Query:
    return parts[0] if len(parts) == 1 else Query.boolean_query([(_Should, part) for part in parts])
