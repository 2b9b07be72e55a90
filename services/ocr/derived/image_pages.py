"""Picture files as pages of a PDF, without loss: a JPEG's own bytes, everything else as deflated pixels."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pikepdf
from pikepdf import Dictionary, Name
from PIL import Image

from services.ocr.images import count_frames, frame_geometry, load_frame, open_image, seek
from services.ocr.limits import PageLimits

_ORIENTATION = 0x0112
_TURNS = {
    # EXIF orientation -> matrix that puts the unit square of the stored picture upright
    1: (1, 0, 0, 1, 0, 0),
    2: (-1, 0, 0, 1, 1, 0),
    3: (-1, 0, 0, -1, 1, 1),
    4: (1, 0, 0, -1, 0, 1),
    5: (0, -1, -1, 0, 1, 1),
    6: (0, -1, 1, 0, 0, 1),
    7: (0, 1, 1, 0, 0, 0),
    8: (0, 1, -1, 0, 1, 0),
}
_JPEG_SPACES = {"L": Name.DeviceGray, "RGB": Name.DeviceRGB, "CMYK": Name.DeviceCMYK}
_ADOBE_CMYK = [1, 0, 1, 0, 1, 0, 1, 0]
_WIDE_MODES = ("I;16", "I;16B", "I;16L", "I;16N")


def add_image_pages(pdf: pikepdf.Pdf, path: Path, media_type: str, limits: PageLimits) -> None:
    """Add every page of a picture file, as large as the reader takes it to be; ReadError as `frame_geometry` raises."""
    with open_image(path, media_type) as image:
        for number in range(1, count_frames(image, limits) + 1):
            shape, _ = frame_geometry(image, number, limits)
            stored, matrix = _stored(pdf, image, path, number, limits)
            page = pdf.add_blank_page(page_size=(max(3.0, shape.width), max(3.0, shape.height)))
            page.obj["/Resources"] = Dictionary(XObject=Dictionary(Scan=stored))
            a, b, c, d, e, f = matrix
            w, h = shape.width, shape.height
            drawn = f"q {a * w} {b * h} {c * w} {d * h} {e * w} {f * h} cm /Scan Do Q\n"
            page.obj["/Contents"] = pdf.make_stream(drawn.encode("ascii"))


def _stored(
    pdf: pikepdf.Pdf, image: Image.Image, path: Path, number: int, limits: PageLimits
) -> tuple[pikepdf.Object, tuple[int, ...]]:
    seek(image, number)
    if image.format == "JPEG" and image.mode in _JPEG_SPACES:
        facts = _facts(image, Name.DCTDecode, _JPEG_SPACES[image.mode], 8)
        if image.mode == "CMYK" and "adobe" in image.info:
            facts["/Decode"] = pikepdf.Array(_ADOBE_CMYK)
        turn = _TURNS.get(image.getexif().get(_ORIENTATION, 1), _TURNS[1])
        return pdf.make_stream(path.read_bytes(), facts), turn
    return _deflated(pdf, _plain(image, number, limits)), _TURNS[1]


def _plain(image: Image.Image, number: int, limits: PageLimits) -> Image.Image:
    """Decode upright; what PDF has no words for (palettes, transparency) is painted on white, as it is read."""
    if image.mode in ("1", *_WIDE_MODES) and image.getexif().get(_ORIENTATION, 1) == 1:
        image.load()
        return image
    return load_frame(image, number, limits)


def _deflated(pdf: pikepdf.Pdf, image: Image.Image) -> pikepdf.Object:
    bits = {"1": 1}.get(image.mode, 16 if image.mode in _WIDE_MODES else 8)
    pixels = np.asarray(image).astype(">u2").tobytes() if bits == 16 else image.tobytes()
    facts = _facts(image, Name.FlateDecode, Name.DeviceRGB if image.mode == "RGB" else Name.DeviceGray, bits)
    return pdf.make_stream(zlib.compress(pixels), facts)


def _facts(image: Image.Image, packing: pikepdf.Object, space: pikepdf.Object, bits: int) -> Dictionary:
    return Dictionary(
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=image.width,
        Height=image.height,
        Filter=packing,
        ColorSpace=space,
        BitsPerComponent=bits,
    )
