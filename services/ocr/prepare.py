"""A page's picture made ready for recognition: the cheap steps that pay (tests/bench/reading measures each).

On the 14 transcribed pages (word F1 / line CER; tesseract, psm 4): grey 95.4 / 1.14, ink colours out .98 CER, smoothed
and straightened 96.0 / .87, enlarged only where coarser than 190 dpi 96.3 / .82, which is also a third faster than
enlarging everything to 300. Nothing is gained above 250 dpi, to which coarse scans are enlarged and fine ones drawn.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from services.core.model import Box

_COARSE_DPI = 190
_ENLARGED_DPI = 250
_ENLARGED_PIXELS = 60_000_000
LONGEST_SIDE = 32_000
"""Pixels; tesseract takes no side longer than 32,767."""
_SMOOTHING = ImageFilter.Kernel((3, 3), (36, 78, 36, 78, 169, 78, 36, 78, 36))
"""Gaussian of 0.8 pixels, cut at three: as good as ImageFilter's own (99.15 / 0.36; 99.11 / 0.34) in half the time."""
_PAPER_CELLS = 400
_PAPER_REACH = 3
_PAPER_BLUR = 2
_WHITE_PAPER = 225
_DARK_BELOW, _LEAST_DARK = 110, 0.01
_FAINT = (140, 215)
_MUCH_FAINT, _FAINT_AT_DPI = 0.2, 300
"""Faint pixels apart from print for each dark one: 0.26 to 2.0 where a third of the back shines through, 0.12 at most
on pages of thin print, the faintest of 155 scanned ones."""
_EDGE_INCHES = 0.012
_KEPT_BELOW, _WHITE_FROM = 130, 200
_SKEW_LIMIT_DEGREES = 3.0
_SKEW_STEP_DEGREES = 0.1
_SKEW_COARSE_STEPS = 3
_SKEW_WIDTH = 800
_SKEW_ENOUGH_INK = 200


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as drawn, upright, with its resolution in pixels per inch."""

    image: Image.Image
    dpi: float

    def turned_back(self, degrees: int) -> Picture:
        """Turn the picture so that print which stands turned by `degrees` (clockwise, 90, 180 or 270) is upright."""
        turns = {90: Image.Transpose.ROTATE_90, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_270}
        return replace(self, image=self.image.transpose(turns[degrees]))  # Pillow turns counter-clockwise

    def digest(self, *facts: object) -> str:
        """Hash the pixels together with `facts` that decide what their words look like in the end."""
        hashed = hashlib.sha256(repr((self.image.mode, self.image.size, round(self.dpi, 2), facts)).encode())
        hashed.update(self.image.tobytes())
        return hashed.hexdigest()


@dataclass(frozen=True, slots=True)
class Prepared:
    """A grey picture for the recogniser, and the way from its pixels back to points of the upright page."""

    image: Image.Image
    dpi: float
    skew_degrees: float = 0.0
    corner: tuple[int, int] = (0, 0)
    page_size: tuple[int, int] | None = None

    def crop(self, left: int, top: int, right: int, bottom: int) -> Prepared:
        """Cut a piece out, in pixels, empty where they lie outside; `to_points` of it still speaks of the page."""
        width, height = self.image.size
        left, top = min(max(0, left), width), min(max(0, top), height)
        frame = (left, top, max(left, min(width, right)), max(top, min(height, bottom)))
        corner = (self.corner[0] + frame[0], self.corner[1] + frame[1])
        return replace(self, image=self.image.crop(frame), corner=corner, page_size=self.page_size or self.image.size)

    def enlarged(self, scale: float) -> Prepared:
        """Draw a piece larger, for small print; `to_points` still speaks of the page."""
        width, height = self.page_size or self.image.size
        size = (round(self.image.width * scale), round(self.image.height * scale))
        return replace(
            self,
            image=self.image.resize(size, Image.Resampling.BICUBIC),
            dpi=self.dpi * scale,
            corner=(round(self.corner[0] * scale), round(self.corner[1] * scale)),
            page_size=(round(width * scale), round(height * scale)),
        )

    def cut_from(self, drawn: Image.Image, frame: tuple[int, int, int, int]) -> Prepared:
        """Cut the piece that `frame` (pixels of this page, whole) holds out of a picture of the page as it was drawn.

        The piece is straightened and enlarged like this page, but nothing else is done to it.
        """
        left, top, right, bottom = frame
        width, height = self.image.size
        cos, sin = math.cos(math.radians(self.skew_degrees)), math.sin(math.radians(self.skew_degrees))
        across, down = drawn.width / width, drawn.height / height
        x, y = left - width / 2, top - height / 2
        matrix = (
            *(cos * across, -sin * across, (cos * x - sin * y + width / 2) * across),
            *(sin * down, cos * down, (sin * x + cos * y + height / 2) * down),
        )
        size = (max(1, right - left), max(1, bottom - top))
        piece = drawn.transform(size, Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC, fillcolor=255)
        return replace(self, image=piece, corner=(left, top), page_size=self.image.size)

    def to_pixels(self, box: Box) -> tuple[int, int, int, int]:
        """Carry a box of the page as it was drawn (points) to the pixels that hold it: left, top, right, bottom."""
        width, height = self.page_size or self.image.size
        cos, sin = math.cos(math.radians(self.skew_degrees)), math.sin(math.radians(self.skew_degrees))
        corners = [(x * self.dpi / 72 - width / 2, y * self.dpi / 72 - height / 2) for x in box[::2] for y in box[1::2]]
        columns = [x * cos + y * sin + width / 2 for x, y in corners]
        rows = [y * cos - x * sin + height / 2 for x, y in corners]
        return math.floor(min(columns)), math.floor(min(rows)), math.ceil(max(columns)), math.ceil(max(rows))

    def to_points(self, left: float, top: float, width: float, height: float) -> Box:
        """Carry a rectangle of pixels back to the page as it was drawn (origin top left, points).

        The middle is turned back and the size kept: at the few degrees of a skew, boxes stay tight that way.
        """
        page_width, page_height = self.page_size or self.image.size
        middle_x, middle_y = page_width / 2, page_height / 2
        dx = left + self.corner[0] + width / 2 - middle_x
        dy = top + self.corner[1] + height / 2 - middle_y
        cos, sin = math.cos(math.radians(self.skew_degrees)), math.sin(math.radians(self.skew_degrees))
        x, y = dx * cos - dy * sin + middle_x, dx * sin + dy * cos + middle_y
        points = 72 / self.dpi
        return Box(
            (x - width / 2) * points, (y - height / 2) * points, (x + width / 2) * points, (y + height / 2) * points
        )


def prepare(picture: Picture) -> Prepared:
    """Fade coloured ink, whiten the paper, clear what shines through, enlarge coarse scans, smooth, straighten."""
    grey = clear_show_through(whiten_paper(fade_colours(picture.image)), picture.dpi)
    skew = skew_degrees(grey)
    grey, dpi = _enlarge(grey, picture.dpi)
    grey = grey.filter(_SMOOTHING)
    if skew:
        grey = grey.rotate(skew, Image.Resampling.BILINEAR, fillcolor=255)
    return Prepared(grey, dpi, skew)


def fade_colours(image: Image.Image) -> Image.Image:
    """Take the brightest of red, green and blue: black print stays, red seals and blue pens grow pale."""
    if image.mode != "RGB":
        return image.convert("L")
    red, green, blue = image.split()
    return ImageChops.lighter(ImageChops.lighter(red, green), blue)


def whiten_paper(grey: Image.Image) -> Image.Image:
    """Divide a page by its paper, where that is dark or stained: the brightest in each small square, smoothed.

    White pages, most of all, are returned as they are.
    """
    cell = max(1, max(grey.size) // _PAPER_CELLS)
    brightest = _farthest(np.asarray(grey.reduce(cell)), _PAPER_REACH, np.maximum)
    closed = _farthest(brightest, _PAPER_REACH, np.minimum)  # a stain keeps its edge, print is gone
    paper = Image.fromarray(closed).filter(ImageFilter.GaussianBlur(_PAPER_BLUR))
    if np.asarray(paper).min() >= _WHITE_PAPER:
        return grey
    light = np.maximum(np.asarray(paper.resize(grey.size, Image.Resampling.BILINEAR)), 1).astype(np.float32)
    return Image.fromarray(np.minimum(255, np.asarray(grey) * (255 / light)).astype(np.uint8))


def clear_show_through(grey: Image.Image, dpi: float) -> Image.Image:
    """Whiten the faint print of the other side, where there is much of it among dark print of this side.

    Edges of print are faint too, so only what stands off from dark print counts, and only that fades. Other pages are
    returned as they are, those of a fax or a carbon copy among them, which have no print but faint one.
    """
    sample = grey.resize((grey.width // 2, grey.height // 2), Image.Resampling.NEAREST)
    dark = sum(sample.histogram()[:_DARK_BELOW])
    if dark < _LEAST_DARK * sample.width * sample.height:
        return grey
    apart = sample.histogram(ImageChops.invert(_near_print(sample, dpi / 2)))
    if sum(apart[slice(*_FAINT)]) * dpi < _MUCH_FAINT * _FAINT_AT_DPI * dark:
        return grey
    return Image.composite(grey, grey.point([_faded(level) for level in range(256)]), _near_print(grey, dpi))


def _near_print(grey: Image.Image, dpi: float) -> Image.Image:
    """Mark (255) dark print and what lies within _EDGE_INCHES of it, as if the page's edges met.

    Shifts that double are a tenth of the time of a rank filter.
    """
    near = grey.point([255 * (level < _DARK_BELOW) for level in range(256)])
    reach = round(_EDGE_INCHES * dpi)
    for across, down in ((1, 0), (0, 1)):
        width = 1
        while width <= 2 * reach:
            step = min(width, 2 * reach + 1 - width)
            near = ImageChops.lighter(near, ImageChops.offset(near, across * step, down * step))
            width += step
        near = ImageChops.offset(near, -across * reach, -down * reach)
    return near


def _faded(level: int) -> int:
    if level < _KEPT_BELOW:
        return level
    return min(255, round(_KEPT_BELOW + (level - _KEPT_BELOW) * (255 - _KEPT_BELOW) / (_WHITE_FROM - _KEPT_BELOW)))


def _farthest(light: np.ndarray, reach: int, of: np.ufunc) -> np.ndarray:
    """Give every cell the brightest (or darkest: `of`) within `reach` cells of it, to all sides."""
    for _ in range(2):
        padded = np.pad(light, ((reach, reach), (0, 0)), mode="edge")
        light = of.reduce([padded[at : at + len(light)] for at in range(2 * reach + 1)]).T
    return np.ascontiguousarray(light)


def skew_degrees(grey: Image.Image, most: float = _SKEW_LIMIT_DEGREES) -> float:
    """Find the turn (counter-clockwise, within `most` degrees) that makes lines of print level, 0 where there are none.

    The right one is where the ink, summed along lines of that slope, changes most from one line to the next.
    """
    small = np.asarray(grey.reduce(max(1, grey.width // _SKEW_WIDTH)))
    rows, columns = np.nonzero(small < min(160.0, float(small.mean()) * 0.8))
    if len(rows) < _SKEW_ENOUGH_INK:
        return 0.0
    limit = round(most / _SKEW_STEP_DEGREES)
    near = _sharpest(rows, columns, range(-limit, limit + 1, _SKEW_COARSE_STEPS))
    best = _sharpest(rows, columns, range(near - _SKEW_COARSE_STEPS + 1, near + _SKEW_COARSE_STEPS))
    return 0.0 if abs(best) >= limit else round(best * _SKEW_STEP_DEGREES, 2)


def _sharpest(rows: np.ndarray, columns: np.ndarray, steps: range) -> int:
    return max(steps, key=lambda step: _contrast(rows, columns, step * _SKEW_STEP_DEGREES))


def _contrast(rows: np.ndarray, columns: np.ndarray, angle: float) -> float:
    offset = math.ceil(columns.max() * abs(math.tan(math.radians(angle)))) + 1
    along = np.rint(rows - columns * math.tan(math.radians(angle))).astype(np.int64) + offset
    ink = np.bincount(along)
    return float((np.diff(ink).astype(np.float64) ** 2).sum())


def recognition_dpi(dpi: float) -> float:
    """Say at which resolution a page drawn at `dpi` is recognised (huge pages apart, which stay as drawn)."""
    return dpi if dpi >= _COARSE_DPI else _ENLARGED_DPI


def _enlarge(grey: Image.Image, dpi: float) -> tuple[Image.Image, float]:
    scale = recognition_dpi(dpi) / dpi
    if scale == 1.0 or grey.width * grey.height * scale**2 > _ENLARGED_PIXELS or max(grey.size) * scale > LONGEST_SIDE:
        return grey, dpi
    size = (round(grey.width * scale), round(grey.height * scale))
    return grey.resize(size, Image.Resampling.BICUBIC), dpi * scale
