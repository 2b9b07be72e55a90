"""What was meant by words that occur nowhere: typed marks that stayed letters (Telex, VNI), or one letter wrong."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from services.core.text import fold, folded_form, nfc
from services.search.analysis import PAIR
from services.search.gate import PAIRED_FIELDS
from services.search.keyboard import decode
from services.search.near import worth_guessing
from services.search.plan import Plan
from services.search.types import EngineQuery, Need, SearchEngine, Term

_WORD = re.compile(r"[^\W_]+")
MOST_WORDS = 12
"""Of a longer query nothing is proposed: its other words find what is meant."""
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

    async def correct(self, plan: Plan, access: frozenset[str]) -> str | None:
        """Return the query with its unknown words put right; None where it has none, or where one stays unknown.

        Only plain words are touched: symbols, phrases, exclusions and fields are meant as typed. Where several words
        may be meant, the one is taken that most documents of `access` have beside its neighbours; where none has it
        there, nothing is proposed. All words put in stand together in one of these documents: a proposal must not
        tell what the others hold.
        """
        typed = plan.typed
        text = nfc(typed.words)
        found = list(_WORD.finditer(text))
        if typed.symbol or typed.found or typed.phrases or typed.excluded or len(found) > MOST_WORDS:
            return None
        words = await self._words(found)
        guessed = sum(not word.is_certain for word in words)
        if guessed > MOST_GUESSED or not all(word.readings for word in words):
            return None
        chosen = await self._choose(words, access)
        if chosen is None:
            return None
        put_in = {folded_form(new) for word, new in zip(words, chosen, strict=True) if word.typed != new}
        if not put_in or not await self._count(access, (frozenset({Term("all_f", word)}) for word in put_in)):
            return None
        for word, reading in reversed(list(zip(words, chosen, strict=True))):
            text = text[: word.start] + reading + text[word.end :]
        return text

    async def _words(self, found: Sequence[re.Match[str]]) -> list[_Word]:
        folded = [folded_form(m[0]) for m in found]
        unknown = await self._engine.unknown(list(dict.fromkeys(folded)))
        if not unknown:
            return [_Word(m[0], m.start(), (m[0],), is_certain=True) for m in found]
        decoded = {form: decode(m[0]) for m, form in zip(found, folded, strict=True) if form in unknown}
        senseless = await self._engine.unknown(list({folded_form(word) for word in decoded.values() if word}))
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

    async def _choose(self, words: Sequence[_Word], access: frozenset[str]) -> list[str] | None:
        """Take for each word, from left to right, what most documents have beside its neighbours."""
        chosen: list[str] = []
        for at, word in enumerate(words):
            if word.is_certain:
                chosen.append(word.readings[0])
                continue
            before, behind = chosen[-1:], [next_.readings[0] for next_ in words[at + 1 : at + 2]]
            counts = {
                reading: await self._count(access, [_together(before, reading, behind)]) for reading in word.readings
            }
            best = max(counts, key=lambda reading: counts[reading])
            if not counts[best]:
                return None
            chosen.append(best)
        return chosen

    async def _count(self, access: frozenset[str], wanted: Iterable[frozenset[Term]]) -> int:
        """Count the documents of `access` that have one term of each set."""
        must = tuple(Need(((terms,),)) for terms in wanted)
        asked = EngineQuery(tuple(sorted(access)), must=must, sort="newest", limit=0)
        return (await self._engine.search(asked)).total


def _together(before: list[str], reading: str, behind: list[str]) -> frozenset[Term]:
    """Return the pairs of a reading with the words before and behind it; the word itself, if alone."""
    pairs = [pair for pair in ((*before, reading), (reading, *behind)) if len(pair) > 1]
    if not pairs:
        return frozenset({Term("all_f", reading) if reading.isascii() else Term("all_e", reading)})
    return frozenset(Term(f"{name}_pf", PAIR.join(map(folded_form, pair))) for name in PAIRED_FIELDS for pair in pairs)


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
