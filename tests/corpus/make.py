"""`make_scan`: a spec and a seed in, a file with its truth out; and the specs that show every option once."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from PIL import Image

from services.core.model import PageText, Word
from tests.corpus.born import write_born
from tests.corpus.content import Dispatch, compose_dispatch
from tests.corpus.drawing import draw_sheet
from tests.corpus.layout import Setting, Sheet, set_dispatch
from tests.corpus.model import Scan, ScanSpec, Truth
from tests.corpus.pdf import PdfPage, write_pdf
from tests.corpus.scanning import encode_jpeg, page_truth, scan_sheet
from tests.corpus.stamps import put_stamp

_SUFFIX = {"tiff": ("tif", "image/tiff"), "jpeg": ("jpg", "image/jpeg"), "png": ("png", "image/png")}
_STAMP_TEXT = "Ky boi: Van phong; Thoi gian ky: 14.09.2021 08:15:22 +07:00"


def make_scan(spec: ScanSpec, seed: int = 0) -> Scan:
    """Make one scan; the same spec, seed and fonts give the same bytes.

    Raises MissingProgramError where a font is missing, ValueError where the spec cannot be met (a picture file of one
    page that would need several).
    """
    dispatch = compose_dispatch(spec, seed)
    setting = _set(dispatch, spec)
    pages = tuple(page_truth(sheet, i, spec) for i, sheet in enumerate(setting.sheets, start=1))
    data = write_file(spec, setting.sheets, pages, seed)
    suffix, media_type = _SUFFIX.get(spec.medium, ("pdf", "application/pdf"))
    truth = Truth(
        record=dispatch.record.model_copy(update={"pages": len(pages)}),
        pages=pages,
        clean_text="\n".join(setting.paragraphs),
        topic=dispatch.topic,
        cuts=setting.cuts,
        text_layer=pages[0].text_layer.value,
    )
    return Scan(f"{spec.name}.{suffix}", data, media_type, truth)


def make_pdf_pages(spec: ScanSpec, seed: int = 0) -> list[PdfPage]:
    """Make the scanned pages of a spec, to be written by `pdf.write_pdf` in some other way."""
    sheets = _set(compose_dispatch(spec, seed), spec).sheets
    pages = [page_truth(sheet, i, spec) for i, sheet in enumerate(sheets, start=1)]
    images = _scanned(spec, sheets, seed)
    return [_pdf_page(spec, image, page, seed) for image, page in zip(images, pages, strict=True)]


def _set(dispatch: Dispatch, spec: ScanSpec) -> Setting:
    setting = set_dispatch(dispatch, spec)
    if spec.stamp:
        put_stamp(setting.sheets[0], spec)
    return setting


def write_file(spec: ScanSpec, sheets: Sequence[Sheet], pages: Sequence[PageText], seed: int) -> bytes:
    """Return the file of sheets whose truth is `pages`, in the medium of the spec."""
    if spec.medium == "pdf_born":
        return write_born(sheets)
    images = _scanned(spec, sheets, seed)
    if spec.medium in ("jpeg", "png"):
        return _picture_file(spec, images)
    if spec.medium == "tiff":
        return _tiff(spec, images)
    return write_pdf([_pdf_page(spec, image, page, seed) for image, page in zip(images, pages, strict=True)])


def _scanned(spec: ScanSpec, sheets: Sequence[Sheet], seed: int) -> list[Image.Image]:
    images = []
    for i, sheet in enumerate(sheets):
        pen = random.Random(f"{spec.name}/{seed}/{i}")
        grain = np.random.default_rng([seed, i])
        images.append(scan_sheet(draw_sheet(sheet, spec.dpi, pen), spec, grain))
    return images


def _pdf_page(spec: ScanSpec, image: Image.Image, page: PageText, seed: int) -> PdfPage:
    jpeg = None if spec.colour == "bw" else encode_jpeg(image, spec.jpeg_quality, spec.dpi)
    hidden = page if spec.medium == "pdf_text" else None
    if spec.medium == "pdf_garbage":
        hidden = _garbled(page, random.Random(seed))
    stamp = _STAMP_TEXT if spec.medium == "pdf_stamp" and page.number == 1 else None
    return PdfPage(page.width, page.height, image, jpeg, spec.rotate, hidden, stamp)


def _garbled(page: PageText, rng: random.Random) -> PageText:
    """What a reader without Vietnamese makes of the page: letters lost and changed, words cut and glued."""
    noise = "ijl1|!/\\;:.,~^*«»"
    words: list[Word] = []
    for word in page.words:
        text = "".join(rng.choice(noise) if letter > "z" or rng.random() < 0.25 else letter for letter in word.text)
        words.append(replace(word, text=text))
    return replace(page, words=tuple(words))


def _picture_file(spec: ScanSpec, images: Sequence[Image.Image]) -> bytes:
    if len(images) != 1:
        raise ValueError(f"{spec.name}: {spec.medium} holds one page, this dispatch has {len(images)}")
    if spec.medium == "jpeg":
        return encode_jpeg(images[0], spec.jpeg_quality, spec.dpi)
    out = io.BytesIO()
    images[0].save(out, "PNG", dpi=(spec.dpi, spec.dpi), optimize=True)
    return out.getvalue()


def _tiff(spec: ScanSpec, images: Sequence[Image.Image]) -> bytes:
    out = io.BytesIO()
    how = "group4" if spec.colour == "bw" else "tiff_lzw"
    images[0].save(
        out, "TIFF", save_all=True, append_images=images[1:], compression=how, dpi=(spec.dpi, spec.dpi)
    )  # fmt: skip
    return out.getvalue()
