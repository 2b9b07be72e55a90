"""The one analysis: which token streams a text becomes, for both engines and for both index and query.

Streams of a scored field, all blank-joined tokens that the engines index as given:

- `e` syllables with their marks, `f` the same folded to ASCII;
- `pe` and `pf` adjacent pairs of each ("uu_tien"): most Vietnamese words are two syllables, so "ưu tiên" must beat
  "ưu ... tiên".

`all_e` and `all_f` hold every distinct syllable of the document; they decide what matches and score nothing.

The folded streams of fields have positions, for quoted phrases, and so has `rest_f` of what scores nothing. `rest_pe`
has the exact pairs that no scored field has, so that every exact pair of a document is somewhere.
"""

from collections.abc import Sequence
from itertools import chain, pairwise

from services.core.text import folded_form, syllables
from services.search.types import GAP, SCORED_FIELDS, IndexDocument

PAIR_COPIES = 4
"""How often an engine writes each pair token: BM25 with k1 = 1.2 over four copies is BM25 with k1 = 0.3, so that a pair
counts by being there and not by being repeated (MRR@10 84.8 -> 87.7 on 373 legal questions; tantivy cannot set k1)."""

SENTINEL = "\u2205"
"""The token of an empty stream (no query makes it). Without it the engines differ in how many documents have a field,
which BM25 counts."""

SCORED_CHARS = 8_000_000
"""Characters of a field that score (some 3,000 pages) and have phrases; what follows still finds the document.
OpenSearch takes requests of at most 100 MB, and the streams of a text are some seven times its size."""

_UNPAIRED = ("symbol",)  # "3030/UBND-KGVX" is found by its key; its pairs would say nothing more
PAIR = "_"  # no syllable has one (core.text)


def streams_of(name: str) -> tuple[str, ...]:
    """Return the names of the streams of one scored field."""
    forms = ("e", "f") if name in _UNPAIRED else ("e", "f", "pe", "pf")
    return tuple(f"{name}_{form}" for form in forms)


SCORED_STREAMS = tuple(stream for name in SCORED_FIELDS for stream in streams_of(name))
"""The streams that BM25 runs over."""
PAIR_STREAMS = frozenset(s for s in SCORED_STREAMS if s.endswith(("_pe", "_pf")))
"""Those of them in which a token stands for a pair, written PAIR_COPIES times."""
GATE_STREAMS = ("all_e", "all_f", "rest_pe")
"""The streams that decide what matches."""
PHRASE_STREAMS = (*(f"{name}_f" for name in SCORED_FIELDS), "rest_f")
"""The streams with positions. A SENTINEL stands at each GAP of a text."""
EXACT_PAIRS = (*(s for s in SCORED_STREAMS if s.endswith("_pe")), "rest_pe")
"""The streams that together hold every exact pair of a document."""


def pairs(tokens: Sequence[str]) -> list[str]:
    """Return the adjacent pairs of a text's tokens, punctuation and line ends notwithstanding."""
    return list(map(PAIR.join, pairwise(tokens)))


def document_streams(document: IndexDocument) -> dict[str, str]:
    """Return every stream of a document; none is empty."""
    streams: dict[str, str] = {}
    seen: dict[str, None] = {}
    for name in SCORED_FIELDS:
        text = document.texts.get(name, "")
        exact, folded, streams[f"{name}_f"] = _cut(text[:SCORED_CHARS])
        tokens = {"e": exact}
        if name not in _UNPAIRED:
            tokens |= {"pe": pairs(exact), "pf": pairs(folded)}
        streams |= {f"{name}_{form}": _join(found) for form, found in tokens.items()}
        seen |= dict.fromkeys(exact)
        seen |= dict.fromkeys(syllables(text[SCORED_CHARS:]))
    rest, _, streams["rest_f"] = _cut(document.rest[:SCORED_CHARS])
    seen |= dict.fromkeys(rest)
    unpaired = [syllables(document.texts.get(name, "")) for name in _UNPAIRED]
    streams["rest_pe"] = _join(list(dict.fromkeys(pair for found in (rest, *unpaired) for pair in pairs(found))))
    streams["all_e"] = _join(list(seen))
    streams["all_f"] = _join(list(dict.fromkeys(map(folded_form, seen))))
    return streams


def _cut(text: str) -> tuple[list[str], list[str], str]:
    """Cut a text into its syllables, exact and folded, and make the stream of the latter."""
    parts = [found for part in text.split(GAP) if (found := syllables(part))]
    folded = [[*map(folded_form, part)] for part in parts]
    stream = f" {SENTINEL} ".join(map(" ".join, folded))
    return [*chain.from_iterable(parts)], [*chain.from_iterable(folded)], stream or SENTINEL


def _join(tokens: Sequence[str]) -> str:
    return " ".join(tokens) or SENTINEL
