"""From marks in a clean text to pages, snippets and the words under them (pure)."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from services.core.page_boxes import PageBoxes
from services.search.marks import Mark
from services.search.page import PageHit, Piece
from services.search.shelf import ReadText

SNIPPET_CHARS = 260
_BEFORE = 70  # characters of a snippet in front of its first mark
_WINDOW = 180  # marks within this many characters are shown together


@dataclass(frozen=True, slots=True)
class PagePlaces:
    """The marks of one page, the words they stand on (numbers within the page), and what the best snippet is worth."""

    number: int
    marks: tuple[Mark, ...]
    words: tuple[int, ...]
    best: int
    score: int


def pages_of(read: ReadText, marks: Sequence[Mark]) -> list[PagePlaces]:
    """Sort marks by page; one that a page end cuts in two stands on both pages."""
    by_page: dict[int, tuple[dict[Mark, None], dict[int, None]]] = {}
    for mark in marks:
        for page, word in words_under(read, mark.start, mark.end):
            on_page = by_page.setdefault(page, ({}, {}))
            on_page[0][mark] = None
            if word is not None:
                on_page[1][word] = None
    return [_page(number, tuple(found), tuple(words)) for number, (found, words) in sorted(by_page.items())]


def best_pages(pages: Iterable[PagePlaces], most: int) -> list[PagePlaces]:
    """Choose the pages that answer best, in that order."""
    return sorted(pages, key=lambda p: (-p.score, p.number))[:most]


def page_hit(text: str, place: PagePlaces, marks: Sequence[Mark], boxes: PageBoxes | None) -> PageHit:
    """Make the answer of one page: a snippet around its best place, and the boxes of its marked words."""
    return PageHit(
        number=place.number,
        snippet=snippet(text, place.best, marks),
        boxes=tuple(boxes.of_words(place.words)) if boxes else (),
    )


def opening(text: str, number: int) -> PageHit:
    """Make the answer of a document in whose text nothing is marked: how it begins."""
    return PageHit(number=number, snippet=snippet(text, 0, ()))


def snippet(text: str, around: int, marks: Sequence[Mark]) -> tuple[Piece, ...]:
    """Cut a snippet out of a text, whole words only; marks that stand together are one piece."""
    start = word_start(text, max(0, around - _BEFORE))
    end = word_end(text, min(len(text), start + SNIPPET_CHARS))
    pieces = ["…"] if start > 0 else []
    hits = [False] * len(pieces)
    at = start
    first = bisect_left(marks, start, key=lambda m: m.start)
    for begin, finish in runs(m for m in marks[first:] if m.start < end):
        finish = min(finish, end)
        pieces += [text[at:begin], text[begin:finish]]
        hits += [False, True]
        at = finish
    pieces += [text[at:end], "…" if end < len(text) else ""]
    hits += [False, False]
    return _tidy(zip(pieces, hits, strict=True))


def words_under(read: ReadText, start: int, end: int) -> Iterator[tuple[int, int | None]]:
    """Yield (page, word) for all words under characters [start, end); without spans (text read elsewhere) the page."""
    at = max(0, bisect_right(read.starts, start) - 1)
    found = False
    while at < len(read.starts) and read.starts[at] < end:
        if read.ends[at] > start:
            found = True
            yield read.pages[at], read.words[at]
        at += 1
    if not found:
        yield _page_at(read.page_starts, start), None


def _page_at(page_starts: Sequence[tuple[int, int]], at: int) -> int:
    number = bisect_right(page_starts, at, key=lambda p: p[1]) - 1
    return page_starts[max(0, number)][0] if page_starts else 1


def _page(number: int, marks: tuple[Mark, ...], words: tuple[int, ...]) -> PagePlaces:
    best, score = _best_window(marks)
    return PagePlaces(number, marks, words, best, score)


def _best_window(marks: Sequence[Mark]) -> tuple[int, int]:
    """Return where the stretch with most different syllables and pairs of the query begins, and its worth."""
    best, score, total, end = marks[0].start, 0, 0, 0
    times: dict[object, int] = {}
    for mark in marks:
        until = mark.start + _WINDOW
        while end < len(marks) and marks[end].start < until:
            for what, worth in _worths(marks[end]):
                count = times.get(what, 0)
                times[what] = count + 1
                total += 0 if count else worth
            end += 1
        if total > score:
            best, score = mark.start, total
        for what, worth in _worths(mark):
            times[what] -= 1
            total -= 0 if times[what] else worth
    return best, score


def _worths(mark: Mark) -> tuple[tuple[object, int], ...]:
    """Return what a mark adds to a stretch of text: its syllable, and the pair it ends; each counts once."""
    if mark.follows is None:
        return ((mark.syllable, 1),)
    return ((mark.syllable, 1), ((mark.follows, mark.syllable), 2))


def runs(marks: Iterable[Mark]) -> Iterator[tuple[int, int]]:
    """Yield stretches of marks that stand together, blanks and hyphens between them included."""
    begin = finish = -1
    for mark in marks:
        if finish >= 0 and mark.follows is not None:
            finish = mark.end
            continue
        if finish >= 0:
            yield begin, finish
        begin, finish = mark.start, mark.end
    if finish >= 0:
        yield begin, finish


def _tidy(pieces: Iterable[tuple[str, bool]]) -> tuple[Piece, ...]:
    merged: list[tuple[str, bool]] = []
    for raw, hit in pieces:
        text = raw.replace("\n", " ")
        if not text:
            continue
        if merged and merged[-1][1] == hit and not hit:
            merged[-1] = (merged[-1][0] + text, hit)
        else:
            merged.append((text, hit))
    return tuple(Piece(text=text, hit=hit) for text, hit in merged)


def word_start(text: str, at: int) -> int:
    """Return where a word begins at or a little behind a place."""
    cut = max(text.find(" ", at, at + 30), text.find("\n", at, at + 30))
    return at if at == 0 or cut < 0 else cut + 1


def word_end(text: str, at: int) -> int:
    """Return where a word ends at or a little before a place."""
    if at >= len(text):
        return len(text)
    cut = text.rfind(" ", at - 30, at)
    return cut if cut > 0 else at
