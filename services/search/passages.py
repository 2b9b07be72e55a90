"""Every place of one document that answers a query, with what stands around it (pure): what a viewer pages through."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.core.page_boxes import PageBoxes
from services.search.marks import Mark
from services.search.places import runs, word_end, word_start, words_under
from services.search.shelf import ReadText

AROUND = 60
"""Characters shown on either side of a match, cut at words."""

Rectangle = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class PagePart:
    """What of a passage stands on one page: its words' boxes in points of the unrotated page, none for bare text."""

    page: int
    boxes: tuple[Rectangle, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """Words that stand together and answer the query; `number` counts those of the document from 0."""

    number: int
    before: str
    match: str
    after: str
    parts: tuple[PagePart, ...]


@dataclass(frozen=True, slots=True)
class Passages:
    """Some passages of a document, in text order, and how many there are in all."""

    total: int
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A passage before its boxes are known: characters [start, end), and the words under it by page."""

    number: int
    start: int
    end: int
    words: tuple[tuple[int, tuple[int, ...]], ...]


def stretches(read: ReadText, marks: Sequence[Mark], first: int, most: int) -> tuple[int, list[Stretch]]:
    """Count the passages of a text, and return `most` of them from number `first` on."""
    found = list(runs(marks))
    shown = enumerate(found[first : first + most], first)
    return len(found), [Stretch(n, start, end, _by_page(read, start, end)) for n, (start, end) in shown]


def passage(read: ReadText, stretch: Stretch, boxes: dict[int, PageBoxes]) -> Passage:
    """Finish a passage with the boxes of the pages it stands on."""
    text, start, end = read.text, stretch.start, stretch.end
    opening = word_start(text, max(0, start - AROUND))
    closing = word_end(text, min(len(text), end + AROUND))
    return Passage(
        stretch.number,
        before=_line(text[min(opening, start) : start]),
        match=_line(text[start:end]),
        after=_line(text[end : max(closing, end)]),
        parts=tuple(
            PagePart(page, tuple(boxes[page].of_words(words)) if page in boxes else ()) for page, words in stretch.words
        ),
    )


def _by_page(read: ReadText, start: int, end: int) -> tuple[tuple[int, tuple[int, ...]], ...]:
    by_page: dict[int, dict[int, None]] = {}
    for page, word in words_under(read, start, end):
        on_page = by_page.setdefault(page, {})
        if word is not None:
            on_page[word] = None
    return tuple((page, tuple(words)) for page, words in by_page.items())


def _line(text: str) -> str:
    return text.replace("\n", " ")
