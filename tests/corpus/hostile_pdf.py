# ruff: noqa: E501 - a hostile file a line
"""Hostile PDFs by the hundred: one small builder, and tables of what to put where. Used through `hostile_cases`."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.corpus.hostile import zeros
from tests.corpus.pdf import PdfWriter

LINE = b"BT /F 24 Tf 60 700 Td (So 12/UBND) Tj ET"
_MEGA = 1_000_000


@dataclass
class OnePage:
    """A PDF of one page of which any part can be replaced; every part is PDF syntax."""

    content: bytes = LINE
    content_entries: bytes = b""
    resources: bytes = b""
    box: bytes = b"[0 0 595 842]"
    page: bytes = b""
    catalogue: bytes = b""
    writer: PdfWriter = field(default_factory=PdfWriter)

    def build(self) -> bytes:
        """Write the file."""
        w = self.writer
        tree = w.reserve()
        contents = w.stream(self.content, self.content_entries)
        font = b"/Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>"
        page = w.add(
            b"<< /Type /Page /Parent %d 0 R /MediaBox %s /Resources << %s %s >> /Contents %d 0 R %s >>"
            % (tree, self.box, font, self.resources, contents, self.page)
        )
        w.objects[tree - 1] = b"<< /Type /Pages /Count 1 /Kids [%d 0 R] >>" % page
        return w.finish(w.add(b"<< /Type /Catalog /Pages %d 0 R %s >>" % (tree, self.catalogue)))


def with_parts(*bodies: bytes, **parts: bytes) -> bytes:
    """Build a page with extra objects: they are numbered from 1, so that the parts can name them."""
    w = PdfWriter()
    for body in bodies:
        w.add(body)
    return OnePage(writer=w, **parts).build()


def stream(data: bytes, entries: bytes = b"") -> bytes:
    """Write a stream object."""
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (entries, len(data), data)


# --------------------------------------------------------------------------- bombs of every filter


def lzw_zeros(blocks: int) -> bytes:
    """LZW that unpacks to 7.3 MB of zeros for each block of 5.7 kB (clear, then ever longer runs)."""
    codes = [256, 0, *range(258, 4095)]
    bits, width = [], 9
    for number, code in enumerate(codes):
        bits.append(format(code, f"0{width}b"))
        following = 257 + number  # early change: one code before the table needs it
        width = 9 if following < 511 else 10 if following < 1023 else 11 if following < 2047 else 12
    block = "".join(bits)
    text = block * blocks + format(257, "012b")
    text += "0" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big")


def run_length_zeros(size: int) -> bytes:
    """RunLength that unpacks to `size` zeros, 64 for each byte."""
    return b"\x81\0" * (size // 128) + b"\x80"


def packed_zeros() -> dict[str, tuple[bytes, bytes]]:
    """Zeros under every filter and chain of filters: name -> (data, /Filter ...)."""
    deep = zeros(4000 * _MEGA)
    return {
        "flate": (zeros(500 * _MEGA), b"/Filter /FlateDecode"),
        "flate-flate": (zlib.compress(deep, 9), b"/Filter [/FlateDecode /FlateDecode]"),
        "flate-flate-flate": (
            zlib.compress(zlib.compress(deep, 9), 9),
            b"/Filter [/FlateDecode /FlateDecode /FlateDecode]",
        ),
        "lzw": (lzw_zeros(40), b"/Filter /LZWDecode"),
        "flate-lzw": (zlib.compress(lzw_zeros(80), 9), b"/Filter [/FlateDecode /LZWDecode]"),
        "runlength": (run_length_zeros(100 * _MEGA), b"/Filter /RunLengthDecode"),
        "flate-runlength": (
            zlib.compress(run_length_zeros(600 * _MEGA), 9),
            b"/Filter [/FlateDecode /RunLengthDecode]",
        ),
        "hex-flate": (
            zlib.compress(deep, 9).hex().encode() + b">",
            b"/Filter [/ASCIIHexDecode /FlateDecode /FlateDecode]",
        ),
        "a85-flate": (
            base64.a85encode(zlib.compress(deep, 9)) + b"~>",
            b"/Filter [/ASCII85Decode /FlateDecode /FlateDecode]",
        ),
        "predictor": (
            zeros(500 * _MEGA),
            b"/Filter /FlateDecode /DecodeParms << /Predictor 15 /Columns 100000000 >>",
        ),
        "a-thousand-filters": (b"00>", b"/Filter [" + b"/ASCIIHexDecode " * 1000 + b"]"),
    }


def bombs() -> Iterator[tuple[str, bytes]]:
    """Yield bombs in page contents, pictures, fonts, colour profiles, maps and metadata."""
    packed = packed_zeros()
    for name, (data, entries) in packed.items():
        yield f"content-{name}", OnePage(content=data, content_entries=entries).build()
    deep, chain = packed["flate-flate"]
    for name in ("flate-flate", "lzw", "flate-runlength"):
        data, entries = packed[name]
        yield f"picture-{name}", picture(stream(data, _picture_entries(60_000, 60_000, b"/DeviceRGB", 8) + entries))
    yield "small-picture-flate-flate", picture(stream(deep, _picture_entries(800, 800, b"/DeviceGray", 8) + chain))
    yield "font-file", _font(stream(deep, b"/Length1 4000000000 " + chain))
    yield "to-unicode", _font(b"null", to_unicode=stream(deep, chain))
    yield (
        "profile",
        picture(stream(b"\0" * 100, _picture_entries(10, 10, b"[/ICCBased 2 0 R]", 8)), stream(deep, b"/N 1 " + chain)),
    )
    yield "metadata", with_parts(stream(deep, b"/Type /Metadata /Subtype /XML " + chain), catalogue=b"/Metadata 1 0 R")
    yield (
        "object-stream",
        with_parts(stream(deep, b"/Type /ObjStm /N 100000000 /First 1000000000 " + chain), catalogue=b"/Names 1 0 R"),
    )
    yield (
        "embedded-file",
        with_parts(
            stream(deep, b"/Type /EmbeddedFile " + chain),
            b"<< /Type /Filespec /F (bom.bin) /EF << /F 1 0 R >> >>",
            catalogue=b"/Names << /EmbeddedFiles << /Names [(bom) 2 0 R] >> >>",
        ),
    )
    yield (
        "appearance",
        with_parts(
            stream(deep, b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] " + chain),
            page=b"/Annots [<< /Type /Annot /Subtype /Stamp /Rect [9 9 99 99] /Contents (x) /AP << /N 1 0 R >> >>]",
        ),
    )
    yield (
        "inline-picture",
        OnePage(
            content=b"q 500 0 0 500 0 0 cm BI /W 60000 /H 60000 /BPC 8 /CS /RGB ID " + bytes(99) + b" EI Q"
        ).build(),
    )
    yield "forms-by-doubling", forms_by_doubling(28)
    yield "pattern-of-dots", with_parts(
        stream(b"0 0 .001 .001 re f", b"/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 .01 .01] /XStep .01 /YStep .01 /Resources << >>"),
        resources=b"/Pattern << /P 1 0 R >>", content=b"/Pattern cs /P scn 0 0 595 842 re f",
    )  # fmt: skip
    yield "dashes", OnePage(content=b"[.00001] 0 d 0 0 m 595 842 l S").build()
    yield (
        "a-million-lines",
        OnePage(
            content=zlib.compress(b"0 0 m 595 842 l S\n" * 1_000_000, 9), content_entries=b"/Filter /FlateDecode"
        ).build(),
    )
    yield "shading-with-a-heavy-function", with_parts(
        b"<< /FunctionType 4 /Domain [0 1] /Range [0 1] /Length 40009 >>\nstream\n{" + b"dup mul sqrt " * 3000 + b"}\nendstream",
        content=b"/S sh", resources=b"/Shading << /S << /ShadingType 2 /ColorSpace /DeviceGray /Coords [0 0 1 1] /Function 1 0 R /Extend [true true] >> >>",
    )  # fmt: skip


def picture(body: bytes, *others: bytes) -> bytes:
    """A page that draws object 1, a picture, over all of itself."""
    return with_parts(body, *others, content=b"q 595 0 0 842 0 0 cm /Im Do Q", resources=b"/XObject << /Im 1 0 R >>")


def _picture_entries(width: int, height: int, space: bytes, bits: int) -> bytes:
    return b"/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace %s /BitsPerComponent %d " % (
        width,
        height,
        space,
        bits,
    )


def _font(file: bytes, *, to_unicode: bytes = b"null") -> bytes:
    return with_parts(
        file,
        to_unicode,
        b"<< /Type /FontDescriptor /FontName /Bomb /Flags 4 /FontBBox [0 0 9 9] /FontFile2 1 0 R >>",
        b"<< /Type /Font /Subtype /TrueType /BaseFont /Bomb /FontDescriptor 3 0 R /ToUnicode 2 0 R >>",
        resources=b"/Font << /B 4 0 R >>",
        content=b"BT /B 20 Tf 60 700 Td (chu) Tj ET",
    )


def forms_by_doubling(depth: int) -> bytes:
    """Forms that each draw the next one twice."""
    form = b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /XObject << /X %d 0 R >> >>"
    parts = [stream(b"/X Do /X Do", form % (n + 2)) for n in range(depth)]
    parts.append(stream(b"0 0 9 9 re f", b"/Type /XObject /Subtype /Form /BBox [0 0 595 842]"))
    return with_parts(*parts, content=b"/X Do", resources=b"/XObject << /X 1 0 R >>")


# --------------------------------------------------------------------------- loops


def loops() -> Iterator[tuple[str, bytes]]:
    """Yield files in which a way leads back to where it began."""
    form = b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] "
    draws_itself = stream(b"/X Do", form + b"/Resources << /XObject << /X 1 0 R >> >>")
    yield "form-draws-itself", with_parts(draws_itself, content=b"/X Do", resources=b"/XObject << /X 1 0 R >>")
    yield "pattern-in-itself", with_parts(
        stream(b"/Pattern cs /P scn 0 0 9 9 re f", b"/PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 9 9] /XStep 9 /YStep 9 /Resources << /Pattern << /P 1 0 R >> >>"),
        resources=b"/Pattern << /P 1 0 R >>", content=b"/Pattern cs /P scn 0 0 595 842 re f",
    )  # fmt: skip
    yield "mask-of-itself", picture(stream(bytes(100), _picture_entries(10, 10, b"/DeviceGray", 8) + b"/SMask 1 0 R "))
    yield (
        "colours-of-themselves",
        with_parts(
            b"[/Indexed 1 0 R 255 (x)]", resources=b"/ColorSpace << /C 1 0 R >>", content=b"/C cs 1 sc 0 0 99 99 re f"
        ),
    )
    yield "profile-of-itself", with_parts(
        stream(b"", b"/N 3 /Alternate [/ICCBased 1 0 R]"),
        resources=b"/ColorSpace << /C [/ICCBased 1 0 R] >>", content=b"/C cs 1 1 1 sc 0 0 99 99 re f",
    )  # fmt: skip
    yield "function-of-itself", with_parts(
        b"<< /FunctionType 3 /Domain [0 1] /Functions [1 0 R 1 0 R] /Bounds [.5] /Encode [0 1 0 1] >>",
        content=b"/S sh", resources=b"/Shading << /S << /ShadingType 2 /ColorSpace /DeviceGray /Coords [0 0 1 1] /Function 1 0 R >> >>",
    )  # fmt: skip
    yield "letter-draws-itself", with_parts(
        stream(b"500 0 d0 BT /F 1 Tf (a) Tj ET"),
        b"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 9 9] /FontMatrix [1 0 0 1 0 0] /CharProcs << /a 1 0 R >> "
        b"/Encoding << /Differences [97 /a] >> /FirstChar 97 /LastChar 97 /Widths [500] "
        b"/Resources << /Font << /F 2 0 R >> >> >>",
        resources=b"/Font << /F 2 0 R >>", content=b"BT /F 20 Tf (aaa) Tj ET",
    )  # fmt: skip
    yield "contents-in-a-circle", with_parts(b"[1 0 R 1 0 R]", page=b"/Contents 1 0 R")
    yield "length-is-itself", with_parts(b"<< /Length 1 0 R >>\nstream\nx\nendstream", page=b"/Contents 1 0 R")
    yield "reference-to-itself", with_parts(b"1 0 R", page=b"/Rotate 1 0 R /Annots 1 0 R", catalogue=b"/AcroForm 1 0 R")
    yield "outline-in-a-circle", with_parts(
        b"<< /Title (a) /Next 2 0 R /Prev 2 0 R /First 2 0 R >>", b"<< /Title (b) /Next 1 0 R /First 1 0 R >>",
        catalogue=b"/Outlines << /First 1 0 R /Last 2 0 R /Count 2 >>",
    )  # fmt: skip
    yield (
        "names-in-a-circle",
        with_parts(b"<< /Kids [1 0 R] >>", catalogue=b"/Names << /Dests 1 0 R /JavaScript 1 0 R >>"),
    )
    yield "fields-in-a-circle", with_parts(
        b"<< /T (a) /Kids [2 0 R] /Parent 2 0 R >>", b"<< /T (b) /FT /Sig /Kids [1 0 R] /Parent 1 0 R >>",
        catalogue=b"/AcroForm << /Fields [1 0 R] /SigFlags 3 >>",
    )  # fmt: skip
    yield (
        "structure-in-a-circle",
        with_parts(
            b"<< /Type /StructElem /S /P /K 1 0 R /P 1 0 R >>",
            catalogue=b"/MarkInfo << /Marked true >> /StructTreeRoot << /K 1 0 R >>",
        ),
    )
    yield (
        "note-of-itself",
        with_parts(
            b"<< /Type /Annot /Subtype /Popup /Rect [0 0 9 9] /Parent 1 0 R /Popup 1 0 R /IRT 1 0 R /Contents (x) >>",
            page=b"/Annots [1 0 R]",
        ),
    )
    yield "threads-in-a-circle", with_parts(b"<< /N 1 0 R /V 1 0 R /T 1 0 R >>", catalogue=b"/Threads [1 0 R]")
    yield (
        "action-after-itself",
        with_parts(b"<< /S /JavaScript /JS (while\\(1\\);) /Next 1 0 R >>", catalogue=b"/OpenAction 1 0 R"),
    )
    yield "two-trees-of-each-other", _two_trees()
    plain = OnePage().build()
    for name, trailer in {
        "table-before-itself": b"trailer\n<< /Size 9 /Root 4 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n",
        "tables-in-a-circle": b"trailer\n<< /Size 9 /Root 4 0 R /Prev %d /XRefStm %d >>\nstartxref\n0\n%%%%EOF\n",
    }.items():
        start = len(plain)
        yield name, plain + b"xref\n0 0\n" + trailer % (start, start)
    yield (
        "object-stream-in-itself",
        with_parts(stream(b"1 0 << >>", b"/Type /ObjStm /N 1 /First 4 /Extends 1 0 R "), catalogue=b"/Names 1 0 R"),
    )


def _two_trees() -> bytes:
    w = PdfWriter()
    first, second = w.reserve(), w.reserve()
    w.objects[0] = b"<< /Type /Pages /Count 9 /Kids [%d 0 R %d 0 R] >>" % (second, second)
    w.objects[1] = b"<< /Type /Pages /Count 9 /Kids [%d 0 R] /Parent %d 0 R >>" % (first, first)
    return w.finish(w.add(b"<< /Type /Catalog /Pages 1 0 R >>"))


# --------------------------------------------------------------------------- depths


def depths() -> Iterator[tuple[str, bytes]]:
    """Yield files nested deeper than anybody writes."""
    many = 200_000
    yield "arrays", OnePage(catalogue=b"/Deep " + b"[" * many + b"]" * many).build()
    yield "dictionaries", OnePage(catalogue=b"/Deep " + b"<< /A " * many + b"0" + b" >>" * many).build()
    yield "arrays-in-contents", OnePage(content=b"[" * many + b"]" * many + b" TJ").build()
    yield "saved-states", OnePage(content=b"q " * (5 * many) + LINE).build()
    yield "marked-contents", OnePage(content=b"/P BMC " * many + LINE).build()
    yield "strings", OnePage(content=b"BT " + b"(" * many + b")" * many + b" Tj ET").build()
    yield "forms", _forms_in_forms(2000)
    yield "page-tree", _tree_of_depth(5000)
    yield "references", _chain_of_references(20_000)
    yield "compatibility-sections", OnePage(content=b"BX " * many + LINE).build()
    yield "clips", OnePage(content=b"0 0 500 500 re W n " * 50_000 + LINE).build()
    yield "function-braces", with_parts(
        b"<< /FunctionType 4 /Domain [0 1] /Range [0 1] /Length %d >>\nstream\n%s\nendstream" % (2 * many, b"{" * many + b"}" * many),
        content=b"/S sh", resources=b"/Shading << /S << /ShadingType 2 /ColorSpace /DeviceGray /Coords [0 0 1 1] /Function 1 0 R >> >>",
    )  # fmt: skip


def _forms_in_forms(depth: int) -> bytes:
    form = b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /XObject << /X %d 0 R >> >>"
    parts = [stream(b"q /X Do Q", form % (n + 2)) for n in range(depth)]
    return with_parts(*parts, stream(b"", form % 1), content=b"/X Do", resources=b"/XObject << /X 1 0 R >>")


def _tree_of_depth(depth: int) -> bytes:
    w = PdfWriter()
    for number in range(1, depth + 1):
        w.add(b"<< /Type /Pages /Count 1 /Kids [%d 0 R] /Parent %d 0 R >>" % (number + 1, max(1, number - 1)))
    w.add(b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 595 842] >>" % depth)
    return w.finish(w.add(b"<< /Type /Catalog /Pages 1 0 R >>"))


def _chain_of_references(length: int) -> bytes:
    parts = [b"%d 0 R" % (number + 2) for number in range(length)]
    return with_parts(*parts, b"90", page=b"/Rotate 1 0 R")


# --------------------------------------------------------------------------- boxes, pictures, actions, locks


def boxes() -> Iterator[tuple[str, bytes]]:
    """Yield pages of sizes that no paper has."""
    for name, box in {
        "none": b"null", "empty": b"[]", "zero": b"[0 0 0 0]", "negative": b"[0 0 -595 -842]", "a-hair": b"[0 0 .001 842]",
        "endless": b"[0 0 1e38 1e38]", "beyond-numbers": b"[0 0 99999999999999999999999999999999999999999999 9]",
        "words": b"[(a) /b true null]", "nested": b"[[0 0] [595 842]]", "far-away": b"[1e9 1e9 1000000595 1000000842]",
        "ribbon": b"[0 0 14400 1]", "three-numbers": b"[0 0 595]",
    }.items():  # fmt: skip
        yield f"box-{name}", OnePage(box=box).build()
    for name, page in {
        "turned-aslant": b"/Rotate 45", "turned-far": b"/Rotate 99999999990", "unit-huge": b"/UserUnit 1000000",
        "unit-negative": b"/UserUnit -1", "cropped-to-nothing": b"/CropBox [9 9 9 9]",
        "cropped-elsewhere": b"/CropBox [5000 5000 6000 6000]", "a-million-notes": b"/Annots [" + b"null " * 1_000_000 + b"]",
    }.items():  # fmt: skip
        yield name, OnePage(page=page).build()


def pictures() -> Iterator[tuple[str, bytes]]:
    """Yield pictures whose dimensions or codes do not fit what they hold."""
    junk = bytes(range(256)) * 20
    jbig2_page = bytes.fromhex("00000000300001000000130000ffff0000ffff000000000000000000 0000")
    jp2 = bytes.fromhex("0000000c6a5020200d0a870a00000014667479706a703220000000006a703220") + junk
    codestream = (
        bytes.fromhex(
            "ff4fff51002f0000 0000ea600000ea60 00000000 00000000 0000ea60 0000ea60 00000000 00000000 0003 070101 070101 070101".replace(
                " ", ""
            )
        )
        + junk
    )
    jpeg = bytes.fromhex("ffd8ffc0001108ffdcffdc03012200021101031101") + junk
    for name, (data, entries) in {
        "jbig2-noise": (junk, b"/Filter /JBIG2Decode"),
        "jbig2-huge-page": (jbig2_page, b"/Filter /JBIG2Decode"),
        "jbig2-globals-missing": (junk, b"/Filter /JBIG2Decode /DecodeParms << /JBIG2Globals 999 0 R >>"),
        "jpx-noise": (junk, b"/Filter /JPXDecode"),
        "jpx-box-noise": (jp2, b"/Filter /JPXDecode"),
        "jpx-huge": (codestream, b"/Filter /JPXDecode"),
        "fax-noise": (junk, b"/Filter /CCITTFaxDecode /DecodeParms << /K -1 /Columns 1000 >>"),
        "fax-one-dimension": (junk, b"/Filter /CCITTFaxDecode /DecodeParms << /K 0 /Columns 60000 /Rows 60000 >>"),
        "fax-negative": (junk, b"/Filter /CCITTFaxDecode /DecodeParms << /K 4 /Columns -5 /Rows -5 >>"),
        "jpeg-huge": (jpeg, b"/Filter /DCTDecode"),
        "jpeg-noise": (junk, b"/Filter /DCTDecode"),
        "unknown-filter": (junk, b"/Filter /KhongCo"),
        "crypt-filter": (junk, b"/Filter /Crypt /DecodeParms << /Name /KhongCo >>"),
    }.items():
        yield name, picture(stream(data, _picture_entries(1000, 1000, b"/DeviceGray", 8) + entries))
    for name, (width, height, space, bits) in {
        "none-wide": (0, 100, b"/DeviceGray", 8), "negative": (-5, -5, b"/DeviceGray", 8),
        "two-billion-wide": (2_147_483_647, 2_147_483_647, b"/DeviceCMYK", 16), "odd-bits": (50, 50, b"/DeviceGray", 77),
        "palette-missing": (50, 50, b"[/Indexed /DeviceRGB 255 999 0 R]", 8),
        "many-inks": (50, 50, b"[/DeviceN [" + b"/I " * 5000 + b"] /DeviceGray 999 0 R]", 8),
        "ribbon": (190_000_000, 1, b"/DeviceGray", 1),
    }.items():  # fmt: skip
        yield f"picture-{name}", picture(stream(junk, _picture_entries(width, height, space, bits)))


def actions() -> Iterator[tuple[str, bytes]]:
    """Yield files that want to do something, or carry what could."""
    for name, action in {
        "javascript": b"/S /JavaScript /JS (app.launchURL\\('http://127.0.0.1/'\\);while\\(1\\);)",
        "launch": b"/S /Launch /Win << /F (cmd.exe) /P (/c calc) >> /F (/bin/sh)",
        "go-elsewhere": b"/S /GoToR /F (//127.0.0.1/share/x.pdf)", "uri": b"/S /URI /URI (file:///etc/passwd)",
        "submit": b"/S /SubmitForm /F (http://127.0.0.1/) /Flags 4", "import": b"/S /ImportData /F (/etc/passwd)",
        "named": b"/S /Named /N /Print", "rendition": b"/S /Rendition /OP 0 /JS (1)",
    }.items():  # fmt: skip
        yield (
            f"action-{name}",
            OnePage(
                catalogue=b"/OpenAction << %s >>" % action, page=b"/AA << /O << %s >> /C << %s >> >>" % (action, action)
            ).build(),
        )
    yield "embedded-program", with_parts(
        stream(b"MZ" + bytes(500), b"/Type /EmbeddedFile"), b"<< /Type /Filespec /F (../../bin/sh) /UF (a\\\\..\\\\b.exe) /EF << /F 1 0 R >> >>",
        catalogue=b"/Names << /EmbeddedFiles << /Names [(x) 2 0 R] >> >>",
        page=b"/Annots [<< /Type /Annot /Subtype /FileAttachment /FS 2 0 R /Rect [9 9 99 99] >>]",
    )  # fmt: skip
    yield (
        "external-stream",
        with_parts(b"<< /F (/etc/passwd) /Length 0 >>\nstream\n\nendstream", page=b"/Contents 1 0 R"),
    )
    yield (
        "form-of-xml",
        with_parts(
            stream(b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xdp:xdp>&e;</xdp:xdp>'),
            catalogue=b"/AcroForm << /Fields [] /XFA 1 0 R >>",
        ),
    )
    yield (
        "film",
        with_parts(
            b"<< /Type /Annot /Subtype /RichMedia /Rect [0 0 99 99] /RichMediaContent << /Assets << >> >> >>",
            page=b"/Annots [1 0 R]",
        ),
    )
    yield (
        "words-from-beyond",
        OnePage(
            page=b"/Annots [<< /Type /Annot /Subtype /FreeText /Rect [9 9 99 99] /Contents (<script>alert\\(1\\)</script>\\000\\033[31m) >>]"
        ).build(),
    )
    for name, title in {
        "markup": b"(<img src=x onerror=alert\\(1\\)>)", "control": b"(\\000\\001\\033[2J\\r\\n)", "bidi": b"<FEFF202E006600640070>",
        "half-surrogate": b"<FEFFD800>", "long": b"(" + b"a" * 1_000_000 + b")", "a-reference": b"999 0 R",
    }.items():  # fmt: skip
        yield f"title-{name}", _titled(title)
    yield "signature-of-nothing", with_parts(
        b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached /Contents <3080> /ByteRange [0 99999999999 -5 7] /M (D:99999999) /Name (<b>x) >>",
        b"<< /FT /Sig /T (a) /V 1 0 R /Subtype /Widget /Rect [0 0 0 0] >>", catalogue=b"/AcroForm << /Fields [2 0 R] /SigFlags 3 >>",
    )  # fmt: skip
    yield "a-thousand-signatures", with_parts(
        b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached /Contents <00> /ByteRange [0 1 2 3] >>",
        b"<< /FT /Sig /T (a) /V 1 0 R >>", catalogue=b"/AcroForm << /Fields [" + b"2 0 R " * 1000 + b"] /SigFlags 3 >>",
    )  # fmt: skip


def _titled(title: bytes) -> bytes:
    """A PDF with a document information dictionary, as an update behind the file."""
    plain = OnePage().build()
    return plain.replace(
        b"trailer\n<<", b"trailer\n<< /Info << /Title %s /Author %s /CreationDate %s >>" % (title, title, title)
    )


def locks() -> Iterator[tuple[str, bytes]]:
    """Yield encryption that nobody can, or nobody should, open."""
    for name, encrypt in {
        "empty": b"<< >>", "nothing": b"null", "a-number": b"7",
        "unknown-handler": b"<< /Filter /KhongCo /V 1 /R 2 >>",
        "version-99": b"<< /Filter /Standard /V 99 /R 99 /O (x) /U (x) /P -1 >>",
        "keys-missing": b"<< /Filter /Standard /V 2 /R 3 /Length 128 /P -1 >>",
        "keys-short": b"<< /Filter /Standard /V 2 /R 3 /Length 128 /O (x) /U (x) /P -1 >>",
        "length-negative": b"<< /Filter /Standard /V 2 /R 3 /Length -8 /O <%s> /U <%s> /P -1 >>" % (b"00" * 32, b"00" * 32),
        "length-huge": b"<< /Filter /Standard /V 2 /R 3 /Length 99999999 /O <%s> /U <%s> /P -1 >>" % (b"00" * 32, b"00" * 32),
        "revision-6-damaged": b"<< /Filter /Standard /V 5 /R 6 /O <%s> /U <%s> /OE <00> /UE <00> /Perms <00> /P -1 >>" % (b"00" * 48, b"00" * 48),
        "crypt-filter-missing": b"<< /Filter /Standard /V 4 /R 4 /CF << >> /StmF /No /StrF /No /O <%s> /U <%s> /P -1 >>" % (b"00" * 32, b"00" * 32),
        "by-certificate": b"<< /Filter /Adobe.PubSec /V 4 /SubFilter /adbe.pkcs7.s5 /Recipients [(x)] >>",
    }.items():  # fmt: skip
        yield f"lock-{name}", OnePage().build().replace(b"trailer\n<<", b"trailer\n<< /Encrypt %s" % encrypt)
