"""The way of one page through reading: each stage a function, their order here."""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PIL import Image

from services.core.errors import ReadError
from services.core.model import Box, PageText, TextLayer
from services.ocr import pdf
from services.ocr.images import FORMATS, frame_geometry, load_frame, open_image
from services.ocr.layer import Layer, judge, read_layer
from services.ocr.layout import Line
from services.ocr.limits import PageLimits
from services.ocr.order import order
from services.ocr.paragraphs import number_words
from services.ocr.pdf import Geometry
from services.ocr.prepare import Picture, prepare
from services.ocr.recognise import recognise
from services.ocr.render import picture_for_people, reading_dpi, render_page
from services.ocr.triage import PDF
from services.ocr.zones import locate_zones

_JPEG_QUALITY = 75
_ENOUGH_DRAWN_WORDS = 60


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A page before it is read: its shape, the verdict on its text layer, and its picture unless the layer is good."""

    shape: Geometry
    verdict: TextLayer = TextLayer.NONE
    layer: Layer | None = None
    picture: Picture | None = None


def read_page(
    path: Path, media_type: str, number: int, limits: PageLimits, is_known: Callable[[str], bool]
) -> PageText | None:
    """Read one page (from 1) of a PDF or picture file; None when `is_known` says so of its picture's hash.

    Raises ReadError, ProgramKilledError, ProgramTimeoutError, MissingProgramError, MemoryError.
    """
    with tempfile.TemporaryDirectory(prefix="page-") as name:
        folder = Path(name)
        sheet = _open_sheet(path, media_type, number, limits, folder)
        if sheet.picture is None:
            assert sheet.layer is not None
            return _from_layer(sheet.layer, sheet, number)
        image_hash = sheet.picture.digest(sheet.shape.width, sheet.shape.height, sheet.shape.rotation)
        if is_known(image_hash):
            return None
        lines = recognise(prepare(sheet.picture), folder, limits.wall_seconds, limits.recogniser)
        return _page_text(lines, sheet, number, image_hash, round(sheet.picture.dpi))


def page_image(path: Path, media_type: str, number: int, width: int, limits: PageLimits) -> bytes:
    """Draw one page for people as a JPEG `width` pixels wide (never larger than the limit), upright."""
    if media_type == PDF:
        with tempfile.TemporaryDirectory(prefix="page-") as folder:
            shape = _measure(path, number, limits)
            image = picture_for_people(path, number, shape, width, Path(folder), limits)
    else:
        with open_image(path, media_type) as file:
            image = load_frame(file, number, limits)
        height = max(1, round(image.height * width / image.width))
        if width * height > limits.page_pixels:
            raise ReadError("image_too_large", page=number, pixels=width * height, limit=limits.page_pixels)
        image = image.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=2.0)
    written = io.BytesIO()
    image.convert("RGB").save(written, "JPEG", quality=_JPEG_QUALITY)
    return written.getvalue()


def _open_sheet(path: Path, media_type: str, number: int, limits: PageLimits, folder: Path) -> _Sheet:
    if media_type == PDF:
        return _open_pdf_sheet(path, number, limits, folder)
    if media_type not in FORMATS:
        raise ReadError("not_recognised", media_type)
    with open_image(path, media_type) as file:
        shape, dpi = frame_geometry(file, number, limits)
        return _Sheet(shape, picture=Picture(load_frame(file, number, limits), dpi))


def _open_pdf_sheet(path: Path, number: int, limits: PageLimits, folder: Path) -> _Sheet:
    with pdf.open_pdf(path) as document:
        page = pdf.open_page(document, number)
        shape, pictures = pdf.geometry(page), pdf.pictures(page)
        _check_pictures(pictures, number, limits)
        layer = read_layer(page, shape)
    verdict = judge(layer, shape, pictures)
    if verdict is TextLayer.GOOD:
        return _Sheet(shape, verdict, layer)
    drawn_text = layer.invisible < 0.5 and sum(len(line.tokens) for line in layer.lines) >= _ENOUGH_DRAWN_WORDS
    dpi = reading_dpi(shape, pictures, limits, drawn_text=drawn_text)
    image = render_page(path, number, shape, dpi, folder, colour=pictures.colour, limits=limits)
    return _Sheet(shape, verdict, layer, Picture(image, dpi))


def _measure(path: Path, number: int, limits: PageLimits) -> Geometry:
    with pdf.open_pdf(path) as document:
        page = pdf.open_page(document, number)
        _check_pictures(pdf.pictures(page), number, limits)
        return pdf.geometry(page)


def _check_pictures(pictures: pdf.Pictures, number: int, limits: PageLimits) -> None:
    """Refuse a page whose picture would unpack to more pixels than the limit: a small file can ask for gigabytes."""
    if pictures.pixels > limits.page_pixels:
        raise ReadError("image_too_large", page=number, pixels=pictures.pixels, limit=limits.page_pixels)


def _from_layer(layer: Layer, sheet: _Sheet, number: int) -> PageText:
    """Use the text that stands in the page; its hash is that of the words and where they stand."""
    said = [(token.text, tuple(token.box)) for line in layer.lines for token in line.tokens]
    digest = hashlib.sha256(repr((said, sheet.shape)).encode()).hexdigest()
    upright = [line.moved(partial(_to_upright, sheet.shape)) for line in layer.lines]
    return _page_text(upright, sheet, number, digest, None)


def _page_text(lines: Sequence[Line], sheet: _Sheet, number: int, image_hash: str, dpi: int | None) -> PageText:
    width, height = sheet.shape.upright_size
    segments = locate_zones(order(lines, width, height), height)
    return PageText(
        number=number,
        width=sheet.shape.width,
        height=sheet.shape.height,
        words=number_words(segments, partial(_to_unrotated, sheet.shape)),
        text_layer=sheet.verdict,
        dpi=dpi,
        rotation=sheet.shape.rotation,
        image_hash=image_hash,
    )


def _to_unrotated(shape: Geometry, box: Box) -> Box:
    """Carry a box from the page as the reader sees it to the page before it was turned, kept inside the page."""
    width, height = shape.width, shape.height
    x0, y0, x1, y1 = box
    match shape.rotation:
        case 90:
            x0, y0, x1, y1 = y0, height - x1, y1, height - x0
        case 180:
            x0, y0, x1, y1 = width - x1, height - y1, width - x0, height - y0
        case 270:
            x0, y0, x1, y1 = width - y1, x0, width - y0, x1
    inside = (max(0.0, min(x0, width)), max(0.0, min(y0, height)), max(0.0, min(x1, width)), max(0.0, min(y1, height)))
    return Box(*(round(value, 2) for value in inside))


def _to_upright(shape: Geometry, box: Box) -> Box:
    """Carry a box from the page before it was turned to the page as the reader sees it."""
    width, height = shape.width, shape.height
    x0, y0, x1, y1 = box
    match shape.rotation:
        case 90:
            return Box(height - y1, x0, height - y0, x1)
        case 180:
            return Box(width - x1, height - y1, width - x0, height - y0)
        case 270:
            return Box(y0, width - x1, y1, width - x0)
    return box
