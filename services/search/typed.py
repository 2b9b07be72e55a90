"""What was typed into the search box, taken apart (pure). Nothing that can be typed is an error."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from services.core.symbols import SymbolQuery, find_symbols, symbol_from_query
from services.core.text import folded_form, has_marks, syllables, tokens

MOST_SYLLABLES = 50
"""Different syllables of a query that are used. Each costs up to 17 clauses, and OpenSearch refuses queries of more
than 1,024; half of 373 legal questions have 22 different syllables or fewer, 10 have more than 50."""

_PHRASE = re.compile(r'["“”„«]([^"“”„«»]+)["“”„»]')


@dataclass(frozen=True)
class Typed:
    """A query taken apart.

    `syllables` are exact forms in the order typed; `phrases` those that stood in quotation marks, also part of
    `syllables`, at the indices `quoted`. `symbol` is set when the whole query is a symbol;
    `keys` are the symbol keys it names anywhere.
    """

    q: str
    syllables: tuple[str, ...]
    phrases: tuple[tuple[str, ...], ...] = ()
    quoted: frozenset[int] = frozenset()
    symbol: SymbolQuery | None = None
    keys: tuple[str, ...] = ()
    cut: bool = False

    @cached_property
    def marked(self) -> bool:
        """Whether anything typed carries a mark."""
        return any(map(has_marks, self.syllables))

    @cached_property
    def folded(self) -> tuple[str, ...]:
        """The syllables without marks."""
        return tuple(map(folded_form, self.syllables))


def take_apart(q: str) -> Typed:
    """Cut a query into syllables, phrases and symbols; a very long one after its first MOST_SYLLABLES different."""
    found = list(tokens(q))
    kept, cut = _first_different([token.form for token in found])
    spans = [match.span(1) for match in _PHRASE.finditer(q)]
    symbol = symbol_from_query(q) if kept else None
    keys = symbol.keys if symbol else tuple(dict.fromkeys(s.key for s, _, _ in find_symbols(q) if s.key))
    return Typed(
        q=q,
        syllables=kept,
        phrases=_phrases(q[start:end] for start, end in spans),
        quoted=frozenset(
            n for n, token in enumerate(found[: len(kept)]) if any(s <= token.start < e for s, e in spans)
        ),
        symbol=symbol,
        keys=keys[:MOST_SYLLABLES],
        cut=cut,
    )


def _phrases(quoted: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Cut what stood in quotation marks, MOST_SYLLABLES in all: the beginning of a phrase asks for less, not more."""
    left = MOST_SYLLABLES
    found: dict[tuple[str, ...], None] = {}
    for text in quoted:
        phrase = tuple(syllables(text)[:left])
        if phrase and phrase not in found:
            found[phrase] = None
            left -= len(phrase)
    return tuple(found)


def _first_different(tokens: list[str]) -> tuple[tuple[str, ...], bool]:
    seen: set[str] = set()
    for number, token in enumerate(tokens):
        seen.add(token)
        if len(seen) > MOST_SYLLABLES or number >= 2 * MOST_SYLLABLES:
            return tuple(tokens[:number]), True
    return tuple(tokens), False
