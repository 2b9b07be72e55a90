"""Pages of a document as they are shown: pictures with marks and the places of values over them, or their text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import groupby

from services.core.model import Document, Evidence, PageState, PageStatus, PageText, Principal, bounds
from services.search import PageHit
from services.search.page import Piece
from services.web.overlay import Frame, Share, hit_runs, mark_text, shares
from services.web.site import Site

PAGES_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class PageLine:
    """A line of a page's text as it is shown beside the picture; `begins`: a paragraph begins with it."""

    page: int
    number: int
    text: list[Piece]
    place: Share | None
    begins: bool

    @property
    def key(self) -> str:
        """What names the line on the page, and its place on the picture."""
        return f"line-{self.page}-{self.number}"


@dataclass(frozen=True, slots=True)
class PageSheet:
    """A page as it is shown: its picture with marks over it, or its text where there is no picture.

    `marks` has the boxes of each hit together, `places` those of the record's values that were taken from it, by their
    keys; `lines` is empty where no text is wanted beside the picture.
    """

    status: PageStatus
    width: float
    height: float
    marks: list[list[Share]]
    text: list[Piece]
    places: list[tuple[str, Share]] = field(default_factory=list)
    lines: list[PageLine] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class HitSteps:
    """The way from hit to hit beyond the pages that are shown: how many there are, how many before, and addresses."""

    all: int
    before: int
    previous: str | None
    next: str | None


def window_starts(document: Document) -> range:
    """Return the first page of every part in which a long document is shown."""
    return range(document.first_page, document.last_page + 1, PAGES_AT_ONCE)


def window_start(document: Document, number: int) -> int:
    """Return the first page of the part that holds page `number`, or the nearest there is."""
    inside = min(max(number, document.first_page), document.last_page)
    return inside - (inside - document.first_page) % PAGES_AT_ONCE


async def load_sheets(
    site: Site, p: Principal, document: Document, first: int, hits: Mapping[int, PageHit], *, beside: bool = False
) -> list[PageSheet]:
    """Return the sheets of the part of the document that begins with page `first`; `beside`: with their lines."""
    shown = [s for s in document.pages if first <= s.number < first + PAGES_AT_ONCE]
    words = await site.archive.documents.pages(p, document.id, [s.number for s in shown])
    return [_sheet(s, words.get(s.number), hits.get(s.number), document.evidence, beside=beside) for s in shown]


def hit_steps(
    document: Document, hits: Mapping[int, PageHit], first: int, address: Callable[[int, int], str]
) -> HitSteps | None:
    """Return the way from hit to hit around the part that begins with page `first`; None without hits.

    `address` says where a page is shown, opened at hit n of the document (from 1).
    """
    if not hits:
        return None
    rotations = {status.number: status.rotation for status in document.pages}
    counts = {n: len(hit_runs(hits[n].boxes, sideways=rotations.get(n, 0) % 180 == 90)) for n in sorted(hits)}
    before = [n for n in counts if n < first and counts[n]]
    behind = [n for n in counts if n >= first + PAGES_AT_ONCE and counts[n]]
    passed = sum(counts[n] for n in before)
    through = sum(counts.values()) - sum(counts[n] for n in behind)
    return HitSteps(
        all=sum(counts.values()),
        before=passed,
        previous=address(before[-1], passed) if before else None,
        next=address(behind[0], through + 1) if behind else None,
    )


def _sheet(
    status: PageStatus, page: PageText | None, hit: PageHit | None, evidence: Mapping[str, Evidence], *, beside: bool
) -> PageSheet:
    if page is not None and status.state is PageState.DONE and is_text(page):
        return PageSheet(status, 0, 0, [], mark_text(page_lines(page), [hit] if hit else []))
    frame = (
        Frame(page.width, page.height, page.rotation) if page else Frame(status.width, status.height, status.rotation)
    )
    width, height = frame.upright_size
    places = [(key, found.box) for key, found in evidence.items() if found.page == status.number and found.box]
    return PageSheet(
        status=status,
        width=width,
        height=height,
        marks=[shares(frame, run) for run in hit_runs(hit.boxes if hit else (), sideways=frame.rotation % 180 == 90)],
        text=[],
        places=[(key, share) for key, box in places for share in shares(frame, [box])],
        lines=_lines(page, frame, hit) if beside and page else [],
    )


def _lines(page: PageText, frame: Frame, hit: PageHit | None) -> list[PageLine]:
    """Return the lines of a page that has a picture."""
    lines: list[PageLine] = []
    paragraph = None
    for (number, this), words in groupby((w for w in page.words if w.text), key=lambda w: (w.line, w.paragraph)):
        line = list(words)
        around = bounds(line)
        text = mark_text(" ".join(word.text for word in line), [hit] if hit else [])
        place = shares(frame, [around])[0] if around else None
        lines.append(PageLine(page.number, number, text, place, begins=this != paragraph))
        paragraph = this
    return lines


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
