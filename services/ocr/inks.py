"""Coloured ink on a page: where it lies in the size of a stamp, it alone, and the page without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageFilter

from services.core.model import Box
from services.ocr.prepare import Picture

_MM = 72 / 25.4
_COLOURED = 20
_PALE = 10
_CELL = 2 * _MM
_REACHES = (3, 1)
_PALE_BESIDE, _PALE_STEPS = 4, 12
_MARGIN = 1.5 * _MM
_WIDTH = (14 * _MM, 150 * _MM)
_HEIGHT = (2.5 * _MM, 50 * _MM)
_MOST = 5
_FEW = 12
SLACKS = (2.5, 1.5)
"""Of 60 stamps (`--seed 22`) 49 and 45 were read with these, 52 with either; with 3.5 40."""
_MOST_COLOURED = 98  # percent of the pixels of a place are less coloured than its ink
_LEAST_SHARE = 0.05
_AROUND = 1.5
_NONE, _WHOLE = 128.0, 80.0
_TINT_CELL = 4
_PAPER_CELL = 8
_STROKES_SHARE = 0.4
_CROSSING = 1.6
_DARK_SHARE = 0.3
_VIVID = 60.0
_TAKEN = 2.4
_HAZE = 0.15

Colour = tuple[float, float, float]
_Cells = tuple[int, int, int, int]


def ink_places(picture: Picture) -> list[Box]:
    """Return the places (points) of coloured ink that have the size of a stamp, from the top; a few at most.

    What is as coloured as the paper is no ink.
    """
    if picture.image.mode != "RGB":
        return []
    cell = max(1, round(_CELL * picture.dpi / 72))
    strength = _strength(picture.image)
    tint = _tint(strength)
    mask = strength.point(_at_least(_COLOURED + tint))
    inked = np.asarray(mask.reduce(cell)) > _FEW
    pale = np.asarray(strength.point(_at_least(_PALE + tint)).reduce(cell)) > _FEW
    found: list[Box] = []
    for reach in _REACHES:  # what runs into a seal or a signature at the wider one may stand apart at the narrower
        for place in _clusters(inked, reach):
            box, wider = (
                Box(*(value * cell * 72 / picture.dpi for value in edges)) for edges in (place, _with_pale(place, pale))
            )
            sparse = _is_sparse(mask, *(value * cell for value in place))
            if sparse and _fits(box) and not any(box.meets(other) for other in found):
                found.append(wider if _fits(wider) else box)
    return [_grown(box) for box in sorted(found, key=lambda box: box.y0)[:_MOST]]


def _with_pale(place: _Cells, pale: NDArray[np.bool_]) -> _Cells:
    """Widen a place, step by step, by the pale cells close beside its rows: worn thin strokes have little colour."""
    for _ in range(_PALE_STEPS):
        left, top, right, bottom = place
        x, y = max(0, left - _PALE_BESIDE), max(0, top - 1)
        rows, columns = np.nonzero(pale[y : bottom + 1, x : right + _PALE_BESIDE])
        if not len(rows):
            return place
        around = (int(columns.min()) + x, int(rows.min()) + y, int(columns.max()) + x + 1, int(rows.max()) + y + 1)
        wider = (min(left, around[0]), min(top, around[1]), max(right, around[2]), max(bottom, around[3]))
        if wider == place:
            return place
        place = wider
    return place


def _fits(box: Box) -> bool:
    width, height = box.x1 - box.x0, box.y1 - box.y0
    return _WIDTH[0] <= width <= _WIDTH[1] and _HEIGHT[0] <= height <= _HEIGHT[1]


def ink_alone(picture: Picture, place: Box, slack: float = SLACKS[0]) -> Image.Image:
    """Draw the page with nothing on it but the coloured ink of a place, dark on white.

    A pixel is at most `slack` times as dark as its hue accounts for: little parts the ink from black print, much keeps
    thin strokes whole.

    Black print is left out, though a JPEG lends it the colour of the ink beside it; strokes get back what lies under
    print: dark pixels between close coloured ones.
    """
    frame = _pixels(place, picture)
    piece = picture.image.crop(frame)
    light = piece.convert("L")
    lower = _lightest_print(light, piece)
    printed = light.point(lambda value: 255 if value < lower else 0)
    own = _unmixed(piece, _paper(picture.image), slack)
    own.paste(255, (0, 0), printed)
    stroke = 2 * max(1, round(_CROSSING * picture.dpi / 72 / 2)) + 1
    closed = own.filter(ImageFilter.MinFilter(stroke)).filter(ImageFilter.MaxFilter(stroke))
    own.paste(closed, (0, 0), printed)
    alone = Image.new("L", picture.image.size, 255)
    alone.paste(own, frame[:2])
    return alone


def _unmixed(piece: Image.Image, paper: Colour, slack: float) -> Image.Image:
    """Draw of each pixel as much darkness as its share of the ink's hue may account for, the ink's own being black.

    The hue is what the most coloured pixels have beside the paper. How much of it a pixel has is told with what lies
    around it: a JPEG keeps colour in squares of pixels, which takes it from thin strokes. On tinted paper ink may be
    less coloured than the paper, and yet it is of another hue.
    """
    colours = np.asarray(piece.convert("YCbCr"), dtype=np.float32)
    dark, away = np.maximum(0.0, paper[0] - colours[..., 0]), colours[..., 1:] - np.asarray(paper[1:], np.float32)
    strength = np.asarray(_strength(piece), dtype=np.float32)
    inked = strength >= max(float(_COLOURED), float(np.percentile(strength, _MOST_COLOURED)))
    hue = away[inked].mean(axis=0) if inked.any() else np.zeros(2, np.float32)
    if not hue.any():
        return Image.new("L", piece.size, 255)
    share = _spread((away @ hue / float(hue @ hue)).astype(np.float32))
    accounted = (
        np.maximum(0.0, share) * float(np.median(dark[inked])) / max(_LEAST_SHARE, float(np.median(share[inked])))
    )
    full = max(1.0, float(np.percentile(dark[inked], 75)))
    ink = np.minimum(dark, slack * accounted) / full
    return Image.fromarray((255 * np.clip(1 - (ink - _HAZE) / (1 - _HAZE), 0, 1)).astype(np.uint8))


def _spread(share: NDArray[np.float32]) -> NDArray[np.float32]:
    """Let each pixel have of a share (1 is all) what lies around it too."""
    levels = Image.fromarray(np.clip(_NONE + _WHOLE * share, 0, 255).astype(np.uint8))
    spread = np.asarray(levels.filter(ImageFilter.GaussianBlur(_AROUND)), dtype=np.float32)
    return (spread - _NONE) / _WHOLE


def _paper(image: Image.Image) -> Colour:
    """Say what colour the paper is: its lightness and the two numbers of its hue (YCbCr)."""
    colours = np.asarray(image.reduce(_PAPER_CELL).convert("YCbCr"), dtype=np.float32).reshape(-1, 3)
    light, blue, red = np.median(colours, axis=0)
    return float(light), float(blue), float(red)


def without_ink(picture: Picture, places: Sequence[Box]) -> Picture:
    """Whiten the coloured ink of places; black print under it stays.

    Where ink lies on print both are dark, and a JPEG lends the print the colour of the ink beside it: what is clearly
    darker than the ink is print.
    """
    image = picture.image.copy()
    for place in places:
        frame = _pixels(place, picture)
        image.paste(_whitened(picture.image.crop(frame)).convert("RGB"), frame[:2])
    return replace(picture, image=image)


def _whitened(piece: Image.Image) -> Image.Image:
    """Take from each pixel the darkness that its colour accounts for, but leave what is surely print."""
    light = piece.convert("L")
    levels = np.asarray(light, dtype=np.float32)
    strength = _strength(piece)
    colour = np.maximum(0.0, np.asarray(strength, dtype=np.float32) - _tint(strength))
    inked = colour >= _VIVID if (colour >= _VIVID).any() else colour >= _COLOURED
    if not inked.any():
        return light
    share = float(np.median((255.0 - levels[inked]) / colour[inked]))
    bare = np.minimum(255.0, levels + _TAKEN * share * colour)
    return Image.fromarray(np.where(levels < _lightest_print(light, piece), levels, bare).astype(np.uint8))


def _lightest_print(light: Image.Image, piece: Image.Image) -> float:
    """Return how dark a pixel is at least that is surely print: between the darkest and the usual coloured ink."""
    levels = np.asarray(light)
    inked = levels[np.asarray(_strength(piece)) >= _VIVID]
    darkest = float(levels.min())
    return darkest + _DARK_SHARE * max(1.0, float(np.median(inked)) - darkest if inked.size else 1.0)


def _darkest(image: Image.Image) -> Image.Image:
    red, green, blue = image.split()
    return ImageChops.darker(ImageChops.darker(red, green), blue)


def _strength(image: Image.Image) -> Image.Image:
    """Say how coloured each pixel is: how far the brightest of red, green and blue is from the darkest."""
    red, green, blue = image.split()
    brightest = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    return ImageChops.subtract(brightest, _darkest(image)).filter(ImageFilter.GaussianBlur(1))


def _tint(strength: Image.Image) -> int:
    """Say how coloured the paper is."""
    return int(np.median(np.asarray(strength.reduce(_TINT_CELL))))


def _at_least(least: int) -> Callable[[int], int]:
    return lambda value: 255 if value >= least else 0


def _grown(box: Box) -> Box:
    return Box(max(0.0, box.x0 - _MARGIN), max(0.0, box.y0 - _MARGIN), box.x1 + _MARGIN, box.y1 + _MARGIN)


def _pixels(place: Box, picture: Picture) -> tuple[int, int, int, int]:
    scale = picture.dpi / 72
    left, top, right, bottom = (round(value * scale) for value in place)
    return max(0, left), max(0, top), min(picture.image.width, right), min(picture.image.height, bottom)


def _is_sparse(mask: Image.Image, left: int, top: int, right: int, bottom: int) -> bool:
    """Whether it is strokes that are coloured, and not the paper (old, or stained)."""
    return float(np.asarray(mask.crop((left, top, right, bottom))).mean() / 255) < _STROKES_SHARE


def _clusters(cells: NDArray[np.bool_], cells_apart: int) -> Iterator[_Cells]:
    """Yield the boxes (x0, y0, x1, y1) of cells that lie close together."""
    left = {(int(y), int(x)) for y, x in zip(*np.nonzero(cells), strict=True)}
    reach = range(-cells_apart, cells_apart + 1)
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
