"""The way of one page through reading: each stage a function, their order here."""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from PIL import Image

from services.core.errors import ReadError
from services.core.lexicon import Lexicon, load_lexicon
from services.core.model import Box, PageText, Reading, TextLayer, Zone
from services.ocr import pdf
from services.ocr.again import look_again
from services.ocr.annotations import read_annotations
from services.ocr.frames import lift_frames
from services.ocr.images import FORMATS, frame_geometry, load_frame, open_image
from services.ocr.layer import NO_LAYER, Layer, Verdict, compare, disagrees, judge, read_layer
from services.ocr.layout import Line, Region, Segment
from services.ocr.limits import PageLimits
from services.ocr.names import read_names
from services.ocr.order import order
from services.ocr.paragraphs import number_words
from services.ocr.pdf import Geometry
from services.ocr.pen import can_read_pens
from services.ocr.prepare import Picture, Prepared, prepare
from services.ocr.quality import measure_quality
from services.ocr.recognise import BLOCK_MODE, LINE_MODE, PAGE_MODE, recognise
from services.ocr.render import picture_for_people, reading_dpi, render_page
from services.ocr.repair import repair
from services.ocr.reread import read_arrivals, reread
from services.ocr.sealed import look_above_recipients
from services.ocr.slanted import read_slanted
from services.ocr.stamps import Stamp, lift_inked, lift_words, read_framed, read_worded
from services.ocr.triage import PDF
from services.ocr.turn import find_turn, is_blank
from services.ocr.zones import locate_zones

_JPEG_QUALITY = 75
_ENOUGH_DRAWN_WORDS = 60
_ENOUGH_AGREEMENT = 0.7


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A page before it is read: its shape, the lexicon to read it with, what text it holds, and its picture.

    There is no picture where the layer is good and visible; where it is good and hidden the picture has the last word.
    """

    shape: Geometry
    lexicon: Lexicon
    verdict: Verdict = NO_LAYER
    layer: Layer | None = None
    notes: tuple[Line, ...] = ()
    picture: Picture | None = None


def read_page(
    path: Path, media_type: str, number: int, limits: PageLimits, is_known: Callable[[str], bool]
) -> PageText | None:
    """Read one page (from 1) of a PDF or picture file; None when `is_known` says so of its picture's hash.

    Raises ReadError, ProgramKilledError, ProgramTimeoutError, MissingProgramError, MemoryError.
    """
    with tempfile.TemporaryDirectory(prefix="page-") as name:
        folder = Path(name)
        sheet = _open_sheet(path, media_type, number, limits, folder)
        if sheet.picture is None:
            return _from_layer(sheet, number)
        facts = (sheet.shape, [line.text for line in sheet.notes], sheet.verdict.layer, can_read_pens())
        image_hash = sheet.picture.digest(*facts)
        if is_known(image_hash):
            return None
        return _from_picture(sheet, sheet.picture, number, image_hash, partial(_recognise, folder, limits))


def page_image(path: Path, media_type: str, number: int, width: int, limits: PageLimits) -> bytes:
    """Draw one page for people as a JPEG `width` pixels wide (never larger than the limit), upright."""
    if media_type == PDF:
        with tempfile.TemporaryDirectory(prefix="page-") as folder:
            shape = _measure(path, number, limits)
            image = picture_for_people(path, number, shape, width, Path(folder), limits)
    else:
        with open_image(path, media_type) as file:
            image = load_frame(file, number, limits)
        height = max(1, round(image.height * width / image.width))
        limits.check_picture(number, width * height, width * height * len(image.getbands()))
        image = image.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=2.0)
    written = io.BytesIO()
    image.convert("RGB").save(written, "JPEG", quality=_JPEG_QUALITY)
    return written.getvalue()


def _open_sheet(path: Path, media_type: str, number: int, limits: PageLimits, folder: Path) -> _Sheet:
    if media_type == PDF:
        return _open_pdf_sheet(path, number, limits, folder)
    if media_type not in FORMATS:
        raise ReadError("not_recognised", media_type)
    with open_image(path, media_type) as file:
        shape, dpi = frame_geometry(file, number, limits)
        return _Sheet(shape, load_lexicon(limits.lexicon_file), picture=Picture(load_frame(file, number, limits), dpi))


def _open_pdf_sheet(path: Path, number: int, limits: PageLimits, folder: Path) -> _Sheet:
    with pdf.open_pdf(path) as document:
        page = pdf.open_page(document, number)
        shape, pictures = pdf.geometry(page), pdf.pictures(page)
        _check_pictures(pictures, number, limits)
        layer = read_layer(page, shape)
        page.close()
        notes = tuple(read_annotations(document, number, shape))
    lexicon = load_lexicon(limits.lexicon_file)
    verdict = judge(layer, shape, pictures)
    if verdict.layer is TextLayer.GOOD and not layer.is_hidden:
        return _Sheet(shape, lexicon, verdict, layer, notes)
    drawn_text = not layer.is_hidden and sum(len(line.tokens) for line in layer.lines) >= _ENOUGH_DRAWN_WORDS
    dpi = reading_dpi(shape, pictures, limits, drawn_text=drawn_text)
    image = render_page(path, number, shape, dpi, folder, colour=pictures.colour, limits=limits)
    return _Sheet(shape, lexicon, verdict, layer, notes, Picture(image, dpi))


def _measure(path: Path, number: int, limits: PageLimits) -> Geometry:
    with pdf.open_pdf(path) as document:
        page = pdf.open_page(document, number)
        _check_pictures(pdf.pictures(page), number, limits)
        return pdf.geometry(page)


def _check_pictures(pictures: pdf.Pictures, number: int, limits: PageLimits) -> None:
    """Refuse a page with a picture that would unpack to more than the limits."""
    limits.check_picture(number, pictures.pixels, pictures.decoded_bytes)


def _from_layer(sheet: _Sheet, number: int) -> PageText:
    """Use the text that stands in the page; its hash is that of the words and where they stand."""
    assert sheet.layer is not None
    lines = (*sheet.layer.lines, *sheet.notes)
    said = [(token.text, tuple(token.box)) for line in lines for token in line.tokens]
    digest = hashlib.sha256(repr((said, sheet.shape)).encode()).hexdigest()
    upright = [line.moved(partial(_to_upright, sheet.shape)) for line in sheet.layer.lines]
    return _page_text(_located(upright, sheet.shape), sheet, number, digest)


def _from_picture(
    sheet: _Sheet, picture: Picture, number: int, image_hash: str, read: Callable[..., list[Line]]
) -> PageText:
    """Read the picture of a page; a hidden layer that reads well is taken only where the picture says the same."""
    prepared, frames = lift_frames(prepare(picture))
    if sheet.verdict.layer is TextLayer.GOOD:
        agreement = _agreement(sheet, prepared, read)
        if agreement >= _ENOUGH_AGREEMENT:
            return replace(_from_layer(sheet, number), image_hash=image_hash)
        sheet = replace(sheet, verdict=disagrees(agreement))
    as_block = partial(read, mode=BLOCK_MODE)
    bare, prepared, frames, stamps = _without_ink(picture, prepared, frames, as_block)
    lines = read(prepared)
    turned = find_turn(picture, lines, lambda piece: read(prepare(piece)))
    if turned:
        picture = picture.turned_back(turned)
        bare, prepared, frames, stamps = _without_ink(picture, *lift_frames(prepare(picture)), as_block)
        lines = read(prepared)
    if blank := is_blank(prepared, lines):
        lines, stamps = [], []
    else:
        framed = read_framed(prepared, frames, as_block)
        if not (stamps or framed):
            framed = read_worded(prepared, lines, as_block)
        size = _upright(sheet.shape, turned).upright_size
        lines = look_again(prepared, lift_words(lines, framed), *size, as_block)
        lines = look_above_recipients(prepared, lines, *size, as_block)
        lines = read_names(picture, prepared, lines, *size, partial(read, mode=LINE_MODE))
        stamps = [*stamps, *framed]
    upright = _upright(sheet.shape, turned)
    segments = _located(lines, upright)
    boxes = [prepared.to_points(f.x0, f.y0, f.x1 - f.x0, f.y1 - f.y0) for f in frames]
    places = [stamp.place for stamp in stamps]
    places += [frame for frame in boxes if not any(frame.meets(place) for place in places)]
    readings = reread(bare, prepared, segments) + read_arrivals(picture, prepared, places)
    readings += tuple(_as_reading(stamp) for stamp in stamps)
    marks = [] if blank else read_slanted(prepared, segments, partial(read, mode=LINE_MODE))
    over = [Segment(line, Region.FLOW, Zone.STAMP) for stamp in stamps for line in stamp.lines]
    over += [Segment(line, Region.FLOW, Zone.URGENCY_SECRECY) for line in marks]
    page = _page_text(segments, sheet, number, image_hash, turned, over)
    return replace(
        page,
        dpi=round(picture.dpi),
        blank=blank,
        readings=tuple(replace(r, box=_to_unrotated(upright, r.box) if r.box else None) for r in readings),
    )


def _without_ink(
    picture: Picture, prepared: Prepared, frames: list[Box], read: Callable[[Prepared], list[Line]]
) -> tuple[Picture, Prepared, list[Box], list[Stamp]]:
    """Lift the stamps in coloured ink: the page without them, as drawn and made ready, its frames, and the stamps."""
    bare, stamps = lift_inked(picture, prepared, read)
    if not stamps:
        return picture, prepared, frames, []
    return bare, *lift_frames(prepare(bare)), stamps


def _as_reading(stamp: Stamp) -> Reading:
    return Reading("stamp", stamp.looks[0], 0.0, "best", candidates=stamp.looks, box=stamp.place)


def _located(lines: Sequence[Line], upright: Geometry) -> list[Segment]:
    """Bring the lines of a page into reading order and say what each is."""
    width, height = upright.upright_size
    return locate_zones(order(lines, width, height), height)


def _upright(shape: Geometry, turned: int) -> Geometry:
    """The shape of a page whose print stands turned, as it is once it is turned back."""
    return replace(shape, rotation=(shape.rotation - turned) % 360)


def _recognise(folder: Path, limits: PageLimits, prepared: Prepared, mode: int = PAGE_MODE) -> list[Line]:
    return recognise(prepared, folder, limits.wall_seconds, limits.recogniser, mode)


def _agreement(sheet: _Sheet, prepared: Prepared, read: Callable[..., list[Line]]) -> float:
    """Read a band from the middle of the page and compare it with what the layer says there."""
    assert sheet.layer is not None
    height = prepared.image.height
    band = prepared.crop(0, round(height * 0.4), prepared.image.width, round(height * 0.6))
    return compare(sheet.layer, [token.text for line in read(band) for token in line.tokens])


def _page_text(
    located: Sequence[Segment],
    sheet: _Sheet,
    number: int,
    image_hash: str,
    turned: int = 0,
    over: Sequence[Segment] = (),
) -> PageText:
    upright = _upright(sheet.shape, turned)
    segments = [*over, *located]
    if sheet.verdict.layer is not TextLayer.GOOD:  # what stands in a file was typed, not read
        segments = repair(segments, sheet.lexicon)
    segments += [
        Segment(line.moved(partial(_to_upright, upright)), Region.FLOW, Zone.ANNOTATION) for line in sheet.notes
    ]
    return PageText(
        number=number,
        width=sheet.shape.width,
        height=sheet.shape.height,
        words=number_words(segments, partial(_to_unrotated, upright)),
        text_layer=sheet.verdict.layer,
        layer_reason=sheet.verdict.reason,
        rotation=sheet.shape.rotation,
        turned=turned,
        image_hash=image_hash,
        quality=measure_quality(segments, sheet.lexicon),
    )


def _to_unrotated(shape: Geometry, box: Box) -> Box:
    """Carry a box from the page as the reader sees it to the page before it was turned, kept inside the page."""
    width, height = shape.width, shape.height
    x0, y0, x1, y1 = box
    match shape.rotation:
        case 90:
            x0, y0, x1, y1 = y0, height - x1, y1, height - x0
        case 180:
            x0, y0, x1, y1 = width - x1, height - y1, width - x0, height - y0
        case 270:
            x0, y0, x1, y1 = width - y1, x0, width - y0, x1
    inside = (max(0.0, min(x0, width)), max(0.0, min(y0, height)), max(0.0, min(x1, width)), max(0.0, min(y1, height)))
    return Box(*(round(value, 2) for value in inside))


def _to_upright(shape: Geometry, box: Box) -> Box:
    """Carry a box from the page before it was turned to the page as the reader sees it."""
    width, height = shape.width, shape.height
    x0, y0, x1, y1 = box
    match shape.rotation:
        case 90:
            return Box(height - y1, x0, height - y0, x1)
        case 180:
            return Box(width - x1, height - y1, width - x0, height - y0)
        case 270:
            return Box(y0, width - x1, y1, width - x0)
    return box
