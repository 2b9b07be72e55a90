"""Every citation of five real dispatches, counted by hand: 26 mentions of 17 documents, own number lines left out.

They lie outside the project, under the folder that VANBAN_SHARED names; without it these tests say so and skip.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest

from services.core.dates import iso
from services.core.model import CleanText, Extraction
from services.fields import Hints, Taxonomy, extract
from services.fields.citations import find_mentions
from services.ocr import compose, text_pages

SHARED = Path(os.environ.get("VANBAN_SHARED", "/nowhere"))
pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="VANBAN_SHARED names no folder with the shared documents")

# symbol, role, date, issuer, times mentioned, whether a copy is announced
Expected = tuple[str, str, str | None, str | None, int, bool]
CITED: dict[str, list[Expected]] = {
    "000": [
        ("1356/CĐ-BYT", "implements", "2021-09-08", "Bộ Y tế", 2, True),
        ("1099/CĐ-TTg", "implements", "2021-08-22", "Thủ tướng Chính phủ", 1, True),
        ("1102/CĐ-TTg", "implements", "2021-08-23", "Thủ tướng Chính phủ", 1, True),
        ("2763/UBND-KGVX", "implements", "2021-08-25", "UBND tỉnh", 1, True),
        ("1305/CĐ-BYT", "implements", "2021-09-02", "Bộ Y tế", 1, False),
        ("2946/UBND-KGVX", "implements", "2021-09-06", "UBND tỉnh", 1, False),
    ],
    "001": [
        ("5553/VPCP-KGVX", "implements", "2021-08-12", "Văn phòng Chính phủ", 2, False),
        ("2441/KH-UBND", "implements", "2021-08-04", "UBND tỉnh", 1, False),
    ],
    "002": [
        ("237/TB-VPCP", "implements", "2021-09-09", "Văn phòng Chính phủ", 2, True),
        ("1305/CĐ-BYT", "implements", "2021-09-02", None, 1, False),
    ],
    "003": [
        ("892-CV/TU", "implements", "2021-09-08", "Ban Thường vụ Tỉnh uỷ", 2, True),
        ("6386/BYT-MT", "implements", "2021-08-06", None, 1, False),
        ("1102/CD-TTg", "implements", "2021-08-23", "Thủ tướng Chính phủ", 1, False),
    ],
    "004": [
        ("5072/UBND-VXNV", "implements", "2021-08-06", "UBND tỉnh", 2, False),
        ("1068/CD-TTg", "implements", "2021-08-05", "Thủ tướng Chính phủ", 3, False),
        ("1070/TTg-KGVX", "implements", "2021-08-05", "Thủ tướng Chính phủ", 3, True),
        ("16/CT-TTg", "implements", None, None, 1, False),
    ],
}
ANNOUNCED = {
    "000": "có Công điện kèm theo",
    "002": "gửi kèm theo",
    "003": "Có Công văn gửi kèm theo",
    "004": "gửi kèm bản điện tử",
}


@cache
def sample(name: str) -> tuple[Extraction, CleanText]:
    pages = text_pages((SHARED / "data" / "samples" / f"{name}.txt").read_bytes())
    clean = compose(pages)
    return extract(pages, clean, Hints(file_name=f"{name}.txt"), Taxonomy.load()), clean


@pytest.mark.parametrize("name", CITED)
def test_every_citation_has_the_role_date_and_issuer_that_a_reader_gave_it(name: str) -> None:
    extraction, clean = sample(name)
    times: dict[str | None, int] = {}
    for mention in find_mentions(clean, extraction.record.symbol_key, ()):
        times[mention.citation.key] = times.get(mention.citation.key, 0) + 1
    found = [
        ("".join(c.raw.split()), c.role and c.role.value, iso(c.date), c.issuer, times[c.key], c.enclosed)
        for c in extraction.record.citations
    ]
    assert found == CITED[name]


def test_the_expectation_holds_the_26_mentions_of_17_documents_that_were_counted() -> None:
    assert sum(len(cited) for cited in CITED.values()) == 17
    assert sum(times for cited in CITED.values() for *_, times, _ in cited) == 26


@pytest.mark.parametrize("name", CITED)
def test_an_enclosure_is_missed_where_one_is_announced_and_nowhere_else(name: str) -> None:
    missed = [w.params["words"] for w in sample(name)[0].record.warnings if w.code == "enclosure_missing"]
    assert missed == ([ANNOUNCED[name]] if name in ANNOUNCED else [])
