"""How the lexicon cuts a text: syllables in their exact form, numbers as one sign, ends of sentences as another."""

from __future__ import annotations

import re
from collections.abc import Iterator

from services.core.text import exact_form

END = "."
"""Stands for the end of a sentence or paragraph, and before the first word of a text."""
NUMBER = "0"
"""Stands for everything that holds a digit."""

_PIECE = re.compile(r"(?P<syllable>[^\W\d_]+(?![^\W_]))|(?P<number>[^\W_]*\d[^\W_]*)|(?P<end>[.;:!?…]|\n\s*\n)")


def pieces(text: str) -> Iterator[str]:
    """Cut a text as it is counted; commas and brackets are passed over, since OCR makes and loses them."""
    return (form for _, _, form in cut(text))


def cut(text: str) -> Iterator[tuple[int, int, str]]:
    """Cut like `pieces` and say where each piece stands: characters [start, end) of the text as given."""
    for match in _PIECE.finditer(text):
        kind = match.lastgroup
        form = exact_form(match.group()) if kind == "syllable" else NUMBER if kind == "number" else END
        yield match.start(), match.end(), form
