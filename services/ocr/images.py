"""Pictures as files (TIFF with several pages, JPEG, PNG) through Pillow."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from services.core.errors import ReadError
from services.ocr.limits import PageLimits
from services.ocr.pdf import Geometry

FORMATS = {"image/tiff": ("TIFF",), "image/jpeg": ("JPEG",), "image/png": ("PNG",)}
_BROKEN = (OSError, ValueError, SyntaxError, EOFError, struct.error, IndexError, KeyError, TypeError, OverflowError)
_A4_LONG_INCHES = 11.69
_A4_SHORT_INCHES = 8.27
_PLAUSIBLE_DPI = (50.0, 1200.0)

Image.MAX_IMAGE_PIXELS = None  # our own limit says which code, and is checked before any pixel is decoded


@contextmanager
def open_image(path: Path, media_type: str) -> Iterator[Image.Image]:
    """Open a picture file without decoding it; ReadError says why it cannot be read."""
    if path.stat().st_size == 0:
        raise ReadError("empty_file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(path, formats=FORMATS[media_type])
    except UnidentifiedImageError as error:
        raise ReadError("not_recognised", "The file does not begin like a picture of its kind.") from error
    except _BROKEN as error:
        raise ReadError("damaged", f"Pillow: {error}") from error
    with image:
        yield image


def count_frames(image: Image.Image, limits: PageLimits) -> int:
    """Count the pages of a picture file, no further than the limit; ReadError("too_many_pages") beyond it."""
    if image.format != "TIFF":  # a camera's JPEG may hold previews, a PNG an animation: they are no pages
        return 1
    number = 0
    while number <= limits.file_pages:
        try:
            image.seek(number)
        except EOFError:
            return number
        except _BROKEN as error:
            if number:
                return number
            raise ReadError("damaged", f"Pillow: {error}") from error
        number += 1
    raise ReadError("too_many_pages", limit=limits.file_pages)


def frame_geometry(image: Image.Image, number: int, limits: PageLimits) -> tuple[Geometry, float]:
    """Measure page `number` as it is seen, and its resolution (guessed from A4 where the file does not say)."""
    seek(image, number)
    # before its notes are looked at: Pillow decodes a PNG for them
    pixels = image.width * image.height
    limits.check_picture(number, pixels, pixels * _pixel_bytes(image))
    width, height = _upright_pixels(image)
    dpi = _dpi(image, width, height)
    return Geometry(round(width * 72 / dpi, 3), round(height * 72 / dpi, 3), 0), dpi


def load_frame(image: Image.Image, number: int, limits: PageLimits) -> Image.Image:
    """Decode page `number` upright, as RGB or L; the pixel limit is checked first."""
    frame_geometry(image, number, limits)
    try:
        upright = ImageOps.exif_transpose(image)
        if upright.mode in ("RGBA", "LA", "PA", "P") and ("transparency" in upright.info or "A" in upright.mode):
            upright = _on_white(upright.convert("RGBA"))
        if upright.mode.startswith("I;16") or upright.mode in ("I", "F"):
            return _eight_bits(upright)
        return upright.convert("L" if upright.mode in ("1", "L") else "RGB")
    except _BROKEN as error:
        raise ReadError("page_damaged", f"Pillow: {error}", page=number) from error


def seek(image: Image.Image, number: int) -> None:
    """Go to page `number` (from 1)."""
    try:
        image.seek(number - 1)
    except EOFError as error:
        raise ReadError("no_such_page", number=number) from error
    except _BROKEN as error:
        raise ReadError("page_damaged", f"Pillow: {error}", page=number) from error


def _pixel_bytes(image: Image.Image) -> int:
    """Return how many bytes a pixel takes once it is decoded."""
    deep = 4 if image.mode in ("I", "F") else 2 if image.mode.startswith("I;16") else 1
    return deep * len(image.getbands())


def _upright_pixels(image: Image.Image) -> tuple[int, int]:
    try:
        turned = image.getexif().get(0x0112, 1) in (5, 6, 7, 8)
    except _BROKEN:  # the notes of a damaged picture; what is wrong with it shows when it is decoded
        turned = False
    return (image.height, image.width) if turned else (image.width, image.height)


def _dpi(image: Image.Image, width: int, height: int) -> float:
    given = image.info.get("dpi")
    if isinstance(given, tuple) and _plausible(given[0]):
        return float(given[0])
    return max(width / _A4_SHORT_INCHES, height / _A4_LONG_INCHES) if height >= width else width / _A4_LONG_INCHES


def _plausible(dpi: object) -> bool:
    try:
        return _PLAUSIBLE_DPI[0] < float(dpi) < _PLAUSIBLE_DPI[1] and float(dpi) != 72.0  # type: ignore[arg-type]
    except (TypeError, ValueError, ZeroDivisionError):
        return False


def _on_white(image: Image.Image) -> Image.Image:
    paper = Image.new("RGBA", image.size, "white")
    paper.alpha_composite(image)
    return paper.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    low, high = image.convert("F").getextrema()
    span = max(1.0, float(high) - float(low))  # type: ignore[arg-type]
    return image.convert("F").point(lambda value: (value - float(low)) * (255.0 / span)).convert("L")  # type: ignore[arg-type]
