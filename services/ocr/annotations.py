"""What annotations say: notes written over a page, and the stamps that signing programs draw."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from services.core.model import Box
from services.ocr.layer import read_layer
from services.ocr.layout import Line, Token
from services.ocr.pdf import Geometry, open_page

_MARGIN = 2.0


def read_annotations(document: pdfium.PdfDocument, number: int, shape: Geometry) -> list[Line]:
    """Read the text of a page's annotations, one after the other; boxes in points of the unrotated page.

    PDFium sees no text in annotations, so they are drawn into the page (in memory): what is new is theirs.
    """
    page = open_page(document, number)
    frames = [_frame(page, index, shape) for index in range(pdfium_c.FPDFPage_GetAnnotCount(page))]
    if not frames:
        return []
    before = set(_words(read_layer(page, shape).lines))
    done = pdfium_c.FPDFPage_Flatten(page, pdfium_c.FLAT_NORMALDISPLAY)
    page.close()
    if done != pdfium_c.FLATTEN_SUCCESS:
        return []
    page = open_page(document, number)
    try:
        drawn = [word for word in _words(read_layer(page, shape).lines) if word not in before]
    finally:
        page.close()
    return [line for frame in frames for line in _lines(_take(drawn, frame))]


def _words(lines: Sequence[Line]) -> Iterator[Token]:
    return (token for line in lines for token in line.tokens)


def _frame(page: pdfium.PdfPage, index: int, shape: Geometry) -> Box:
    annotation = pdfium_c.FPDFPage_GetAnnot(page, index)
    rectangle = pdfium_c.FS_RECTF()
    try:
        pdfium_c.FPDFAnnot_GetRect(annotation, rectangle)
    finally:
        pdfium_c.FPDFPage_CloseAnnot(annotation)
    x0, x1 = sorted((rectangle.left - shape.left, rectangle.right - shape.left))
    y0, y1 = sorted((shape.top - rectangle.top, shape.top - rectangle.bottom))
    return Box(x0 - _MARGIN, y0 - _MARGIN, x1 + _MARGIN, y1 + _MARGIN)


def _take(words: list[Token], frame: Box) -> list[Token]:
    """Take the words whose middle lies in the frame out of `words`."""
    inside = [word for word in words if _is_inside(word.box, frame)]
    words[:] = [word for word in words if not _is_inside(word.box, frame)]
    return inside


def _is_inside(box: Box, frame: Box) -> bool:
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    return frame.x0 <= x <= frame.x1 and frame.y0 <= y <= frame.y1


def _lines(words: Sequence[Token]) -> Iterator[Line]:
    """Put words together that stand on one line."""
    for _, line in groupby(_by_height(words), key=lambda pair: pair[0]):
        yield Line(tuple(sorted((word for _, word in line), key=lambda word: word.box.x0)))


def _by_height(words: Sequence[Token]) -> Iterator[tuple[int, Token]]:
    """Number the lines that words stand on, from the top."""
    line, at = 0, None
    for word in sorted(words, key=lambda word: word.box.y0 + word.box.y1):
        middle = (word.box.y0 + word.box.y1) / 2
        if at is None or middle - at > (word.box.y1 - word.box.y0) * 0.5:
            line, at = line + 1, middle
        yield line, word
