"""Vietnamese-capable fonts of the system, their measures in points, and their Pillow form in pixels."""

from __future__ import annotations

import subprocess
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from PIL import ImageFont

from services.core.errors import MissingProgramError

_UNITS = 1000  # measures are taken once at this size and scaled
_FILES = {
    "liberation": ("LiberationSerif-{}.ttf", "Liberation Serif", "fonts-liberation"),
    "dejavu": ("DejaVuSerif{}.ttf", "DejaVu Serif", "fonts-dejavu"),
    "sans": ("LiberationSans-{}.ttf", "Liberation Sans", "fonts-liberation"),
}
_STYLES = {
    "liberation": {"": "Regular", "b": "Bold", "i": "Italic", "bi": "BoldItalic"},
    "dejavu": {"": "", "b": "-Bold", "i": "-Italic", "bi": "-BoldItalic"},
    "sans": {"": "Regular", "b": "Bold", "i": "Italic", "bi": "BoldItalic"},
}
_FOLDERS = (
    Path("/usr/share/fonts/truetype/liberation"),
    Path("/usr/share/fonts/truetype/liberation2"),
    Path("/usr/share/fonts/truetype/dejavu"),
)


class Face(NamedTuple):
    """A font family of the corpus and a style: "", "b", "i" or "bi"."""

    family: str
    style: str = ""


@lru_cache
def font_file(face: Face) -> Path:
    """Return the file of a face; MissingProgramError names the package that brings it."""
    pattern, family, package = _FILES[face.family]
    name = pattern.format(_STYLES[face.family][face.style])
    for folder in _FOLDERS:
        if (folder / name).is_file():
            return folder / name
    found = _fc_match(family, face.style)
    if found is None or found.name != name:
        raise MissingProgramError(f"The font {family} is missing. Install it: apt-get install {package}", name=package)
    return found


def _fc_match(family: str, style: str) -> Path | None:
    wanted = family + (":bold" if "b" in style else "") + (":italic" if "i" in style else "")
    try:
        answer = subprocess.run(["fc-match", "-f", "%{file}", wanted], capture_output=True, text=True, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        return None
    return Path(answer.stdout)


@lru_cache(maxsize=256)
def pixel_font(face: Face, size: float) -> ImageFont.FreeTypeFont:
    """Return the face for drawing at `size` pixels."""
    return ImageFont.truetype(str(font_file(face)), size, layout_engine=ImageFont.Layout.BASIC)


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
