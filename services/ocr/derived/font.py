"""A font without ink: every character is half an em wide, and ToUnicode says which letter it stands for.

Words that nobody sees need widths and letters, no shapes. But a glyph has an extent: PDFium takes text without one
for nothing where it runs up or down the page. A line there and back has an extent and no area.
Tables as in the OpenType specification; of PDF, ISO 32000-1, 9.7 and 9.10.3.
"""

from __future__ import annotations

import struct
import zlib
from itertools import chain

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream, String

from services.ocr.derived.text_layer import ADVANCE, ASCENT, DESCENT

_MAGIC = 0x5F0F3CF5
_CHECKSUM_BASE = 0xB1B0AFBA
_HEAD_ADJUSTMENT = 8


def invisible_font(pdf: pikepdf.Pdf) -> pikepdf.Object:
    """Add the font to a PDF; text in it is written as UTF-16 (big-endian) code units."""
    program = true_type()
    name = Name("/VanbanInvisible")
    descriptor = Dictionary(
        Type=Name.FontDescriptor,
        FontName=name,
        Flags=4,
        FontBBox=[0, DESCENT, ADVANCE, ASCENT],
        ItalicAngle=0,
        Ascent=ASCENT,
        Descent=DESCENT,
        CapHeight=ASCENT,
        StemV=80,
        FontFile2=Stream(pdf, zlib.compress(program), Filter=Name.FlateDecode, Length1=len(program)),
    )
    descendant = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType2,
        BaseFont=name,
        CIDSystemInfo=Dictionary(Registry=String("Adobe"), Ordering=String("Identity"), Supplement=0),
        FontDescriptor=pdf.make_indirect(descriptor),
        DW=ADVANCE,
        CIDToGIDMap=Stream(pdf, zlib.compress(b"\x00\x01" * 0x10000), Filter=Name.FlateDecode),
    )
    return pdf.make_indirect(
        Dictionary(
            Type=Name.Font,
            Subtype=Name.Type0,
            BaseFont=name,
            Encoding=Name("/Identity-H"),
            DescendantFonts=Array([pdf.make_indirect(descendant)]),
            ToUnicode=Stream(pdf, zlib.compress(_to_unicode()), Filter=Name.FlateDecode),
        )
    )


def true_type() -> bytes:
    """Write the font program: an empty glyph for missing characters, and ours."""
    outline = (1, 0, DESCENT, ADVANCE, ASCENT), (1, 0), (1, 1), (0, ADVANCE), (DESCENT, ASCENT - DESCENT)
    glyph = struct.pack(">hhhhhHHBBhhhh", *chain(*outline))
    tables = {
        b"glyf": glyph,
        b"head": struct.pack(
            ">IIIIHHQQhhhhHHhhh",
            *(0x00010000, 0x00010000, 0, _MAGIC, 0, 1000, 0, 0),
            *(0, DESCENT, ADVANCE, ASCENT, 0, 8, 2, 0, 0),
        ),
        b"hhea": struct.pack(
            ">IhhhHhhhhhhhhhhhH", 0x00010000, ASCENT, DESCENT, 0, ADVANCE, 0, 0, ADVANCE, 1, *[0] * 7, 1
        ),
        b"hmtx": struct.pack(">Hhh", ADVANCE, 0, 0),
        b"loca": struct.pack(">HHH", 0, 0, len(glyph) // 2),
        b"maxp": struct.pack(">IH13H", 0x00010000, 2, 2, 1, 0, 0, 1, *[0] * 8),
    }
    offset = 12 + 16 * len(tables)
    directory, body, head = b"", b"", 0
    for tag, data in sorted(tables.items()):
        padded = data + b"\0" * (-len(data) % 4)
        if tag == b"head":
            head = offset + len(body)
        directory += struct.pack(">4sIII", tag, _checksum(padded), offset + len(body), len(data))
        body += padded
    font = struct.pack(">IHHHH", 0x00010000, len(tables), 64, 2, 16 * len(tables) - 64) + directory + body
    at = head + _HEAD_ADJUSTMENT
    adjusted = (_CHECKSUM_BASE - _checksum(font)) & 0xFFFFFFFF
    return font[:at] + struct.pack(">I", adjusted) + font[at + 4 :]


def _checksum(data: bytes) -> int:
    words: tuple[int, ...] = struct.unpack(f">{len(data) // 4}I", data)
    return sum(words) & 0xFFFFFFFF


def _to_unicode() -> bytes:
    """Map every code to itself; a range may not run over the last byte, and a block holds at most 100 ranges."""
    ranges = [f"<{high:02X}00> <{high:02X}FF> <{high:02X}00>" for high in range(0x100)]
    blocks = [ranges[start : start + 100] for start in range(0, len(ranges), 100)]
    mapped = "\n".join(f"{len(block)} beginbfrange\n" + "\n".join(block) + "\nendbfrange" for block in blocks)
    return f"""/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
{mapped}
endcmap
CMapName currentdict /CMap defineresource pop
end
end
""".encode("ascii")
