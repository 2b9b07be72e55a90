"""The synthetic scans tell the truth: what they say lies where they say, in files that other programs open."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pytest
from numpy.typing import NDArray
from PIL import Image

from services.core.model import Box, PageText, Zone
from tests.corpus import SPECS, Scan, make_scan, random_specs
from tests.corpus.__main__ import truth_json
from tests.corpus.sample import SAMPLE

SAMPLE_FOLDER = Path(__file__).parents[2] / "deploy" / "sample"
_ON_PAPER = ("plain", "skewed", "bilevel", "fine_colour", "turned", "upside_down", "landscape_annex")


def _darkness(scan: Scan, number: int) -> tuple[NDArray[np.uint8], float]:
    """The page as stored (no /Rotate applied), and pixels per point."""
    page = pdfium.PdfDocument(scan.pdf_bytes)[number - 1]
    page.set_rotation(0)
    picture = page.render(scale=2).to_pil().convert("L")
    return np.array(picture, dtype=np.uint8), 2.0


def _inside(levels: NDArray[np.uint8], box: Box, scale: float) -> NDArray[np.uint8]:
    return levels[int(box.y0 * scale) : int(box.y1 * scale) + 1, int(box.x0 * scale) : int(box.x1 * scale) + 1]


def _words(page: PageText) -> list[tuple[str, Box]]:
    return [(word.text, word.box) for word in page.words if word.box is not None]


@pytest.mark.parametrize("name", _ON_PAPER)
def test_every_true_box_lies_on_ink_and_little_ink_lies_elsewhere(name: str) -> None:
    scan = make_scan(SPECS[name], 3)
    for page in scan.truth.pages:
        levels, scale = _darkness(scan, page.number)
        assert abs(levels.shape[0] - page.height * scale) < 2
        assert abs(levels.shape[1] - page.width * scale) < 2
        ink = np.count_nonzero(levels < 110)
        for text, box in _words(page):
            inside = _inside(levels, box, scale)
            assert inside.min() < 150, f"{text!r} on page {page.number} of {name}"
            inside[:] = 255
        if page.number == 1:
            left = np.count_nonzero(levels < 110)
            assert left < ink * 0.4, "only rules, seal, signature and frames stand outside the words"


@pytest.mark.parametrize("name", ["text_layer", "born_digital"])
def test_the_text_layer_says_the_truth_at_the_true_places(name: str) -> None:
    scan = make_scan(SPECS[name], 3)
    document = pdfium.PdfDocument(scan.pdf_bytes)
    for page in scan.truth.pages:
        text = document[page.number - 1].get_textpage()
        whole = text.get_text_bounded()
        for word, box in _words(page):
            assert word in whole
            around = text.get_text_bounded(box.x0 - 1, page.height - box.y1 - 1, box.x1 + 1, page.height - box.y0 + 1)
            assert word in around


def test_a_garbage_layer_is_garbage_and_a_stamp_is_no_text_of_the_page() -> None:
    garbage = make_scan(SPECS["garbage_layer"], 3)
    layer = pdfium.PdfDocument(garbage.pdf_bytes)[0].get_textpage().get_text_bounded().split()
    true = {word.text for word in garbage.truth.pages[0].words}
    assert len(layer) > 50
    assert sum(word in true for word in layer) / len(layer) < 0.3
    stamped = pdfium.PdfDocument(make_scan(SPECS["stamp_layer"], 3).pdf_bytes)
    assert stamped[0].get_textpage().count_chars() == 0


@pytest.mark.parametrize("name", ["tiff", "jpeg", "png"])
def test_picture_files_have_the_pages_and_sizes_that_the_truth_says(name: str) -> None:
    scan = make_scan(SPECS[name], 3)
    with Image.open(io.BytesIO(scan.data)) as picture:
        assert getattr(picture, "n_frames", 1) == len(scan.truth.pages)
        dpi = picture.info["dpi"][0]
        assert picture.width * 72 / dpi == pytest.approx(scan.truth.pages[0].width, abs=0.5)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_document() -> None:
    first, again, other = (make_scan(SPECS["blank_both"], seed) for seed in (1, 1, 2))
    assert first == again
    assert first.truth.clean_text != other.truth.clean_text
    assert random_specs(5, 9) == random_specs(5, 9) != random_specs(5, 10)


def test_what_is_left_blank_on_paper_is_unknown_in_the_record() -> None:
    record = make_scan(SPECS["blank_both"], 3).truth.record
    assert record.number is None
    assert record.symbol_key is None
    assert record.issued_on is not None
    assert record.issued_on.day is None
    assert record.issued_on.earliest is not None
    assert record.issued_on.latest is not None
    assert record.issued_on.earliest.day == 1 < record.issued_on.latest.day


@pytest.mark.parametrize("name", ["two_pages", "tiff"])
def test_a_sentence_is_cut_by_the_page_end_and_whole_in_the_clean_text(name: str) -> None:
    truth = make_scan(SPECS[name], 3).truth
    assert truth.cuts
    for cut in truth.cuts:
        assert f"{cut.before} {cut.after}" in truth.clean_text or f"{cut.before}{cut.after}" in truth.clean_text
        assert cut.before in [word.text for word in truth.pages[cut.page - 1].words]
        assert cut.after in [word.text for word in truth.pages[cut.page].words]


@pytest.mark.parametrize("name", ["digital_stamp_below_date", "arrival_stamp"])
def test_the_number_of_an_arrival_stamp_is_not_the_number_of_the_document(name: str) -> None:
    truth = make_scan(SPECS[name], 3).truth
    stamp = [word.text for word in truth.pages[0].words if word.zone is Zone.STAMP]
    assert truth.record.arrival is not None
    assert truth.record.arrival.number in stamp
    assert truth.record.arrival.number != truth.record.number


@pytest.mark.parametrize("name", SPECS)
def test_every_spec_can_be_made_and_its_truth_written_as_json(name: str) -> None:
    scan = make_scan(SPECS[name], 5)
    assert json.loads(json.dumps(truth_json(scan)))["name"] == scan.name
    text = scan.truth.clean_text.replace(" ", "").replace("\n", "")
    for page in scan.truth.pages:
        printed = [w.text for w in page.words if w.zone not in (Zone.STAMP, Zone.PAGE_NUMBER)]
        assert all(word in text for word in printed)
        for _, box in _words(page):
            assert box.x1 > 0 < box.y1
            assert box.x0 < page.width
            assert box.y0 < page.height


def test_the_sample_archive_is_what_its_manifest_says_and_small() -> None:
    manifest = json.loads((SAMPLE_FOLDER / "manifest.json").read_text(encoding="utf-8"))
    on_disk = {path.name for path in SAMPLE_FOLDER.iterdir() if path.name != "manifest.json"}
    assert {file["name"] for file in manifest["files"]} == on_disk
    assert len(on_disk) == len(SAMPLE)
    for file in manifest["files"]:
        data = (SAMPLE_FOLDER / file["name"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == file["sha256"]
        assert len(data) <= 120_000
