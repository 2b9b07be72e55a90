"""Vietnamese-capable fonts of the system, their measures in points, and their Pillow form in pixels."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from PIL import ImageFont

from services.core.errors import MissingProgramError

_UNITS = 1000  # measures are taken once at this size and scaled
_STYLES = {"": "Regular", "b": "Bold", "i": "Italic", "bi": "BoldItalic"}
_DEJAVU = {"": "", "b": "-Bold", "i": "-Italic", "bi": "-BoldItalic"}
_FOLDER = Path("/usr/share/fonts/truetype")
_DEJAVU_SIZE = 0.86
_NAMES = {"sans": "Sans", "sans-condensed": "SansCondensed", "serif-condensed": "SerifCondensed", "mono": "SansMono"}
_ONLY_DEJAVU = {"dejavu", "sans-condensed", "serif-condensed", "mono"}
_RAREST = "ỗ"  # letters like this are what fonts without Vietnamese lack (Liberation 1 of Debian 12 does)


class Face(NamedTuple):
    """A font family of the corpus and a style: "", "b", "i" or "bi"; "mono" is for digits, it lacks letters."""

    family: str
    style: str = ""


@lru_cache
def font_file(face: Face) -> Path:
    """Return the file of a face; MissingProgramError names the packages that bring one."""
    for path in (*_usual_places(face), *_asked(face)):
        if path.is_file() and (face.family == "mono" or _speaks_vietnamese(path)):
            return path
    raise MissingProgramError(
        "No font with Vietnamese letters was found. Install one: apt-get install fonts-dejavu-core",
        name="fonts-dejavu-core",
    )


def _usual_places(face: Face) -> Iterator[Path]:
    """Liberation 2 (the measures of Times and Arial) first; else DejaVu, upright where it has no slanted face."""
    name = _NAMES.get(face.family, "Serif")
    if face.family not in _ONLY_DEJAVU:
        for folder in ("liberation2", "liberation"):
            yield _FOLDER / folder / f"Liberation{name}-{_STYLES[face.style]}.ttf"
    style = _DEJAVU[face.style].replace("Italic", "Oblique" if name.startswith("Sans") else "Italic")
    for there in (style, "-Bold" if "b" in face.style else ""):
        yield _FOLDER / "dejavu" / f"DejaVu{name}{there}.ttf"


def _asked(face: Face) -> Iterator[Path]:
    """What fontconfig would take, for systems that keep fonts elsewhere."""
    kind = "sans-serif" if face.family == "sans" else "serif"
    wanted = f"{kind}:lang=vi" + (":bold" if "b" in face.style else "") + (":italic" if "i" in face.style else "")
    try:
        answer = subprocess.run(["fc-match", "-f", "%{file}", wanted], capture_output=True, text=True, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        return
    yield Path(answer.stdout)


def _speaks_vietnamese(path: Path) -> bool:
    font = ImageFont.truetype(str(path), 40, layout_engine=ImageFont.Layout.BASIC)
    return bytes(font.getmask(_RAREST)) != bytes(font.getmask("\uffff"))


def natural_size(face: Face, size: float) -> float:
    """Return the size at which the face is as wide as Times is at `size`: DejaVu is drawn larger than others."""
    return size * (_DEJAVU_SIZE if font_file(face).name.startswith("DejaVu") else 1.0)


@lru_cache(maxsize=256)
def pixel_font(face: Face, size: float) -> ImageFont.FreeTypeFont:
    """Return the face for drawing at `size` pixels."""
    path, natural = str(font_file(face)), natural_size(face, size)
    return ImageFont.truetype(path, natural, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=20_000)
def advance(face: Face, size: float, text: str) -> float:
    """Return the width of a text set at `size` points, in points."""
    return pixel_font(face, _UNITS).getlength(text) * size / _UNITS


@lru_cache(maxsize=20_000)
def ink(face: Face, size: float, text: str) -> tuple[float, float, float, float]:
    """Return the box of a text's ink relative to its origin on the base line, in points, y downwards."""
    x0, y0, x1, y1 = pixel_font(face, _UNITS).getbbox(text, anchor="ls")
    scale = size / _UNITS
    return x0 * scale, y0 * scale, x1 * scale, y1 * scale
