"""What a file holds, learned before any page of it is read; what is over the limits is refused here."""

from __future__ import annotations

from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from services.core.errors import ReadError
from services.core.model import DigitalSignature, PageInfo, Reason, Triage
from services.ocr.images import FORMATS, count_frames, frame_geometry, open_image
from services.ocr.limits import PageLimits
from services.ocr.pdf import geometry, open_page, open_pdf

PDF = "application/pdf"
_A4 = (595.276, 841.89)
_TAIL_BYTES = 2048


def triage(path: Path, media_type: str, limits: PageLimits) -> Triage:
    """Count and measure the pages of a PDF or picture file.

    Raises ReadError: empty_file, not_recognised, encrypted, damaged, no_pages, too_many_pages, image_too_large. A page
    that cannot be loaded is listed with the size of A4 and a warning: it fails when it is read, and the rest goes on.
    """
    if media_type == PDF:
        return _triage_pdf(path, limits)
    if media_type in FORMATS:
        return _triage_image(path, media_type, limits)
    raise ReadError("not_recognised", media_type)


def _triage_pdf(path: Path, limits: PageLimits) -> Triage:
    with open_pdf(path) as document:
        count = len(document)
        if not count:
            raise ReadError("no_pages")
        if count > limits.file_pages:
            raise ReadError("too_many_pages", pages=count, limit=limits.file_pages)
        pages, warnings = [], []
        for number in range(1, count + 1):
            try:
                pages.append(_page_info(document, number))
            except ReadError as error:
                pages.append(PageInfo(number=number, width=_A4[0], height=_A4[1]))
                warnings.append(error.reason)
        if len(warnings) == count:
            raise ReadError("damaged", "None of the pages can be loaded.")
        if _is_cut(path):
            warnings.append(Reason(code="truncated", params={"pages": count}))
        return Triage(
            pages=tuple(pages),
            encrypted=pdfium_c.FPDF_GetSecurityHandlerRevision(document) >= 0,
            signatures=_signatures(path, document),
            warnings=tuple(warnings),
        )


def _signatures(path: Path, document: pdfium.PdfDocument) -> tuple[DigitalSignature, ...]:
    count = pdfium_c.FPDF_GetSignatureCount(document)
    if count <= 0:
        return ()
    from services.ocr.signatures import read_signatures  # few files are signed, and pyHanko takes a second to load

    found = read_signatures(path)
    return (*found, *(DigitalSignature() for _ in range(count - len(found))))


def _page_info(document: pdfium.PdfDocument, number: int) -> PageInfo:
    page = open_page(document, number)
    try:
        shape = geometry(page)
    finally:
        page.close()
    return PageInfo(number=number, width=shape.width, height=shape.height, rotation=shape.rotation)


def _is_cut(path: Path) -> bool:
    """Whether the end-of-file mark is missing: PDFium rebuilds such files, but their last pages may be gone."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
        return b"%%EOF" not in file.read()


def _triage_image(path: Path, media_type: str, limits: PageLimits) -> Triage:
    with open_image(path, media_type) as image:
        pages = []
        for number in range(1, count_frames(image, limits) + 1):
            shape, _ = frame_geometry(image, number, limits)
            pages.append(PageInfo(number=number, width=shape.width, height=shape.height))
        return Triage(pages=tuple(pages))
