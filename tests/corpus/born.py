"""Born-digital PDFs of the same sheets, by reportlab: embedded fonts, real text, no picture."""

from __future__ import annotations

import io
from collections.abc import Sequence

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from tests.corpus.fonts import Face, font_file, natural_size
from tests.corpus.layout import RED, Drawing, Sheet


def write_born(sheets: Sequence[Sheet]) -> bytes:
    """Return a PDF whose words are text at the places of the sheets; the seal is two circles, the signature none."""
    out = io.BytesIO()
    canvas = Canvas(out, invariant=1, pageCompression=1)
    for sheet in sheets:
        canvas.setPageSize((sheet.width, sheet.height))
        for rule in sheet.rules:
            canvas.setStrokeColorRGB(*(part / 255 for part in rule.colour))
            canvas.setLineWidth(rule.width)
            canvas.line(rule.x0, sheet.height - rule.y0, rule.x1, sheet.height - rule.y1)
        for drawing in sheet.drawings:
            _seal(canvas, drawing, sheet.height)
        for word in sheet.words:
            canvas.setFillColorRGB(*(part / 255 for part in word.colour))
            canvas.setFont(_registered(word.face), natural_size(word.face, word.size))
            canvas.drawString(word.x, sheet.height - word.y, f"{word.text} ")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _registered(face: Face) -> str:
    name = f"{face.family}-{face.style or 'r'}"
    if name not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(name, str(font_file(face))))
    return name


def _seal(canvas: Canvas, drawing: Drawing, height: float) -> None:
    if drawing.what != "seal":
        return
    canvas.setStrokeColorRGB(*(part / 255 for part in RED))
    for part in (1.0, 0.62):
        canvas.circle(drawing.x, height - drawing.y, drawing.extent * part)
