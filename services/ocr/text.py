"""Text that was read elsewhere, as pages of words without boxes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from services.core.errors import ReadError
from services.core.model import PageText, Word
from services.core.text import thin_marks
from services.ocr.layout import ends_sentence, starts_item

_MOST_PAGES = 5_000
"""As many as a scan may have by default: a megabyte of form feeds is a million pages."""
_EMPHASIS = re.compile(r"\*{1,3}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ufeff\u200b]")


def text_pages(data: bytes) -> list[PageText]:
    """Cut a text file (UTF-8, form feed between pages) into pages of words.

    Raises ReadError: not_text for other bytes, too_many_pages.

    A byte order mark and Markdown's emphasis are taken off, the letters put in NFC; nothing else is changed.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ReadError("not_text", f"Byte {error.start} is not UTF-8.", at=error.start) from error
    if "\x00" in text:
        raise ReadError("not_text", "The file holds NUL bytes.", at=text.index("\x00"))
    if text.count("\f") > _MOST_PAGES:
        raise ReadError("too_many_pages", limit=_MOST_PAGES)
    pieces = text.split("\f")
    if len(pieces) > 1 and not pieces[-1].strip():
        pieces.pop()  # a form feed that ends the last page
    return [text_page(number, piece) for number, piece in enumerate(pieces, start=1)]


def text_page(number: int, text: str) -> PageText:
    """Make one page of words out of the text of a page that was read elsewhere."""
    return PageText(
        number=number, width=0.0, height=0.0, words=tuple(_words(unicodedata.normalize("NFC", thin_marks(text))))
    )


def _words(text: str) -> Iterator[Word]:
    line, paragraph = 0, 0
    before: str | None = None
    blank = False
    for printed in text.splitlines():
        words = _CONTROL.sub("", _EMPHASIS.sub("", printed)).split()
        if not words:
            blank = True
            continue
        said = " ".join(words)
        if before is not None and (blank or starts_item(said) or ends_sentence(before)):
            paragraph += 1
        for word in words:
            yield Word(word, None, 1.0, line=line, paragraph=paragraph)
        line, before, blank = line + 1, said, False
