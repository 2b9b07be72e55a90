"""Pages as canvases: their size in pixels, and boxes of words as regions of them (pure)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from services.core.model import Box, PageStatus
from services.ocr import picture_height
from services.web.overlay import Frame, upright

DPI = 200
"""What the picture of a page shows, as far as WIDEST allows: A4 is 1654 pixels wide."""
NARROWEST, WIDEST = 50, 3000
"""The widths that pictures of pages are drawn in (the API's own bounds)."""
TALLEST = 10_000
"""A longer picture is drawn narrower, so that no strip of paper becomes one of a hundred thousand pixels."""


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of a canvas in whole pixels."""

    x: int
    y: int
    width: int
    height: int

    def __str__(self) -> str:
        """Write it as a media fragment."""
        return f"xywh={self.x},{self.y},{self.width},{self.height}"

    @property
    def right(self) -> int:
        """The first column behind it."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The first row below it."""
        return self.y + self.height


@dataclass(frozen=True, slots=True)
class CanvasSize:
    """A page and the size of its canvas, which is that of its picture."""

    number: int
    frame: Frame
    width: int
    height: int

    @classmethod
    def of(cls, page: PageStatus) -> CanvasSize | None:
        """Measure a page; None where nobody knows its size."""
        frame = Frame(page.width, page.height, page.rotation)
        across, down = frame.upright_size
        if across <= 0 or down <= 0:
            return None
        wanted = min(across * DPI / 72, TALLEST * across / down)
        width = round(min(max(wanted, NARROWEST), WIDEST))
        return cls(page.number, frame, width, picture_height(width, (across, down)))

    def narrower(self, width: int) -> tuple[int, int]:
        """Return the size of a smaller picture of the same page."""
        return width, picture_height(width, self.frame.upright_size)

    def regions(self, boxes: Iterable[Sequence[float]]) -> list[Region]:
        """Return where boxes of words are, those of neighbours in a line as one; what lies off the page is cut."""
        return list(_joined(filter(None, (self._region(Box(*box)) for box in boxes))))

    def _region(self, box: Box) -> Region | None:
        turned = upright(self.frame, box)
        across, down = self.frame.upright_size
        x0, x1 = (min(max(x * self.width / across, 0), self.width) for x in (turned.x0, turned.x1))
        y0, y1 = (min(max(y * self.height / down, 0), self.height) for y in (turned.y0, turned.y1))
        x, y = math.floor(x0), math.floor(y0)
        region = Region(x, y, math.ceil(x1) - x, math.ceil(y1) - y)
        return region if region.width > 0 and region.height > 0 else None


def _joined(regions: Iterable[Region]) -> Iterator[Region]:
    """Join each region with the one before it where it goes on in the same line of print."""
    line: Region | None = None
    for region in regions:
        if line is not None and _goes_on(line, region):
            top, bottom = min(line.y, region.y), max(line.bottom, region.bottom)
            line = Region(line.x, top, region.right - line.x, bottom - top)
            continue
        if line is not None:
            yield line
        line = region
    if line is not None:
        yield line


def _goes_on(line: Region, region: Region) -> bool:
    """Whether a word stands to the right of a line, no further than two of its heights, and as high as it."""
    overlap = min(line.bottom, region.bottom) - max(line.y, region.y)
    lower = min(line.height, region.height)
    return overlap * 2 > lower and line.x < region.x <= line.right + 2 * max(line.height, region.height)
