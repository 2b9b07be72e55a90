"""The words of a page by paragraph and line, and the turning of their boxes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from services.core.model import Box, PageText, Word

DRAWN_DPI = 300
"""The resolution of pixel coordinates on a page whose words were not read from a picture."""


def paragraphs(page: PageText) -> Iterator[list[list[Word]]]:
    """Yield the paragraphs of a page in reading order, each a list of lines; what repair took out is left out."""
    words = (word for word in page.words if word.text)
    for _, paragraph in groupby(words, key=lambda word: word.paragraph):
        yield [list(line) for _, line in groupby(paragraph, key=lambda word: word.line)]


def turn(box: Box, width: float, height: float, degrees: int) -> Box:
    """Carry a box along when its page (`width` x `height` before) is turned clockwise by a multiple of 90 degrees."""
    x0, y0, x1, y1 = box
    match degrees % 360:
        case 90:
            return Box(height - y1, x0, height - y0, x1)
        case 180:
            return Box(width - x1, height - y1, width - x0, height - y0)
        case 270:
            return Box(y0, width - x1, y1, width - x0)
    return box


def upright_size(page: PageText) -> tuple[float, float]:
    """Width and height of the page as it is shown, in points."""
    return (page.height, page.width) if page.rotation % 180 else (page.width, page.height)


def pixel_box(page: PageText, box: Box) -> tuple[int, int, int, int]:
    """Return a box on the page as it is shown, in pixels of the resolution it was read at (x0, y0, x1, y1)."""
    scale = pixels_per_point(page)
    x0, y0, x1, y1 = turn(box, page.width, page.height, page.rotation)
    return round(x0 * scale), round(y0 * scale), round(x1 * scale), round(y1 * scale)


def pixel_size(page: PageText) -> tuple[int, int]:
    """Width and height of the page as it is shown, in the pixels of `pixel_box`."""
    width, height = upright_size(page)
    scale = pixels_per_point(page)
    return round(width * scale), round(height * scale)


def pixels_per_point(page: PageText) -> float:
    """How many pixels of `pixel_box` a point has."""
    return (page.dpi or DRAWN_DPI) / 72
