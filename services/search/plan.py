"""A query as it will be searched and marked: what was typed, what may stand instead, what side by side (pure)."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from services.search.synonyms import Alternative
from services.search.typed import Typed

PAIR_WEIGHT = 2.0
"""Pairs against single syllables: MRR@10 of 373 questions 75.6 without pairs, 84.8 with weight 2."""
EXACT_SHARE_SHORT, EXACT_SHARE_LONG, SHORT = 0.5, 0.3, 3
"""The share of a marked query's weight that goes to the exact streams: "bản" must not list "ban" and "bán" first (share
of exact forms in the top 10: .20 -> .93). A question gives them none: its many pairs tell a word without its marks, and
texts have slips (MRR@10 of 373 questions 88.6 typed, 88.5 without tones; with a share of .3 it was 88.6 and 87.8, at
half as much again of processor time)."""
NEAR = 0.3
"""Weight of a syllable one edit away from one that occurs nowhere ("vatxin")."""


class Variant(NamedTuple):
    """Instead of the typed syllables [start, end), these exact forms; `guessed` when they are one edit away."""

    start: int
    end: int
    instead: tuple[str, ...]
    weight: float
    guessed: bool


class WordPair(NamedTuple):
    """Two exact forms side by side that mean the query."""

    first: str
    second: str
    weight: float
    guessed: bool


@dataclass(frozen=True)
class Plan:
    """What was typed, and what else will do; `near` has every syllable that occurs nowhere."""

    typed: Typed
    alternatives: tuple[Alternative, ...] = ()
    near: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    strict: bool = False

    @cached_property
    def forms(self) -> tuple[tuple[str, float], ...]:
        """The stream forms that score, each with its share: no marks typed, no exact streams."""
        if self.strict:
            return (("e", 1.0),)
        if not self.typed.marked or self.typed.is_question:
            return (
                ("f", 1.0),
            )  # of unmarked ones exact streams would let rare OCR damage win by its idf (64.7 instead of 75.0)
        exact = EXACT_SHARE_SHORT if len(self.typed.syllables) <= SHORT else EXACT_SHARE_LONG
        return (("e", exact), ("f", 1 - exact))

    @cached_property
    def variants(self) -> tuple[Variant, ...]:
        """Everything that may stand instead of what was typed.

        A longer one is levelled down: "vắc xin" has more pairs to score with than "vaccine" that was typed. A shorter
        one is not levelled up: it is the rarer spelling as a rule, and its idf lifts it already.
        """
        found = []
        for a in self.alternatives:
            beside = (a.start > 0) + (a.end < len(self.typed.syllables))
            typed, instead = _mass(a.end - a.start, beside), _mass(len(a.instead), beside, alone=len(a.instead) == 1)
            found.append(Variant(a.start, a.end, a.instead, a.weight * min(1.0, typed / instead), guessed=False))
        for at, syllable in enumerate(self.typed.folded):
            found += [Variant(at, at + 1, (guess,), NEAR, guessed=True) for guess in self.near.get(syllable, ())]
        return tuple(found)

    def beside(self, variant: Variant) -> Iterator[WordPair]:
        """Yield the pairs of a variant in its place: "tiêm vaccine", "vaccine ưu" for "tiêm vắc xin ưu"."""
        typed = self.typed.syllables
        context = [
            *typed[max(0, variant.start - 1) : variant.start],
            *variant.instead,
            *typed[variant.end : variant.end + 1],
        ]
        for first, second in itertools.pairwise(context):
            yield WordPair(first, second, variant.weight, variant.guessed)

    def word_pairs(self) -> Iterator[WordPair]:
        """Yield all pairs, those of the typed syllables first."""
        for first, second in itertools.pairwise(self.typed.syllables):
            yield WordPair(first, second, 1.0, guessed=False)
        for variant in self.variants:
            yield from self.beside(variant)


def _mass(length: int, beside: int, *, alone: bool = True) -> float:
    """Return the weight that so many adjacent syllables have, with `beside` neighbours to pair with.

    A pair that occurs once has 1 / 1.3 of its highest BM25 score, a syllable 1 / 2.2 (see `analysis.PAIR_COPIES`).
    """
    return (length if alone else 0) / 2.2 + PAIR_WEIGHT * (length - 1 + beside) / 1.3
