"""The one analysis: which token streams a text becomes, for both engines and for both index and query.

Streams of a scored field, all blank-joined tokens that the engines index as given:

- `e` syllables with their marks, `f` the same folded to ASCII;
- `pe` and `pf` adjacent pairs of each ("uu_tien"): most Vietnamese words are two syllables, so "ưu tiên" must beat
  "ưu ... tiên".

`all_e` and `all_f` hold every distinct syllable of the document; they decide what matches and score nothing.
"""

from collections.abc import Sequence
from itertools import pairwise

from services.core.text import folded_form, syllables
from services.search.types import SCORED_FIELDS, IndexDocument

PAIR_COPIES = 4
"""How often an engine writes each pair token: BM25 with k1 = 1.2 over four copies is BM25 with k1 = 0.3, so that a pair
counts by being there and not by being repeated (MRR@10 84.8 -> 87.7 on 373 legal questions; tantivy cannot set k1)."""

SENTINEL = "\u2205"
"""The token of an empty stream (no query makes it). Without it the engines differ in how many documents have a field,
which BM25 counts."""

SCORED_CHARS = 8_000_000
"""Characters of a field that score (some 3,000 pages); what follows still finds the document. OpenSearch takes requests
of at most 100 MB, and the streams of a text are some seven times its size."""

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
GATE_STREAMS = ("all_e", "all_f")
"""The streams that decide what matches."""


def pairs(tokens: Sequence[str]) -> list[str]:
    """Return the adjacent pairs of a text's tokens, punctuation and line ends notwithstanding."""
    return list(map(PAIR.join, pairwise(tokens)))


def document_streams(document: IndexDocument) -> dict[str, str]:
    """Return every stream of a document; none is empty."""
    streams: dict[str, str] = {}
    seen: dict[str, None] = {}
    for name in SCORED_FIELDS:
        text = document.texts.get(name, "")
        exact = syllables(text[:SCORED_CHARS])
        folded = list(map(folded_form, exact))
        tokens = {"e": exact, "f": folded}
        if name not in _UNPAIRED:
            tokens |= {"pe": pairs(exact), "pf": pairs(folded)}
        streams |= {f"{name}_{form}": _join(found) for form, found in tokens.items()}
        seen |= dict.fromkeys(exact)
        seen |= dict.fromkeys(syllables(text[SCORED_CHARS:]))
    seen |= dict.fromkeys(syllables(document.rest))
    streams["all_e"] = _join(list(seen))
    streams["all_f"] = _join(list(dict.fromkeys(map(folded_form, seen))))
    return streams


def _join(tokens: Sequence[str]) -> str:
    return " ".join(tokens) or SENTINEL
