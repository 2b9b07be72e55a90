"""Pages of a document as they are shown: pictures with marks and the places of values over them, or their text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.core.model import Document, Evidence, PageState, PageStatus, PageText, Principal
from services.search import PageHit
from services.search.page import Piece
from services.web.overlay import Frame, Share, mark_text, shares
from services.web.site import Site

PAGES_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class PageSheet:
    """A page as it is shown: its picture with marks over it, or its text where there is no picture.

    `places` are the boxes of the record's values that were taken from it, by their keys.
    """

    status: PageStatus
    width: float
    height: float
    marks: list[Share]
    text: list[Piece]
    places: list[tuple[str, Share]] = field(default_factory=list)


def window_starts(document: Document) -> range:
    """Return the first page of every part in which a long document is shown."""
    return range(document.first_page, document.last_page + 1, PAGES_AT_ONCE)


def window_start(document: Document, number: int) -> int:
    """Return the first page of the part that holds page `number`, or the nearest there is."""
    inside = min(max(number, document.first_page), document.last_page)
    return inside - (inside - document.first_page) % PAGES_AT_ONCE


async def load_sheets(
    site: Site, p: Principal, document: Document, first: int, hits: Mapping[int, PageHit]
) -> list[PageSheet]:
    """Return the sheets of the part of the document that begins with page `first`."""
    shown = [s for s in document.pages if first <= s.number < first + PAGES_AT_ONCE]
    words = await site.archive.documents.pages(p, document.id, [s.number for s in shown])
    return [_sheet(status, words.get(status.number), hits.get(status.number), document.evidence) for status in shown]


def _sheet(
    status: PageStatus, page: PageText | None, hit: PageHit | None, evidence: Mapping[str, Evidence]
) -> PageSheet:
    if page is not None and status.state is PageState.DONE and is_text(page):
        return PageSheet(status, 0, 0, [], mark_text(page_lines(page), [hit] if hit else []))
    frame = (
        Frame(page.width, page.height, page.rotation) if page else Frame(status.width, status.height, status.rotation)
    )
    width, height = frame.upright_size
    places = [(key, found.box) for key, found in evidence.items() if found.page == status.number and found.box]
    shown = [(key, share) for key, box in places for share in shares(frame, [box])]
    return PageSheet(status, width, height, shares(frame, hit.boxes if hit else ()), [], shown)


def is_text(page: PageText) -> bool:
    """Tell whether a page was read elsewhere, so that there is no picture of it."""
    return page.width <= 0 or (bool(page.words) and all(word.box is None for word in page.words))


def page_lines(page: PageText) -> str:
    """Return the words of a page, line by line, a blank line between paragraphs."""
    lines: list[str] = []
    line = paragraph = None
    for word in page.words:
        if (word.paragraph, word.line) != (paragraph, line):
            if paragraph is not None and word.paragraph != paragraph:
                lines.append("")
            lines.append(word.text)
        else:
            lines[-1] += " " + word.text
        line, paragraph = word.line, word.paragraph
    return "\n".join(lines)
