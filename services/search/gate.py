"""Which documents match a query at all (pure). Without a gate a bare OR lets 80 % of all documents through, and facet
counts mean nothing.
"""

import itertools
import math
from collections.abc import Iterable

from services.core.text import folded_form
from services.search.analysis import PAIR, PHRASE_STREAMS, exactly
from services.search.plan import Plan, WordPair
from services.search.typed import MOST_WORDS, Typed
from services.search.types import Gate, Need, Phrase, Prefix, Term

PAIRED_FIELDS = ("subject", "head", "body")

PAIR_SHARE = 0.15
"""The share of a question's pairs that a document needs, two at least; with 30 % the MRR@10 falls to 85.4."""


def gate_of(plan: Plan, *, relaxed: bool = False) -> Gate | None:
    """Build the gate: symbols whole, most words of a short query, some pairs of a question.

    Phrases are asked for by themselves (`quoted`), so their words are not counted here; None where nothing else is.
    """
    if plan.typed.symbol is not None:
        whole = Need((tuple(_single(plan, token) for token in dict.fromkeys(plan.typed.syllables)),))
        return Gate(must=(whole,))
    if not plan.typed.loose:
        return None
    if plan.typed.is_question:
        pairs = _pair_needs(plan)
        if len(pairs) >= MOST_WORDS:  # fewer are left where most syllables occur nowhere
            return Gate(needs=pairs, minimum=pairs_needed(len(pairs), relaxed=relaxed))
    words = _word_needs(plan)
    return Gate(needs=words, minimum=words_needed(len(words), relaxed=relaxed))


def can_relax(typed: Typed) -> bool:
    """Whether less can be asked for, where nothing has all that is."""
    return typed.symbol is None and len(typed.loose) > 1


def words_needed(words: int, *, relaxed: bool = False) -> int:
    """Return how many different syllables of a short query a document must have.

    All of up to three, then two thirds: one word of "lai chau tiem vac xin" may be read wrongly.
    """
    least = words if words <= 3 else math.ceil(words * 2 / 3)
    return max(1, least // 2) if relaxed else least


def pairs_needed(pairs: int, *, relaxed: bool = False) -> int:
    """Return how many different pairs of a question a document must have."""
    return 1 if relaxed else max(2, math.ceil(pairs * PAIR_SHARE))


def clauses_of(gate: Gate | None) -> int:
    """Count the terms of a gate; an engine counts each of them against its limit."""
    return terms_of((*gate.needs, *gate.must)) if gate else 0


def terms_of(needs: Iterable[Need]) -> int:
    """Count the terms of needs."""
    parts = [part for need in needs for way in need.ways for part in way]
    return sum(map(_terms_of, parts))


def _terms_of(part: frozenset[Term] | Phrase | Prefix) -> int:
    if isinstance(part, Prefix):
        return 1
    return len(PHRASE_STREAMS) * len(part.syllables) if isinstance(part, Phrase) else len(part)


def _word_needs(plan: Plan) -> tuple[Need, ...]:
    """Make one need of every different syllable; one that occurs nowhere and has no stand-in asks for nothing."""
    ways: dict[str, dict[tuple[frozenset[Term], ...], None]] = {}
    for at, syllable in enumerate(plan.typed.syllables):
        if at in plan.typed.quoted:
            continue
        covering = [v for v in plan.variants if v.start <= at < v.end and not (plan.strict and v.guessed)]
        folded = folded_form(syllable)
        if folded in plan.near and not covering:
            continue
        found = ways.setdefault(syllable if plan.strict else folded, {})
        found[(_single(plan, syllable),)] = None
        for variant in covering:
            found[_instead(plan, variant.instead)] = None
    if not ways:
        first = next(form for at, form in enumerate(plan.typed.syllables) if at not in plan.typed.quoted)
        return (Need(((_single(plan, first),),)),)
    return tuple(Need(tuple(w)) for w in ways.values())


def _pair_needs(plan: Plan) -> tuple[Need, ...]:
    """Make one need of every different pair; a variant's pairs meet the needs of the syllables it stands for."""
    terms: dict[tuple[str, str], set[Term]] = {}
    for at, typed in enumerate(itertools.pairwise(plan.typed.syllables)):
        if {at, at + 1} <= plan.typed.quoted:
            continue
        covering = [v for v in plan.variants if v.start <= at + 1 and at < v.end and not (plan.strict and v.guessed)]
        if not covering and any(folded_form(form) in plan.near for form in typed):
            continue
        found = terms.setdefault(typed if plan.strict else (folded_form(typed[0]), folded_form(typed[1])), set())
        pairs = [WordPair(*typed, 1.0, guessed=False), *(pair for v in covering for pair in plan.beside(v))]
        for pair in pairs:
            found |= _paired(plan, pair.first, pair.second)
    return tuple(Need(((frozenset(found),),)) for found in terms.values())


def _instead(plan: Plan, instead: tuple[str, ...]) -> tuple[frozenset[Term], ...]:
    return (_single(plan, instead[0]),) if len(instead) == 1 else _all_pairs(plan, instead)


def _all_pairs(plan: Plan, tokens: Iterable[str]) -> tuple[frozenset[Term], ...]:
    return tuple(dict.fromkeys(_paired(plan, first, second) for first, second in itertools.pairwise(tokens)))


def _single(plan: Plan, form: str) -> frozenset[Term]:
    return exactly(form) if plan.strict else frozenset({Term("all_f", folded_form(form))})


def _paired(plan: Plan, first: str, second: str) -> frozenset[Term]:
    if plan.strict:
        return frozenset(Term(f"{name}_pe", f"{first}{PAIR}{second}") for name in PAIRED_FIELDS)
    pair = f"{folded_form(first)}{PAIR}{folded_form(second)}"
    return frozenset(Term(f"{name}_pf", pair) for name in PAIRED_FIELDS)
