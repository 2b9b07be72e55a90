"""From a drawn sheet to what a scanner makes of it, and where the words then lie."""

from __future__ import annotations

import io
import math

import numpy as np
from PIL import Image, ImageFilter

from services.core.model import Box, PageText, TextLayer, Word
from tests.corpus.fonts import ink
from tests.corpus.layout import Sheet
from tests.corpus.model import ScanSpec

_PAPER = {"color": (252, 251, 247), "gray": (251, 251, 251), "bw": (255, 255, 255)}
_BLACK_BELOW = 165  # a 1-bit scanner's threshold


def scan_sheet(drawn: Image.Image, spec: ScanSpec, rng: np.random.Generator) -> Image.Image:
    """Turn the sheet by the skew, blur it, add paper and noise, reduce to the spec's colours, store it turned."""
    image = drawn if spec.colour == "color" else drawn.convert("L")
    if spec.skew:
        fill = 255 if image.mode == "L" else (255, 255, 255)
        image = image.rotate(spec.skew, Image.Resampling.BICUBIC, fillcolor=fill)
    if spec.blur:
        image = image.filter(ImageFilter.GaussianBlur(spec.blur))
    image = _noisy(image, spec, rng)
    if spec.colour == "bw":
        image = image.point(lambda level: 255 if level >= _BLACK_BELOW else 0).convert("1", dither=Image.Dither.NONE)
    if spec.rotate:
        image = image.rotate(spec.rotate, expand=True)
    return image


def _noisy(image: Image.Image, spec: ScanSpec, rng: np.random.Generator) -> Image.Image:
    paper = np.asarray(_PAPER[spec.colour], dtype=np.float32) / 255
    levels = np.asarray(image, dtype=np.float32) * (paper if image.mode == "RGB" else paper[0])
    if spec.noise:
        # Grain lies in the ink and the edges more than in the paper: a scanner's white point clips it there.
        grain = rng.normal(0.0, spec.noise, levels.shape[:2]).astype(np.float32)
        levels += grain if levels.ndim == 2 else grain[:, :, None]
        if spec.colour == "bw":
            specks = rng.random(levels.shape[:2]) < spec.noise * 2e-6
            levels[specks] = 0
    return Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8), image.mode)


def encode_jpeg(image: Image.Image, quality: int, dpi: int) -> bytes:
    """Return the picture as JPEG."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, dpi=(dpi, dpi), optimize=True)
    return out.getvalue()


def page_truth(sheet: Sheet, number: int, spec: ScanSpec) -> PageText:
    """Return the words of a sheet where they lie on the stored page."""
    size = stored_size(sheet, spec)
    upright = (size[1], size[0]) if spec.rotate in (90, 270) else size
    blocks = {block: i for i, block in enumerate(dict.fromkeys(word.block for word in sheet.words))}
    words = []
    for word in sheet.words:
        x0, y0, x1, y1 = ink(word.face, word.size, word.text)
        box = Box(word.x + x0, word.y + y0, word.x + x1, word.y + y1)
        if spec.medium != "pdf_born":
            box = _turned(turned_box(box, spec.skew, (upright[0] / 2, upright[1] / 2)), spec.rotate, upright)
        words.append(Word(word.text, box, 1.0, word.line, blocks[word.block], word.zone))
    layer = {"pdf_text": TextLayer.GOOD, "pdf_born": TextLayer.GOOD, "pdf_garbage": TextLayer.GARBAGE,
             "pdf_stamp": TextLayer.STAMP_ONLY}.get(spec.medium, TextLayer.NONE)  # fmt: skip
    born = spec.medium == "pdf_born"
    rotation = 0 if born or not spec.medium.startswith("pdf") else spec.rotate
    return PageText(
        number, size[0], size[1], tuple(words), layer if words else TextLayer.NONE, None if born else spec.dpi, rotation
    )


def stored_size(sheet: Sheet, spec: ScanSpec) -> tuple[float, float]:
    """Return the size in points of the page as stored: whole pixels of the scan's resolution."""
    if spec.medium == "pdf_born":
        return sheet.width, sheet.height
    scale = spec.dpi / 72
    width, height = round(sheet.width * scale) / scale, round(sheet.height * scale) / scale
    return (height, width) if spec.rotate in (90, 270) else (width, height)


def turned_box(box: Box, degrees: float, centre: tuple[float, float]) -> Box:
    """Return the upright box around a box that was turned counter-clockwise about a point."""
    if not degrees:
        return box
    cx, cy = centre
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    corners = [(x - cx, y - cy) for x in (box.x0, box.x1) for y in (box.y0, box.y1)]
    xs = [cx + dx * cos + dy * sin for dx, dy in corners]
    ys = [cy - dx * sin + dy * cos for dx, dy in corners]
    return Box(min(xs), min(ys), max(xs), max(ys))


def _turned(box: Box, rotate: int, size: tuple[float, float]) -> Box:
    """Return the box after the page was turned counter-clockwise by quarter turns; `size` is the upright page."""
    width, height = size
    if rotate == 90:
        return Box(box.y0, width - box.x1, box.y1, width - box.x0)
    if rotate == 180:
        return Box(width - box.x1, height - box.y1, width - box.x0, height - box.y0)
    if rotate == 270:
        return Box(height - box.y1, box.x0, height - box.y0, box.x1)
    return box
