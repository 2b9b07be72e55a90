"""PDF files through PDFium: opening, geometry, embedded pictures. It is not thread-safe: the child has one thread."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from PIL import Image

from services.core.errors import ReadError

_HEAD_BYTES = 1024
_GREY_SPACES = {pdfium_c.FPDF_COLORSPACE_DEVICEGRAY, pdfium_c.FPDF_COLORSPACE_CALGRAY}
_FORM_DEPTH = 4
_REBUILT_BYTES = 300_000_000
_CATALOGUE = re.compile(rb"(\d+)\s+(\d+)\s+obj\s*<<[^>]*?/Type\s*/Catalog\b")


@dataclass(frozen=True, slots=True)
class Geometry:
    """A page's visible box in its own coordinates, and how it is turned (clockwise degrees) for the reader.

    `left` and `top` are where the box begins in PDF user space (y upwards); width and height are before turning.
    """

    width: float
    height: float
    rotation: int
    left: float = 0.0
    top: float = 0.0

    @property
    def upright_size(self) -> tuple[float, float]:
        """Width and height as the reader sees the page, in points."""
        return (self.height, self.width) if self.rotation in (90, 270) else (self.width, self.height)


@dataclass(frozen=True, slots=True)
class Pictures:
    """What the pictures inside a page are like.

    The share of the page they cover, the resolution of the largest on the page, the pixels of the one with the most,
    the bytes of the one that takes the most when it is decoded, whether any has colour.
    """

    count: int = 0
    coverage: float = 0.0
    dpi: float = 0.0
    pixels: int = 0
    decoded_bytes: int = 0
    colour: bool = True


@contextmanager
def open_pdf(path: Path) -> Iterator[pdfium.PdfDocument]:
    """Open a PDF; ReadError says why it cannot be (empty_file, not_recognised, encrypted, damaged)."""
    _check_head(path)
    try:
        document = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        if getattr(error, "err_code", None) == pdfium_c.FPDF_ERR_PASSWORD:
            raise ReadError("encrypted", "The PDF asks for a password to open.") from error
        document = _rebuilt(path)
        if document is None:
            raise ReadError("damaged", f"PDFium: {error}") from error
    try:
        yield document
    finally:
        document.close()


def open_page(document: pdfium.PdfDocument, number: int) -> pdfium.PdfPage:
    """Load page `number` (from 1); ReadError("no_such_page") or ReadError("page_damaged")."""
    if not 1 <= number <= len(document):
        raise ReadError("no_such_page", number=number, pages=len(document))
    try:
        return document[number - 1]
    except pdfium.PdfiumError as error:
        raise ReadError("page_damaged", f"PDFium: {error}", page=number) from error


def geometry(page: pdfium.PdfPage) -> Geometry:
    """Measure the visible box of a page."""
    left, bottom, right, top = page.get_bbox()
    return Geometry(
        width=round(right - left, 3), height=round(top - bottom, 3), rotation=page.get_rotation(), left=left, top=top
    )


def pictures(page: pdfium.PdfPage) -> Pictures:
    """Look at the pictures inside a page without decoding them."""
    area = max(1.0, page.get_width() * page.get_height())
    count, covered, largest, dpi, pixels, decoded, colour = 0, 0.0, 0.0, 0.0, 0, 0, False
    for item in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE], max_depth=_FORM_DEPTH):
        left, bottom, right, top = item.get_bounds()
        size = abs(right - left) * abs(top - bottom)
        facts = item.get_metadata()
        count += 1
        covered += size
        pixels = max(pixels, facts.width * facts.height)
        decoded = max(decoded, facts.width * facts.height * ((facts.bits_per_pixel + 7) // 8))
        colour = colour or not (facts.bits_per_pixel <= 8 and facts.colorspace in _GREY_SPACES)
        if size > largest:
            largest, dpi = size, max(facts.horizontal_dpi, facts.vertical_dpi)
    return Pictures(count, min(1.0, covered / area), dpi, pixels, decoded, colour or not count)


def draw(path: Path, number: int, scale: float, *, annotations: bool) -> Image.Image:
    """Draw a page with PDFium, for pages on which poppler gives up; `scale` is pixels per point."""
    with open_pdf(path) as document:
        page = open_page(document, number)
        bitmap = page.render(scale=scale, draw_annots=annotations, may_draw_forms=annotations)
        image: Image.Image = bitmap.to_pil()
        return image.convert("RGB")


def _rebuilt(path: Path) -> pdfium.PdfDocument | None:
    """Open a file whose end was cut off by giving it the trailer it lost; None where its catalogue is gone too."""
    if path.stat().st_size > _REBUILT_BYTES:
        return None
    data = path.read_bytes()
    catalogue = _CATALOGUE.search(data)
    if catalogue is None:
        return None
    trailer = b"\ntrailer\n<< /Root %s %s R >>\nstartxref\n0\n%%%%EOF\n" % (catalogue[1], catalogue[2])
    try:
        document = pdfium.PdfDocument(data + trailer)
    except pdfium.PdfiumError:
        return None
    return document if len(document) else None


def _check_head(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head:
        raise ReadError("empty_file")
    if b"%PDF-" not in head:
        raise ReadError("not_recognised", "The file does not begin like a PDF.")
