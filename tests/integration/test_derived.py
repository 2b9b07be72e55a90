"""Files made of what was read: the text of a searchable copy stands where its words stand, and nothing else changed."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pytest
from PIL import Image, ImageChops

from services.core.model import Box, PageText
from services.core.settings import Settings
from services.ocr import Reader
from tests.corpus import hostile
from tests.corpus.make import make_scan
from tests.corpus.specs import SPECS

_WORD = re.compile(r'<word xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">(.*?)</word>')


async def copy_of(path: Path, media_type: str, out: Path) -> PageText:
    async with Reader(Settings()) as reader:
        page = await reader.read_page(path, media_type, 1)
        await reader.searchable(path, media_type, [page], out)
    return page


def found_by_poppler(path: Path) -> list[tuple[str, Box]]:
    done = subprocess.run(["pdftotext", "-bbox", "-l", "1", str(path), "-"], capture_output=True, text=True, check=True)
    return [(text, Box(*map(float, box))) for *box, text in _WORD.findall(done.stdout)]


def covers(found: Box, box: Box) -> bool:
    x, y = (found.x0 + found.x1) / 2, (found.y0 + found.y1) / 2
    return box.x0 - 1 <= x <= box.x1 + 1 and box.y0 - 2 <= y <= box.y1 + 2


@pytest.mark.parametrize("name", ["plain", "skewed", "garbage_layer", "stamp_layer"])
async def test_the_text_of_a_copy_is_found_where_it_stands(tmp_path: Path, name: str) -> None:
    scan = make_scan(SPECS.get(name, SPECS["plain"]), seed=7)
    (path := tmp_path / scan.name).write_bytes(scan.data)
    page = await copy_of(path, scan.media_type, tmp_path / "copy.pdf")
    words = [word for word in page.words if word.text and word.box]
    found = found_by_poppler(tmp_path / "copy.pdf")
    texts = [text for text, _ in found]
    long = [word for word in words if word.text.isalpha() and len(word.text) > 3]
    there = [word for word in long if any(t == word.text and word.box and covers(b, word.box) for t, b in found)]
    assert len(long) > 30
    assert len(there) >= 0.98 * len(long)
    assert len(texts) <= 1.1 * len(words)
    with_pdfium = pdfium.PdfDocument(tmp_path / "copy.pdf")[0].get_textpage()
    hits = with_pdfium.search(long[0].text, match_case=True, match_whole_word=True)
    assert hits.get_next() is not None


async def test_the_pictures_of_a_copy_are_those_of_the_original(tmp_path: Path) -> None:
    scan = make_scan(SPECS["plain"], seed=7)
    (path := tmp_path / scan.name).write_bytes(scan.data)
    await copy_of(path, scan.media_type, tmp_path / "copy.pdf")
    before, after = (pdfium.PdfDocument(p)[0].render(scale=2).to_pil() for p in (path, tmp_path / "copy.pdf"))
    assert before.tobytes() == after.tobytes()
    assert path.read_bytes() == scan.data


async def test_a_picture_becomes_a_page_of_its_size_with_text(tmp_path: Path) -> None:
    scan = make_scan(SPECS["plain"], seed=7)
    (source := tmp_path / scan.name).write_bytes(scan.data)
    picture = pdfium.PdfDocument(source)[0].render(scale=200 / 72).to_pil().convert("L")
    picture.save(path := tmp_path / "scan.png", dpi=(200, 200))
    page = await copy_of(path, "image/png", tmp_path / "copy.pdf")
    size = pdfium.PdfDocument(tmp_path / "copy.pdf")[0].get_size()
    assert size == pytest.approx((page.width, page.height), abs=0.5)
    assert len(found_by_poppler(tmp_path / "copy.pdf")) > 30
    drawn = pdfium.PdfDocument(tmp_path / "copy.pdf")[0].render(scale=200 / 72).to_pil().convert("L")
    assert abs(drawn.width - picture.width) <= 1
    drawn = drawn.resize(picture.size)
    difference = ImageChops.difference(drawn, picture).resize((60, 80), Image.Resampling.BOX)
    assert np.asarray(difference).max() < 20  # drawn again, a hair beside


async def test_a_file_that_asks_for_a_password_has_no_copy(tmp_path: Path) -> None:
    (path := tmp_path / "locked.pdf").write_bytes(hostile.locked("x"))
    async with Reader(Settings()) as reader:
        with pytest.raises(Exception, match="password"):
            await reader.searchable(path, "application/pdf", [], tmp_path / "copy.pdf")
