"""From a plan to the query an engine runs (pure): what counts, what matches, what was picked.

The constants of relevance stand here and in `plan`, `gate`, `analysis` and `synonyms`, each with what justifies it.
"""

import dataclasses

from services.core.text import folded_form
from services.search.analysis import PAIR
from services.search.document import number_key
from services.search.filters import picked_and_filters
from services.search.gate import PAIRED_FIELDS, clauses_of, gate_of, terms_of
from services.search.plan import PAIR_WEIGHT, Plan
from services.search.quoted import phrase_need
from services.search.typed import Typed
from services.search.types import Boost, EngineQuery, Scored, SearchQuery, Term

__all__ = ["Plan", "build_engine_query"]

FIELD_WEIGHTS = {"symbol": 4.0, "subject": 2.0, "head": 1.5, "body": 1.0}
"""A field's word counts as often as it is rarer to stand there by chance: "bắc kạn" in the issuer of one dispatch ranks
it above those that name Bắc Kạn somewhere in a list of provinces."""
OWN_SYMBOL, CITED_SYMBOL = 2000.0, 1000.0
"""Added for the document whose symbol was typed, and for those that cite it: above any sum of a short query's words."""
MOST_CLAUSES = 900
"""Terms of one query, gate and all; OpenSearch refuses more than 1,024, some of which the filters need."""
MOST_GATE_CLAUSES = 350
_MOST_KEYS = 10


def build_engine_query(
    plan: Plan, query: SearchQuery, access: frozenset[str], *, relaxed: bool = False, after: str | None = None
) -> EngineQuery:
    """Build the engine's query; an empty one lists everything, newest first. `relaxed` asks for half as many words."""
    picked, filters = picked_and_filters(query.filters)
    empty = not plan.typed.syllables
    gate = None if empty else gate_of(plan, relaxed=relaxed)
    if clauses_of(gate) > MOST_GATE_CLAUSES:  # a question full of synonyms is long enough without them
        plan = dataclasses.replace(plan, alternatives=())
        gate = gate_of(plan, relaxed=relaxed)
    must = tuple(phrase_need(phrase, strict=plan.strict) for phrase in plan.typed.phrases)
    return EngineQuery(
        access=tuple(sorted(access)),
        scored=() if empty else _scored(plan, MOST_CLAUSES - clauses_of(gate) - terms_of(must)),
        gate=gate,
        must=must,
        boosts=_boosts(plan.typed),
        filters=filters,
        picked=picked,
        facets=query.facets,
        sort="newest" if empty and query.sort == "relevance" else query.sort,
        limit=query.limit,
        after=after,
    )


def _scored(plan: Plan, most: int) -> tuple[Scored, ...]:
    """Weigh the terms; where they are too many, what was not typed goes first."""
    weights: dict[Term, float] = {}

    def add(forms: tuple[str, ...], weight: float, *, guessed: bool = False) -> None:
        """Add a syllable, or a pair of them, in every form and field."""
        fields, prefix = (tuple(FIELD_WEIGHTS), "") if len(forms) == 1 else (PAIRED_FIELDS, "p")
        for form, share in plan.forms:
            if guessed and form == "e":
                continue
            token = PAIR.join(forms if form == "e" else map(folded_form, forms))
            for name in fields:
                term = Term(f"{name}_{prefix}{form}", token)
                if term in weights or len(weights) < most:
                    weights[term] = weights.get(term, 0.0) + weight * share * FIELD_WEIGHTS[name]

    for syllable in plan.typed.syllables:
        add((syllable,), 1.0)
    for pair in plan.word_pairs():  # the typed ones come first
        add((pair.first, pair.second), pair.weight * PAIR_WEIGHT, guessed=pair.guessed)
    for variant in plan.variants:
        if len(variant.instead) == 1:  # of a longer one only its pairs count, its syllables are common
            add(variant.instead, variant.weight, guessed=variant.guessed)
    return tuple(Scored(term, round(weight, 4)) for term, weight in weights.items())


def _boosts(typed: Typed) -> tuple[Boost, ...]:
    if typed.keys:
        keys = typed.keys[:_MOST_KEYS]
        return (Boost("symbol_key", keys, OWN_SYMBOL), Boost("cites", keys, CITED_SYMBOL))
    if typed.symbol is not None:
        number = number_key(typed.symbol.number)
        kind = typed.symbol.kind_code
        return (Boost("number", (f"{number}|{kind}" if kind else number,), OWN_SYMBOL),)
    return ()
