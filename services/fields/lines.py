"""Lines of a page, with columns told apart: what the other modules of this package read fields from."""

import re
import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from typing import Literal

from services.core.dates import find_long_dates
from services.core.model import Box, PageText, Word, Zone, bounds
from services.core.text import fold, squeeze

Column = Literal["left", "right", "full"]

_COLUMN_GAP_HEIGHTS = 2.2  # white space wider than this many letter heights parts two columns
_SPACING_HEIGHTS = 1.9  # lines of one paragraph stand closer than this many letter heights, middle to middle
_MARKUP = re.compile(r"[*^]+|\\(?=[*_])")
_MOTTO_START = re.compile(r"\b(?:cong h\w{1,2} x\w (?:hoi|ho)|doc lap|dang cong san viet)")
_SYMBOL_HEAD = re.compile(r"^\W*s[o06]\s*[:;.]?.{0,14}?/.{2,40}?(?<![-/])(?=\s)", re.IGNORECASE)
_SPOILT_FOR = re.compile(r"K[ITfFrl1][.,]")
_AUTHORITY_START = re.compile(r"(?<=\S)\s+(?=(?:TM|KT|TL|TUQ|Q)\s?\.\s?[^\W\d_]{2}|[TK]/[MTL]\s)")


@dataclass(frozen=True)
class Line:
    """A run of words on one line of one column. `first` and `last` number its words in the page's `words`."""

    text: str
    page: int
    words: tuple[Word, ...]
    indexes: tuple[int, ...]
    column: Column | None = None
    gap_before: bool = False

    @cached_property
    def box(self) -> Box | None:
        """Box around the line's words, None for text that was read elsewhere."""
        return bounds(self.words)

    @property
    def zone(self) -> Zone | None:
        """Zone of the line's first word."""
        return self.words[0].zone

    @cached_property
    def folded(self) -> str:
        """The text in lower case without marks."""
        return fold(self.text)

    @cached_property
    def confidence(self) -> float:
        """Lowest confidence of the words that carry letters or digits."""
        return min((w.confidence for w in self.words if any(c.isalnum() for c in w.text)), default=0.0)

    @cached_property
    def shouted(self) -> bool:
        """Whether its letters are capitals, some slips of the reader aside."""
        letters = [c for c in self.text if c.isalpha()]
        return len(letters) > 2 and sum(c.isupper() for c in letters) >= 0.85 * len(letters)


def page_lines(page: PageText) -> list[Line]:
    """Cut a page into lines, a line across two columns into one for each; reading order is kept.

    Columns are told by zones, by white space, and (text without boxes) by the phrases that open the right column.
    Running heads, page numbers and notes laid over the page are left out.
    """
    skipped = (Zone.RUNNING_HEAD, Zone.PAGE_NUMBER, Zone.ANNOTATION)
    words = [(i, _as_read(w)) for i, w in enumerate(page.words) if w.zone not in skipped]
    numbered = [(i, w) for i, w in words if _MARKUP.sub("", w.text).strip()]
    lines: list[Line] = []
    paragraph: int | None = None
    numbered = list(_blanks_closed(numbered))
    for _, group in groupby(numbered, key=lambda item: (item[1].line, item[1].paragraph, item[1].zone)):
        row = list(group)
        gap = row[0][1].paragraph != paragraph
        paragraph = row[0][1].paragraph
        for piece in _columns(row):
            lines.append(_line(page, piece, gap))
            gap = False
    return _with_spacing([line for line in lines if sum(c.isalnum() for c in line.text) > 1])


def _as_read(word: Word) -> Word:
    """Put back what repair took for junk: a pen's day with the word it was run into, and a KT. that a seal spoilt."""
    if word.text or not word.raw:
        return word
    kept = word.zone is Zone.PLACE_DATE or _SPOILT_FOR.fullmatch(word.raw)
    return replace(word, text=word.raw) if kept else word


def _blanks_closed(numbered: Sequence[tuple[int, Word]]) -> Iterator[tuple[int, Word]]:
    """Put words on one line that a blank to be filled in has parted: "ngày      tháng      năm", "Số:      /UBND"."""
    before: Word | None = None
    moved: tuple[int, Word] | None = None
    for index, word in numbered:
        if before and word.line != before.line and _is_blank(before, word) and _level(before, word):
            moved = (word.line, before)
        elif moved and word.line != moved[0]:
            moved = None
        kept = (
            word
            if moved is None
            else replace(word, line=moved[1].line, paragraph=moved[1].paragraph, zone=moved[1].zone)
        )
        yield index, kept
        before = kept


def _is_blank(left: Word, right: Word) -> bool:
    """Tell whether the white space between two words is one of a form, left for a number or a day."""
    label = re.sub(r".*[^a-z]", "", fold(left.text).strip(" :;.,"))  # "Châu,ngày": a reader may run words together
    follower = fold(right.text)
    dated = (label == "ngay" and follower.startswith("thang")) or (label == "thang" and follower.startswith("nam"))
    return dated or (label == "so" and right.text.startswith("/"))


def _level(left: Word, right: Word) -> bool:
    if left.box is None or right.box is None:
        return False
    return abs((left.box.y0 + left.box.y1) - (right.box.y0 + right.box.y1)) < left.box.y1 - left.box.y0


def _columns(words: list[tuple[int, Word]]) -> Iterator[list[tuple[int, Word]]]:
    for piece in _by_gaps(words):
        yield from _by_phrases(piece)


def _by_gaps(words: list[tuple[int, Word]]) -> Iterator[list[tuple[int, Word]]]:
    heights = [w.box.y1 - w.box.y0 for _, w in words if w.box]
    if not heights or len(heights) < len(words):
        yield words
        return
    limit = _COLUMN_GAP_HEIGHTS * statistics.median(heights)
    start = 0
    for at in range(1, len(words)):
        before, after = words[at - 1][1].box, words[at][1].box
        if before and after and after.x0 - before.x1 > limit and not _is_blank(words[at - 1][1], words[at][1]):
            yield words[start:at]
            start = at
    yield words[start:]


def _by_phrases(words: list[tuple[int, Word]]) -> Iterator[list[tuple[int, Word]]]:
    """Cut where the motto, the place and date, or the signer's authority begins inside a line."""
    texts = [w.text for _, w in words]
    joined = " ".join(texts)
    cut = _phrase_start(joined)
    if cut is None:
        yield words
        return
    at, length = 0, 0
    while at < len(texts) and length < cut:
        length += len(texts[at]) + 1
        at += 1
    if 0 < at < len(words):
        yield words[:at]
        yield from _by_phrases(words[at:])
    else:
        yield words


def _phrase_start(text: str) -> int | None:
    folded = fold(text)
    if len(folded) != len(text):
        return None
    motto = _MOTTO_START.search(folded)
    if motto and motto.start() > 2:
        return motto.start()
    symbol = _SYMBOL_HEAD.match(folded)
    if symbol and find_long_dates(text[symbol.end() :]):
        return symbol.end() + 1
    authority = _AUTHORITY_START.search(text)
    return authority.end() if authority else None


def _line(page: PageText, numbered: Sequence[tuple[int, Word]], gap: bool) -> Line:
    words = tuple(w for _, w in numbered)
    text = squeeze(_MARKUP.sub("", " ".join(w.text for w in words)))
    return Line(text, page.number, words, tuple(i for i, _ in numbered), _column(bounds(words), page.width), gap)


def _column(box: Box | None, width: float) -> Column | None:
    if box is None or not width:
        return None
    middle = (box.x0 + box.x1) / 2
    if box.x1 < 0.56 * width and middle < 0.44 * width:
        return "left"
    return "right" if box.x0 > 0.42 * width and middle > 0.56 * width else "full"


def _with_spacing(lines: list[Line]) -> list[Line]:
    """Mark lines that stand well below the one above them, whatever the reader made of paragraphs."""
    heights = [w.box.y1 - w.box.y0 for line in lines for w in line.words if w.box and len(w.text) > 2]
    if not heights:
        return lines
    limit = _SPACING_HEIGHTS * statistics.median(heights)
    spaced: list[Line] = []
    for line in lines:
        drop = _drop(line, spaced)
        spaced.append(line if drop is None else replace(line, gap_before=drop > limit))
    return spaced


def _drop(line: Line, before: Sequence[Line]) -> float | None:
    """Return how far the line's middle stands below that of the nearest line over it; skew makes boxes overlap."""
    box = line.box
    if box is None:
        return None
    middle = (box.y0 + box.y1) / 2
    drops = []
    for other in before[-8:]:
        over = other.box
        if over and over.x0 < box.x1 and box.x0 < over.x1 and len(other.text) > 2:
            drops.append(middle - (over.y0 + over.y1) / 2)
    return min((d for d in drops if d > 4), default=None)


def joined(lines: Iterable[Line]) -> str:
    """Join the texts of lines with single blanks; a symbol cut behind its hyphen or slash is joined without one."""
    text = ""
    for line in lines:
        glue = "" if re.search(r"[0-9A-ZĐ][-/]$", text) and line.text[:1].isupper() else " "
        text = f"{text}{glue}{line.text}" if text else line.text
    return text
