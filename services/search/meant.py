"""What was meant by words that occur nowhere: typed marks that stayed letters (Telex, VNI), or one letter wrong."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.core.text import fold, folded_form, nfc
from services.search.analysis import PAIR
from services.search.gate import PAIRED_FIELDS
from services.search.keyboard import decode
from services.search.near import worth_guessing
from services.search.plan import Plan
from services.search.types import SearchEngine

_WORD = re.compile(r"[^\W_]+")
MOST_WORDS = 12
"""Of a longer query nothing is proposed: its other words find what is meant."""


@dataclass(frozen=True, slots=True)
class _Word:
    """A word as typed: where it stands, and what may be meant; certain where it is known or its keys say it."""

    start: int
    end: int
    readings: tuple[str, ...]
    is_certain: bool


class Corrector:
    """Propose another query from the archive's own vocabulary."""

    def __init__(self, engine: SearchEngine) -> None:
        self._engine = engine

    async def correct(self, plan: Plan) -> str | None:
        """Return the query with its unknown words put right; None where it has none, or where one stays unknown.

        Only plain words are touched: symbols, phrases, exclusions and fields are meant as typed. Where several words
        may be meant, the one is taken that most documents have beside its neighbours; where none has it there, nothing
        is proposed, unless the keys explain it.
        """
        typed = plan.typed
        text = nfc(typed.words)
        found = list(_WORD.finditer(text))
        if typed.symbol or typed.found or typed.phrases or typed.excluded or len(found) > MOST_WORDS:
            return None
        unknown = await self._engine.unknown(list(dict.fromkeys(folded_form(m[0]) for m in found)))
        if not any(folded_form(m[0]) in unknown for m in found):
            return None
        words = [await self._word(m, unknown) for m in found]
        if not all(word.readings for word in words):
            return None
        chosen = await self._choose(words)
        if chosen is None:
            return None
        for word, reading in reversed(list(zip(words, chosen, strict=True))):
            text = text[: word.start] + reading + text[word.end :]
        return text

    async def _word(self, match: re.Match[str], unknown: dict[str, tuple[str, ...]]) -> _Word:
        folded = folded_form(match[0])
        if folded not in unknown:
            return _Word(match.start(), match.end(), (match[0],), is_certain=True)
        decoded = decode(match[0])
        if decoded and not await self._engine.unknown([folded_form(decoded)]):
            return _Word(match.start(), match.end(), (decoded,), is_certain=True)
        guesses = unknown[folded] if worth_guessing(folded) else ()
        readings = [marked for guess in guesses for marked in _marked_like(match[0].lower(), guess)]
        return _Word(match.start(), match.end(), tuple(dict.fromkeys(readings)), is_certain=False)

    async def _choose(self, words: Sequence[_Word]) -> list[str] | None:
        """Take for each word, from left to right, what most documents have beside its neighbours."""
        chosen: list[str] = []
        for at, word in enumerate(words):
            if word.is_certain:
                chosen.append(word.readings[0])
                continue
            before, behind = chosen[-1:], [next_.readings[0] for next_ in words[at + 1 : at + 2]]
            counts = {reading: await self._together(before, reading, behind) for reading in word.readings}
            best = max(counts, key=lambda reading: counts[reading])
            if not counts[best] and len(words) > 1:
                return None
            chosen.append(best)
        return chosen

    async def _together(self, before: list[str], reading: str, behind: list[str]) -> int:
        """Count the documents that have a reading beside the words before and behind it; all that have it, if alone."""
        pairs = [
            PAIR.join(map(folded_form, pair)) for pair in ((*before, reading), (reading, *behind)) if len(pair) > 1
        ]
        exact = (await self._engine.frequencies("body_e", [reading]))[reading]
        if not pairs:
            return 1 + exact
        found = 0
        for name in PAIRED_FIELDS:
            found += sum((await self._engine.frequencies(f"{name}_pf", pairs)).values())
        return 2 * found + bool(found and exact)


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
