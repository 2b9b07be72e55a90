"""Frames of rubber stamps: found by their ruled lines, which are taken off so that what they strike through reads.

Of the development scans nine bear such a frame on their first page; eight are found, and nothing else is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from statistics import median

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from services.core.model import Box
from services.ocr.prepare import Prepared

_MM = 72 / 25.4
_INK = 150
_LOOK_DPI = 150
_LOOK_SHARE = 0.6
_WIDTH = (20 * _MM, 80 * _MM)
_HEIGHT = (7 * _MM, 50 * _MM)
_LONG, _FLAT = (14 * _MM, 110 * _MM), (4 * _MM, 50 * _MM)
_RUN = 5 * _MM
_STEP = 1.2
_CORNER = 3 * _MM
_SIDE_SHARE = 0.6
_OVERHANG = 1 * _MM
_REACH = 1.3 * _MM
_EDGE = 190

Ink = NDArray[np.bool_]
_Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Rule:
    """A ruled line, nearly level: from (x0, y0) to (x1, y1), in points."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def length(self) -> float:
        return self.x1 - self.x0

    @property
    def y(self) -> float:
        return (self.y0 + self.y1) / 2

    def flipped(self) -> _Rule:
        """The same line with x and y exchanged."""
        return _Rule(self.y0, self.x0, self.y1, self.x1)


def lift_frames(prepared: Prepared, *, piece: bool = False) -> tuple[Prepared, list[Box]]:
    """Take the frames of stamps off the upper part of a page; returns the page without them and where they were.

    Of a piece that may be one stamp the whole is looked at, and longer and flatter frames are taken too.
    The frames are in pixels of the prepared page. What stands inside them stays: it is told apart by its place.
    """
    scale = max(1, round(prepared.dpi / _LOOK_DPI))
    small = np.asarray(prepared.image.reduce(scale)) < _INK
    ink = small[: len(small) if piece else int(len(small) * _LOOK_SHARE)]
    point = prepared.dpi / scale / 72
    level = list(_rules(ink, point))
    upright = list(_rules(ink.T, point))
    frames = list(_frames(level, upright, *((_LONG, _FLAT) if piece else (_WIDTH, _HEIGHT))))
    if not frames:
        return prepared, []
    grey = np.array(prepared.image)
    for frame in frames:
        inside = [rule for rule in level if _within(rule, frame)]
        beside = [rule for rule in upright if _within(rule.flipped(), frame)]
        _erase(grey, inside, prepared.dpi / 72)
        _erase(grey.T, beside, prepared.dpi / 72)
    pixels = prepared.dpi / 72
    return (
        replace(prepared, image=Image.fromarray(grey)),
        [Box(*(value * pixels for value in frame)) for frame in frames],
    )


def _rules(ink: Ink, point: float) -> Iterator[_Rule]:
    """Find lines of ink that run along the rows, a little sloped perhaps; `point` is pixels per point."""
    thick = ink.copy()
    thick[1:] |= ink[:-1]
    edges = np.diff(np.pad(thick, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, starts = np.nonzero(edges == 1)
    _, ends = np.nonzero(edges == -1)
    long = ends - starts >= _RUN * point
    runs = sorted(zip(starts[long].tolist(), rows[long].tolist(), ends[long].tolist(), strict=True))
    chains: list[list[tuple[int, int, int]]] = []
    for start, row, end in runs:
        for chain in reversed(chains):
            last = chain[-1]
            if start <= last[2] + 2 * point and end > last[0] and abs(row - last[1]) <= max(2.0, _STEP * point):
                if end > last[2]:
                    chain.append((start, row, end))
                break
        else:
            chains.append([(start, row, end)])
    for chain in chains:
        yield _Rule(chain[0][0] / point, chain[0][1] / point, chain[-1][2] / point, chain[-1][1] / point)


def _frames(level: Sequence[_Rule], upright: Sequence[_Rule], widths: _Span, heights: _Span) -> Iterator[Box]:
    """Yield the largest rectangles of the size of a stamp whose four sides are ruled."""
    found: list[Box] = []
    wide = [rule for rule in level if widths[0] <= rule.length <= widths[1]]
    for top, bottom in product(wide, wide):
        if not heights[0] <= bottom.y - top.y <= heights[1]:
            continue
        if abs(top.x0 - bottom.x0) > _CORNER or abs(top.x1 - bottom.x1) > _CORNER:
            continue
        left, right = (top.x0 + bottom.x0) / 2, (top.x1 + bottom.x1) / 2
        if _has_side(upright, left, top.y, bottom.y) and _has_side(upright, right, top.y, bottom.y):
            found.append(Box(min(top.x0, bottom.x0), top.y, max(top.x1, bottom.x1), bottom.y))
    taken: list[Box] = []
    for frame in sorted(found, key=lambda box: (box.x1 - box.x0) * (box.y1 - box.y0), reverse=True):
        if not any(frame.meets(other) for other in taken):
            taken.append(frame)
            yield frame


def _has_side(upright: Sequence[_Rule], x: float, top: float, bottom: float) -> bool:
    """Whether ruled lines near `x` cover most of the way from top to bottom; an upright line has x and y exchanged."""
    covered = sum(max(0.0, min(rule.x1, bottom) - max(rule.x0, top)) for rule in upright if abs(rule.y - x) <= _CORNER)
    return covered >= _SIDE_SHARE * (bottom - top)


def _within(rule: _Rule, frame: Box) -> bool:
    return (
        frame.x0 - _CORNER <= rule.x0
        and rule.x1 <= frame.x1 + _CORNER
        and frame.y0 - _CORNER <= min(rule.y0, rule.y1)
        and max(rule.y0, rule.y1) <= frame.y1 + _CORNER
    )


def _erase(grey: NDArray[np.uint8], rules: Sequence[_Rule], pixels: float) -> None:
    """Whiten lines that run along the rows, but not the strokes that cross them (thicker than the line elsewhere)."""
    for rule in rules:
        runs = [
            (x, run)
            for x in range(*_span(rule, grey.shape[1], pixels))
            if (run := _run_at(grey[:, x], x, rule, pixels))
        ]
        usual = median(end - start for _, (start, end) in runs) if runs else 0
        for x, (start, end) in runs:
            if end - start <= usual + 2:
                grey[max(0, start - 1) : end + 1, x] = 255


def _span(rule: _Rule, width: int, pixels: float) -> tuple[int, int]:
    reach = round(_OVERHANG * pixels)
    return max(0, round(rule.x0 * pixels) - reach), min(width, round(rule.x1 * pixels) + reach)


def _run_at(column: NDArray[np.uint8], x: int, rule: _Rule, pixels: float) -> tuple[int, int] | None:
    """Return where the run of ink begins and ends (past it) that lies on the rule at `x`, None where there is none."""
    share = (x / pixels - rule.x0) / max(1.0, rule.length)
    at = round((rule.y0 + share * (rule.y1 - rule.y0)) * pixels)
    reach = round(_REACH * pixels)
    top = max(0, at - reach)
    dark = np.nonzero(column[top : at + reach + 1] < _EDGE)[0]
    if not len(dark):
        return None
    runs = np.split(dark, np.nonzero(np.diff(dark) > 1)[0] + 1)
    nearest = min(runs, key=lambda run: abs((run[0] + run[-1]) / 2 + top - at))
    return int(nearest[0]) + top, int(nearest[-1]) + top + 1
