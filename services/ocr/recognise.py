"""Recognition by tesseract: a picture in, lines of words out, by its library where that is there, else by its program.

Both give the same: words with boxes, confidence and, letter by letter, what else was weighed.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from services.ocr.layout import Line
from services.ocr.prepare import Prepared

_Recognise = Callable[[Prepared, int, Path, float], list[Line]]

PAGE_MODE = 4
"""One column of lines of any size: as accurate as automatic (96.29 / 96.30 % F1) and a quarter faster."""
BLOCK_MODE = 6
"""One block of lines of one size, for pieces of a page."""
LINE_MODE = 7
"""One line."""
_SMALLEST_SIDE = 16


def recognise(
    prepared: Prepared, folder: Path, timeout_seconds: float, recogniser: str = "auto", mode: int = PAGE_MODE
) -> list[Line]:
    """Read the words of a prepared page, in tesseract's order of lines; boxes in points of the upright page.

    `recogniser` is `settings.reader.recogniser`, `mode` tesseract's page segmentation mode. A blank page gives no
    lines. Raises ProgramTimeoutError, ProgramKilledError, MissingProgramError, MemoryError.
    """
    if min(prepared.image.size) < _SMALLEST_SIDE:
        return []
    return _implementation(recogniser)(prepared, mode, folder, timeout_seconds)


def _implementation(recogniser: str) -> _Recognise:
    """Import the one that is wanted, and only that: the library brings a tesseract of its own into the process."""
    if recogniser == "pytesseract" or (recogniser == "auto" and find_spec("tesserocr") is None):
        from services.ocr import tesseract_program

        return tesseract_program.recognise
    from services.ocr import tesseract_library

    return tesseract_library.recognise
