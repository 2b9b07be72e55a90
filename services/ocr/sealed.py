"""Signatures above the recipients, several beside each other as joint documents have them: each is read by itself.

Under black seals the reader of a whole page sees pictures where lines are. Each seal lies over the left third of its
signature (NĐ 30/2020, PL I, mục II.8), so that a column goes from the left rim of one seal to that of the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from services.core.model import Box
from services.ocr.again import Read, read_signed
from services.ocr.layout import Line, Region
from services.ocr.order import order
from services.ocr.prepare import Prepared
from services.ocr.seals import Seal, find_seals

_ABOVE = 235.0
"""Points from the recipients up to the first line of a signature that stands above them."""
_MOST = 4
_RIM = 0.08


def look_above_recipients(
    prepared: Prepared, lines: Sequence[Line], width: float, height: float, read: Read
) -> list[Line]:
    """Read what stands under seals above the recipients again, where no signature stands beside them."""
    segments = order(lines, width, height)
    recipients = [s.line for s in segments if s.region is Region.FOOT_LEFT]
    beside = any(s.region is Region.FOOT_RIGHT and re.search(r"[^\W\d_]{2}", s.line.text) for s in segments)
    if not recipients or beside:
        return list(lines)
    label = recipients[0].box
    band = prepared.crop(*prepared.to_pixels(Box(0.0, max(0.0, label.y0 - _ABOVE), width, label.y0)))
    seen = list(lines)
    for piece in _columns(band, find_seals(band, _MOST)):
        seen = read_signed(seen, prepared, piece, read)
    return seen


def _columns(band: Prepared, seals: Sequence[Seal]) -> Iterator[Prepared]:
    """Cut the band into one piece for each seal; the first begins at the edge of the page, the last ends there."""
    starts = [0, *(round(seal.x - seal.radius * (1 + _RIM)) for seal in seals[1:])]
    ends = [*starts[1:], band.image.width]
    for start, end in zip(starts, ends, strict=True) if seals else ():
        yield band.crop(start, 0, end, band.image.height)
