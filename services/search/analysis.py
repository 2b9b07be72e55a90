"""The one analysis: which token streams a text becomes, for both engines and for both index and query.

Streams of a scored field, all blank-joined tokens that the engines index as given:

- `e` syllables with their marks, `f` the same folded to ASCII;
- `pe` and `pf` adjacent pairs of each ("uu_tien"): most Vietnamese words are two syllables, so "ưu tiên" must beat
  "ưu ... tiên".

`all_f` holds every distinct folded syllable of the document; it decides what matches and scores nothing.

The folded streams of fields have positions, for quoted phrases, and so has `rest_f` of what scores nothing. `rest_e`
and `rest_pe` have the exact syllables and pairs that no scored field has, so that each of a document is somewhere.

What a word that is no syllable was probably meant as (services.search.mending) stands behind the folded streams, each
after a SENTINEL, and in pairs with its neighbours; the exact streams hold what is written.
"""

from collections.abc import Iterator, Sequence
from itertools import chain

from services.core.text import BoundedForms, folded_forms, syllables
from services.search.mending import Mended, mended
from services.search.types import GAP, SCORED_FIELDS, IndexDocument, Term

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
GATE_STREAMS = ("all_f", "rest_e", "rest_pe")
"""The streams that decide what matches."""
PHRASE_STREAMS = (*(f"{name}_f" for name in SCORED_FIELDS), "rest_f")
"""The streams with positions. A SENTINEL stands at each GAP of a text."""
EXACT = (*(f"{name}_e" for name in SCORED_FIELDS), "rest_e")
"""The streams that together hold every exact syllable of a document."""
EXACT_PAIRS = (*(s for s in SCORED_STREAMS if s.endswith("_pe")), "rest_pe")
"""The streams that together hold every exact pair of a document."""


def exactly(form: str) -> frozenset[Term]:
    """Return the terms of which a document has one where it has this exact syllable."""
    return frozenset(Term(stream, form) for stream in EXACT)


def pairs(tokens: Sequence[str]) -> str:
    """Return the stream of the adjacent pairs of a text's tokens, punctuation and line ends notwithstanding.

    "a b c" gives "a_b b_c": each token is written twice and the doubles are joined, which costs half of joining pairs.
    """
    doubled = PAIR.join(map(_DOUBLED.__getitem__, tokens))
    return doubled[len(tokens[0]) + 1 : -len(tokens[-1]) - 1] if len(tokens) > 1 else ""


def document_streams(document: IndexDocument) -> dict[str, str]:
    """Return every stream of a document; none is empty."""
    streams: dict[str, str] = {}
    scored: dict[str, None] = {}
    unscored: dict[str, None] = {}
    mended_forms: dict[str, None] = {}
    for name in SCORED_FIELDS:
        text = document.texts.get(name, "")
        exact, folded, streams[f"{name}_f"] = _cut(text[:SCORED_CHARS])
        streams[f"{name}_e"] = " ".join(exact) or SENTINEL
        if name not in _UNPAIRED:
            meant = mended(exact, folded)
            mended_forms |= dict.fromkeys(m.folded for m in meant)
            streams[f"{name}_f"] += "".join(f" {SENTINEL} {m.folded}" for m in meant)
            streams[f"{name}_pe"] = pairs(exact) or SENTINEL
            streams[f"{name}_pf"] = " ".join(filter(None, (pairs(folded), *_beside(folded, meant)))) or SENTINEL
        scored |= dict.fromkeys(exact)
        unscored |= dict.fromkeys(syllables(text[SCORED_CHARS:]))
    rest, _, streams["rest_f"] = _cut(document.rest[:SCORED_CHARS])
    unscored |= dict.fromkeys(rest)
    unpaired = [syllables(document.texts.get(name, "")) for name in _UNPAIRED]
    rest_pairs = chain.from_iterable(pairs(found).split(" ") for found in (rest, *unpaired))
    streams["rest_pe"] = " ".join(filter(None, dict.fromkeys(rest_pairs))) or SENTINEL
    streams["rest_e"] = " ".join(form for form in unscored if form not in scored) or SENTINEL
    streams["all_f"] = " ".join(dict.fromkeys([*folded_forms(scored | unscored), *mended_forms])) or SENTINEL
    return streams


def _cut(text: str) -> tuple[list[str], list[str], str]:
    """Cut a text into its syllables, exact and folded, and make the stream of the latter."""
    parts = [found for part in text.split(GAP) if (found := syllables(part))]
    folded = list(map(folded_forms, parts))
    stream = f" {SENTINEL} ".join(map(" ".join, folded))
    return [*chain.from_iterable(parts)], [*chain.from_iterable(folded)], stream or SENTINEL


def _beside(folded: Sequence[str], meant: Sequence[Mended]) -> Iterator[str]:
    """Yield the pairs of mended words with their neighbours."""
    for at, form in meant:
        if at:
            yield f"{folded[at - 1]}{PAIR}{form}"
        if at + 1 < len(folded):
            yield f"{form}{PAIR}{folded[at + 1]}"


_DOUBLED = BoundedForms(lambda token: f"{token} {token}")
