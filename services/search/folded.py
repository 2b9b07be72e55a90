"""A text folded in place: syllables are found at the speed of `str.find`, and offsets stay the text's own."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from copy import copy
from itertools import islice

from services.core.text import fold, folded_form, tokens


class _Letters(dict[int, str]):
    """Each character's folded form, one character long: letters and digits folded, all else a blank."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        self[code] = (fold(char)[:1] or " ") if char.isalnum() else " "
        return self[code]


_LETTERS = _Letters()


class FoldedText:
    """A text with its folded shadow of the same length; made once, searched for many syllables."""

    def __init__(self, text: str) -> None:
        self.text = text
        # Between two blanks, so that every syllable is found as " syllable ": character n is n + 1 of the shadow.
        composed = unicodedata.is_normalized("NFC", text)
        self.shadow = f" {text.translate(_LETTERS)} " if composed else _shadow_of_decomposed(text)
        self._close = " " if composed else ""
        self._stretches: Sequence[tuple[int, int]] = ((0, len(self.shadow)),)

    def within(self, stretches: Sequence[tuple[int, int]]) -> "FoldedText":
        """Return the same text looked at only in these stretches [start, end), in order and apart from each other."""
        part = copy(self)
        part._stretches = [(start, min(end + 2, len(self.shadow))) for start, end in stretches]
        return part

    def holds(self, piece: str, start: int, end: int) -> bool:
        """Whether a folded syllable, or several with one blank between, stands in the stretch (decomposed: begins)."""
        return self.shadow.find(f" {piece}{self._close}", start, end + 2) >= 0

    def find(self, syllable: str, most: int) -> Iterator[tuple[int, int]]:
        """Yield (start, end) of the places where the folded syllable stands, `most` at most."""
        return (places[0] for places in self.find_sequence((syllable,), most))

    def find_sequence(self, syllables: Sequence[str], most: int) -> Iterator[tuple[tuple[int, int], ...]]:
        """Yield the places of each syllable wherever they stand one after the other, `most` times at most."""
        if len(syllables) == 1:
            return islice(self._find_one(syllables[0]), most)
        return islice(self._find_many(syllables), most)

    def adjacent(self, end: int, start: int) -> bool:
        """Whether nothing but punctuation and white space stands between two places."""
        return start >= end and not self.shadow[end + 1 : start + 1].strip()

    def _find_one(self, syllable: str) -> Iterator[tuple[tuple[int, int], ...]]:
        wanted = f" {syllable}"
        for start, end in self._stretches:
            at = self.shadow.find(wanted, start, end - 1)
            while at >= 0:
                behind = at + len(wanted)
                if self.shadow[behind] in _ENDS:
                    yield ((at, behind - 1 + self._filled(behind)),)
                at = self.shadow.find(wanted, behind, end - 1)

    def _find_many(self, syllables: Sequence[str]) -> Iterator[tuple[tuple[int, int], ...]]:
        pieces = " +".join(f"({re.escape(s)}{_FILL}*)" for s in syllables)
        pattern = re.compile(f"(?<= ){pieces}(?= )")
        for first, last in self._stretches:
            for match in pattern.finditer(self.shadow, first, last):
                yield tuple((start - 1, end - 1) for start, end in map(match.span, range(1, len(syllables) + 1)))

    def _filled(self, at: int) -> int:
        """Count the filling behind a syllable, which stands for marks written as characters of their own."""
        end = at
        while self.shadow[end] == _FILL:
            end += 1
        return end - at


_FILL = "\u00b7"
_ENDS = f" {_FILL}"


def _shadow_of_decomposed(text: str) -> str:
    shadow = [" "] * (len(text) + 2)
    for token in tokens(text):
        length = token.end - token.start
        shadow[token.start + 1 : token.end + 1] = folded_form(token.form)[:length].ljust(length, _FILL)
    return "".join(shadow)
