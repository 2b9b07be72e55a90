"""The words of a page as invisible text (PDF text rendering mode 3), each stretched over its box, line by line.

All words of a line have one size and stand on one line, so that viewers take them for one; a blank is stretched over
the gap to the next word, so that what is searched for may run over several words. On a skewed page the words climb like
steps: poppler cuts words whose letters stand askew.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from services.core.model import Box, PageText, Word
from services.ocr.derived.lines import turn

FONT_NAME = "VanbanInvisible"
ASCENT, DESCENT, ADVANCE = 800, -200, 500
"""Of every glyph of the font, in thousandths of its size: what viewers mark. They add up to the size, so that text set
as high as a line of print covers just that line."""

_EM = ADVANCE / 1000
_BELOW = -DESCENT / 1000
_LOW, _HIGH = 0.1, 0.9  # of a line's words: those that stand out (a rule read as a letter) do not stretch it
_SLOPE_WORDS = 5
_SLOPE_REACH = 12.0
_SLOPE_LIMIT = math.tan(math.radians(4))
_SMALLEST = 0.5
_BLANK = 0.2
"""Of the size of a line: the least blank between words. Boxes often touch, and a viewer joins words that do."""


@dataclass(frozen=True, slots=True)
class _Strip:
    """The strip a line of print fills, for a reader who sees it level: height, and how its lower edge runs."""

    size: float
    slope: float
    bottom: float  # of the lower edge at x = 0

    def base(self, x: float) -> float:
        """Return how high above the lower end of the page the base line runs at `x`, downwards counted."""
        return self.bottom + self.slope * x - _BELOW * self.size


def text_layer(page: PageText) -> bytes:
    """Write the content stream of a page's text, "" without words; its origin is the page's top left corner, y upwards.

    Coordinates are those of the page before it is turned (`/Rotate`); the font is looked for under FONT_NAME.
    """
    lines = groupby((w for w in page.words if w.text and w.box is not None), key=lambda word: word.line)
    shown = "".join("".join(_line(page, list(words))) for _, words in lines)
    return f"BT 3 Tr\n{shown}ET\n".encode("ascii") if shown else b""


def _line(page: PageText, words: Sequence[Word]) -> Iterator[str]:
    """Set the words of one line; the reader's view of the page is level, the page itself may lie on its side."""
    degrees = (page.rotation - page.turned) % 360
    seen = [(w.text, turn(w.box, page.width, page.height, degrees)) for w in words if w.box is not None]
    seen.sort(key=lambda pair: pair[1].x0)
    strip = _strip([box for _, box in seen])
    cos, sin = ((1, 0), (0, 1), (-1, 0), (0, -1))[degrees // 90]
    yield f"/{FONT_NAME} {strip.size:.2f} Tf\n"
    ends = [following.x0 for (_, _), (_, following) in pairwise(seen)]
    for (text, box), end in zip(seen, [*ends, None], strict=True):
        x, y = _on_page(page, degrees, box.x0, strip.base(box.x0))
        right = box.x1 if end is None else min(box.x1, max(end - _BLANK * strip.size, (box.x0 + box.x1) / 2))
        yield f"{cos} {sin} {-sin} {cos} {x:.2f} {-y:.2f} Tm {_shown(text, right - box.x0, strip.size)}"
        yield f" {_shown(' ', end - right, strip.size)}\n" if end is not None else "\n"


def _shown(text: str, width: float, size: float) -> str:
    """Show a text of a font size stretched to a width in points."""
    codes = "".join(c if ord(c) <= 0xFFFF else "\ufffd" for c in text).encode("utf-16-be")
    natural = len(codes) / 2 * _EM * size
    return f"{100 * max(width, 0.01) / natural:.2f} Tz <{codes.hex()}> Tj"


def _strip(boxes: Sequence[Box]) -> _Strip:
    """Find the strip of a line by where most of its words begin and end."""
    slope = _slope(boxes)
    tops = sorted(b.y0 - slope * (b.x0 + b.x1) / 2 for b in boxes)
    bottoms = sorted(b.y1 - slope * (b.x0 + b.x1) / 2 for b in boxes)
    top, bottom = tops[round((len(tops) - 1) * _LOW)], bottoms[round((len(bottoms) - 1) * _HIGH)]
    return _Strip(max(_SMALLEST, bottom - top), slope, bottom)


def _slope(boxes: Sequence[Box]) -> float:
    """Return how far a long line sinks to the right (least squares through the middles), 0 for a short one."""
    height = sorted(b.y1 - b.y0 for b in boxes)[len(boxes) // 2]
    if len(boxes) < _SLOPE_WORDS or boxes[-1].x1 - boxes[0].x0 < _SLOPE_REACH * height:
        return 0.0
    xs, ys = [(b.x0 + b.x1) / 2 for b in boxes], [(b.y0 + b.y1) / 2 for b in boxes]
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((x - mean_x) ** 2 for x in xs)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / spread if spread else 0.0
    return max(-_SLOPE_LIMIT, min(slope, _SLOPE_LIMIT))


def _on_page(page: PageText, degrees: int, x: float, y: float) -> tuple[float, float]:
    """Carry a point from the reader's level view back to the page before it was turned."""
    match degrees:
        case 90:
            return y, page.height - x
        case 180:
            return page.width - x, page.height - y
        case 270:
            return page.width - y, x
    return x, y
