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
