"""What is known of Vietnamese syllables, and how likely one follows two others."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from functools import cache, cached_property, lru_cache
from math import log
from pathlib import Path

import numpy as np

from services.core.lexicon.file import Counts, Tables, read_tables
from services.core.lexicon.pieces import END
from services.core.text import folded_form

OWN_FILE = Path(__file__).with_name("vietnamese.lexicon")
UNKNOWN = -1
"""The number of every syllable that the lexicon does not hold."""

_DISCOUNT = 0.75
_UNKNOWN_SHARE = 0.02
"""How often an unknown syllable is met, as a multiple of one occurrence in the counted texts."""
_KEPT = 300_000
_OFTEN = 50


class Lexicon:
    """Syllables with their counts, and a model of three: absolute discount, interpolated down to single syllables."""

    def __init__(self, tables: Tables) -> None:
        size = len(tables.syllables)
        self._size = size
        self._syllables = tables.syllables
        self._numbers = {syllable: number for number, syllable in enumerate(tables.syllables)}
        self._counts = tables.counts.tolist()
        self._names = frozenset(tables.names)
        self._total = float(sum(self._counts))
        self._pairs, self._pair_counts = memoryview(tables.pairs), memoryview(tables.pair_counts)  # type: ignore[arg-type]
        self._triples, self._triple_counts = memoryview(tables.triples), memoryview(tables.triple_counts)  # type: ignore[arg-type]
        self._left = _left_over(tables.counts, (tables.pairs // np.uint64(size)).astype(np.int64), tables.pair_counts)
        contexts = np.searchsorted(tables.pairs, tables.triples // np.uint64(size))
        self._pair_left = memoryview(_left_over(tables.pair_counts, contexts, tables.triple_counts))  # type: ignore[arg-type]
        self.end = self._numbers[END]
        self.cost = lru_cache(_KEPT)(self._cost)

    def __contains__(self, form: str) -> bool:
        return form in self._numbers

    def number(self, form: str) -> int:
        """Return the number of a syllable (exact form), UNKNOWN where there is none."""
        return self._numbers.get(form, UNKNOWN)

    def count(self, form: str) -> int:
        """Return how often a syllable was met; 0 for one that is not kept."""
        number = self._numbers.get(form)
        return 0 if number is None else int(self._counts[number])

    def is_name(self, forms: Sequence[str]) -> bool:
        """Whether syllables in a row, in exact form, are the name of an administrative unit or another given name."""
        return " ".join(forms) in self._names

    @cached_property
    def longest_name(self) -> int:
        """The number of syllables of the longest name."""
        return max((name.count(" ") + 1 for name in self._names), default=0)

    def family(self, folded: str) -> tuple[str, ...]:
        """Return the syllables that differ in marks only: all that are written `folded` without any."""
        return self._families.get(folded, ())

    def family_follows(self, left: str, right: str) -> bool:
        """Whether two syllables, or such as differ from them in marks only, were met side by side."""
        return any(
            self._find(self._pairs, self._pair_counts, self.number(one) * self._size + self.number(other)) >= _OFTEN
            for one in self.family(folded_form(left))
            for other in self.family(folded_form(right))
        )

    @cached_property
    def folded(self) -> frozenset[str]:
        """All syllables without their marks."""
        return frozenset(self._families)

    @cached_property
    def _families(self) -> dict[str, tuple[str, ...]]:
        families: dict[str, list[str]] = {}
        for syllable in self._syllables[2:]:
            families.setdefault(folded_form(syllable), []).append(syllable)
        return {folded: tuple(members) for folded, members in families.items()}

    def _cost(self, first: int, second: int, third: int) -> float:
        """Return minus the natural logarithm of the odds of `third` after `first` and `second` (numbers)."""
        one = (self._counts[third] if third >= 0 else _UNKNOWN_SHARE) / self._total
        if second < 0:
            return -log(one)
        seen = max(1, self._counts[second])
        pair = self._find(self._pairs, self._pair_counts, second * self._size + third) if third >= 0 else 0
        two = (max(pair - _DISCOUNT, 0.0) + self._left[second] * one) / seen
        if first < 0:
            return -log(two)
        context = first * self._size + second
        at = bisect_left(self._pairs, context)
        if at == len(self._pairs) or self._pairs[at] != context:
            return -log(two)
        triple = (
            self._find(self._triples, self._triple_counts, context * self._size + third) if third >= 0 and pair else 0
        )
        return -log((max(triple - _DISCOUNT, 0.0) + self._pair_left[at] * two) / self._pair_counts[at])

    @staticmethod
    def _find(keys: memoryview, counts: memoryview, key: int) -> int:
        at = bisect_left(keys, key)
        return counts[at] if at < len(keys) and keys[at] == key else 0


def _left_over(counts: Counts, contexts: np.ndarray, kept: Counts) -> np.ndarray:
    """Return for every context what its kept followers leave of its count, never less than the discount."""
    used = np.bincount(contexts, kept.astype(np.float64) - _DISCOUNT, len(counts))
    return np.maximum(counts.astype(np.float64) - used, _DISCOUNT)


@cache
def load_lexicon(path: str = "") -> Lexicon:
    """Load a lexicon file, once in a process; by default the product's own. CorruptError where it is none."""
    return Lexicon(read_tables(Path(path) if path else OWN_FILE))
