"""From what was typed to the query an engine runs (pure): what counts, what matches, what was picked.

Every constant of relevance stands here or in `analysis` and `synonyms`, with the query that justifies it.
"""

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from services.core.text import folded_form
from services.search.analysis import PAIR, pairs
from services.search.document import number_key
from services.search.filters import picked_and_filters
from services.search.synonyms import Alternative
from services.search.typed import Typed
from services.search.types import Boost, EngineQuery, Gate, Need, Scored, SearchQuery, Term

FIELD_WEIGHTS = {"symbol": 4.0, "subject": 2.0, "head": 1.5, "body": 1.0}
"""A field's word counts as often as it is rarer to stand there by chance: "bắc kạn" in the issuer of one dispatch ranks
it above those that name Bắc Kạn somewhere in a list of provinces."""
PAIR_WEIGHT = 2.0
"""Pairs against single syllables: MRR@10 of 373 questions 75.6 without pairs, 84.8 with weight 2."""
EXACT_SHARE_SHORT, EXACT_SHARE_LONG, SHORT = 0.5, 0.3, 3
"""The share of a marked query's weight that goes to the exact streams: "bản" must not list "ban" and "bán" first (share
of exact forms in the top 10: .20 -> .93); in a question of many syllables it matters less than slips of reading do."""
NEAR = 0.3
"""Weight of a syllable one edit away from one that occurs nowhere ("vaxin")."""
OWN_SYMBOL, CITED_SYMBOL = 2000.0, 1000.0
"""Added for the document whose symbol was typed, and for those that cite it: above any sum of a short query's words."""
MOST_CLAUSES = 900
"""Clauses of one query; OpenSearch refuses more than 1,024, some of which the filters need."""

_PAIRED_FIELDS = ("subject", "head", "body")


@dataclass(frozen=True)
class Plan:
    """A query as it will be searched and marked: what was typed, and what else will do."""

    typed: Typed
    alternatives: tuple[Alternative, ...] = ()
    near: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    strict: bool = False

    @cached_property
    def forms(self) -> tuple[tuple[str, float], ...]:
        """The stream forms that score, each with its share: no marks typed, no exact streams."""
        if self.strict:
            return (("e", 1.0),)
        if not self.typed.marked:
            return (("f", 1.0),)  # exact streams would let rare OCR damage win by its idf (64.7 instead of 75.0)
        exact = EXACT_SHARE_SHORT if len(self.typed.syllables) <= SHORT else EXACT_SHARE_LONG
        return (("e", exact), ("f", 1 - exact))

    @cached_property
    def variants(self) -> tuple[tuple[int, int, tuple[str, ...], float, bool], ...]:
        """Return (start, end, exact forms, weight, guessed) of everything that may stand instead of what was typed.

        A longer one is levelled down: "vắc xin" has more pairs to score with than "vaccine" that was typed. A shorter
        one is not levelled up: it is the rarer spelling as a rule, and its idf lifts it already.
        """
        found: list[tuple[int, int, tuple[str, ...], float, bool]] = []
        for a in self.alternatives:
            beside = (a.start > 0) + (a.end < len(self.typed.syllables))
            typed, instead = _mass(a.end - a.start, beside), _mass(len(a.instead), beside, alone=len(a.instead) == 1)
            found.append((a.start, a.end, a.instead, a.weight * min(1.0, typed / instead), False))
        for at, syllable in enumerate(self.typed.folded):
            found += [(at, at + 1, (guess,), NEAR, True) for guess in self.near.get(syllable, ())]
        return tuple(found)


def build_engine_query(
    plan: Plan, query: SearchQuery, access: frozenset[str], *, relaxed: bool = False, after: str | None = None
) -> EngineQuery:
    """Build the engine's query; an empty one lists everything, newest first. `relaxed` asks for half as many words."""
    picked, filters = picked_and_filters(query.filters)
    empty = not plan.typed.syllables
    return EngineQuery(
        access=tuple(sorted(access)),
        scored=() if empty else _scored(plan),
        gate=None if empty else _gate(plan, relaxed=relaxed),
        boosts=_boosts(plan.typed),
        filters=filters,
        picked=picked,
        facets=query.facets,
        sort="newest" if empty and query.sort == "relevance" else query.sort,
        limit=query.limit,
        after=after,
    )


def minimum_of(needs: int, *, relaxed: bool = False) -> int:
    """Return how many of a query's different syllables a document must have.

    All of up to three, two thirds of a short query (one word of "lai chau tiem vac xin" may be read wrongly), 30 % of a
    question (75 % ruins recall there: MRR 73.7 instead of 87.7). Facet counts mean nothing without it: a bare OR lets
    80 % of all documents through.
    """
    least = needs if needs <= 3 else max(min(7, math.ceil(needs * 2 / 3)), math.ceil(needs * 0.3))
    return max(1, least // 2) if relaxed else least


def word_pairs(plan: Plan) -> Iterator[tuple[str, str, float, bool]]:
    """Yield the adjacent exact forms that mean the query: (first, second, weight, guessed)."""
    typed = plan.typed.syllables
    for first, second in itertools.pairwise(typed):
        yield first, second, 1.0, False
    for start, end, instead, weight, guessed in plan.variants:
        context = [*typed[max(0, start - 1) : start], *instead, *typed[end : end + 1]]
        for first, second in itertools.pairwise(context):
            yield first, second, weight, guessed


def _mass(length: int, beside: int, *, alone: bool = True) -> float:
    """Return the weight that so many adjacent syllables have, with `beside` neighbours to pair with.

    A pair that occurs once has 1 / 1.3 of its highest BM25 score, a syllable 1 / 2.2 (see `analysis.PAIR_COPIES`).
    """
    return (length if alone else 0) / 2.2 + PAIR_WEIGHT * (length - 1 + beside) / 1.3


def _scored(plan: Plan) -> tuple[Scored, ...]:
    weights: dict[Term, float] = {}

    def add(form: str, token: str, weight: float, fields: tuple[str, ...]) -> None:
        for name in fields:
            term = Term(f"{name}_{form}", token)
            if term in weights or len(weights) < MOST_CLAUSES:
                weights[term] = weights.get(term, 0.0) + weight * FIELD_WEIGHTS[name]

    for token, weight, guessed in _words(plan):
        for form, share in plan.forms:
            if not (guessed and form == "e"):
                add(form, _in_form(token, form), weight * share, tuple(FIELD_WEIGHTS))
    for first, second, weight, guessed in word_pairs(plan):
        for form, share in plan.forms:
            if not (guessed and form == "e"):
                pair = f"{_in_form(first, form)}{PAIR}{_in_form(second, form)}"
                add(f"p{form}", pair, weight * share * PAIR_WEIGHT, _PAIRED_FIELDS)
    return tuple(Scored(term, round(weight, 4)) for term, weight in weights.items())


def _words(plan: Plan) -> Iterator[tuple[str, float, bool]]:
    """Yield the single syllables that score; of a longer alternative only its pairs do, its syllables are common."""
    for syllable in plan.typed.syllables:
        yield syllable, 1.0, False
    for _, _, instead, weight, guessed in plan.variants:
        if len(instead) == 1:
            yield instead[0], weight, guessed


def _gate(plan: Plan, *, relaxed: bool) -> Gate:
    must = tuple(_phrase(plan, phrase) for phrase in plan.typed.phrases)
    if plan.typed.symbol is not None:
        whole = Need((tuple(_single(plan, token) for token in dict.fromkeys(plan.typed.syllables)),))
        return Gate(must=(whole, *must))
    needs = _needs(plan)
    return Gate(needs=needs, minimum=minimum_of(len(needs), relaxed=relaxed), must=must)


def _needs(plan: Plan) -> tuple[Need, ...]:
    """Make one need of every different syllable; one that occurs nowhere and has no stand-in asks for nothing."""
    ways: dict[str, dict[tuple[frozenset[Term], ...], None]] = {}
    for at, syllable in enumerate(plan.typed.syllables):
        covering = [(v[2], v[4]) for v in plan.variants if v[0] <= at < v[1]]
        folded = folded_form(syllable)
        if folded in plan.near and not covering:
            continue
        found = ways.setdefault(syllable if plan.strict else folded, {})
        found[(_single(plan, syllable),)] = None
        for instead, guessed in covering:
            if not (plan.strict and guessed):
                found[_instead(plan, instead)] = None
    if not ways and plan.typed.syllables:
        return (Need(((_single(plan, plan.typed.syllables[0]),),)),)
    return tuple(Need(tuple(w)) for w in ways.values())


def _instead(plan: Plan, instead: tuple[str, ...]) -> tuple[frozenset[Term], ...]:
    if len(instead) == 1:
        return (_single(plan, instead[0]),)
    return tuple(_paired(plan, pair) for pair in _pairs(plan, instead))


def _phrase(plan: Plan, phrase: tuple[str, ...]) -> Need:
    if len(phrase) == 1:
        return Need(((_single(plan, phrase[0]),),))
    return Need((tuple(_paired(plan, pair) for pair in _pairs(plan, phrase)),))


def _single(plan: Plan, token: str) -> frozenset[Term]:
    form = "e" if plan.strict else "f"
    return frozenset({Term(f"all_{form}", _in_form(token, form))})


def _paired(plan: Plan, pair: str) -> frozenset[Term]:
    form = "pe" if plan.strict else "pf"
    return frozenset(Term(f"{name}_{form}", pair) for name in _PAIRED_FIELDS)


def _pairs(plan: Plan, tokens: tuple[str, ...]) -> list[str]:
    return list(dict.fromkeys(pairs([_in_form(t, "e" if plan.strict else "f") for t in tokens])))


def _boosts(typed: Typed) -> tuple[Boost, ...]:
    if typed.keys:
        return (Boost("symbol_key", typed.keys, OWN_SYMBOL), Boost("cites", typed.keys, CITED_SYMBOL))
    if typed.symbol is not None:
        number = number_key(typed.symbol.number)
        kind = typed.symbol.kind_code
        return (Boost("number", (f"{number}|{kind}" if kind else number,), OWN_SYMBOL),)
    return ()


def _in_form(token: str, form: str) -> str:
    return token if form == "e" else folded_form(token)
