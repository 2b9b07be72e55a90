"""Coloured ink parted from black print, on tinted paper, after a JPEG."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageDraw

from services.core.model import Box
from services.ocr.inks import SLACKS, ink_alone, ink_places
from services.ocr.prepare import Picture

PAPER, BLUE, PRINT = (250, 246, 238), (120, 128, 180), (24, 24, 24)
PLACE = Box(0, 0, 216, 108)
THIN = [(60, y, 280, y) for y in range(40, 200, 16)]


def picture(*, with_print: bool) -> Picture:
    """Thin pale blue strokes, and thick black ones across half of them, as a scan keeps them."""
    image = Image.new("RGB", (600, 300), PAPER)
    draw = ImageDraw.Draw(image)
    for stroke in THIN:
        draw.line(stroke, BLUE, 1)
    draw.rectangle((60, 20, 280, 24), BLUE)
    if with_print:
        for x in range(150, 300, 30):
            draw.rectangle((x, 10, x + 5, 230), PRINT)
    written = io.BytesIO()
    image.save(written, "JPEG", quality=40)
    return Picture(Image.open(written).convert("RGB"), 200.0)


def test_thin_strokes_on_tinted_paper_stay_whole_and_print_goes() -> None:
    scan = picture(with_print=True)
    for slack in SLACKS:
        alone = np.asarray(ink_alone(scan, PLACE, slack))
        for _, y, _, _ in THIN:
            assert (alone[y - 1 : y + 3, 64:140].min(axis=0) < 160).mean() > 0.95
        between = alone[46:54, 150:280]
        assert (between > 200).mean() > 0.9, "print is no ink"


def test_a_page_without_ink_has_no_places_and_nothing_alone() -> None:
    grey = Picture(Image.new("RGB", (600, 300), PAPER), 200.0)
    assert ink_places(grey) == []
    assert np.asarray(ink_alone(grey, PLACE)).min() == 255
