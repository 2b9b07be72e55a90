"""Notes in brackets that announce what comes with a document: "(có Công điện kèm theo)", "(gửi kèm bản điện tử)"."""

import re
from dataclasses import dataclass

from services.core.symbols import find_symbols
from services.core.text import fold, squeeze

_NOTE = re.compile(r"\((?P<what>[^()]{0,80}?\b(?:kem theo|gui kem|dinh kem)\b[^()]{0,60})\)")
_OTHERS = re.compile(r"\b(?:khong|ban hanh)\b")


@dataclass(frozen=True, slots=True)
class EnclosureNote:
    """A note: its words as written and folded, and where its bracket opens in the text."""

    words: str
    folded: str
    start: int


def find_enclosure_notes(text: str) -> list[EnclosureNote]:
    """Find the notes of a text, in order.

    One that names a symbol is the head of an annex, "(Kèm theo Quyết định số ...)", or tells of another document.
    """
    folded = fold(text)
    if len(folded) != len(text):
        return []
    notes = []
    for match in _NOTE.finditer(folded):
        written = text[match.start("what") : match.end("what")]
        if not _OTHERS.search(match["what"]) and not find_symbols(written):
            notes.append(EnclosureNote(squeeze(written), match["what"], match.start()))
    return notes
