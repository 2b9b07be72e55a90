"""Files that no archive wants and every archive gets: broken, locked, endless, and bombs. All are small."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import replace

from tests.corpus.crypt import AesSecurity, Rc4Security, Security
from tests.corpus.make import make_pdf_pages, make_scan
from tests.corpus.model import ScanSpec
from tests.corpus.pdf import PdfWriter, write_pdf

_SMALL = ScanSpec("bi-loi", issuer="dien-bien", topic="tiem-chung", clauses=2, colour="bw", dpi=150, noise=0.0)
_ZEROS = 1 << 24


def healthy(seed: int = 1) -> bytes:
    """A good small scan, to be ruined or to be sent beside a bad one."""
    return make_scan(_SMALL, seed).pdf_bytes


def text_named_pdf() -> bytes:
    """Plain words under a wrong name."""
    return "Kính gửi các đơn vị, đây không phải là một tệp PDF.\n".encode() * 20


def truncated(data: bytes, share: float = 0.5) -> bytes:
    """The first part of a file, as a broken transfer leaves it."""
    return data[: int(len(data) * share)]


def locked(user: str, *, aes: bool = False) -> bytes:
    """A scan under the standard security handler; with an empty `user` password every program opens it."""
    security: Security = AesSecurity(user, "chu-so-huu") if aes else Rc4Security(user, "chu-so-huu")
    return write_pdf(make_pdf_pages(_SMALL, 1), security)


def many_pages(count: int = 20_000) -> bytes:
    """A PDF of empty pages."""
    writer = PdfWriter()
    tree = writer.reserve()
    pages = [
        writer.add(b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 595 842] /Resources << >> >>" % tree)
        for _ in range(count)
    ]
    kids = b" ".join(b"%d 0 R" % page for page in pages)
    writer.objects[tree - 1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (count, kids)
    return writer.finish(writer.add(b"<< /Type /Catalog /Pages %d 0 R >>" % tree))


def page_of_size(width: float, height: float, *, text: bool = True) -> bytes:
    """A page of this size in points, with one line of text in Helvetica."""
    content = b"BT /F 40 Tf 60 60 Td (trang giay rat lon) Tj ET" if text else b""
    font = b" /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>"
    return _one_page(content, font, width, height)


def image_bomb_pdf(side: int = 30_000, *, colour: bool = False) -> bytes:
    """A page whose picture has side x side pixels of one bit (24 with `colour`), of one colour, compressed twice."""
    writer = PdfWriter()
    data = zlib.compress(zeros(side * side * 3 if colour else side * side // 8), 9)
    depth = b"/ColorSpace /DeviceRGB /BitsPerComponent 8" if colour else b"/ColorSpace /DeviceGray /BitsPerComponent 1"
    entries = b"/Type /XObject /Subtype /Image /Width %d /Height %d %s" % (side, side, depth)
    image = writer.stream(data, entries + b" /Filter [/FlateDecode /FlateDecode]")
    return _one_page(b"q 595 0 0 842 0 0 cm /Im Do Q", b" /XObject << /Im %d 0 R >>" % image, writer=writer)


def content_bomb_pdf(size: int = 6_000_000_000) -> bytes:
    """A page whose content stream unpacks to `size` bytes."""
    writer = PdfWriter()
    data = zlib.compress(zeros(size), 9)
    return _one_page(data, b"", writer=writer, filters=b" /Filter [/FlateDecode /FlateDecode]")


def image_bomb_png(side: int = 30_000, *, colour: bool = False) -> bytes:
    """A PNG of side x side pixels of one bit (24 with `colour`), a few kilobytes long."""
    row = 1 + (side * 3 if colour else (side + 7) // 8)
    header = struct.pack(">IIBBBBB", side, side, 8 if colour else 1, 2 if colour else 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zeros(row * side)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def plain_png() -> bytes:
    """A white page as a PNG."""
    return image_bomb_png(800)


def empty_picture_pdf() -> bytes:
    """A page whose picture is a JPEG of zero bytes."""
    return _picture_pdf(b"")


def half_picture_pdf() -> bytes:
    """A page whose JPEG breaks off in the middle."""
    spec = replace(_SMALL, colour="gray", medium="jpeg", kind="TB", clauses=1)
    return _picture_pdf(truncated(make_scan(spec, 1).data))


def page_tree_in_a_circle() -> bytes:
    """A page tree whose only child is itself."""
    writer = PdfWriter()
    tree = writer.reserve()
    writer.objects[tree - 1] = b"<< /Type /Pages /Count 3 /Kids [%d 0 R] /Parent %d 0 R >>" % (tree, tree)
    return writer.finish(writer.add(b"<< /Type /Catalog /Pages %d 0 R >>" % tree))


def endless_tiff() -> bytes:
    """A TIFF whose second picture names the first as the one that follows: a reader that trusts it never ends."""
    out = io.BytesIO()
    tags = [
        (256, 3, 8), (257, 3, 8), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 8), (277, 3, 1), (278, 3, 8),
        (279, 4, 64),
    ]  # fmt: skip
    length = 2 + 12 * len(tags) + 4
    out.write(b"II*\0" + struct.pack("<I", 72) + bytes(64))
    for following in (72 + length, 72):
        out.write(struct.pack("<H", len(tags)))
        for tag, kind, value in tags:
            out.write(struct.pack("<HHII", tag, kind, 1, value))
        out.write(struct.pack("<I", following))
    return out.getvalue()


def zeros(size: int) -> bytes:
    """A zlib stream that unpacks to `size` zero bytes; made without ever holding them."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(_ZEROS)) + packer.flush(zlib.Z_FULL_FLUSH)
    whole, rest = divmod(size, _ZEROS)
    last = zlib.compressobj(9, zlib.DEFLATED, -15)
    tail = last.compress(bytes(rest)) + last.flush()
    checksum = (size % 65521) << 16 | 1  # Adler-32 of zeros
    return b"\x78\xda" + block * whole + tail + struct.pack(">I", checksum)


def _one_page(
    content: bytes, resources: bytes, width: float = 595, height: float = 842, *, writer: PdfWriter | None = None,
    filters: bytes = b"",
) -> bytes:  # fmt: skip
    writer = writer or PdfWriter()
    tree = writer.reserve()
    contents = writer.stream(content, filters)
    page = writer.add(
        b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 %.2f %.2f] /Resources <<%s >> /Contents %d 0 R >>"
        % (tree, width, height, resources, contents)
    )
    writer.objects[tree - 1] = b"<< /Type /Pages /Count 1 /Kids [%d 0 R] >>" % page
    return writer.finish(writer.add(b"<< /Type /Catalog /Pages %d 0 R >>" % tree))


def _picture_pdf(jpeg: bytes) -> bytes:
    writer = PdfWriter()
    entries = b"/Type /XObject /Subtype /Image /Width 1240 /Height 1754 /ColorSpace /DeviceGray /BitsPerComponent 8"
    image = writer.stream(jpeg, entries + b" /Filter /DCTDecode")
    return _one_page(b"q 595 0 0 842 0 0 cm /Im Do Q", b" /XObject << /Im %d 0 R >>" % image, writer=writer)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
