"""The text inside a PDF page: what it says, and whether it may be believed instead of reading the picture.

"Has text" is not "needs no OCR": of 129 real scans 61 had only the text of a signature stamp and 15 another scanner's
worthless OCR. A layer is used only when there is enough of it, it covers the page, and it reads like Vietnamese.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from services.core.model import Box, Reason, TextLayer
from services.ocr.layout import Line, Token, fold
from services.ocr.pdf import Geometry, Pictures

_ENOUGH_WORDS = 20
_ENOUGH_LETTERS = 15
_SOUND_SHARE = 0.85
_SOUND_SHARE_INVISIBLE = 0.95
_MARKED_SHARE = 0.45
_SCAN_COVERAGE = 0.3
_INK_SHARE = 0.08
_SPAN_SHARE = 0.5
_LONGEST_ABBREVIATION = 5

_TONES = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}
_SYLLABLE = re.compile(
    r"(?:b|ch?|d|đ|gh?|gi|h|kh?|l|m|ngh?|nh?|ph?|qu|r|s|th?|tr|v|x)?"
    r"[aăâeêioôơuưy]{1,3}"
    r"(?:ch?|k|m|ng?|nh|p|t)?"
)
_WORD = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True, slots=True)
class Layer:
    """The lines of text inside a page (boxes in points of the unrotated page) and the share that is drawn invisibly."""

    lines: tuple[Line, ...]
    invisible: float
    annotations: int

    @property
    def is_hidden(self) -> bool:
        """Whether it is drawn invisibly, as OCR programs lay it over a scan: it may not say what the scan says."""
        return self.invisible > 0.5


def read_layer(page: pdfium.PdfPage, shape: Geometry) -> Layer:
    """Take the text out of a page, in the order PDFium gives it."""
    text_page = page.get_textpage()
    try:
        count = text_page.count_chars()
        hidden, shown = _count_invisible(text_page, count)
        lines = tuple(_lines(text_page, count, shape))
    finally:
        text_page.close()
    return Layer(lines, hidden / max(1, hidden + shown), max(0, pdfium_c.FPDFPage_GetAnnotCount(page)))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the text inside a page is worth, and why."""

    layer: TextLayer
    reason: Reason

    @classmethod
    def because(cls, layer: TextLayer, code: str, **params: float) -> Verdict:
        """Give a verdict with its reason; the codes are those of `core/locale/*/reasons.yaml`."""
        return cls(layer, Reason(code=code, params=dict(params)))


NO_LAYER = Verdict.because(TextLayer.NONE, "layer_none")
"""The verdict on a page that holds no text, as on every picture file."""


def judge(layer: Layer, shape: Geometry, pictures: Pictures) -> Verdict:
    """Say what the text inside a page is worth; in doubt it is not good, and the page is read from its picture."""
    words = [token for line in layer.lines for token in line.tokens]
    if not words:
        if layer.annotations:
            return Verdict.because(TextLayer.STAMP_ONLY, "layer_annotations", annotations=layer.annotations)
        return NO_LAYER
    if len(words) < _ENOUGH_WORDS:
        return Verdict.because(TextLayer.STAMP_ONLY, "layer_few_words", words=len(words))
    if pictures.coverage >= _SCAN_COVERAGE and not _covers(words, shape):
        worth = TextLayer.GARBAGE if layer.is_hidden else TextLayer.STAMP_ONLY
        return Verdict.because(worth, "layer_in_a_corner", words=len(words))
    sound, marked = lexical_shares(token.text for token in words)
    enough = _SOUND_SHARE_INVISIBLE if layer.is_hidden else _SOUND_SHARE
    shares = {"syllables": round(100 * sound), "marked": round(100 * marked)}
    if sound >= enough and marked >= _MARKED_SHARE:
        return Verdict.because(TextLayer.GOOD, "layer_good", **shares)
    return Verdict.because(TextLayer.GARBAGE, "layer_not_vietnamese", **shares)


def disagrees(agreement: float) -> Verdict:
    """The verdict on a hidden layer of which only `agreement` (0 to 1) of what the picture shows is found."""
    return Verdict.because(TextLayer.GARBAGE, "layer_disagrees", agreement=round(100 * agreement))


def compare(layer: Layer, seen: Sequence[str]) -> float:
    """Return the share of the words of `seen`, read on the picture, that stand in the layer too (marks aside)."""
    said = Counter(fold(token.text) for line in layer.lines for token in line.tokens)
    read = Counter(fold(word) for word in seen)
    return (said & read).total() / max(1, read.total())


def lexical_shares(words: Iterator[str]) -> tuple[float, float]:
    """Return which share of the letter words are possible Vietnamese syllables, and which share carries a mark."""
    found = [match.group() for word in words for match in _WORD.finditer(unicodedata.normalize("NFC", word))]
    letters = [word.lower() for word in found if is_syllable(word) or not _is_abbreviation(word)]
    if len(letters) < _ENOUGH_LETTERS:
        return 0.0, 0.0
    sound = sum(map(is_syllable, letters))
    marked = sum(not word.isascii() for word in letters)
    return sound / len(letters), marked / len(letters)


def is_syllable(word: str) -> bool:
    """Whether letters have the shape of a Vietnamese syllable, with or without marks, of tones one at most."""
    decomposed = unicodedata.normalize("NFD", word.lower())
    letters = [c for c in decomposed if c not in _TONES]
    toneless = unicodedata.normalize("NFC", "".join(letters))
    return len(decomposed) - len(letters) <= 1 and _SYLLABLE.fullmatch(toneless) is not None


def _is_abbreviation(word: str) -> bool:
    return word.isupper() and len(word) <= _LONGEST_ABBREVIATION


def _covers(words: list[Token], shape: Geometry) -> bool:
    area = sum((w.box.x1 - w.box.x0) * (w.box.y1 - w.box.y0) for w in words)
    top, bottom = min(w.box.y0 for w in words), max(w.box.y1 for w in words)
    page_area = max(1.0, shape.width * shape.height)
    return area / page_area >= _INK_SHARE and (bottom - top) / max(1.0, shape.height) >= _SPAN_SHARE


def _count_invisible(text_page: pdfium.PdfTextPage, count: int) -> tuple[int, int]:
    hidden = shown = 0
    for index in range(count):
        drawn = pdfium_c.FPDFText_GetTextObject(text_page, index)
        if not drawn:
            continue  # a blank that PDFium put in between
        if pdfium_c.FPDFTextObj_GetTextRenderMode(drawn) == pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE:
            hidden += 1
        else:
            shown += 1
    return hidden, shown


def _lines(text_page: pdfium.PdfTextPage, count: int, shape: Geometry) -> Iterator[Line]:
    tokens: list[Token] = []
    word, boxes = "", []
    for index in range(count + 1):
        letter = chr(pdfium_c.FPDFText_GetUnicode(text_page, index)) if index < count else "\n"
        if not letter.isspace() and letter.isprintable():
            word += letter
            boxes.append(text_page.get_charbox(index, loose=True))
            continue
        if word:
            tokens.append(Token(unicodedata.normalize("NFC", word), _around(boxes, shape), 1.0))
            word, boxes = "", []
        if letter in "\r\n" and tokens:
            yield Line(tuple(tokens))
            tokens = []


def _around(boxes: list[tuple[float, float, float, float]], shape: Geometry) -> Box:
    left, right = min(b[0] for b in boxes), max(b[2] for b in boxes)
    bottom, top = min(b[1] for b in boxes), max(b[3] for b in boxes)
    return Box(left - shape.left, shape.top - top, right - shape.left, shape.top - bottom)
