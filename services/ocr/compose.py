"""The clean text of a run of pages, and where every piece of it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from services.core.model import CleanText, PageText, Span, Word, Zone
from services.ocr.layout import continues

_LEFT_OUT = {Zone.RUNNING_HEAD, Zone.PAGE_NUMBER}
_STAND_ALONE = {Zone.SYMBOL, Zone.PLACE_DATE, Zone.MOTTO, Zone.ISSUER, Zone.ANNOTATION, Zone.URGENCY_SECRECY}


@dataclass(frozen=True, slots=True)
class _Place:
    """A word and where it stands: page number and index among the words of that page."""

    word: Word
    page: int
    index: int


_Paragraph = list[_Place]


def compose(pages: Sequence[PageText]) -> CleanText:
    """Join the words of the pages into paragraphs, over line and page ends.

    Running heads and page numbers are left out. A paragraph goes on in the next one, over a page end or a blank line,
    when it has no end mark and the next begins with a small letter; stamps wait until it is over, annotations until
    the end. Of the result text[span.start:span.end] is the text of the span's word, always.
    """
    text: list[str] = []
    spans: list[Span] = []
    starts: dict[int, int] = {}
    length = 0
    for paragraph in _paragraphs(pages):
        if text:
            text.append("\n")
            length += 1
        before: _Place | None = None
        for place in paragraph:
            if before and not _is_cut(before, place):
                text.append(" ")
                length += 1
            starts[place.page] = min(length, starts.get(place.page, length))
            spans.append(Span(length, length + len(place.word.text), place.page, place.index))
            text.append(place.word.text)
            length += len(place.word.text)
            before = place
    return CleanText("".join(text), tuple(spans), tuple(sorted(starts.items(), key=lambda item: item[1])))


def _paragraphs(pages: Sequence[PageText]) -> Iterator[_Paragraph]:
    """Yield the paragraphs of all pages, those that go on joined; stamps wait for the end of one they would cut."""
    open_paragraph: _Paragraph = []
    stamps: list[_Paragraph] = []
    annotations: list[_Paragraph] = []
    for page in pages:
        for zone, piece in _pieces(page):
            if zone is Zone.ANNOTATION:
                annotations.append(piece)
            elif zone is Zone.STAMP:
                stamps.append(piece)
            elif open_paragraph and _goes_on(open_paragraph, piece, zone):
                open_paragraph = open_paragraph + piece
            else:
                yield from (open_paragraph, *stamps) if open_paragraph else stamps
                open_paragraph, stamps = piece, []
    yield from (open_paragraph, *stamps) if open_paragraph else stamps
    yield from annotations


def _pieces(page: PageText) -> Iterator[tuple[Zone | None, _Paragraph]]:
    places = [
        _Place(word, page.number, index)
        for index, word in enumerate(page.words)
        if word.text and word.zone not in _LEFT_OUT
    ]
    for (_, zone), piece in groupby(places, key=lambda place: (place.word.paragraph, place.word.zone)):
        yield zone, list(piece)


def _goes_on(before: _Paragraph, piece: _Paragraph, zone: Zone | None) -> bool:
    last = before[-1]
    if zone in _STAND_ALONE or last.word.zone in _STAND_ALONE or zone is not last.word.zone:
        return False
    return _is_cut(last, piece[0]) or continues(_line_text(before, from_end=True), _line_text(piece, from_end=False))


def _line_text(paragraph: _Paragraph, *, from_end: bool) -> str:
    """The words of the last or the first line of a paragraph."""
    edge = paragraph[-1] if from_end else paragraph[0]
    return " ".join(p.word.text for p in paragraph if p.page == edge.page and p.word.line == edge.word.line)


def _is_cut(before: _Place, after: _Place) -> bool:
    """Whether a line end cut one symbol in two: "237/TB-" and "VPCP", "24/2013/" and "NQ-HĐND"."""
    if before.page == after.page and before.word.line == after.word.line:
        return False
    head, tail = before.word.text, after.word.text
    return len(head) > 1 and head[-1] in "-/" and head[-2].isalnum() and tail[0].isalnum()
