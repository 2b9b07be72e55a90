"""Which terms of a document tell it from the others (pure): pairs of syllables, by tf-idf."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from services.core.text import folded_form, syllables
from services.search.analysis import PAIR
from services.search.types import EngineQuery, Gate, Need, Scored, Term

MOST_CANDIDATES = 600
"""Pairs of a document whose frequencies are asked for; of a longer one those that it says most often."""
TELLING_TERMS = 50
"""The other half of an article is among the first ten in 75.3 % with 50, in 68.7 % with 25, in 77.0 % with 100, which
takes half as long again (`tests.bench.similar`, 25,144 documents)."""
SUBJECT_WEIGHT = 2.0
"""A pair of the subject against one of the body, when terms are chosen and when they score."""
LEAST_SHARED = 2
"""Telling terms that a similar document has at least, where there are so many: one alone may be a name."""
_SATURATION = 1.2  # of the term frequency, as BM25 has it


class TellingTerm(NamedTuple):
    """A pair of syllables: folded, as the index has it, and as the document writes it."""

    first: str
    second: str
    words: str

    @property
    def token(self) -> str:
        """Return the token of the pair streams."""
        return f"{self.first}{PAIR}{self.second}"


class Candidate(NamedTuple):
    """A term that may be telling, and how strongly the document says it."""

    term: TellingTerm
    strength: float


def candidates(subject: str, body: str) -> list[Candidate]:
    """Return the pairs of a document, strongest first, MOST_CANDIDATES at most; numbers are left out."""
    counts: Counter[tuple[str, str]] = Counter()
    weights: dict[tuple[str, str], float] = {}
    written: dict[tuple[str, str], str] = {}
    for text, weight in ((subject, SUBJECT_WEIGHT), (body, 1.0)):
        for first, second in pairwise(syllables(text)):
            pair = folded_form(first), folded_form(second)
            if not all(map(str.isalpha, pair)):
                continue
            counts[pair] += 1
            weights.setdefault(pair, weight)
            written.setdefault(pair, f"{first} {second}")
    found = [
        Candidate(TellingTerm(*pair, written[pair]), weights[pair] * count / (count + _SATURATION))
        for pair, count in counts.items()
    ]
    return sorted(found, key=lambda c: (-c.strength, c.term.token))[:MOST_CANDIDATES]


def choose(found: Sequence[Candidate], frequencies: Mapping[str, int], documents: int) -> list[TellingTerm]:
    """Return the most telling terms, TELLING_TERMS at most; `frequencies`: documents by token, of `documents` in all.

    What no other document has finds none; a slip of reading is such a term as a rule.
    """
    weighed = []
    for term, strength in found:
        having = frequencies.get(term.token, 0)
        if having >= LEAST_SHARED:
            weighed.append((strength * math.log(1 + max(documents, having) / having), term))
    return [term for _, term in sorted(weighed, key=lambda w: (-w[0], w[1].token))[:TELLING_TERMS]]


def similar_query(terms: Sequence[TellingTerm], access: frozenset[str], limit: int) -> EngineQuery:
    """Build the question for the documents that say these terms."""
    streams = (("subject_pf", SUBJECT_WEIGHT), ("body_pf", 1.0))
    needs = [Need(ways=((frozenset(Term(stream, t.token) for stream, _ in streams),),)) for t in terms]
    return EngineQuery(
        access=tuple(sorted(access)),
        scored=tuple(Scored(Term(stream, t.token), weight) for t in terms for stream, weight in streams),
        gate=Gate(needs=tuple(needs), minimum=min(LEAST_SHARED, len(needs))),
        limit=limit,
    )
