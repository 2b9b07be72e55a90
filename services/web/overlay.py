"""Marks over a page's picture: boxes in points of the unrotated page become shares of the upright picture."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.core.model import Box
from services.search.page import PageHit, Piece


@dataclass(frozen=True, slots=True)
class Frame:
    """Size of an unrotated page in points, and by how many degrees clockwise it is turned to stand upright."""

    width: float
    height: float
    rotation: int = 0

    @property
    def upright_size(self) -> tuple[float, float]:
        """Width and height of the page as people see it."""
        return (self.height, self.width) if self.rotation % 180 else (self.width, self.height)


@dataclass(frozen=True, slots=True)
class Share:
    """A rectangle in per cent of a picture."""

    x: float
    y: float
    width: float
    height: float


def shares(frame: Frame, boxes: Iterable[Sequence[float]]) -> list[Share]:
    """Turn boxes of a page into shares of its upright picture; what lies outside the page is cut off."""
    width, height = frame.upright_size
    if width <= 0 or height <= 0:
        return []
    return [_share(upright(frame, Box(*box)), width, height) for box in boxes]


def hit_runs(boxes: Iterable[Sequence[float]], *, sideways: bool) -> list[list[Box]]:
    """Put the boxes of words that stand side by side together: one place that answers the query, one run.

    `sideways`: print runs along the height of the unrotated page.
    """
    runs: list[list[Box]] = []
    for box in (Box(*box) for box in boxes):
        if runs and _goes_on(runs[-1][-1], box, sideways=sideways):
            runs[-1].append(box)
        else:
            runs.append([box])
    return runs


def _goes_on(one: Box, other: Box, *, sideways: bool) -> bool:
    """Tell whether a word is the next of its line: not further off than it is high."""
    if sideways:
        one, other = Box(one.y0, one.x0, one.y1, one.x1), Box(other.y0, other.x0, other.y1, other.x1)
    height = one.y1 - one.y0
    same_line = min(one.y1, other.y1) - max(one.y0, other.y0) > height / 2
    return same_line and max(one.x0, other.x0) - min(one.x1, other.x1) < height


def upright(frame: Frame, box: Box) -> Box:
    """Turn a box of the unrotated page clockwise with the page."""
    x0, y0, x1, y1 = box
    match frame.rotation % 360:
        case 90:
            return Box(frame.height - y1, x0, frame.height - y0, x1)
        case 180:
            return Box(frame.width - x1, frame.height - y1, frame.width - x0, frame.height - y0)
        case 270:
            return Box(y0, frame.width - x1, y1, frame.width - x0)
        case _:
            return box


def _share(box: Box, width: float, height: float) -> Share:
    x0, x1 = (min(max(x, 0.0), width) / width * 100 for x in (box.x0, box.x1))
    y0, y1 = (min(max(y, 0.0), height) / height * 100 for y in (box.y0, box.y1))
    return Share(round(x0, 3), round(y0, 3), round(x1 - x0, 3), round(y1 - y0, 3))


def mark_text(text: str, hits: Sequence[PageHit]) -> list[Piece]:
    """Cut a text into pieces so that every whole-word occurrence of what the snippets mark is a hit.

    For pages that have no picture. Joined together the pieces are the text.
    """
    forms = {piece.text.strip() for hit in hits for piece in hit.snippet if piece.hit}
    forms.discard("")
    if not forms:
        return [Piece(text=text)]
    longest_first = sorted(forms, key=lambda form: (-len(form), form))
    pattern = r"(?<!\w)(" + "|".join(re.escape(form) for form in longest_first) + r")(?!\w)"
    parts = re.split(pattern, text, flags=re.IGNORECASE)
    return [Piece(text=part, hit=bool(number % 2)) for number, part in enumerate(parts) if part]
