"""Runs of syllables and how often each stands in a text, found in one pass however many are looked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence


class Phrases:
    """A set of phrases in the form of `core.text.syllables`, joined by blanks."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._known = frozenset(phrases)
        self._lengths: dict[str, list[int]] = {}
        for phrase in self._known:
            first, size = phrase.split(" ", 1)[0], phrase.count(" ") + 1
            lengths = self._lengths.setdefault(first, [])
            if size not in lengths:
                lengths.append(size)

    def count(self, words: Sequence[str]) -> Counter[str]:
        """Return the phrases that stand in the words, whole syllables only, with the number of places."""
        found: Counter[str] = Counter()
        for at, word in enumerate(words):
            for size in self._lengths.get(word, ()):
                phrase = " ".join(words[at : at + size])
                if at + size <= len(words) and phrase in self._known:
                    found[phrase] += 1
        return found
