"""What was typed into the search box, taken apart into what is searched for (pure)."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from services.core.symbols import SymbolQuery, find_symbols, symbol_from_query
from services.core.text import folded_form, has_marks, syllables, tokens
from services.search.language import Asked, Found, understand

MOST_SYLLABLES = 50
"""Different syllables of a query that are used. Each costs up to 17 clauses, and OpenSearch refuses queries of more
than 1,024; half of 373 legal questions have 22 different syllables or fewer, 10 have more than 50."""
MOST_WORDS = 8
"""Queries of more different syllables are questions: of them a document needs adjacent pairs. Any 7 of 22 syllables let
864 of 2,249 articles through, 15 % of the pairs 165, at an MRR@10 of 88.2 instead of 88.0 and half the time."""


@dataclass(frozen=True)
class Typed:
    """A query taken apart.

    `words` is its text but for what `found` says beside words. `syllables` are the exact forms of the words in the
    order typed; `phrases` those that stood in quotation marks, also part of `syllables`, at the indices `quoted`.
    `excluded` are words and phrases that a document must not have. `symbol` is set when all the words are a symbol;
    `keys` are the symbol keys they name anywhere.
    """

    words: str
    syllables: tuple[str, ...]
    phrases: tuple[tuple[str, ...], ...] = ()
    quoted: frozenset[int] = frozenset()
    excluded: tuple[tuple[str, ...], ...] = ()
    symbol: SymbolQuery | None = None
    keys: tuple[str, ...] = ()
    cut: bool = False
    found: tuple[Found, ...] = ()

    @cached_property
    def marked(self) -> bool:
        """Whether anything typed carries a mark."""
        return any(map(has_marks, self.syllables))

    @cached_property
    def folded(self) -> tuple[str, ...]:
        """The syllables without marks."""
        return tuple(map(folded_form, self.syllables))

    @cached_property
    def loose(self) -> frozenset[str]:
        """The different syllables outside phrases, without marks."""
        return frozenset(form for at, form in enumerate(self.folded) if at not in self.quoted)

    @cached_property
    def is_question(self) -> bool:
        """Whether so many different words stand outside quotation marks that it is no list of what must be there."""
        return len(self.loose) > MOST_WORDS


def take_apart(q: str, *, literal: bool = False) -> Typed:
    """Take a query apart, a very long one after its first MOST_SYLLABLES different; `literal` reads words only."""
    asked = Asked(q) if literal else understand(q)
    found = list(tokens(asked.words))
    kept, cut = _first_different([token.form for token in found])
    symbol = symbol_from_query(asked.words) if kept else None
    keys = symbol.keys if symbol else (s.key for s, _, _ in find_symbols(asked.words) if s.key)
    phrases = _shortened(asked.words[start:end] for start, end in asked.quoted)
    excluded = _fitting(asked.excluded, MOST_SYLLABLES - sum(map(len, phrases)))
    return Typed(
        words=asked.words,
        syllables=kept,
        phrases=phrases,
        quoted=frozenset(
            n for n, token in enumerate(found[: len(kept)]) if any(s <= token.start < e for s, e in asked.quoted)
        ),
        excluded=excluded,
        symbol=symbol,
        keys=tuple(dict.fromkeys(keys))[:MOST_SYLLABLES],
        cut=cut or len(excluded) < len(asked.excluded),
        found=asked.found,
    )


def _shortened(quoted: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Cut what stood in quotation marks, MOST_SYLLABLES in all: the beginning of a phrase asks for less, not more."""
    left = MOST_SYLLABLES
    found: dict[tuple[str, ...], None] = {}
    for text in quoted:
        phrase = tuple(syllables(text)[:left])
        if phrase and phrase not in found:
            found[phrase] = None
            left -= len(phrase)
    return tuple(found)


def _fitting(excluded: Iterable[str], most: int) -> tuple[tuple[str, ...], ...]:
    """Return what is excluded, whole: the beginning of a phrase would exclude more. `most` syllables in all."""
    found: list[tuple[str, ...]] = []
    for phrase in map(syllables, excluded):
        most -= len(phrase)
        if most >= 0:
            found.append(tuple(phrase))
    return tuple(found)


def _first_different(tokens: list[str]) -> tuple[tuple[str, ...], bool]:
    seen: set[str] = set()
    for number, token in enumerate(tokens):
        seen.add(token)
        if len(seen) > MOST_SYLLABLES or number >= 2 * MOST_SYLLABLES:
            return tuple(tokens[:number]), True
    return tuple(tokens), False
