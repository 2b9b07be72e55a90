"""A query folded letter by letter, so that patterns are written without marks and offsets stay the query's own."""

import re
from functools import cached_property

from services.core.text import fold, nfc

_LETTER = re.compile("(?s).[\u0300-\u036f]*")


class Shadowed:
    """A composed text with its folded shadow of the same length; `at` leads back to the text as given."""

    def __init__(self, given: str) -> None:
        self.given = given
        clusters = [(match.start(), nfc(match[0])) for match in _LETTER.finditer(given)]
        self.text = "".join(cluster for _, cluster in clusters)
        self._starts = [start for start, cluster in clusters for _ in cluster]
        self._starts.append(len(given))

    @cached_property
    def shadow(self) -> str:
        """The text without marks and capitals, character for character."""
        return "".join(fold(char)[:1] or " " for char in self.text)

    def at(self, index: int) -> int:
        """Return where a character of the text stands in the text as given."""
        return self._starts[index]


def blank(text: str, start: int, end: int) -> str:
    """Return the text with [start, end) blanked out."""
    return text[:start] + " " * (end - start) + text[end:]
