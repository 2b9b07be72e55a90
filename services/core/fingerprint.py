"""Fingerprints of texts: a few numbers that two readings of one paper share, slips of reading and lost pages or not.

The numbers are the smallest hashes of the text's pairs of folded syllables (a bottom-k sketch, Broder 1997: what two
sketches share is an even sample of what the texts share). Numerals are left out: they are what reading gets wrong.
"""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from heapq import nsmallest

from services.core.text import folded_form, syllables

FINGERPRINT_VERSION = 1
"""Goes up with everything that gives other numbers; `vanban refresh` then makes all fingerprints again."""
SKETCH = 32
"""Numbers of a fingerprint. `tests.bench.near_duplicates` compares sizes."""
SHINGLE = 2
"""Syllables of a shingle."""
LEAST_SHINGLES = 24
"""A text with fewer tells nothing: a cover, a blank form, a page that was read as noise."""
_HASH_BITS = 63  # what a signed column of a database holds


def fingerprint(text: str) -> tuple[int, ...]:
    """Return the numbers of a text, ascending, SKETCH at most and each in 0..2^63-1; none for one that is too short."""
    return sketch([form for form in map(folded_form, syllables(text)) if form.isalpha()])


def sketch(words: Sequence[str], *, size: int = SKETCH, shingle: int = SHINGLE) -> tuple[int, ...]:
    """Return the `size` smallest hashes of the runs of `shingle` words."""
    shingles = set(zip(*(words[start:] for start in range(shingle)), strict=False))
    if len(shingles) < LEAST_SHINGLES:
        return ()
    return tuple(nsmallest(size, {_number(" ".join(each)) for each in shingles}))


@lru_cache(maxsize=1 << 16)
def _number(shingle: str) -> int:
    return int.from_bytes(blake2b(shingle.encode(), digest_size=8).digest()) >> (64 - _HASH_BITS)
