"""Which words of a document a query meant (pure): found on its clean text, the same for both engines.

A mark is a place in the text; `places` turns it into pages and boxes. Work is bounded by MOST_PLACES, and in a list of
hits by the pages that `likely` leaves of a long document.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from services.core.text import exact_form, folded_form, strip_tone
from services.search.folded import FoldedText
from services.search.plan import Plan
from services.search.types import Tier

MOST_PLACES = 200_000
"""Places looked at in one document, over all syllables of the query."""

TIERS: tuple[Tier, ...] = ("exact", "tone", "folded", "near")
_EXACT, _TONE, _FOLDED, _NEAR = range(4)


class Mark(NamedTuple):  # thousands are made for a list of hits, at a third of what a dataclass costs
    """Characters [start, end) of the text that are a syllable the query meant; `level` indexes TIERS."""

    start: int
    end: int
    syllable: str
    level: int
    joined: bool = False  # stands next to another syllable of the query, in the query's order
    follows: str | None = None  # the syllable of the query that it stands behind


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for: built once per query, used on every hit.

    `exact` gives the exact forms meant by each folded syllable. `alone` are the syllables worth a mark of their own;
    those of longer alternatives ("ủy ban nhân dân" for UBND) count only as a whole. `stands_for` maps a folded syllable
    to the typed ones it answers.
    """

    exact: Mapping[str, frozenset[str]]
    alone: frozenset[str]
    guessed: frozenset[str]
    sequences: tuple[tuple[str, ...], ...]
    pairs: frozenset[tuple[str, str]]
    stands_for: Mapping[str, frozenset[str]]
    choosy: bool
    strict: bool


def wanted_of(plan: Plan) -> Wanted:
    """Collect what a query looks for in texts."""
    exact: dict[str, set[str]] = {}
    stands_for: dict[str, set[str]] = {}
    alone = set(plan.typed.folded)
    guessed: set[str] = set()
    sequences: dict[tuple[str, ...], None] = {}
    for form in plan.typed.syllables:
        exact.setdefault(folded_form(form), set()).add(form)
        stands_for.setdefault(folded_form(form), set()).add(folded_form(form))
    for start, end, instead, _, guess in plan.variants:
        if guess and plan.strict:
            continue
        folded = tuple(map(folded_form, instead))
        for form, plain in zip(instead, folded, strict=True):
            if len(instead) > 1 and plain in plan.typed.folded:
                continue  # "tiem vac xin": the "tiêm" of "tiêm chủng" is neither what was typed nor all of it
            exact.setdefault(plain, set()).add(form)
            stands_for.setdefault(plain, set()).update(plan.typed.folded[start:end])
        if len(instead) == 1:
            alone.add(folded[0])
            guessed |= {folded[0]} if guess and folded[0] not in plan.typed.folded else set()
        else:
            sequences[folded] = None
    return Wanted(
        exact={k: frozenset(v) for k, v in exact.items()},
        alone=frozenset(alone),
        guessed=frozenset(guessed),
        sequences=tuple(sequences),
        pairs=frozenset((folded_form(a), folded_form(b)) for a, b, _, _ in plan.word_pairs()),
        stands_for={k: frozenset(v) for k, v in stands_for.items()},
        choosy=plan.typed.marked,
        strict=plan.strict,
    )


def find_marks(text: FoldedText, wanted: Wanted) -> list[Mark]:
    """Find what the query meant in a text, in text order.

    Syllables that stand together as in the query are marked; one that never does is marked where it stands alone. With
    marks typed, its best form in this document is marked only: "bản" does not light up every "ban".
    """
    marks = _joined(text, _found(text, wanted), wanted)
    if wanted.strict:
        marks = [m for m in marks if m.level == _EXACT]
    together = {m.syllable for m in marks if m.joined}
    kept = [m for m in marks if m.joined or (m.syllable in wanted.alone and m.syllable not in together)]
    if not wanted.choosy:
        return kept
    best: dict[str, int] = {}
    for mark in kept:
        best[mark.syllable] = min(mark.level, best.get(mark.syllable, mark.level))
    return [m for m in kept if m.level == best[m.syllable]]


def tier_of(marks: Iterable[Mark], wanted: Wanted) -> Tier | None:
    """Return how the worst matched syllable of the query matches at its best; None without any mark."""
    best: dict[str, int] = {}
    for mark in marks:
        for typed in wanted.stands_for[mark.syllable]:
            best[typed] = min(mark.level, best.get(typed, mark.level))
    return TIERS[max(best.values())] if best else None


def _found(text: FoldedText, wanted: Wanted) -> list[Mark]:
    most = MOST_PLACES // max(1, len(wanted.alone) + len(wanted.sequences))
    found: dict[int, Mark] = {}
    level = _Levels(wanted)
    for syllable in wanted.alone:
        for start, end in text.find(syllable, most):
            found[start] = Mark(start, end, syllable, level[text.text[start:end], syllable])
    for sequence in wanted.sequences:
        for places in text.find_sequence(sequence, most):
            for (start, end), syllable in zip(places, sequence, strict=True):
                found.setdefault(start, Mark(start, end, syllable, level[text.text[start:end], syllable]))
    return [found[start] for start in sorted(found)]


class _Levels(dict[tuple[str, str], int]):
    """How well a piece of text answers a syllable, worked out once for each spelling."""

    def __init__(self, wanted: Wanted) -> None:
        super().__init__()
        self._wanted = wanted

    def __missing__(self, key: tuple[str, str]) -> int:
        level = self[key] = _level(*key, self._wanted)
        return level


def _level(piece: str, syllable: str, wanted: Wanted) -> int:
    if syllable in wanted.guessed:
        return _NEAR
    form = exact_form(piece)
    forms = wanted.exact[syllable]
    if form in forms:
        return _EXACT
    return _TONE if strip_tone(form) in set(map(strip_tone, forms)) else _FOLDED


def _joined(text: FoldedText, marks: Sequence[Mark], wanted: Wanted) -> list[Mark]:
    """Note which marks stand beside another one as the query has them."""
    follows: list[str | None] = [None] * len(marks)
    for number, (first, second) in enumerate(pairwise(marks), 1):
        if (first.syllable, second.syllable) in wanted.pairs and text.adjacent(first.end, second.start):
            follows[number] = first.syllable
    leads = [*(after is not None for after in follows[1:]), False][: len(marks)]
    return [
        Mark(m.start, m.end, m.syllable, m.level, joined=lead or f is not None, follows=f)
        for m, lead, f in zip(marks, leads, follows, strict=True)
    ]
