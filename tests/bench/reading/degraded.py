"""How reading bears what scans suffer: `python -m tests.bench.reading.degraded [--jobs N] [--only NAME]`.

The transcribed pages of VANBAN_SHARED, drawn without annotations, each damaged in ten ways (seeded, so that every run
damages alike), read by vanban and by plain tesseract from the same picture files.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import tempfile
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pdf2image
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from services.core.settings import load_settings
from services.ocr import Reader, pdf, plain_text
from tests.bench.reading.truth import Page, Scorer, shared_root, transcribed


@dataclass(frozen=True)
class Sheet:
    """A picture of a page in colour, its resolution, and how it is stored."""

    image: Image.Image
    dpi: float
    seed: int
    kind: str = "png"
    quality: int = 90

    def painted(self, image: Image.Image) -> Sheet:
        """Return the sheet with another picture on it."""
        return replace(self, image=image)

    def inches(self, length: float) -> int:
        """Return a length in pixels."""
        return max(1, round(length * self.dpi))


def coarser(dpi: float) -> Callable[[Sheet], Sheet]:
    """Scan at a lower resolution; a page that is coarser already stays as it is."""

    def degrade(sheet: Sheet) -> Sheet:
        share = min(1.0, dpi / sheet.dpi)
        size = (round(sheet.image.width * share), round(sheet.image.height * share))
        return replace(sheet, image=sheet.image.resize(size, Image.Resampling.LANCZOS), dpi=sheet.dpi * share)

    return degrade


def skewed(sheet: Sheet) -> Sheet:
    return sheet.painted(sheet.image.rotate(2, Image.Resampling.BICUBIC, fillcolor="white"))


def turned(sheet: Sheet) -> Sheet:
    return sheet.painted(sheet.image.transpose(Image.Transpose.ROTATE_180))


def poor_jpeg(sheet: Sheet) -> Sheet:
    return replace(sheet, kind="jpeg", quality=12)


def one_bit(sheet: Sheet) -> Sheet:
    return sheet.painted(sheet.image.convert("L").point(lambda value: 255 * (value > 160)).convert("1"))


def coffee(sheet: Sheet) -> Sheet:
    """Brown paper, unevenly so, with the ring of a cup."""
    random = np.random.default_rng(sheet.seed)
    clouds = Image.fromarray(random.integers(170, 255, (24, 17), dtype=np.uint8))
    clouds = clouds.resize(sheet.image.size, Image.Resampling.BICUBIC)
    paper = ImageOps.colorize(clouds, (176, 138, 92), (236, 214, 176))
    ring = ImageDraw.Draw(paper)
    x, y = (int(random.uniform(0.2, 0.7) * side) for side in sheet.image.size)
    across = sheet.inches(3)
    ring.ellipse((x, y, x + across, y + across), outline=(130, 88, 48), width=sheet.inches(0.12))
    return sheet.painted(ImageChops.multiply(sheet.image, paper.filter(ImageFilter.GaussianBlur(sheet.inches(0.02)))))


def sealed(sheet: Sheet) -> Sheet:
    """A round red seal over the middle of the text, as ink lies over print."""
    ink = Image.new("RGB", sheet.image.size, "white")
    draw = ImageDraw.Draw(ink)
    random = np.random.default_rng(sheet.seed)
    across = sheet.inches(1.4)
    x = int(random.uniform(0.25, 0.55) * sheet.image.width)
    y = int(random.uniform(0.35, 0.6) * sheet.image.height)
    red = (206, 44, 52)
    for inset in (0.0, 0.18):
        edge = across * inset
        circle = (x + edge, y + edge, x + across - edge, y + across - edge)
        draw.ellipse(circle, outline=red, width=sheet.inches(0.035))
    middle = (x + across / 2, y + across / 2)
    draw.regular_polygon((*middle, across / 8), 5, fill=red)
    for spoke in range(0, 360, 12):
        angle = np.radians(spoke)
        ends = [(middle[0] + r * np.cos(angle), middle[1] + r * np.sin(angle)) for r in (across * 0.36, across * 0.46)]
        draw.line([tuple(map(float, end)) for end in ends], fill=red, width=sheet.inches(0.03))
    return sheet.painted(ImageChops.multiply(sheet.image, ink))


def shown_through(sheet: Sheet) -> Sheet:
    """The print of the back, mirrored, blurred and pale."""
    back = ImageOps.mirror(sheet.image.convert("L")).filter(ImageFilter.GaussianBlur(sheet.inches(0.006)))
    pale = back.point(lambda value: 255 - (255 - value) * 0.3).convert("RGB")
    return sheet.painted(ImageChops.multiply(sheet.image, ImageChops.offset(pale, 0, sheet.inches(0.09))))


def scribbled(sheet: Sheet) -> Sheet:
    """Twelve strokes of a blue pen across the text."""
    image = sheet.image.copy()
    draw = ImageDraw.Draw(image)
    random = np.random.default_rng(sheet.seed)
    for _ in range(12):
        x, y = random.uniform(0.12, 0.6) * image.width, random.uniform(0.1, 0.9) * image.height
        length, swing, bend = sheet.inches(random.uniform(0.8, 2.5)), sheet.inches(0.12), random.uniform(2, 9)
        steps = np.linspace(0, 1, 60)
        points = [(float(x + s * length), float(y + swing * np.sin(bend * s) - swing * s)) for s in steps]
        draw.line(points, fill=(36, 52, 150), width=sheet.inches(0.014), joint="curve")
    return sheet.painted(image)


DEGRADATIONS: dict[str, Callable[[Sheet], Sheet]] = {
    "as scanned": lambda sheet: sheet,
    "150 dpi": coarser(150),
    "100 dpi": coarser(100),
    "2° skew": skewed,
    "180° turned": turned,
    "poor JPEG": poor_jpeg,
    "1-bit": one_bit,
    "coffee paper": coffee,
    "seal over text": sealed,
    "show-through": shown_through,
    "pen strokes": scribbled,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.reading.degraded", description=__doc__)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", choices=DEGRADATIONS, action="append", help="one of the degradations; repeatable")
    given = parser.parse_args()
    root = shared_root("tests.bench.reading.degraded")
    pages, scorer = transcribed(root), Scorer(root)
    for name in given.only or DEGRADATIONS:
        with tempfile.TemporaryDirectory(prefix="vanban-degraded-") as folder:
            files = [_damaged(page, DEGRADATIONS[name], Path(folder)) for page in pages]
            texts = asyncio.run(_vanban(files, given.jobs)), _plain(files, given.jobs)
            for reader, read in zip(("vanban", "plain"), texts, strict=True):
                counts = [scorer.count(page, text) for page, text in zip(pages, read, strict=True)]
                print(f"{name:15s} {reader:6s} {scorer.rates(counts)}", flush=True)


def _damaged(page: Page, degrade: Callable[[Sheet], Sheet], folder: Path) -> Path:
    with pdf.open_pdf(page.path) as document:
        dpi = min(400, round(pdf.pictures(pdf.open_page(document, page.number)).dpi) or 300)
    (image,) = pdf2image.convert_from_path(
        page.path, dpi, first_page=page.number, last_page=page.number, use_cropbox=True, hide_annotations=True
    )
    sheet = degrade(Sheet(image, dpi, zlib.crc32(page.stem.encode())))
    path = folder / f"{page.stem}.{sheet.kind}"
    sheet.image.save(path, quality=sheet.quality, dpi=(sheet.dpi, sheet.dpi))
    return path


async def _vanban(files: Sequence[Path], jobs: int) -> list[Path]:
    waiting = list(files)

    async def work() -> None:
        async with Reader(load_settings()) as reader:
            while waiting:
                path = waiting.pop()
                page = await reader.read_page(path, f"image/{path.suffix[1:]}", 1)
                await asyncio.to_thread(path.with_suffix(".vanban").write_text, plain_text(page))

    await asyncio.gather(*(work() for _ in range(jobs)))
    return [path.with_suffix(".vanban") for path in files]


def _plain(files: Sequence[Path], jobs: int) -> list[Path]:
    def read(path: Path) -> Path:
        out = path.with_name(f"{path.stem}-plain")
        subprocess.run(
            ["tesseract", str(path), str(out), "-l", "vie"],
            check=True,
            capture_output=True,
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
        )
        return out.with_name(out.name + ".txt")

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(read, files))


if __name__ == "__main__":
    main()
