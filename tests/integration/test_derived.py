"""Files made of what was read: the text of a searchable copy stands where its words stand, and nothing else changed."""

from __future__ import annotations

import io
import re
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from html import unescape
from pathlib import Path

import numpy as np
import pikepdf
import pypdfium2 as pdfium
import pytest
from pikepdf import Array, Dictionary, Name, String
from PIL import Image

from services.core.errors import ReaderLimitError, ReadError
from services.core.model import Box, PageText, TextLayer, Word
from services.core.settings import ReaderSettings, Settings
from services.ocr import Reader
from tests.corpus import hostile
from tests.corpus.crypt import Rc4Security
from tests.corpus.make import make_pdf_pages, make_scan
from tests.corpus.pdf import write_pdf
from tests.corpus.specs import SPECS

PDF = "application/pdf"
_WORD = re.compile(r'<word xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">(.*?)</word>')


@pytest.fixture
async def reader() -> AsyncIterator[Reader]:
    async with Reader(Settings()) as started:
        yield started


async def copied(
    reader: Reader, folder: Path, data: bytes, media_type: str, pages: Sequence[PageText]
) -> pdfium.PdfDocument:
    """Lay the pages' words over a file, make sure the file itself stays as it is, and open the copy."""
    path, out = folder / "scan", folder / "copy.pdf"
    path.write_bytes(data)
    await reader.searchable(path, media_type, pages, out)
    assert path.read_bytes() == data
    return pdfium.PdfDocument(out)


def found_by_pdfium(page: pdfium.PdfPage, text: str) -> list[Box]:
    """Return where a viewer's search finds a text, in points of the page before it is turned."""
    said, hits = page.get_textpage(), []
    left, _, _, top = page.get_bbox()
    search = said.search(text, match_case=True)
    while hit := search.get_next():
        boxes = [said.get_charbox(index, loose=True) for index in range(hit[0], hit[0] + hit[1])]
        x0, x1 = min(b[0] for b in boxes) - left, max(b[2] for b in boxes) - left
        hits.append(Box(x0, top - max(b[3] for b in boxes), x1, top - min(b[1] for b in boxes)))
    return hits


def found_by_poppler(path: Path) -> list[tuple[str, Box]]:
    """Return the words of the first page and their boxes on the page as it is shown."""
    done = subprocess.run(["pdftotext", "-bbox", "-l", "1", str(path), "-"], capture_output=True, text=True, check=True)
    return [(unescape(text), Box(*map(float, box))) for *box, text in _WORD.findall(done.stdout)]


def said_by_poppler(path: Path) -> list[str]:
    """Return the words in the order in which the file draws them."""
    return subprocess.run(
        ["pdftotext", "-raw", str(path), "-"], capture_output=True, text=True, check=True
    ).stdout.split()


def overlap(a: Box, b: Box) -> float:
    """Area of both together over the area of either."""
    width, height = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
    both = max(0.0, width) * max(0.0, height)
    return both / ((a.x1 - a.x0) * (a.y1 - a.y0) + (b.x1 - b.x0) * (b.y1 - b.y0) - both)


def once(page: PageText) -> list[tuple[str, Box]]:
    """Return the words that stand once on a page, and where."""
    counts = Counter(word.text for word in page.words)
    alone = [(w.text, w.box) for w in page.words if w.box and counts[w.text] == 1 and len(w.text) > 2]
    return [(text, box) for text, box in alone if sum(text in other for other in counts) == 1]


def assert_in_place(page: pdfium.PdfPage, truth: PageText) -> None:
    overlaps = [max((overlap(f, box) for f in found_by_pdfium(page, text)), default=0) for text, box in once(truth)]
    assert len(overlaps) > 20
    assert min(overlaps) > 0.3, "every word is found over its print"
    assert sum(overlaps) / len(overlaps) > 0.75


def embedded_pictures(data: bytes) -> set[bytes]:
    """Return the pictures of a PDF, as they are stored."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        streams = (item for item in pdf.objects if isinstance(item, pikepdf.Stream))
        return {item.read_raw_bytes() for item in streams if item.get("/Subtype") == Name.Image}


# --------------------------------------------------------------------------- where the text stands


@pytest.mark.parametrize(
    "name",
    ["plain", "turned", "upside_down", "skewed_back", "landscape_annex", "garbage_layer", "tiff", "tiff_gray", "jpeg"],
)
async def test_a_viewer_finds_every_word_over_its_print(reader: Reader, tmp_path: Path, name: str) -> None:
    scan = make_scan(SPECS[name], seed=7)
    copy = await copied(reader, tmp_path, scan.data, scan.media_type, scan.truth.pages)
    assert len(copy) == len(scan.truth.pages)
    for page, truth in zip(copy, scan.truth.pages, strict=True):
        assert page.get_size() == pytest.approx(upright(truth), abs=0.6)
        assert_in_place(page, truth)


def upright(page: PageText) -> tuple[float, float]:
    return (page.height, page.width) if page.rotation % 180 else (page.width, page.height)


async def test_print_that_stands_turned_on_its_page_is_found_too(reader: Reader, tmp_path: Path) -> None:
    scan = make_scan(SPECS["jpeg"], seed=7)
    (truth,) = scan.truth.pages
    written = io.BytesIO()
    Image.open(io.BytesIO(scan.data)).transpose(Image.Transpose.ROTATE_270).save(written, "JPEG", dpi=(200, 200))
    words = tuple(
        replace(w, box=Box(truth.height - w.box.y1, w.box.x0, truth.height - w.box.y0, w.box.x1))
        for w in truth.words
        if w.box
    )
    lying = replace(truth, width=truth.height, height=truth.width, words=words, turned=90)
    copy = await copied(reader, tmp_path, written.getvalue(), "image/jpeg", [lying])
    assert_in_place(copy[0], lying)
    said = copy[0].get_textpage().get_text_range()
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in said, "the words of a line belong together"


async def test_the_text_stands_right_where_only_a_part_of_the_page_is_shown(reader: Reader, tmp_path: Path) -> None:
    scan = make_scan(SPECS["plain"], seed=7)
    truth = scan.truth.pages[0]
    with pikepdf.open(io.BytesIO(scan.data)) as pdf:
        x0, y0, x1, y1 = map(float, pdf.pages[0].mediabox)
        pdf.pages[0].obj["/CropBox"] = Array([x0 + 30, y0 + 20, x1, y1 - 25])
        pdf.pages[0].obj["/UserUnit"] = 2
        pdf.save(written := io.BytesIO())
    moved = tuple(
        replace(w, box=Box(w.box.x0 - 30, w.box.y0 - 25, w.box.x1 - 30, w.box.y1 - 25)) for w in truth.words if w.box
    )
    shown = replace(truth, width=truth.width - 30, height=truth.height - 45, words=moved)
    copy = await copied(reader, tmp_path, written.getvalue(), PDF, [shown])
    assert_in_place(copy[0], shown)


@pytest.mark.parametrize("name", ["plain", "skewed", "turned"])
async def test_poppler_cuts_the_text_into_the_same_words(reader: Reader, tmp_path: Path, name: str) -> None:
    scan = make_scan(SPECS[name], seed=7)
    truth = scan.truth.pages[0]
    await copied(reader, tmp_path, scan.data, scan.media_type, [truth])
    found = found_by_poppler(tmp_path / "copy.pdf")
    assert Counter(text for text, _ in found) == Counter(word.text for word in truth.words)
    if not truth.rotation:
        places = dict(found)
        assert all(overlap(places[text], box) > 0.3 for text, box in once(truth))


async def test_a_search_runs_over_several_words(reader: Reader, tmp_path: Path) -> None:
    scan = make_scan(SPECS["plain"], seed=7)
    copy = await copied(reader, tmp_path, scan.data, PDF, scan.truth.pages)
    assert found_by_pdfium(copy[0], "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")


@pytest.mark.parametrize("gap", [1.0, 0.0, -0.1, -4.0])
async def test_words_whose_boxes_touch_stay_two_words(reader: Reader, tmp_path: Path, gap: float) -> None:
    scan = make_scan(SPECS["jpeg"], seed=7)
    texts = ["thi", "hành", "án", "Về", "việc"]
    boxes = [Box(x, 100, x + 30, 112) for x in (50 + (30 + gap) * i for i in range(len(texts)))]
    words = tuple(Word(text, box, 1.0, 0, 0) for text, box in zip(texts, boxes, strict=True))
    copy = await copied(reader, tmp_path, scan.data, "image/jpeg", [replace(scan.truth.pages[0], words=words)])
    assert copy[0].get_textpage().get_text_range().split() == texts
    assert said_by_poppler(tmp_path / "copy.pdf") == texts


async def test_what_is_read_is_what_is_found(reader: Reader, tmp_path: Path) -> None:
    scan = make_scan(SPECS["plain"], seed=7)
    (path := tmp_path / "read").write_bytes(scan.data)
    read = await reader.read_page(path, PDF, 1)
    copy = await copied(reader, tmp_path, scan.data, PDF, [read])
    assert_in_place(copy[0], read)


# --------------------------------------------------------------------------- what stays, what goes


@pytest.mark.parametrize("name", ["plain", "bilevel", "turned", "garbage_layer"])
async def test_pages_look_the_same_and_their_pictures_are_stored_as_they_were(
    reader: Reader, tmp_path: Path, name: str
) -> None:
    scan = make_scan(SPECS[name], seed=7)
    copy = await copied(reader, tmp_path, scan.data, PDF, scan.truth.pages)
    original = pdfium.PdfDocument(scan.data)
    for before, after in zip(original, copy, strict=True):
        assert before.render().to_pil().tobytes() == after.render().to_pil().tobytes()
    assert embedded_pictures((tmp_path / "copy.pdf").read_bytes()) == embedded_pictures(scan.data)


async def test_the_same_words_give_the_same_bytes(reader: Reader, tmp_path: Path) -> None:
    scan = make_scan(SPECS["plain"], seed=7)
    made = []
    for _ in range(2):
        await copied(reader, tmp_path, scan.data, PDF, scan.truth.pages)
        made.append((tmp_path / "copy.pdf").read_bytes())
    assert made[0] == made[1]


async def test_worthless_hidden_text_gives_way(reader: Reader, tmp_path: Path) -> None:
    scan = make_scan(SPECS["garbage_layer"], seed=7)
    before = pdfium.PdfDocument(scan.data)[0].get_textpage().get_text_range().split()
    truth = scan.truth.pages[0]
    assert truth.text_layer is TextLayer.GARBAGE
    copy = await copied(reader, tmp_path, scan.data, PDF, scan.truth.pages)
    after = copy[0].get_textpage().get_text_range().split()
    assert Counter(after) == Counter(word.text for word in truth.words)
    assert Counter(after) != Counter(before)


async def test_good_text_is_not_doubled(reader: Reader, tmp_path: Path) -> None:
    scan = make_scan(SPECS["text_layer"], seed=7)
    before = pdfium.PdfDocument(scan.data)[0].get_textpage().get_text_range()
    copy = await copied(reader, tmp_path, scan.data, PDF, scan.truth.pages)
    assert copy[0].get_textpage().get_text_range() == before


async def test_a_signature_leaves_its_stamp_and_no_claim(reader: Reader, tmp_path: Path) -> None:
    scan = make_scan(SPECS["plain"], seed=7)
    with pikepdf.open(io.BytesIO(scan.data)) as pdf:
        look = pdf.make_stream(b"1 0 0 rg 0 0 90 30 re f", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 90, 30])
        field = pdf.make_indirect(
            Dictionary(
                Type=Name.Annot,
                Subtype=Name.Widget,
                FT=Name.Sig,
                T=String("chữ ký"),
                F=4,
                Rect=[300, 100, 390, 130],
                V=Dictionary(Type=Name.Sig, Filter=Name("/Adobe.PPKLite"), ByteRange=[0, 1, 2, 3], Contents=b"\0" * 9),
                AP=Dictionary(N=look),
            )
        )
        pdf.pages[0].obj["/Annots"] = Array([field])
        pdf.Root["/AcroForm"] = Dictionary(Fields=[field], SigFlags=3)
        pdf.Root["/Perms"] = Dictionary(DocMDP=field.V)
        pdf.save(signed := io.BytesIO())
    assert len((await reader.triage(write(tmp_path, signed.getvalue()), PDF)).signatures) == 1
    await copied(reader, tmp_path, signed.getvalue(), PDF, scan.truth.pages)
    out = tmp_path / "copy.pdf"
    assert (await reader.triage(out, PDF)).signatures == ()
    assert b"ByteRange" not in out.read_bytes()
    pictures = [await reader.page_image(path, PDF, 1, 600) for path in (tmp_path / "scan", out)]
    assert pictures[0] == pictures[1]


def write(folder: Path, data: bytes) -> Path:
    (path := folder / "signed.pdf").write_bytes(data)
    return path


async def test_a_file_that_is_only_protected_against_changes_has_a_copy_without_protection(
    reader: Reader, tmp_path: Path
) -> None:
    scan = make_scan(SPECS["plain"], seed=7)
    data = write_pdf(make_pdf_pages(SPECS["plain"], seed=7), Rc4Security("", "chu"))
    copy = await copied(reader, tmp_path, data, PDF, scan.truth.pages)
    assert_in_place(copy[0], scan.truth.pages[0])
    assert not (await reader.triage(tmp_path / "copy.pdf", PDF)).encrypted


async def test_files_that_cannot_be_opened_have_no_copy(reader: Reader, tmp_path: Path) -> None:
    for data, code in ((hostile.locked("x"), "encrypted"), (b"%PDF-1.4 nothing", "damaged")):
        with pytest.raises(ReadError) as caught:
            await copied(reader, tmp_path, data, PDF, [])
        assert caught.value.code == code


async def test_a_copy_over_the_limit_of_the_reader_is_an_attempt(tmp_path: Path) -> None:
    scan = make_scan(SPECS["plain"], seed=7)
    async with Reader(Settings(reader=ReaderSettings(output_bytes=100_000))) as reader:
        with pytest.raises(ReaderLimitError):
            await copied(reader, tmp_path, scan.data, PDF, scan.truth.pages)


# --------------------------------------------------------------------------- pictures become pages


@pytest.mark.parametrize("orientation", range(1, 9))
async def test_a_photograph_keeps_its_bytes_and_stands_the_way_its_camera_notes(
    reader: Reader, tmp_path: Path, orientation: int
) -> None:
    image = Image.new("RGB", (60, 40), "white")
    image.paste((200, 0, 0), (0, 0, 20, 10))
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(written := io.BytesIO(), "JPEG", exif=exif, dpi=(100, 100), quality=95, subsampling=0)
    copy = await copied(reader, tmp_path, written.getvalue(), "image/jpeg", [])
    assert embedded_pictures((tmp_path / "copy.pdf").read_bytes()) == {written.getvalue()}
    seen = Image.open(io.BytesIO(await reader.page_image(tmp_path / "scan", "image/jpeg", 1, 400))).convert("RGB")
    drawn = copy[0].render(scale=400 / copy[0].get_width()).to_pil().convert("RGB").resize(seen.size)
    for x in (20, seen.width - 20):
        for y in (20, seen.height - 20):
            assert seen.getpixel((x, y)) == pytest.approx(drawn.getpixel((x, y)), abs=12)


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "P", "I;16"])
async def test_pixels_survive_without_loss(reader: Reader, tmp_path: Path, mode: str) -> None:
    grey = Image.linear_gradient("L").resize((97, 61))
    image = Image.merge("RGB", (grey, grey.rotate(90), grey)) if mode in ("RGB", "P") else grey
    image = image.convert("I").point(lambda value: value * 257).convert(mode) if mode == "I;16" else image.convert(mode)
    image.save(written := io.BytesIO(), "TIFF", dpi=(100, 100))
    await copied(reader, tmp_path, written.getvalue(), "image/tiff", [])
    with pikepdf.open(tmp_path / "copy.pdf") as pdf:
        stored = pdf.pages[0].Resources.XObject.Scan
        pixels = stored.read_bytes()
    if mode == "I;16":
        assert pixels == np.asarray(image).astype(">u2").tobytes()
    else:
        assert pixels == (image.convert("RGB") if mode == "P" else image).tobytes()


async def test_letters_that_pdf_viewers_know_under_two_codes_and_none_come_back(reader: Reader, tmp_path: Path) -> None:
    scan = make_scan(SPECS["jpeg"], seed=7)
    texts = ["Nguyễn", "VƯƠNG", "ữỹộ", "“§”", "≥30%", "😀"]
    words = tuple(Word(t, Box(50 + 80 * i, 100, 120 + 80 * i, 112), 1.0, 0, 0) for i, t in enumerate(texts))
    copy = await copied(reader, tmp_path, scan.data, "image/jpeg", [replace(scan.truth.pages[0], words=words)])
    assert copy[0].get_textpage().get_text_range().split() == [*texts[:-1], "\ufffd"]
