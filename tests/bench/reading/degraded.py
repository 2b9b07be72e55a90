"""`python -m tests.bench.reading.degraded [--jobs N] [--only NAME ...]`: the transcribed pages, damaged in ten ways.

Needs VANBAN_SHARED. Every page is drawn at 300 dpi without annotations and damaged; vanban and tesseract then read
the same pictures. What is random (where a seal lies, where a pen went) is the same in every run.
"""

from __future__ import annotations

import argparse
import io
import math
import os
import random
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from tests.bench.reading.racers import run_program, tesseract
from tests.bench.reading.scans import Page, shared_folder, transcribed_pages
from tests.bench.reading.scoring import count, gains, pooled

_DPI = 300
_SKEW_DEGREES = 2
_JPEG_QUALITY = 10
_BLACK_BELOW = 150
_COFFEE = (214, 184, 138)
_SEAL_RED = (214, 40, 48)
_SEAL_RADIUS_MM = 18
_SEALS = 3
_SHOW_THROUGH = 0.35
_PENS = ((28, 40, 120), (45, 45, 50))
_STROKES = 14
_STROKE_MM = 0.5


@dataclass(frozen=True)
class Picture:
    """A page in colour, the page behind it, and the chance that belongs to it."""

    image: Image.Image
    behind: Image.Image
    rng: random.Random
    dpi: int = _DPI

    def pixels(self, millimetres: float) -> int:
        return round(millimetres * self.dpi / 25.4)


Damage = Callable[[Picture], tuple[Image.Image, int]]
"""What becomes of a page, and its resolution then."""


def _coarse(dpi: int) -> Damage:
    def damage(page: Picture) -> tuple[Image.Image, int]:
        size = (round(page.image.width * dpi / page.dpi), round(page.image.height * dpi / page.dpi))
        return page.image.resize(size, Image.Resampling.BOX), dpi

    return damage


def _none(page: Picture) -> tuple[Image.Image, int]:
    return page.image, page.dpi


def _skewed(page: Picture) -> tuple[Image.Image, int]:
    return page.image.rotate(_SKEW_DEGREES, Image.Resampling.BICUBIC, fillcolor=(255, 255, 255)), page.dpi


def _turned(page: Picture) -> tuple[Image.Image, int]:
    return page.image.transpose(Image.Transpose.ROTATE_180), page.dpi


def _squeezed(page: Picture) -> tuple[Image.Image, int]:
    written = io.BytesIO()
    page.image.save(written, "JPEG", quality=_JPEG_QUALITY)
    return Image.open(written).convert("RGB"), page.dpi


def _one_bit(page: Picture) -> tuple[Image.Image, int]:
    return page.image.convert("L").point(lambda level: 255 if level >= _BLACK_BELOW else 0).convert("1"), page.dpi


def _coffee(page: Picture) -> tuple[Image.Image, int]:
    """Brown paper with a darker ring where the cup stood."""
    width, height = page.image.size
    y, x = np.ogrid[:height, :width]
    radius = page.pixels(40)
    away = np.hypot(x - page.rng.uniform(0.3, 0.7) * width, y - page.rng.uniform(0.3, 0.7) * height)
    ring = 1 - 0.3 * np.exp(-(((away - radius) / page.pixels(3)) ** 2)) - 0.1 * (away < radius)
    paper = np.clip(ring[:, :, None] * np.array(_COFFEE), 0, 255).astype(np.uint8)
    return ImageChops.multiply(page.image, Image.fromarray(paper)), page.dpi


def _sealed(page: Picture) -> tuple[Image.Image, int]:
    """Red seals over the body, as ink that lets the print through."""
    layer = Image.new("RGB", page.image.size, "white")
    pen, r = ImageDraw.Draw(layer), page.pixels(_SEAL_RADIUS_MM)
    for _ in range(_SEALS):
        x, y = page.rng.uniform(0.25, 0.75) * layer.width, page.rng.uniform(0.3, 0.8) * layer.height
        for part, width in ((1.0, 0.9), (0.92, 0.3), (0.6, 0.3)):
            box = (x - r * part, y - r * part, x + r * part, y + r * part)
            pen.ellipse(box, outline=_SEAL_RED, width=page.pixels(width))
        star = [(0.3 if i % 2 == 0 else 0.12, math.pi * i / 5 - math.pi / 2) for i in range(10)]
        pen.polygon([(x + r * part * math.cos(a), y + r * part * math.sin(a)) for part, a in star], fill=_SEAL_RED)
        for i in range(24):  # the letters around it, as far as they are in the way: short strokes
            a = 2 * math.pi * i / 24
            ends = [(x + r * part * math.cos(a), y + r * part * math.sin(a)) for part in (0.68, 0.84)]
            pen.line(ends, fill=_SEAL_RED, width=page.pixels(0.8))
    return ImageChops.multiply(page.image, layer), page.dpi


def _shone_through(page: Picture) -> tuple[Image.Image, int]:
    behind = ImageOps.mirror(page.behind.convert("L").resize(page.image.size)).filter(ImageFilter.GaussianBlur(2))
    faint = behind.point(lambda level: round(255 - (255 - level) * _SHOW_THROUGH))
    return ImageChops.multiply(page.image, faint.convert("RGB")), page.dpi


def _scribbled(page: Picture) -> tuple[Image.Image, int]:
    """Pens, blue and black by turns, that wave across the lines."""
    layer = page.image.copy()
    pen = ImageDraw.Draw(layer)
    for i in range(_STROKES):
        x, y = page.rng.uniform(0.1, 0.6) * layer.width, page.rng.uniform(0.1, 0.9) * layer.height
        length, height, waves = page.pixels(page.rng.uniform(25, 70)), page.pixels(4), page.rng.uniform(2, 8)
        slope = page.rng.uniform(-0.2, 0.2)
        line = [(x + t, y + slope * t + height * math.sin(waves * math.tau * t / length)) for t in range(0, length, 4)]
        pen.line(line, fill=_PENS[i % len(_PENS)], width=page.pixels(_STROKE_MM), joint="curve")
    return layer, page.dpi


DAMAGES: dict[str, Damage] = {
    "none, 300 dpi": _none,
    "150 dpi": _coarse(150),
    "100 dpi": _coarse(100),
    "2° skew": _skewed,
    "180° turned": _turned,
    "low-quality JPEG": _squeezed,
    "1-bit": _one_bit,
    "coffee paper": _coffee,
    "seals over text": _sealed,
    "show-through": _shone_through,
    "pen strokes": _scribbled,
}


def main() -> None:
    given = _arguments()
    shared = shared_folder("tests.bench.reading.degraded")
    pages = transcribed_pages(shared)
    print(f"{len(pages)} pages; by how much vanban is better: 95 % over draws of pages")
    for name in given.only:
        with tempfile.TemporaryDirectory(prefix="vanban-bench-") as place:
            folders = [Path(place, part) for part in ("pictures", "vanban", "tesseract")]
            for folder in folders:
                folder.mkdir()
            pictures, ours, plain = folders
            dpi = _draw(pages, name, pictures)
            _read(pages, pictures, ours, given.jobs)
            _read_plain(pages, pictures, plain, given.jobs, dpi)
            our_counts, plain_counts = count(shared, pages, ours), count(shared, pages, plain)
        print(
            f"{name:17s} vanban {pooled(our_counts)}   tesseract {pooled(plain_counts)}"
            f"   {gains(our_counts, plain_counts)}",
            flush=True,
        )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.reading.degraded", description=__doc__)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", nargs="+", choices=DAMAGES, default=list(DAMAGES))
    return parser.parse_args()


def _draw(pages: Sequence[Page], name: str, folder: Path) -> int:
    """Draw the pages damaged, as `STEM.png`; returns their resolution."""
    behind = _drawn(pages[-1])
    for page in pages:
        image = _drawn(page)
        rng = random.Random(zlib.crc32(f"{name} {page.stem}".encode()))
        damaged, dpi = DAMAGES[name](Picture(image, behind, rng))
        damaged.save(folder / f"{page.stem}.png", dpi=(dpi, dpi), compress_level=1)
        behind = image
    return dpi


def _drawn(page: Page) -> Image.Image:
    number = str(page.number)
    command = ["pdftoppm", "-f", number, "-l", number, "-r", str(_DPI), "-hide-annotations", str(page.path)]
    done = subprocess.run(command, check=True, capture_output=True)
    return Image.open(io.BytesIO(done.stdout)).convert("RGB")


def _read(pages: Sequence[Page], pictures: Path, out: Path, jobs: int) -> None:
    command = [sys.executable, "-m", "services.cli", "read", str(pictures), "--text-dir", str(out)]
    run_program([*command, "--jobs", str(jobs)])
    for page in pages:
        (out / f"{page.stem}_p01.txt").rename(out / f"{page.stem}.txt")


def _read_plain(pages: Sequence[Page], pictures: Path, out: Path, jobs: int, dpi: int) -> None:
    commands = [tesseract(pictures / f"{page.stem}.png", out / page.stem, dpi) for page in pages]
    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(run_program, commands))


if __name__ == "__main__":
    main()
