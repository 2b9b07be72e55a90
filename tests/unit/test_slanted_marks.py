"""Marks of urgency stamped aslant: found as ink that no word lies over, set level, taken only where they are marks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from services.core.model import Box, Zone
from services.ocr.layout import Line, Region, Segment, Token
from services.ocr.prepare import Prepared, skew_degrees
from services.ocr.slanted import _labelled, read_slanted

DPI = 200.0
HEAD = Segment(Line((Token("Số:", Box(90, 60, 110, 72), 0.95),)), Region.HEAD_LEFT, Zone.SYMBOL)


def page(tilt: float) -> Prepared:
    """A page with an arrow of ink, letters inside it, turned counter-clockwise by `tilt` degrees."""
    sheet = Image.new("L", (1654, 2339), 255)
    stamp = Image.new("L", (320, 90), 255)
    draw = ImageDraw.Draw(stamp)
    draw.polygon([(4, 20), (250, 20), (250, 4), (316, 45), (250, 86), (250, 70), (4, 70)], outline=0, width=3)
    for x in range(40, 230, 32):
        draw.rectangle((x, 34, x + 14, 56), outline=0, width=4)
    sheet.paste(stamp.rotate(tilt, Image.Resampling.BICUBIC, expand=True, fillcolor=255), (150, 500))
    return Prepared(sheet, DPI)


def look(prepared: Prepared, text: str, segments: Sequence[Segment] = (HEAD,)) -> tuple[list[Line], list[Prepared]]:
    pieces: list[Prepared] = []

    def read(piece: Prepared) -> list[Line]:
        pieces.append(piece)
        return [Line(tuple(Token(word, Box(0, 0, 10, 10), 0.9) for word in text.split()))]

    return read_slanted(prepared, segments, read), pieces


@pytest.mark.parametrize("tilt", [0, 12, 30, -20])
def test_a_slanted_mark_is_set_level_without_its_frame_and_is_a_guess(tilt: float) -> None:
    marks, (piece,) = look(page(tilt), "HỎA TỐC")
    assert [mark.text for mark in marks] == ["HỎA TỐC"]
    assert all(token.confidence < 0.6 for token in marks[0].tokens)
    assert marks[0].box.x0 < 150 * 72 / DPI + 40
    assert abs(skew_degrees(piece.image, 10)) <= 1.5
    dark = np.asarray(piece.image) < 160
    assert dark.any()
    assert dark.sum(axis=1).max() < 0.6 * piece.image.width  # no line of a frame goes across


@pytest.mark.parametrize(
    ("seen", "mark"),
    [
        ("Ò HỒA TỐC", "HỎA TỐC"),
        ("THƯỢNG KHẨN", "THƯỢNG KHẨN"),
        ("HỎA TỐC HẸN GIỜ", "HỎA TỐC HẸN GIỜ"),
        ("mật", "MẬT"),
        ("MẬT VỤ", None),
        ("SAO Y", None),
        ("ÌẮ", None),
    ],
)
def test_only_the_marks_of_the_rules_are_taken(seen: str, mark: str | None) -> None:
    marks, _ = look(page(30), seen)
    assert [line.text for line in marks] == ([mark] if mark else [])


def test_ink_that_was_read_as_words_and_pages_without_a_head_are_not_looked_at() -> None:
    words = Segment(Line((Token("HỎA", Box(40, 150, 240, 320), 0.95),)), Region.FLOW)
    assert look(page(30), "HỎA TỐC", [HEAD, words]) == ([], [])
    assert look(page(30), "HỎA TỐC", [words]) == ([], [])


def spread(ink: np.ndarray) -> np.ndarray:
    """Number the pieces of ink one by one, each from its first point to all that it hangs together with."""
    labels = np.zeros(ink.shape, int)
    for first in zip(*np.nonzero(ink), strict=True):
        if labels[first]:
            continue
        piece = np.zeros_like(ink)
        piece[first] = True
        while True:
            padded = np.pad(piece, 1)
            rows, columns = (range(size) for size in ink.shape)
            near = [[padded[y : y + 3, x : x + 3].any() for x in columns] for y in rows]
            grown = np.array(near, bool).reshape(ink.shape) & ink
            if (grown == piece).all():
                break
            piece = grown
        labels[piece] = labels.max() + 1
    return labels


@given(st.integers(1, 9), st.integers(0, 9), st.integers(0, 2**81 - 1))
def test_pieces_of_ink_hang_together_by_sides_and_corners(height: int, width: int, bits: int) -> None:
    ink = np.array([bits >> at & 1 for at in range(height * width)], bool).reshape(height, width)
    assert (_labelled(ink) == spread(ink)).all()
