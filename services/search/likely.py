"""Which pages of a long document to mark (pure): a scan of a microsecond for each page and word of the query.

Marking every place in a document of 2,000 pages takes a second, and three pages are shown. The scan only leaves pages
out; what the pages left are worth is decided by their marks, as in a short document.
"""

import math
from collections.abc import Sequence

from services.search.folded import FoldedText
from services.search.marks import Wanted

MOST_PIECES = 40
"""Syllables and pairs that are looked for, of a longer query the first ones."""


def likely_part(text: FoldedText, page_starts: Sequence[tuple[int, int]], wanted: Wanted, most: int) -> FoldedText:
    """Return the text with nothing but its `most` likeliest pages in sight; all of a document with no more pages."""
    if len(page_starts) <= most:
        return text
    starts = [start for _, start in page_starts]
    pages = list(zip(starts, [*starts[1:], len(text.text)], strict=True))
    worths = _worths(text, pages, wanted)
    chosen = sorted(range(len(pages)), key=lambda n: (-worths[n], n))[:most]
    return text.within(_merged([pages[n] for n in sorted(chosen)]))


def _worths(text: FoldedText, pages: Sequence[tuple[int, int]], wanted: Wanted) -> list[float]:
    """Add up, for each page, what it holds of the query; what few pages hold counts more, a pair twice."""
    worths = [0.0] * len(pages)
    for piece, factor in _pieces(wanted):
        having = [n for n, (start, end) in enumerate(pages) if text.holds(piece, start, end)]
        worth = factor * math.log(1 + len(pages) / (1 + len(having)))
        for n in having:
            worths[n] += worth
    return worths


def _pieces(wanted: Wanted) -> list[tuple[str, float]]:
    pairs = [(" ".join(pair), 2.0) for pair in sorted(wanted.pairs)]
    sequences = [(" ".join(sequence), 2.0) for sequence in wanted.sequences]
    return [*((syllable, 1.0) for syllable in sorted(wanted.alone)), *pairs, *sequences][:MOST_PIECES]


def _merged(stretches: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join stretches that follow each other, so that what a page end cuts in two is found."""
    merged: list[tuple[int, int]] = []
    for start, end in stretches:
        if merged and merged[-1][1] == start:
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged
