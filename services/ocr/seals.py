"""Round seals over signatures: found by their ring, taken off but for the rows of print that run on beside them.

A seal lies over the left third of the signature (NĐ 30/2020, PL I, mục II.8), and so over the beginnings of the lines
above and below it. On the development scans the ring of a seal is inked to .83 and more, the best circle elsewhere to
.43.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from services.ocr.prepare import Prepared

_MM = 1 / 25.4
_RADIUS = (15.0, 21.5)
"""In millimetres: seals of the state have 36 mm across, smaller offices less, the largest 42."""
_LOOK_DPI = 60
_INK = 230
_ENOUGH = 0.6
_PALE = 130
_PALE_MARGIN = 15
_EDGE = 0.8
_ROW_MARGIN = 0.15


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal in pixels of the piece it was found on."""

    x: float
    y: float
    radius: float

    def covers(self, x: float, y: float) -> bool:
        """Whether a point lies under the seal."""
        return math.hypot(x - self.x, y - self.y) < self.radius


def find_seal(piece: Prepared) -> Seal | None:
    """Find the circle of the size of a seal whose line is inked all around, None where there is none."""
    step = max(1, round(piece.dpi / _LOOK_DPI))
    ink = (np.asarray(piece.image.reduce(step)) < _INK).astype(np.float32)
    pixel = piece.dpi * _MM / step
    share, radius, (row, column) = max(_best_circles(ink, _RADIUS[0] * pixel, _RADIUS[1] * pixel))
    if share < _ENOUGH:
        return None
    return Seal((column + 0.5) * step, (row + 0.5) * step, radius * step)


def find_seals(piece: Prepared, most: int) -> list[Seal]:
    """Find so many seals at most, from left to right."""
    found: list[Seal] = []
    while len(found) < most and (seal := find_seal(piece)):
        found.append(seal)
        piece = lift_seal(piece, seal, [])
    return sorted(found, key=lambda seal: seal.x)


def _best_circles(ink: np.ndarray, least: float, most: float) -> Iterator[tuple[float, float, tuple[int, int]]]:
    """Yield for every radius where its circle has the largest share of ink: share, radius, (row, column)."""
    reach = math.ceil(most) + 2
    size = tuple(2 * math.ceil((side + 2 * reach) / 2) for side in ink.shape)
    page = np.fft.rfft2(ink, size)
    rows, columns = np.ogrid[-reach : reach + 1, -reach : reach + 1]
    distance = np.hypot(rows, columns)
    for radius in np.arange(least, most, 1.0).tolist():
        ring = (np.abs(distance - radius) <= 1.0).astype(np.float32)
        inked = np.fft.irfft2(page * np.fft.rfft2(ring, size), size) / ring.sum()
        inked = inked[reach : reach + ink.shape[0], reach : reach + ink.shape[1]]
        row, column = divmod(int(inked.argmax()), ink.shape[1])
        yield float(inked[row, column]), radius, (row, column)


def lift_seal(piece: Prepared, seal: Seal, rows: list[tuple[float, float]]) -> Prepared:
    """Whiten what a seal covers, but not the rows (from, to, in pixels) of print that goes on outside it.

    In those it is whitened too where it is paler than print.
    """
    grey = np.array(piece.image)
    below, beside = np.ogrid[: grey.shape[0], : grey.shape[1]]
    distance = np.hypot(below - seal.y, beside - seal.x)
    covered = distance <= seal.radius + _EDGE * _MM * piece.dpi
    ring = float(np.percentile(grey[np.abs(distance - seal.radius) <= 1.0], 25))
    if ring > _PALE:
        grey[covered & (grey > ring - _PALE_MARGIN)] = 255
    for top, bottom in rows:
        margin = _ROW_MARGIN * (bottom - top)
        covered[max(0, round(top - margin)) : max(0, round(bottom + margin))] = False
    grey[covered] = 255
    return replace(piece, image=Image.fromarray(grey))
