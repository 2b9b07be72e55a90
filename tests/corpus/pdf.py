"""Write PDFs by hand: small, without clock or random ids, one picture a page, with or without a text layer."""

from __future__ import annotations

import hashlib
import io
import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from services.core.model import PageText
from tests.corpus.crypt import FILE_ID, Security

_NO_FONT = (
    b"<< /Type /Font /Subtype /Type0 /BaseFont /Hidden /Encoding /Identity-H /DescendantFonts [%d 0 R] "
    b"/ToUnicode %d 0 R >>"
)
_DESCENDANT = (
    b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Hidden /CIDToGIDMap /Identity /DW 500 "
    b"/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /FontDescriptor %d 0 R >>"
)
_DESCRIPTOR = (
    b"<< /Type /FontDescriptor /FontName /Hidden /Flags 4 /FontBBox [0 -200 500 800] /ItalicAngle 0 /Ascent 800 "
    b"/Descent -200 /CapHeight 700 /StemV 80 >>"
)
_UNICODE_MAP = b"""/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
1 beginbfrange
<0000> <FFFF> <0000>
endbfrange
endcmap
CMapName currentdict /CMap defineresource pop
end
end
"""


class PdfWriter:
    """Collects objects and writes the file; object numbers start at 1."""

    def __init__(self, security: Security | None = None) -> None:
        self.objects: list[bytes] = []
        self._security = security

    def reserve(self) -> int:
        """Return the number of an object whose body is set later."""
        self.objects.append(b"null")
        return len(self.objects)

    def add(self, body: bytes) -> int:
        """Add an object, return its number."""
        self.objects.append(body)
        return len(self.objects)

    def stream(self, data: bytes, entries: bytes = b"") -> int:
        """Add a stream as it is (`entries` names its filter), return its number."""
        if self._security:
            data = self._security.encrypt(len(self.objects) + 1, data)
        return self.add(b"<< %s /Length %d >>\nstream\n%s\nendstream" % (entries, len(data), data))

    def flate(self, data: bytes, entries: bytes = b"") -> int:
        """Add a stream, compressed."""
        return self.stream(zlib.compress(data, 9), entries + b" /Filter /FlateDecode")

    def finish(self, catalogue: int) -> bytes:
        """Return the file; its /ID is made from its content."""
        extra = b""
        if self._security:
            number = self.add(self._security.dictionary())
            extra = b" /Encrypt %d 0 R /ID [<%s> <%s>]" % (number, FILE_ID.hex().encode(), FILE_ID.hex().encode())
        out = io.BytesIO()
        out.write(b"%PDF-1.6\n%\xe2\xe3\xcf\xd3\n")
        offsets = []
        for number, body in enumerate(self.objects, start=1):
            offsets.append(out.tell())
            out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
        start = out.tell()
        out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(offsets) + 1))
        for offset in offsets:
            out.write(b"%010d 00000 n \n" % offset)
        if not extra:
            digest = hashlib.sha256(out.getvalue()).hexdigest()[:32].encode()
            extra = b" /ID [<%s> <%s>]" % (digest, digest)
        out.write(b"trailer\n<< /Size %d /Root %d 0 R%s >>\n" % (len(offsets) + 1, catalogue, extra))
        out.write(b"startxref\n%d\n%%%%EOF\n" % start)
        return out.getvalue()


@dataclass(frozen=True, slots=True)
class PdfPage:
    """A page to write: encoded picture (None = an empty page), size in points, /Rotate, hidden words, stamp text."""

    width: float
    height: float
    image: Image.Image | None
    jpeg: bytes | None = None
    rotate: int = 0
    hidden: PageText | None = None
    stamp: str | None = None


def write_pdf(pages: Sequence[PdfPage], security: Security | None = None) -> bytes:
    """Return a PDF of scanned pages; hidden words cannot be encrypted (their font holds strings)."""
    writer = PdfWriter(security)
    tree = writer.reserve()
    font = _hidden_font(writer) if any(page.hidden for page in pages) else None
    numbers = [_page(writer, page, tree, font) for page in pages]
    kids = b" ".join(b"%d 0 R" % number for number in numbers)
    writer.objects[tree - 1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(numbers), kids)
    return writer.finish(writer.add(b"<< /Type /Catalog /Pages %d 0 R >>" % tree))


def _page(writer: PdfWriter, page: PdfPage, tree: int, font: int | None) -> int:
    content, resources = b"", b""
    if page.image is not None:
        resources += b" /XObject << /Im %d 0 R >>" % picture(writer, page.image, page.jpeg)
        content += b"q %.4f 0 0 %.4f 0 0 cm /Im Do Q\n" % (page.width, page.height)
    if page.hidden is not None and font is not None:
        resources += b" /Font << /F %d 0 R >>" % font
        content += _hidden_words(page.hidden)
    annotations = b""
    if page.stamp:
        annotations = b" /Annots [%d 0 R]" % _stamp(writer, page.stamp, page.height)
    contents = writer.flate(content)
    return writer.add(
        b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 %.4f %.4f] /Rotate %d /Resources <<%s >> /Contents %d 0 R%s >>"
        % (tree, page.width, page.height, page.rotate, resources, contents, annotations)
    )


def picture(writer: PdfWriter, image: Image.Image, jpeg: bytes | None) -> int:
    """Add a picture: CCITT group 4 for 1-bit ones, JPEG for the rest; return its number."""
    head = b"/Type /XObject /Subtype /Image /Width %d /Height %d" % image.size
    if image.mode == "1":
        parms = b" /DecodeParms << /K -1 /Columns %d /Rows %d /BlackIs1 true >>" % image.size
        entries = head + b" /ColorSpace /DeviceGray /BitsPerComponent 1 /Filter /CCITTFaxDecode" + parms
        return writer.stream(_group4(image), entries)
    if jpeg is None:
        raise ValueError("a picture that is not 1-bit comes with its JPEG")
    space = b"/DeviceGray" if image.mode == "L" else b"/DeviceRGB"
    return writer.stream(jpeg, head + b" /ColorSpace %s /BitsPerComponent 8 /Filter /DCTDecode" % space)


def _group4(image: Image.Image) -> bytes:
    """Return the picture's CCITT group 4 data, one strip, as libtiff writes it."""
    out = io.BytesIO()
    strip = math.ceil(image.width / 8) * image.height
    image.save(out, "TIFF", compression="group4", strip_size=strip)
    with Image.open(out) as written:
        tags = written.tag_v2  # type: ignore[attr-defined] # a TIFF has them
        (offset,), (count,) = tags[273], tags[279]
    return out.getvalue()[offset : offset + count]


def _hidden_font(writer: PdfWriter) -> int:
    descriptor = writer.add(_DESCRIPTOR)
    descendant = writer.add(_DESCENDANT % descriptor)
    return writer.add(_NO_FONT % (descendant, writer.flate(_UNICODE_MAP)))


def _hidden_words(page: PageText) -> bytes:
    """Words in render mode 3, each stretched over its box (the glyphs of the font are half an em wide)."""
    parts = [b"BT 3 Tr"]
    for word in page.words:
        if word.box is None:
            continue
        size = max(word.box.y1 - word.box.y0, 4.0)
        stretch = 100 * (word.box.x1 - word.box.x0) / (len(word.text) * size / 2)
        place = b"%.2f Tz 1 0 0 1 %.2f %.2f Tm" % (stretch, word.box.x0, page.height - word.box.y1)
        text = f"{word.text} ".encode("utf-16-be").hex().encode()
        parts.append(b"/F %.2f Tf %s <%s> Tj" % (size, place, text))
    return b"\n".join([*parts, b"ET\n"])


def _stamp(writer: PdfWriter, text: str, height: float) -> int:
    """A stamp annotation with an appearance, as signing programs leave it (text in Latin letters)."""
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    content = b"BT /F 7 Tf 4 16 Td (%s) Tj ET" % text.encode("latin-1")
    entries = b"/Type /XObject /Subtype /Form /BBox [0 0 180 30] /Resources << /Font << /F %s >> >>" % font
    form = writer.flate(content, entries)
    rect = b"[400 %.2f 580 %.2f]" % (height - 36, height - 6)
    return writer.add(b"<< /Type /Annot /Subtype /Stamp /F 4 /Rect %s /AP << /N %d 0 R >> >>" % (rect, form))
