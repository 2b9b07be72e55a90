"""A searchable copy of a scan, through pikepdf: the pages as they are, the words laid invisibly under them.

Only what must change does: a page gets one more content stream and one more font, pictures are copied as they are
stored. Whatever has to be left behind is: a digital signature covers the bytes of the original and would show as broken
here, so its picture stays and its claim goes; a file that is protected against changes, but opens without a password,
is written without protection; another scanner's worthless invisible text gives way to ours.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import pikepdf
from pikepdf import Dictionary, Name, Operator, Stream

from services.core.errors import ReadError
from services.ocr.derived.font import invisible_font
from services.ocr.derived.image_pages import add_image_pages
from services.ocr.derived.text_layer import FONT_NAME
from services.ocr.limits import PageLimits
from services.ocr.triage import PDF

_INVISIBLE = 3
_SHOWS = {"Tj", "TJ", "'", '"'}
_FORM_DEPTH = 5
_SIGNED_KEYS = ("/FT", "/V", "/T", "/TU", "/TM", "/Parent", "/Ff", "/Lock", "/SV", "/MK", "/DA", "/AA", "/A", "/H")


def write_searchable(
    path: Path, media_type: str, layers: Mapping[int, bytes], replaced: list[int], out: Path, limits: PageLimits
) -> None:
    """Write a copy of a PDF or picture file to `out` with the text layers of its pages (number from 1 -> deflated
    content stream of `text_layer`); the invisible text of the pages `replaced` is taken out first.

    Raises ReadError: encrypted, damaged, and what the pictures of a picture file may raise.
    """
    with out.open("wb") as file:
        try:
            with pikepdf.new() if media_type != PDF else pikepdf.open(path) as pdf:
                if media_type != PDF:
                    add_image_pages(pdf, path, media_type, limits)
                _lay(pdf, layers, replaced)
                _leave_signatures_behind(pdf)
                _save(pdf, file)
        except pikepdf.PasswordError as error:
            raise ReadError("encrypted", "The PDF asks for a password to open.") from error
        except pikepdf.PdfError as error:
            raise ReadError("damaged", f"qpdf: {error}") from error


def _save(pdf: pikepdf.Pdf, file: BinaryIO) -> None:
    """Write it with every stream stored as it was, the same bytes for the same pages."""
    pdf.save(
        file,
        compress_streams=False,
        stream_decode_level=pikepdf.StreamDecodeLevel.none,
        object_stream_mode=pikepdf.ObjectStreamMode.preserve,
        encryption=False,
        deterministic_id=True,
    )


def _lay(pdf: pikepdf.Pdf, layers: Mapping[int, bytes], replaced: list[int]) -> None:
    if len(pdf.pages) < max([*layers, *replaced], default=0):
        raise ReadError("damaged", "qpdf finds fewer pages than were read.", pages=len(pdf.pages))
    done: set[tuple[int, int]] = set()
    for number in replaced:
        _drop_invisible_text(pdf, pdf.pages[number - 1], done)
    font = invisible_font(pdf) if layers else None
    for number, layer in layers.items():
        page = pdf.pages[number - 1]
        page.contents_add(Stream(pdf, _placed(page, layer), Filter=Name.FlateDecode), prepend=True)
        _give_font(page, font)


def _placed(page: pikepdf.Page, layer: bytes) -> bytes:
    """Put the origin at the top left corner of the visible page, and the graphics state back afterwards."""
    crop, media = _corners(page.cropbox), _corners(page.mediabox)
    left, top = max(crop[0], media[0]), min(crop[3], media[3])
    return zlib.compress(b"q 1 0 0 1 %.3f %.3f cm\n%bQ\n" % (left, top, zlib.decompress(layer)))


def _corners(box: pikepdf.Array) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = (float(value) for value in box)
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def _give_font(page: pikepdf.Page, font: pikepdf.Object | None) -> None:
    """Add the font to resources of the page's own: its present ones may be shared with other pages, or inherited."""
    resources = Dictionary(dict(page.resources.items()))
    fonts = Dictionary(dict(resources.get("/Font", Dictionary()).items()))
    fonts[f"/{FONT_NAME}"] = font
    resources["/Font"] = fonts
    page.obj["/Resources"] = resources


def _drop_invisible_text(pdf: pikepdf.Pdf, page: pikepdf.Page, done: set[tuple[int, int]]) -> None:
    kept = pikepdf.unparse_content_stream(list(_visible(pikepdf.parse_content_stream(page))))
    page.obj["/Contents"] = pdf.make_stream(zlib.compress(kept), Filter=Name.FlateDecode)
    for form in _forms(page.resources, done, _FORM_DEPTH):
        form.write(pikepdf.unparse_content_stream(list(_visible(pikepdf.parse_content_stream(form)))))


def _forms(resources: pikepdf.Object, done: set[tuple[int, int]], depth: int) -> Iterator[pikepdf.Object]:
    """Yield the forms that a page draws, each once."""
    for drawn in resources.get("/XObject", Dictionary()).values():
        if drawn.get("/Subtype") == Name.Form and drawn.objgen not in done:
            done.add(drawn.objgen)
            yield drawn
            if depth and "/Resources" in drawn:
                yield from _forms(drawn.Resources, done, depth - 1)


def _visible(
    instructions: list[pikepdf.ContentStreamInstruction | pikepdf.ContentStreamInlineImage],
) -> Iterator[pikepdf.ContentStreamInstruction | pikepdf.ContentStreamInlineImage]:
    """Leave out what shows text in rendering mode 3; what else such an operator does (next line) stays done."""
    mode, outer = 0, []
    for instruction in instructions:
        operator = str(instruction.operator)
        if operator == "q":
            outer.append(mode)
        elif operator == "Q" and outer:
            mode = outer.pop()
        elif operator == "Tr":
            mode = int(instruction.operands[0])
        if mode == _INVISIBLE and operator in _SHOWS:
            if operator in "'\"":
                yield pikepdf.ContentStreamInstruction([], Operator("T*"))
            continue
        yield instruction


def _leave_signatures_behind(pdf: pikepdf.Pdf) -> None:
    """Turn signature fields into plain stamps that look the same, and take out what says that the file is signed."""
    for page in pdf.pages:
        notes = page.obj.get("/Annots")
        if isinstance(notes, pikepdf.Array):
            for note in notes:
                if isinstance(note, pikepdf.Dictionary) and _is_signature(note):
                    _make_stamp(note)
    root = pdf.Root
    form = root.get("/AcroForm")
    if isinstance(form, pikepdf.Dictionary):
        form["/Fields"] = pikepdf.Array([f for f in form.get("/Fields", []) if not _is_signature(f)])
        if "/SigFlags" in form:
            del form["/SigFlags"]
    for key in ("/Perms", "/DSS"):
        if key in root:
            del root[key]


def _is_signature(field: pikepdf.Object) -> bool:
    """Whether a field, or the field that a widget belongs to, is a signature."""
    for _ in range(_FORM_DEPTH):
        if not isinstance(field, pikepdf.Dictionary):
            return False
        if "/FT" in field:
            return bool(field["/FT"] == Name.Sig)
        parent = field.get("/Parent")
        if parent is None:
            return False
        field = parent
    return False


def _make_stamp(note: pikepdf.Dictionary) -> None:
    for key in _SIGNED_KEYS:
        if key in note:
            del note[key]
    note["/Subtype"] = Name.Stamp
