"""Laying two texts side by side: what both say, what one has besides, where they say something else.

Patience alignment (Cohen): words that are unique on both sides are held together in their order, and the gaps between
them are laid side by side in the same way. The time grows with the length, not with its square.
"""

import difflib
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from services.core.text import folded_form, syllables

ALIKE = 0.5
"""Likeness of letters from which two runs of words are two readings of one: "quyet dinh" and "quyct djnh", not two
names."""
PASSAGE_SYLLABLES = 30
"""A run in which both differ is written out so far."""
_LONGEST_ALIKE = 12  # syllables of a run that may be one slip of reading after the other
_RUNS = (3, 1)  # triples are held together first: single syllables of a long text are seldom in their place alone


@dataclass(frozen=True, slots=True)
class Passage:
    """A place where two texts say something else, each as it is folded."""

    here: str
    there: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two texts laid side by side; all counts are syllables and numerals.

    `same` stand in both as they are, `slips` differ as two readings of one differ, `only_here` and `only_there` have
    nothing opposite, and `passages` are the places where both say something else (`unlike` syllables on the shorter
    side: a stamp over two words is two). Of the `numerals` opposite to each other `other_numerals` are not the same.
    """

    here: int
    there: int
    same: int
    slips: int
    only_here: int
    only_there: int
    unlike: int
    numerals: int
    other_numerals: int
    passages: tuple[Passage, ...]

    @property
    def shared(self) -> float:
        """Share (0..1) of the shorter text that the other one has too."""
        shorter = min(self.here, self.there)
        return min(1.0, (self.same + self.slips) / shorter) if shorter else 0.0


def words_of(text: str) -> list[str]:
    """Return the folded syllables and numerals of a text, as `compare` takes them."""
    return [folded_form(syllable) for syllable in syllables(text)]


def compare(here: Sequence[str], there: Sequence[str]) -> Comparison:
    """Lay two texts side by side."""
    same = slips = only_here = only_there = unlike = other_numerals = 0
    numerals = 0
    passages = []
    for a, b in _pieces(here, there):
        if a == b:
            same += len(a)
            numerals += sum(map(_is_numeral, a))
        elif not a or not b:
            only_here += len(a)
            only_there += len(b)
        else:
            both = min(len(a), len(b))
            only_here, only_there = only_here + len(a) - both, only_there + len(b) - both
            opposite = min(sum(map(_is_numeral, a)), sum(map(_is_numeral, b)))
            numerals += opposite
            if opposite and [w for w in a if _is_numeral(w)] != [w for w in b if _is_numeral(w)]:
                other_numerals += opposite
            if _alike(a, b):
                slips += both
            else:
                unlike += both
                passages.append(Passage(_written(a), _written(b)))
    return Comparison(
        here=len(here),
        there=len(there),
        same=same,
        slips=slips,
        only_here=only_here,
        only_there=only_there,
        unlike=unlike,
        numerals=numerals,
        other_numerals=other_numerals,
        passages=tuple(passages),
    )


def _written(words: Sequence[str]) -> str:
    return " ".join(words[:PASSAGE_SYLLABLES])


def _is_numeral(word: str) -> bool:
    return any(map(str.isdigit, word))


def _alike(a: Sequence[str], b: Sequence[str]) -> bool:
    if max(len(a), len(b)) > _LONGEST_ALIKE:
        return False
    return difflib.SequenceMatcher(None, "".join(a), "".join(b), autojunk=False).ratio() >= ALIKE


def _pieces(here: Sequence[str], there: Sequence[str]) -> list[tuple[Sequence[str], Sequence[str]]]:
    """Cut both texts into pieces that stand opposite to each other, in order: the same, or a difference."""
    found: list[tuple[Sequence[str], Sequence[str]]] = []
    todo = [(0, len(here), 0, len(there))]
    while todo:
        i, j, k, m = todo.pop()
        start = i
        while i < j and k < m and here[i] == there[k]:
            i, k = i + 1, k + 1
        if i > start:
            found.append((here[start:i], here[start:i]))
        if i == j and k == m:
            continue
        tail = 0
        while tail < min(j - i, m - k) and here[j - 1 - tail] == there[m - 1 - tail]:
            tail += 1
        if tail:
            todo.append((j - tail, j, m - tail, m))
            j, m = j - tail, m - tail
        anchors = _anchors(here[i:j], there[k:m])
        if not anchors:
            found.append((here[i:j], there[k:m]))
            continue
        edges = [(i + x, k + y) for x, y in anchors]
        ends = [*edges[1:], (j, m)]
        todo += [(x, x2, y, y2) for (x, y), (x2, y2) in reversed(list(zip(edges, ends, strict=True)))]
        todo.append((i, edges[0][0], k, edges[0][1]))
    return found


def _anchors(a: Sequence[str], b: Sequence[str]) -> list[tuple[int, int]]:
    """Return places of the same run of words, each unique on both sides, ascending on both."""
    if not a or not b:
        return []
    for length in _RUNS:
        places = _unique(b, length)
        pairs = [(x, places[run]) for run, x in _unique(a, length).items() if run in places]
        if pairs:
            return _ascending(pairs)
    return []


def _unique(words: Sequence[str], length: int) -> dict[tuple[str, ...], int]:
    runs = list(zip(*(words[start:] for start in range(length)), strict=False))
    counts = Counter(runs)
    return {run: at for at, run in enumerate(runs) if counts[run] == 1}


def _ascending(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest run of pairs (in order on the left) that ascends on the right."""
    tails: list[int] = []  # right side of the last pair of the best run of each length
    ends: list[int] = []
    before: list[int] = []
    for at, (_, y) in enumerate(pairs):
        length = bisect_left(tails, y)
        before.append(ends[length - 1] if length else -1)
        tails[length : length + 1] = [y]
        ends[length : length + 1] = [at]
    chain = []
    at = ends[-1]
    while at >= 0:
        chain.append(pairs[at])
        at = before[at]
    return chain[::-1]
