"""Draw sheets into pictures: words, rules, a round seal, a signature."""

from __future__ import annotations

import math
import random

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from tests.corpus.fonts import Face, pixel_font
from tests.corpus.layout import BLUE, RED, Drawing, Sheet, Stamp

_WHITE = (255, 255, 255)


def draw_sheet(sheet: Sheet, dpi: int, rng: random.Random) -> Image.Image:
    """Draw a sheet at a resolution; seal and signature lie over the print as ink does (multiplied)."""
    scale = dpi / 72
    size = round(sheet.width * scale), round(sheet.height * scale)
    image = Image.new("RGB", size, _WHITE)
    pen = ImageDraw.Draw(image)
    for word in sheet.words:
        font = pixel_font(word.face, word.size * scale)
        pen.text((word.x * scale, word.y * scale), word.text, font=font, fill=word.colour, anchor="ls")
    for rule in sheet.rules:
        ends = (rule.x0 * scale, rule.y0 * scale, rule.x1 * scale, rule.y1 * scale)
        pen.line(ends, fill=rule.colour, width=max(1, round(rule.width * scale)))
    for drawing in sheet.drawings:
        layer = Image.new("RGB", size, _WHITE)
        if drawing.what == "seal":
            _seal(layer, drawing, scale)
        else:
            _signature(layer, drawing, scale, rng)
        image = ImageChops.multiply(image, layer)
    for stamp in sheet.stamps:
        image = ImageChops.multiply(image, _stamp(size, stamp, scale, rng))
    return image


def _stamp(size: tuple[int, int], stamp: Stamp, scale: float, rng: random.Random) -> Image.Image:
    """Draw a stamp alone on white, turned about its middle; where it is worn or was pressed lightly, ink is missing."""
    cover = Image.new("L", size, 0)
    pen = ImageDraw.Draw(cover)
    for word in stamp.words:
        font = pixel_font(word.face, word.size * scale)
        pen.text((word.x * scale, word.y * scale), word.text, font=font, fill=255, anchor="ls")
    x0, y0, x1, y1 = (value * scale for value in stamp.box)
    if stamp.framed:
        pen.rectangle((x0, y0, x1, y1), outline=255, width=max(1, round(1.3 * scale)))
    if stamp.tilt:
        cover = cover.rotate(stamp.tilt, Image.Resampling.BICUBIC, center=((x0 + x1) / 2, (y0 + y1) / 2))
    if stamp.worn:
        cover = ImageChops.multiply(cover, _pressure(size, stamp.worn, rng))
    layer = Image.new("RGB", size, _WHITE)
    layer.paste(stamp.colour, (0, 0), cover)
    return layer


def _pressure(size: tuple[int, int], worn: float, rng: random.Random) -> Image.Image:
    """Return how much of its ink a stamp gives where, uneven over a few millimetres and grainy."""
    noise = np.random.default_rng(rng.randrange(2**32))
    coarse = Image.fromarray(noise.integers(0, 256, (size[1] // 24 + 1, size[0] // 24 + 1), dtype=np.uint8))
    patches = np.asarray(coarse.resize(size, Image.Resampling.BICUBIC), dtype=np.float32) / 255
    grain = noise.random((size[1], size[0]), dtype=np.float32)
    given = 1 - worn * (0.5 * patches + 0.5 * grain)
    return Image.fromarray((255 * given).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.6))


def _seal(layer: Image.Image, seal: Drawing, scale: float) -> None:
    pen = ImageDraw.Draw(layer)
    x, y, r = seal.x * scale, seal.y * scale, seal.extent * scale
    for part, width in ((1.0, 2.0), (0.93, 0.8), (0.62, 0.8)):
        box = (x - r * part, y - r * part, x + r * part, y + r * part)
        pen.ellipse(box, outline=RED, width=max(1, round(width * scale)))
    _star(pen, x, y, r * 0.3)
    upper, lower = seal.texts
    _around(layer, upper, (x, y), r * 0.7, scale, upwards=True)
    _around(layer, lower, (x, y), r * 0.7, scale, upwards=False)


def _star(pen: ImageDraw.ImageDraw, x: float, y: float, r: float) -> None:
    points = []
    for i in range(10):
        radius, angle = (r if i % 2 == 0 else r * 0.4), math.pi * i / 5 - math.pi / 2
        points.append((x + radius * math.cos(angle), y + radius * math.sin(angle)))
    pen.polygon(points, fill=RED)


def _around(
    layer: Image.Image, text: str, centre: tuple[float, float], radius: float, scale: float, *, upwards: bool
) -> None:
    """Write a text around a circle, over its top (read outside in) or along its bottom."""
    font = pixel_font(Face("sans", "b"), 7.2 * scale)
    width = font.getlength(text)
    step = min(1.0, radius * 2.6 / width) * 1.05 / (radius + 3 * scale)
    angle = -width * step / 2
    for letter in text:
        half = font.getlength(letter) * step / 2
        angle += half
        turn = angle if upwards else -angle
        glyph = Image.new("L", (round(14 * scale), round(14 * scale)), 0)
        ImageDraw.Draw(glyph).text((7 * scale, 7 * scale), letter, font=font, fill=255, anchor="mm")
        glyph = glyph.rotate(-math.degrees(turn), Image.Resampling.BICUBIC)
        reach = (radius + 4.2 * scale) * (1 if upwards else -1)
        x, y = centre[0] + reach * math.sin(turn), centre[1] - reach * math.cos(turn)
        layer.paste(RED, (round(x - 7 * scale), round(y - 7 * scale)), glyph)
        angle += half


def _signature(layer: Image.Image, drawing: Drawing, scale: float, rng: random.Random) -> None:
    """A pen stroke of a few loops, with a tail."""
    pen = ImageDraw.Draw(layer)
    loops, phase = rng.uniform(2.5, 4.5), rng.uniform(0, 3)
    points = []
    for i in range(160):
        t = i / 159
        x = drawing.x + drawing.extent * (1.7 * t - 0.8) + 9 * math.sin(t * loops * 9 + phase)
        y = drawing.y + (16 - 9 * t) * math.sin(t * loops * 6.3 + phase) - 12 * t + 6
        points.append((x * scale, y * scale))
    end = points[-1]
    points += [(end[0] - 60 * scale, end[1] + 22 * scale), (end[0] + 12 * scale, end[1] + 16 * scale)]
    pen.line(points, fill=BLUE, width=max(1, round(1.3 * scale)), joint="curve")
