"""Pages of a PDF as pictures, through pdf2image (poppler); PDFium draws the pages on which poppler gives up."""

from __future__ import annotations

import math
import re
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pdf2image
from pdf2image.exceptions import PDFInfoNotInstalledError, PDFPageCountError, PDFPopplerTimeoutError
from PIL import Image

from services.core.errors import MissingProgramError, ReadError
from services.ocr.limits import PageLimits
from services.ocr.pdf import Geometry, Pictures, draw
from services.ocr.picture_size import picture_height
from services.ocr.prepare import LONGEST_SIDE
from services.ocr.programs import FOLDER, ProgramTimeoutError, check_exit

_LOWEST_DPI = 60
"""Below it nobody, and no program, reads the letters of a normal page."""
_HIGHEST_DPI = 250
"""More takes a quarter longer and reads no better (14 pages: 99.08 % F1, 0.35 % CER; so 99.07 and 0.34)."""
_SCAN_COVERAGE = 0.2
_SIZE_TOLERANCE = 2
_COLOUR_BYTES = 3


@dataclass(frozen=True, slots=True)
class _Asked:
    """What poppler is asked to draw."""

    dpi: int = 72
    colour: bool = False
    annotations: bool = False
    size: tuple[int, int] | None = None


@cache
def _poppler_version() -> tuple[int, int]:
    done = subprocess.run([str(FOLDER / "pdftoppm"), "-v"], capture_output=True, text=True, check=False)
    check_exit("pdftoppm", done.returncode, done.stderr)
    found = re.search(r"version (\d+)\.(\d+)", done.stderr)
    if found is None:
        raise MissingProgramError(f"pdftoppm does not tell its version: {done.stderr[:200]}", program="poppler")
    return int(found[1]), int(found[2])


# pdf2image asks for the version before every page, and takes a question that was killed for a poppler that is too old
# to leave annotations out: it would draw them without a word. So the question is asked once, and its end looked at.
pdf2image.pdf2image._get_poppler_version = lambda *_, **__: _poppler_version()


def reading_dpi(shape: Geometry, pictures: Pictures, limits: PageLimits, *, drawn_text: bool) -> int:
    """Choose the resolution to read a page at: its scan's up to 250, 250 for drawn letters, less on huge pages.

    ReadError("page_too_large") where no legible resolution keeps the page below the pixel limit.
    """
    scanned = pictures.coverage >= _SCAN_COVERAGE and pictures.dpi > 0
    wanted = pictures.dpi if scanned and not drawn_text else _HIGHEST_DPI
    dpi = min(max(_LOWEST_DPI, round(wanted)), _HIGHEST_DPI, _largest_dpi(shape, limits))
    if dpi < _LOWEST_DPI or max(shape.width, shape.height) > limits.page_points:
        raise _too_large(shape)
    return dpi


def render_page(
    path: Path, number: int, shape: Geometry, dpi: int, folder: Path, *, colour: bool, limits: PageLimits
) -> Image.Image:
    """Draw a page without its annotations: stamps of signing software and notes would lie over the print.

    The picture is checked to have the size that was asked for, since poppler's exit code says nothing.
    """
    width, height = (side * dpi / 72 for side in shape.upright_size)
    image = _poppler(path, number, folder, limits, _Asked(dpi=dpi, colour=colour))
    if image and abs(image.width - width) <= _SIZE_TOLERANCE and abs(image.height - height) <= _SIZE_TOLERANCE:
        return image
    return _pdfium(path, number, dpi / 72, annotations=False)


def picture_for_people(
    path: Path, number: int, shape: Geometry, width: int, folder: Path, limits: PageLimits
) -> Image.Image:
    """Draw a page `width` pixels wide with its annotations: stamps of signing software are part of what one sees."""
    upright_width, _ = shape.upright_size
    height = picture_height(width, shape.upright_size)
    if width * height > limits.page_pixels:
        raise _too_large(shape)
    size = (height, width) if shape.rotation % 180 else (width, height)  # poppler turns the size with the page
    asked = _Asked(colour=True, annotations=True, size=size)
    image = _poppler(path, number, folder, limits, asked)
    return image or _pdfium(path, number, width / max(1.0, upright_width), annotations=True)


def _too_large(shape: Geometry) -> ReadError:
    width, height = (round(side / 72 * 2.54) for side in shape.upright_size)
    return ReadError("page_too_large", width_cm=width, height_cm=height)


def _largest_dpi(shape: Geometry, limits: PageLimits) -> int:
    width, height = max(1.0, shape.width) / 72, max(1.0, shape.height) / 72
    by_pixels = (min(limits.page_pixels, limits.page_bytes // _COLOUR_BYTES) / (width * height)) ** 0.5
    return int(min(by_pixels, LONGEST_SIDE / max(width, height)))


def _poppler(path: Path, number: int, folder: Path, limits: PageLimits, asked: _Asked) -> Image.Image | None:
    """Let poppler draw one page; a second time where it was disturbed, None where it cannot."""
    image = _convert(path, number, folder, limits, asked)
    if image is None:
        _ask_why(path, number)
        image = _convert(path, number, folder, limits, asked)
    return image


def _convert(path: Path, number: int, folder: Path, limits: PageLimits, asked: _Asked) -> Image.Image | None:
    """Run pdf2image on one page; None where it leaves no whole picture."""
    try:
        made = pdf2image.convert_from_path(
            path,
            first_page=number,
            last_page=number,
            output_folder=folder,
            output_file="page",
            paths_only=True,
            use_cropbox=True,
            poppler_path=FOLDER,
            timeout=math.ceil(limits.wall_seconds),
            fmt="ppm",  # PNG would take most of a minute for twenty pages
            dpi=asked.dpi,
            size=asked.size,  # type: ignore[arg-type] # the hint of pdf2image forgets its own default, None
            grayscale=not asked.colour,
            hide_annotations=not asked.annotations,
        )
    except PDFPopplerTimeoutError as error:
        raise ProgramTimeoutError("pdftoppm") from error
    except PDFInfoNotInstalledError as error:
        raise MissingProgramError("poppler is not installed (apt install poppler-utils).", program="poppler") from error
    except PDFPageCountError:
        made = []
    return _whole(Path(str(made[0]))) if made else None


def _whole(made: Path) -> Image.Image | None:
    """Load a picture that poppler wrote and remove the file; None when it is cut."""
    try:
        image = Image.open(made)
        image.load()
        return image  # noqa: TRY300 - only a picture that was loaded to its end is one
    except (OSError, ValueError, SyntaxError):
        return None
    finally:
        made.unlink(missing_ok=True)


def _ask_why(path: Path, number: int) -> None:
    """Raise where poppler did not fail but was stopped: pdf2image does not tell, so we ask poppler once more, small."""
    command = [str(FOLDER / "pdftoppm"), "-r", "10", "-f", str(number), "-l", str(number), str(path)]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    check_exit("pdftoppm", done.returncode, done.stderr.decode("utf-8", "replace"))


def _pdfium(path: Path, number: int, scale: float, *, annotations: bool) -> Image.Image:
    try:
        return draw(path, number, scale, annotations=annotations)
    except (RuntimeError, ValueError, OSError) as error:
        raise ReadError("page_damaged", f"Neither poppler nor PDFium draws it: {error}", page=number) from error
