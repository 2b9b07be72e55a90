"""The boxes that a search returns lie over the words that were printed there: on scans whose truth is known.

Synthetic scans go through the whole chain, OCR included; queries are taken from the truth, and what comes back is held
against the true boxes: across line joins, page ends, skew and turned pages.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import pytest

from services.core.model import Box, PageText, Word, Zone
from tests.corpus import SPECS, Scan, make_scan
from tests.running import RunningArchive, running_archive

pytestmark = pytest.mark.timeout(1200)  # whole archives start and read; machines may be busy

NAMES = ("two_pages", "skewed", "bilevel", "text_layer", "born_digital", "tiff", "turned", "upside_down")
_PIECE = re.compile(r"\w+")
_SLACK = 2.5  # points: OCR draws its boxes a little looser or tighter than the ink
_COVERED = 0.6  # share of the true ink box that a mark must cover
_PHRASE_WORDS = 4
# Tesseract misreads some words; a word that was not read cannot be marked.
_MARKED_SHARE = 0.95


@dataclass(frozen=True)
class Read:
    """A scan in the archive."""

    scan: Scan
    document_id: str


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningArchive, Mapping[str, Read]]]:
    scans = {name: make_scan(replace(SPECS[name], name=name), 7) for name in NAMES}
    with running_archive(tmp_path_factory.mktemp("marks") / "data") as archive:
        items = archive.read(*((scan.name, scan.data) for scan in scans.values()))
        by_name = {item["name"]: item for item in items}
        read = {}
        for name, scan in scans.items():
            item = by_name[scan.name]
            assert item["document_ids"], item
            read[name] = Read(scan, item["document_ids"][0])
        yield archive, read


def test_every_mark_lies_over_a_printed_word_of_the_query(
    house: tuple[RunningArchive, Mapping[str, Read]],
) -> None:
    archive, reads = house
    for name, read in reads.items():
        for phrase in _phrases(read.scan):
            wanted = set(_syllables(phrase))
            if _means_more(archive, phrase):
                continue
            for number, boxes in _marks(archive, read.document_id, phrase).items():
                page = read.scan.truth.pages[number - 1]
                printed = [word for word in page.words if wanted & set(_syllables(word.text))]
                for box in boxes:
                    under = [word for word in printed if word.box and _share(_grown(box), word.box) > _COVERED]
                    assert under, f"{name}: {phrase!r} is marked on page {number} at {box}, where none of it stands"


def test_every_printed_phrase_that_was_read_is_marked(house: tuple[RunningArchive, Mapping[str, Read]]) -> None:
    archive, reads = house
    marked = total = 0
    for read in reads.values():
        for phrase in _phrases(read.scan):
            marks = _marks(archive, read.document_id, phrase)
            for number, word in _printed(read.scan.truth.pages, phrase):
                total += 1
                marked += any(word.box and _share(_grown(box), word.box) > _COVERED for box in marks.get(number, ()))
    assert total > 150
    assert marked / total > _MARKED_SHARE, f"{marked} of {total} printed words of the phrases are marked"


@pytest.mark.parametrize("name", ["two_pages", "bilevel", "text_layer", "tiff"])
def test_a_phrase_cut_by_a_page_end_is_found_and_marked_on_both_pages(
    house: tuple[RunningArchive, Mapping[str, Read]], name: str
) -> None:
    archive, reads = house
    read = reads[name]
    for cut in read.scan.truth.cuts:
        phrase = f"{cut.before} {cut.after}"
        found = archive.search(f'"{phrase}"')
        assert read.document_id in [hit["id"] for hit in found["hits"]], f"{phrase!r} is not found as a phrase"
        marks = _marks(archive, read.document_id, f'"{phrase}"')
        for number, text in ((cut.page, cut.before), (cut.page + 1, cut.after)):
            page = read.scan.truth.pages[number - 1]
            body = [w for w in page.words if w.zone is Zone.BODY]
            word = body[-1] if text is cut.before else body[0]
            assert word.box is not None
            assert any(_share(_grown(box), word.box) > _COVERED for box in marks.get(number, ())), (phrase, number)


def test_what_is_typed_without_marks_is_marked_at_the_same_places(
    house: tuple[RunningArchive, Mapping[str, Read]],
) -> None:
    archive, reads = house
    read = reads["text_layer"]
    phrase = _phrases(read.scan)[0]
    with_marks = _marks(archive, read.document_id, phrase)
    without = _marks(archive, read.document_id, _bare(phrase))
    assert phrase != _bare(phrase)
    assert with_marks
    for number, boxes in with_marks.items():
        assert set(boxes) <= set(without[number])


def _phrases(scan: Scan) -> list[str]:
    """Phrases of the truth that run over a line end, a page end, and one from the middle of a line, for every page."""
    phrases: list[str] = []
    for page in scan.truth.pages:
        body = [word for word in page.words if word.zone is Zone.BODY]
        ends = [i for i in range(2, len(body) - 2) if _joined(body[i - 1], body[i])]
        for i in (*ends[:4], len(body) // 2):
            words = body[i - 2 : i + _PHRASE_WORDS - 2]
            if len({w.paragraph for w in words}) == 1 and not any(w.text.endswith("-") for w in words):
                phrases.append(" ".join(_PIECE.findall(" ".join(word.text for word in words))))
    return [phrase for phrase in phrases if len(phrase.split()) >= _PHRASE_WORDS]


def _joined(before: Word, after: Word) -> bool:
    return before.line != after.line and before.paragraph == after.paragraph


def _printed(pages: Sequence[PageText], phrase: str) -> Iterator[tuple[int, Word]]:
    """The words of a phrase where it is printed as a phrase, on any page, in the body."""
    wanted = _syllables(phrase)
    for page in pages:
        body = [word for word in page.words if word.zone is Zone.BODY and _syllables(word.text)]
        for i in range(len(body) - len(wanted) + 1):
            window = body[i : i + len(wanted)]
            if [s for word in window for s in _syllables(word.text)] == wanted:
                yield from ((page.number, word) for word in window)


def _means_more(archive: RunningArchive, q: str) -> bool:
    """Whether the search also looks for other words than those typed: their marks lie over those."""
    understood = archive.search(q)["query"]["understood"]
    return bool(understood["synonyms"] or understood["near"])


def _bare(text: str) -> str:
    letters = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in letters if unicodedata.category(letter) != "Mn")


def _syllables(text: str) -> list[str]:
    return [piece.lower() for piece in _PIECE.findall(text)]


def _marks(archive: RunningArchive, document_id: str, q: str) -> dict[int, list[Box]]:
    """The boxes that a search returns for one document, by page."""
    hits = [hit for hit in archive.search(q, limit=100)["hits"] if hit["id"] == document_id]
    assert hits, f"{q!r} does not find {document_id}"
    return {page["number"]: [Box(*box) for box in page["boxes"]] for page in hits[0]["pages"]}


def _grown(box: Box) -> Box:
    return Box(box.x0 - _SLACK, box.y0 - _SLACK, box.x1 + _SLACK, box.y1 + _SLACK)


def _share(over: Box, under: Box) -> float:
    """The share of `under` that `over` covers."""
    width = min(over.x1, under.x1) - max(over.x0, under.x0)
    height = min(over.y1, under.y1) - max(over.y0, under.y0)
    area = (under.x1 - under.x0) * (under.y1 - under.y0)
    return max(width, 0.0) * max(height, 0.0) / area if area else 0.0
