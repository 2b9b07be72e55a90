"""Stamps of arrival lifted off the page: what they say is read by itself, what they lie over stays with its line.

"VĂN BẢN ĐIỆN TỬ / Số ... Ngày ..." and ĐẾN (NĐ 30/2020, PL IV): framed ones are found by their frame, those in colour
by their ink; one in black without a frame is told by its words alone (`zones`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageFilter

from services.core.model import Box
from services.ocr.layout import Line, Token, fold
from services.ocr.prepare import Picture, Prepared

_MM = 72 / 25.4
_SAYS_STAMP = re.compile(r"\bDEN\b.*\b(?:GIO|NGAY)\b|\b(?:GIO|SO|CHUYEN)\b.*\bNGAY\b|DIEN TU\b|CONG VAN DEN", re.DOTALL)
_COLOURED = 60
_CELL = 2 * _MM
_REACH_CELLS = 2
_WIDTH = (18 * _MM, 85 * _MM)
_HEIGHT = (6 * _MM, 50 * _MM)
_LOOK_SHARE = 0.6
_MOST = 4
_WHITE = 240
_STROKES_SHARE = 0.4
_NEAR = 0.9
_ALIKE = 0.35

Read = Callable[[Prepared], Sequence[Line]]


def read_stamps(
    prepared: Prepared, picture: Picture, frames: Sequence[Box], read: Read
) -> list[tuple[Box, list[Line]]]:
    """Read what stands in frames (pixels of the prepared page) and in coloured ink at the top, where it is a stamp.

    Returns for every stamp its place and its lines, both in points of the upright page.
    """
    found = [
        (prepared.to_points(*_sized(frame)), prepared.crop(*(round(value) for value in frame))) for frame in frames
    ]
    if ink := _coloured_ink(picture):
        for place in _coloured_places(ink, picture.dpi):
            if not any(place.meets(other) for other, _ in found):
                found.append((place, prepared.cut_from(ink, prepared.to_pixels(place))))
    stamps = []
    for place, piece in found:
        lines = list(read(piece))
        if _SAYS_STAMP.search("\n".join(line.folded for line in lines)):
            stamps.append((place, lines))
    return stamps


def lift_words(lines: Sequence[Line], stamps: Sequence[tuple[Box, list[Line]]]) -> list[Line]:
    """Take the words of stamps out of the lines of a page; a word that continues a line of the page stays in it."""
    for place, said in stamps:
        words = {fold(token.text) for line in said for token in line.tokens}
        lines = [rest for line in lines if (rest := _without(line, place, words))]
    return list(lines)


def _without(line: Line, place: Box, words: set[str]) -> Line | None:
    inside = [_is_inside(token.box, place) for token in line.tokens]
    if not any(inside):
        return line
    outside = [token for token, lies_in in zip(line.tokens, inside, strict=True) if not lies_in]
    if not outside:
        return None
    stays = [not lies_in for lies_in in inside]
    for step in (1, -1):  # from the words outside, word by word into the frame
        order = range(len(line.tokens))[::step]
        for before, at in pairwise(order):
            token, neighbour = line.tokens[at], line.tokens[before]
            if not stays[at] and stays[before] and fold(token.text) not in words and _belongs(token, neighbour, line):
                stays[at] = True
    kept = tuple(token for token, stay in zip(line.tokens, stays, strict=True) if stay)
    return Line(kept)


def _belongs(token: Token, neighbour: Token, line: Line) -> bool:
    """Whether a word stands close to its neighbour, on the same line of print and as large."""
    gap = max(token.box.x0, neighbour.box.x0) - min(token.box.x1, neighbour.box.x1)
    own, other = token.box.y1 - token.box.y0, neighbour.box.y1 - neighbour.box.y0
    level = abs((token.box.y0 + token.box.y1) - (neighbour.box.y0 + neighbour.box.y1)) / 2
    return gap < _NEAR * line.height and level < _ALIKE * line.height and abs(own - other) < 2 * _ALIKE * line.height


def _is_inside(box: Box, place: Box) -> bool:
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    return place.x0 <= x <= place.x1 and place.y0 <= y <= place.y1


def _sized(box: Box) -> tuple[float, float, float, float]:
    return box.x0, box.y0, box.x1 - box.x0, box.y1 - box.y0


def _coloured_ink(picture: Picture) -> Image.Image | None:
    """Keep the coloured ink of the upper part of a page alone, dark on white; None where there is none."""
    if picture.image.mode != "RGB":
        return None
    upper = picture.image.crop((0, 0, picture.image.width, round(picture.image.height * _LOOK_SHARE)))
    red, green, blue = upper.split()
    darkest = ImageChops.darker(ImageChops.darker(red, green), blue)
    brightest = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    strength = ImageChops.subtract(brightest, darkest).filter(ImageFilter.GaussianBlur(1))
    mask = strength.point(lambda value: 255 if value >= _COLOURED else 0)
    if mask.getbbox() is None:
        return None
    ink = Image.new("L", picture.image.size, 255)
    ink.paste(darkest, (0, 0), mask)
    return ink


def _coloured_places(ink: Image.Image, dpi: float) -> Iterator[Box]:
    """Yield the places (points) of coloured ink in the upper part of the page that have the size of a stamp."""
    cell = max(1, round(_CELL * dpi / 72))
    small = np.asarray(ink.reduce(cell)) < _WHITE
    small = small[: int(len(small) * _LOOK_SHARE)]
    places = [place for place in _clusters(small) if _is_sparse(ink, *(value * cell for value in place))]
    boxes = [Box(*(value * cell * 72 / dpi for value in place)) for place in places]
    fitting = [
        box
        for box in boxes
        if _WIDTH[0] <= box.x1 - box.x0 <= _WIDTH[1] and _HEIGHT[0] <= box.y1 - box.y0 <= _HEIGHT[1]
    ]
    yield from sorted(fitting, key=lambda box: box.y0)[:_MOST]


def _is_sparse(ink: Image.Image, left: int, top: int, right: int, bottom: int) -> bool:
    """Whether it is strokes that are coloured, and not the paper (old, or stained)."""
    return float((np.asarray(ink.crop((left, top, right, bottom))) < _WHITE).mean()) < _STROKES_SHARE


def _clusters(cells: NDArray[np.bool_]) -> Iterator[tuple[int, int, int, int]]:
    """Yield the boxes (x0, y0, x1, y1) of cells that lie close together."""
    left = {(int(y), int(x)) for y, x in zip(*np.nonzero(cells), strict=True)}
    reach = range(-_REACH_CELLS, _REACH_CELLS + 1)
    while left:
        waiting, members = [left.pop()], []
        while waiting:
            y, x = waiting.pop()
            members.append((y, x))
            near = {(y + dy, x + dx) for dy in reach for dx in reach} & left
            left -= near
            waiting += near
        rows, columns = [y for y, _ in members], [x for _, x in members]
        yield min(columns), min(rows), max(columns) + 1, max(rows) + 1
