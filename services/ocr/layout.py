"""Words and lines on a page while their order is still to be found; boxes in points of the upright page."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property
from statistics import median

from services.core.model import Box, Zone

Choices = tuple[tuple[tuple[str, float], ...], ...]
"""For each letter of a word, the letters that the recogniser weighed instead of it, each with what taking it costs."""


@dataclass(frozen=True, slots=True)
class Token:
    """One recognised word; `raw` and `cost` are those of a repair, as in `core.model.Word`.

    `choices` are empty where the recogniser does not tell; costs are 0 (as likely) to 20 (hardly).
    """

    text: str
    box: Box
    confidence: float
    raw: str | None = None
    cost: float | None = None
    choices: Choices = ()


@dataclass(frozen=True)
class Line:
    """Words that stand on one line, from left to right; never empty."""

    tokens: tuple[Token, ...]

    def moved(self, move: Callable[[Box], Box]) -> Line:
        """Carry every word to where `move` puts it."""
        return Line(tuple(replace(token, box=move(token.box)) for token in self.tokens))

    @cached_property
    def text(self) -> str:
        """The words, joined by blanks."""
        return " ".join(token.text for token in self.tokens)

    @cached_property
    def folded(self) -> str:
        """The text in capitals without marks: what patterns are looked for in, since OCR loses marks first."""
        return fold(self.text)

    @cached_property
    def box(self) -> Box:
        """The box around the words."""
        boxes = [token.box for token in self.tokens]
        return Box(
            min(b.x0 for b in boxes), min(b.y0 for b in boxes), max(b.x1 for b in boxes), max(b.y1 for b in boxes)
        )

    @cached_property
    def height(self) -> float:
        """The usual height of its words."""
        return max(1.0, median(token.box.y1 - token.box.y0 for token in self.tokens))

    @property
    def middle(self) -> float:
        """The height on the page it stands at."""
        return (self.box.y0 + self.box.y1) / 2


class Region(Enum):
    """The part of the page a line belongs to; the columns of head and foot are never read across."""

    FLOW = "flow"
    HEAD_LEFT = "head_left"
    HEAD_RIGHT = "head_right"
    FOOT_LEFT = "foot_left"
    FOOT_RIGHT = "foot_right"


@dataclass(frozen=True, slots=True)
class Segment:
    """A line, or the part of one that lies in one column."""

    line: Line
    region: Region
    zone: Zone = Zone.BODY


_SPECIAL = str.maketrans({"đ": "d", "Đ": "D"})
_ITEM = re.compile(
    r"[-–—+•*·]\s?\S|\(?\d{1,3}(?:\.\d{1,3})*[.)]\s|\(?[a-zđ][.)]\s|[IVX]{1,5}\.\s|(?:Điều|Chương|Mục)\s[\dIVX]"
)
_ENDS = tuple('.;:!?…”"')


def fold(text: str) -> str:
    """Put text in capitals and take its marks off."""
    decomposed = unicodedata.normalize("NFD", text.translate(_SPECIAL))
    return "".join(c for c in decomposed if not unicodedata.combining(c)).upper()


def starts_item(text: str) -> bool:
    """Whether a line begins a list item, an article or a numbered heading, and so a paragraph."""
    return _ITEM.match(text) is not None


def ends_sentence(text: str) -> bool:
    """Whether a line ends with a mark after which a new paragraph may begin."""
    return text.endswith(_ENDS)


def continues(before: str, after: str) -> bool:
    """Whether a piece of text that was cut by a page end or a blank line goes on: no end mark, then a small letter."""
    return bool(before) and not ends_sentence(before) and after[:1].islower() and not starts_item(after)


def split_at(line: Line, x: float) -> tuple[Line | None, Line | None]:
    """Cut a line into what lies left and right of `x` (by the middle of each word)."""
    left = tuple(t for t in line.tokens if (t.box.x0 + t.box.x1) / 2 < x)
    right = tuple(t for t in line.tokens if (t.box.x0 + t.box.x1) / 2 >= x)
    return (Line(left) if left else None, Line(right) if right else None)


def gap_at(line: Line, x: float) -> float:
    """Measure the white between the words on either side of `x`; infinite when all lie on one side."""
    left, right = split_at(line, x)
    return right.box.x0 - left.box.x1 if left and right else float("inf")
