"""What was meant by words that occur nowhere, or nowhere here: marks left as letters (Telex, VNI), a letter wrong."""

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from services.core.model import Principal
from services.core.text import fold, folded_form, nfc
from services.search.analysis import PAIR, exactly
from services.search.clearance import counted_for, open_to
from services.search.gate import PAIRED_FIELDS
from services.search.keyboard import decode
from services.search.near import edits, worth_guessing
from services.search.plan import Plan
from services.search.types import EngineQuery, Need, SearchEngine, Term

_WORD = re.compile(r"[^\W_]+")
MOST_WORDS = 12
"""Of a longer query nothing is proposed: its other words find what is meant."""
MOST_LOOKED_AT = 6
"""In a longer query one word that stands alone tells too little."""
SURE, CLEARLY = 6, 5
"""A known word gives way to one that so many documents have beside its neighbours, so many times as any other. With 2
and 2, 3.0 % of right queries with words that the archive lacks get a proposal instead of 1.3 (`tests.bench.meant`)."""
MOST_GUESSED = 3
"""Each guess is looked up; a query with more slips than this is no query with slips."""


@dataclass(frozen=True, slots=True)
class _Word:
    """A word as typed: where it stands, and what may be meant; certain where it is known or its keys say it."""

    typed: str
    start: int
    readings: tuple[str, ...]
    is_certain: bool

    @property
    def end(self) -> int:
        """Where the word ends."""
        return self.start + len(self.typed)


class Corrector:
    """Propose another query from the archive's own vocabulary."""

    def __init__(self, engine: SearchEngine) -> None:
        self._engine = engine

    async def correct(self, plan: Plan, p: Principal) -> str | None:
        """Return the query with its unknown words put right, or a known one that stands nowhere beside its neighbours.

        None where all is well, or where a word stays unknown.

        Only plain words are touched: symbols, phrases, exclusions and fields are meant as typed. Where several words
        may be meant, the one is taken that most documents that `p` may find have beside its neighbours; where none has
        it there, nothing is proposed. All words put in stand together in one of these documents: a proposal must not
        tell what the others hold.
        """
        typed = plan.typed
        text = nfc(typed.words)
        found = list(_WORD.finditer(text))
        has_signs = any(one.how != "boost" for one in typed.found)
        if typed.symbol or has_signs or typed.phrases or typed.excluded or len(found) > MOST_WORDS:
            return None
        words = await self._words(p, found)
        guessed = sum(not word.is_certain for word in words)
        if guessed > MOST_GUESSED or not all(word.readings for word in words):
            return None
        are_known = all(word.is_certain and word.readings == (word.typed,) for word in words)
        chosen = await (self._misplaced(p, words) if are_known else self._choose(p, words))
        if chosen is None:
            return None
        put_in = {folded_form(new) for word, new in zip(words, chosen, strict=True) if word.typed != new}
        if not put_in or not await self._count(p, (frozenset({Term("all_f", word)}) for word in put_in)):
            return None
        for word, reading in reversed(list(zip(words, chosen, strict=True))):
            text = text[: word.start] + reading + text[word.end :]
        return text

    async def _words(self, p: Principal, found: Sequence[re.Match[str]]) -> list[_Word]:
        folded = [folded_form(m[0]) for m in found]
        unknown = await self._engine.unknown(list(dict.fromkeys(folded)), counted_for(p))
        if not unknown:
            return [_Word(m[0], m.start(), (m[0],), is_certain=True) for m in found]
        decoded = {form: decode(m[0]) for m, form in zip(found, folded, strict=True) if form in unknown}
        senseless = await self._engine.unknown(
            list({folded_form(word) for word in decoded.values() if word}), counted_for(p)
        )
        words = []
        for m, form in zip(found, folded, strict=True):
            meant = m[0] if form not in unknown else decoded[form]
            if meant and folded_form(meant) not in senseless:
                words.append(_Word(m[0], m.start(), (meant,), is_certain=True))
                continue
            guesses = unknown[form] if worth_guessing(form) else ()
            readings = [marked for guess in guesses for marked in _marked_like(m[0].lower(), guess)]
            words.append(_Word(m[0], m.start(), tuple(dict.fromkeys(readings)), is_certain=False))
        return words

    async def _choose(self, p: Principal, words: Sequence[_Word]) -> list[str] | None:
        """Take for each word, from left to right, what most documents have beside its neighbours."""
        chosen: list[str] = []
        for at, word in enumerate(words):
            if word.is_certain:
                chosen.append(word.readings[0])
                continue
            before, behind = chosen[-1:], [next_.readings[0] for next_ in words[at + 1 : at + 2]]
            counts = {reading: await self._count(p, [_together(before, reading, behind)]) for reading in word.readings}
            best = max(counts, key=lambda reading: counts[reading])
            if not counts[best]:
                return None
            chosen.append(best)
        return chosen

    async def _misplaced(self, p: Principal, words: Sequence[_Word]) -> list[str] | None:
        """Put right the one known word that stands beside none of its neighbours anywhere: "giai oan 2016".

        SURE documents must have the word put in beside its neighbours, and no other word one letter away may come near.
        """
        typed = [folded_form(word.typed) for word in words]
        if not 1 < len(typed) <= MOST_LOOKED_AT:
            return None
        apart = {pair for pair, count in (await self._beside(p, itertools.pairwise(typed))).items() if not count}
        found: list[tuple[int, int, str]] = []
        for at, form in enumerate(typed) if apart else ():
            if not worth_guessing(form) or apart != set(_touching(typed, at)):
                continue
            known = await self._engine.frequencies("all_f", sorted(edits(form)), counted_for(p))
            others = [other for other in known if known[other] and worth_guessing(other)]
            touching = {other: list(_touching([*typed[:at], other, *typed[at + 1 :]], at)) for other in others}
            counts = await self._beside(p, itertools.chain.from_iterable(touching.values()))
            found += [(min(counts[pair] for pair in pairs), at, other) for other, pairs in touching.items()]
        found.sort(reverse=True)
        if not found or found[0][0] < SURE or (len(found) > 1 and found[0][0] < CLEARLY * found[1][0]):
            return None
        _, at, other = found[0]
        pairs = _touching([*typed[:at], other, *typed[at + 1 :]], at)
        if await self._count(p, (_any_pair([pair]) for pair in pairs)) < SURE:
            return None
        chosen = [word.typed for word in words]
        chosen[at] = next(_marked_like(chosen[at].lower(), other))
        return chosen

    async def _beside(self, p: Principal, pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
        """Return for each pair of syllables in how many documents, at least, they stand side by side."""
        tokens = {pair: PAIR.join(pair) for pair in pairs}
        counts = dict.fromkeys(tokens, 0)
        for name in reversed(PAIRED_FIELDS):  # the text has most of them
            if all(counts.values()):
                break
            found = await self._engine.frequencies(f"{name}_pf", list(tokens.values()), counted_for(p))
            counts = {pair: max(count, found[tokens[pair]]) for pair, count in counts.items()}
        return counts

    async def _count(self, p: Principal, wanted: Iterable[frozenset[Term]]) -> int:
        """Count the documents that `p` may find that have one term of each set."""
        must = tuple(Need(((terms,),)) for terms in wanted)
        asked = EngineQuery(tuple(sorted(open_to(p))), must=must, sort="newest", limit=0)
        return (await self._engine.search(asked)).total


def _together(before: list[str], reading: str, behind: list[str]) -> frozenset[Term]:
    """Return the pairs of a reading with the words before and behind it; the word itself, if alone."""
    pairs = [pair for pair in ((*before, reading), (reading, *behind)) if len(pair) > 1]
    if not pairs:
        return frozenset({Term("all_f", reading)}) if reading.isascii() else exactly(reading)
    return _any_pair([(folded_form(first), folded_form(second)) for first, second in pairs])


def _any_pair(pairs: Sequence[tuple[str, str]]) -> frozenset[Term]:
    return frozenset(Term(f"{name}_pf", PAIR.join(pair)) for name in PAIRED_FIELDS for pair in pairs)


def _touching(words: Sequence[str], at: int) -> Iterator[tuple[str, str]]:
    """Yield the pairs that a word makes with its neighbours."""
    return itertools.pairwise(words[max(0, at - 1) : at + 2])


def _marked_like(typed: str, guess: str) -> Iterator[str]:
    """Yield the guess with the marks that the typed word has on the letters they share: "chủg" and "chung": "chủng"."""
    if typed.isascii():
        yield guess
        return
    plain = fold(typed)
    if len(plain) != len(typed):
        yield guess
        return
    for at in range(len(guess) + 1):
        for marked in (
            typed[:at] + guess[at : at + 1] + typed[at:],
            typed[:at] + typed[at + 1 :],
            typed[:at] + guess[at : at + 1] + typed[at + 1 :],
            typed[:at] + typed[at : at + 2][::-1] + typed[at + 2 :],
        ):
            if fold(marked) == guess:
                yield marked
                return
    yield guess
