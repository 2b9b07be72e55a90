"""From a plan to the query an engine runs (pure): what counts, what matches, what was picked.

The constants of relevance stand here and in `plan`, `gate`, `analysis` and `synonyms`, each with what justifies it.
"""

import dataclasses

from services.core.text import folded_form
from services.search.analysis import PAIR
from services.search.document import number_key
from services.search.filters import picked_and_filters, same_task
from services.search.gate import PAIRED_FIELDS, clauses_of, gate_of, terms_of
from services.search.plan import PAIR_WEIGHT, SHORT, Plan
from services.search.quoted import phrase_need
from services.search.typed import Typed
from services.search.types import (
    SCORED_FIELDS,
    Boost,
    DateWithin,
    EngineQuery,
    KeywordIs,
    Need,
    Phrase,
    Preference,
    Scored,
    SearchQuery,
    Term,
)

__all__ = ["Plan", "build_engine_query"]

FIELD_WEIGHTS = {"symbol": 4.0, "head": 1.5, "body": 1.0}
"""A field's word counts as often as it is rarer to stand there by chance: "bắc kạn" in the issuer of one dispatch ranks
it above those that name Bắc Kạn somewhere in a list of provinces."""
SUBJECT_OF_QUESTION = 0.5
SUBJECT_OF_SHORT = 4.0
"""The subject counts by how much was asked: with few words it says what a document is about (nDCG@10 of the judged
queries .746 with 2, .807 with 4), in a question (`is_question`) a short field outweighs the text (MRR@10 of 373
questions, titles as subjects: .841 with 0.5, .771 with 2)."""
EXACT_PAIRS_OF_SHORT = 6.0
"""How much more a pair with its marks counts in a marked query of up to SHORT syllables: whatever has the pair as typed
comes before subjects that have it with other marks (tests.bench.short: of the first ten hits 91 % have it as typed,
with 1 only 54 %; judged queries .806 as before)."""
AS_TYPED, LONGEST_TYPED = 3.0, 12
"""Added for each syllable where a query of SHORT to so many stands in the text as a whole, in its order (the first hit
has a window of its subject in 99.8 %, without in 98.2 %; a third more processor time a query)."""
OWN_SYMBOL, CITED_SYMBOL = 2000.0, 1000.0
"""Added for the document whose symbol was typed, and for those that cite it: above any sum of a short query's words."""
STRONG, LEANING = 60.0, 4.0
"""Added for the kind, body or date that a query names. A form that leaves no doubt ("công điện của Bộ Y tế về oxy")
puts those that have it first: of 200 queries of 2 to 6 syllables over 20,000 articles, best and tenth hit lie less than
27 to 54 apart in nine of ten. Any other form ("kế hoạch tiêm vắc xin") decides among those that are nearly alike."""
MOST_CLAUSES = 900
"""Terms of one query, gate and all; OpenSearch refuses more than 1,024, some of which the filters need."""
MOST_GATE_CLAUSES = 350
_MOST_KEYS = 10


def build_engine_query(
    plan: Plan, query: SearchQuery, access: frozenset[str], *, relaxed: bool = False, after: str | None = None
) -> EngineQuery:
    """Build the engine's query; an empty one lists everything, newest first.

    `relaxed` asks for half as many words, and in a question not for the marks of what stands in quotation marks.
    """
    picked, filters = picked_and_filters(query.filters)
    empty = not plan.typed.syllables
    gate = None if empty else gate_of(plan, relaxed=relaxed)
    if clauses_of(gate) > MOST_GATE_CLAUSES:  # a question full of synonyms is long enough without them
        plan = dataclasses.replace(plan, alternatives=())
        gate = gate_of(plan, relaxed=relaxed)
    slack = relaxed and plan.typed.is_question  # a term set off in a question, with a slip in its marks
    must = tuple(phrase_need(phrase, strict=plan.strict, marks=not slack) for phrase in plan.typed.phrases)
    excluded = tuple(phrase_need(phrase, strict=plan.strict) for phrase in plan.typed.excluded)
    return EngineQuery(
        access=tuple(sorted(access)),
        scored=() if empty else _scored(plan, MOST_CLAUSES - clauses_of(gate) - terms_of((*must, *excluded))),
        gate=gate,
        must=must,
        never=(*excluded, *(f.wanted for f in plan.typed.found if f.how == "excluded" and f.wanted)),
        boosts=_boosts(plan.typed),
        preferences=() if empty else _preferences(plan.typed),
        filters=same_task((*filters, *_filters(plan.typed))),
        picked=picked,
        facets=query.facets,
        facet_values=query.facet_values,
        sort="newest" if empty and query.sort == "relevance" else query.sort,
        limit=query.limit,
        after=after,
    )


def bodies_asked(plan: Plan, query: SearchQuery) -> dict[str, frozenset[str]]:
    """Return the values that are asked for under `addressee` and `assignee`, in the query and beside it."""
    _, filters = picked_and_filters(query.filters)
    asked: dict[str, frozenset[str]] = {}
    for wanted in (*filters, *_filters(plan.typed)):
        if isinstance(wanted, KeywordIs) and wanted.keyword in ("addressee", "assignee"):
            asked[wanted.keyword] = asked.get(wanted.keyword, frozenset()) | frozenset(wanted.values)
    return asked


def _scored(plan: Plan, most: int) -> tuple[Scored, ...]:
    """Weigh the terms; where they are too many, what was not typed goes first."""
    weights: dict[Term, float] = {}
    field_weights = FIELD_WEIGHTS | {"subject": SUBJECT_OF_QUESTION if plan.typed.is_question else SUBJECT_OF_SHORT}

    def add(forms: tuple[str, ...], weight: float, *, guessed: bool = False) -> None:
        """Add a syllable, or a pair of them, in every form and field."""
        fields, prefix = (SCORED_FIELDS, "") if len(forms) == 1 else (PAIRED_FIELDS, "p")
        for form, share in plan.forms:
            if guessed and form == "e":
                continue
            if form == "e" and len(forms) > 1 and len(plan.typed.syllables) <= SHORT:
                share *= EXACT_PAIRS_OF_SHORT
            token = PAIR.join(forms if form == "e" else map(folded_form, forms))
            for name in fields:
                term = Term(f"{name}_{prefix}{form}", token)
                if term in weights or len(weights) < most:
                    weights[term] = weights.get(term, 0.0) + weight * share * field_weights[name]

    for syllable in plan.typed.syllables:
        add((syllable,), 1.0)
    for pair in plan.word_pairs():  # the typed ones come first
        add((pair.first, pair.second), pair.weight * PAIR_WEIGHT, guessed=pair.guessed)
    for variant in plan.variants:
        if len(variant.instead) == 1:  # of a longer one only its pairs count, its syllables are common
            add(variant.instead, variant.weight, guessed=variant.guessed)
    return tuple(Scored(term, round(weight, 4)) for term, weight in weights.items())


def _filters(typed: Typed) -> tuple[KeywordIs | DateWithin, ...]:
    """Return the filters found in the query; several values of one field are alternatives."""
    wanted = [f.wanted for f in typed.found if f.how == "filter" and f.wanted]
    values: dict[str, dict[str, None]] = {}
    for keyword in (w for w in wanted if isinstance(w, KeywordIs)):
        values.setdefault(keyword.keyword, {}).update(dict.fromkeys(keyword.values))
    dates = [w for w in wanted if isinstance(w, DateWithin)]
    return (*(KeywordIs(name, tuple(found)) for name, found in values.items()), *dates)


def _preferences(typed: Typed) -> tuple[Preference, ...]:
    found = [f for f in typed.found if f.how == "boost"]
    named = [Preference(f.wanted, STRONG if f.strong else LEANING) for f in found if f.wanted]
    if typed.symbol is None and not typed.phrases and SHORT <= len(typed.syllables) <= LONGEST_TYPED:
        named.append(Preference(Need(((Phrase(typed.folded),),)), AS_TYPED * len(typed.syllables)))
    return tuple(named)


def _boosts(typed: Typed) -> tuple[Boost, ...]:
    if typed.keys:
        keys = typed.keys[:_MOST_KEYS]
        return (Boost("symbol_key", keys, OWN_SYMBOL), Boost("cites", keys, CITED_SYMBOL))
    if typed.symbol is not None:
        number = number_key(typed.symbol.number)
        kind = typed.symbol.kind_code
        return (Boost("number", (f"{number}|{kind}" if kind else number,), OWN_SYMBOL),)
    return ()
