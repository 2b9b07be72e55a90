"""Syllables one edit away, for what was typed or read wrongly; the same rule on both engines."""

import string
from collections.abc import Callable, Iterable

GUESSES = 5
_SHORTEST = 3
_LONGEST = 12


def worth_guessing(token: str) -> bool:
    """Whether a folded syllable may be guessed at: a number is meant as typed, and "ca" is one edit from everything."""
    return _SHORTEST <= len(token) <= _LONGEST and token.isascii() and token.isalpha()


def neighbours(token: str, frequency: Callable[[str], int]) -> tuple[str, ...]:
    """Return the known syllables one edit away (swapped neighbours are one edit), the most frequent first."""
    return best_of((candidate, frequency(candidate)) for candidate in edits(token))


def best_of(candidates: Iterable[tuple[str, int]]) -> tuple[str, ...]:
    """Choose the most frequent candidates that are words themselves; ties in alphabetical order."""
    known = {c: n for c, n in candidates if n > 0 and c.isascii() and c.isalpha()}
    return tuple(sorted(known, key=lambda c: (-known[c], c))[:GUESSES])


def edits(token: str) -> set[str]:
    """Return every string one insertion, deletion, replacement or swap of neighbours away."""
    cuts = [(token[:i], token[i:]) for i in range(len(token) + 1)]
    found = {a + b[1:] for a, b in cuts if b}
    found |= {a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1}
    for letter in string.ascii_lowercase:
        found |= {a + letter + b[1:] for a, b in cuts if b} | {a + letter + b for a, b in cuts}
    return found - {token}
