"""Real documents: five dispatches read elsewhere, transcripts of scans, and the symbols of 516 kinds of suffix.

They lie outside the project, under the folder that VANBAN_SHARED names; without it these tests say so and skip.
"""

import csv
import json
import os
import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from services.core.dates import iso
from services.core.model import Extraction
from services.core.symbols import parse_symbol
from services.core.text import syllables
from services.fields import Hints, Taxonomy, cited_pages, extract, flat_line
from services.ocr import compose, text_pages

SHARED = Path(os.environ.get("VANBAN_SHARED", "/nowhere"))
pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="VANBAN_SHARED names no folder with the shared documents")

SAMPLES: dict[str, dict[str, Any]] = {
    "000": {
        "symbol": "3030/UBND-KGVX",
        "date": "2021-09-14",
        "issuer": "dien-bien/ubnd",
        "arrival": None,
        "signer": "VÙ A BẰNG",
        "addressees": 3,
        "cites": {"1356||CD-BYT", "1099||CD-TTG", "1102||CD-TTG", "2763||UBND-KGVX", "1305||CD-BYT", "2946||UBND-KGVX"},
        "topics": {"chi-dao", "y-te-co-so", "xet-nghiem", "tiem-chung", "kiem-tra"},
    },
    "001": {
        "symbol": "2641/UBND-KGVX",
        "date": "2021-08-18",
        "issuer": "dien-bien/ubnd",
        "arrival": ("6906", "18/08/2021"),
        "signer": "Vừ A Bằng",
        "addressees": 2,
        "cites": {"5553||VPCP-KGVX", "2441||KH-UBND"},
        "topics": {"xet-nghiem", "dieu-tri", "tiem-chung", "cach-ly", "cong-nghe", "truyen-thong", "giam-sat"},
    },
    "002": {
        "symbol": "/UBND-VX",
        "date": "2021-09",
        "bounds": ("2021-09-09", "2021-09-30"),
        "issuer": "lai-chau/ubnd",
        "arrival": None,
        "signer": "Tổng Thanh Hải",
        "addressees": 3,
        "cites": {"237||TB-VPCP", "1305||CD-BYT"},
        "topics": {"gian-cach", "xet-nghiem", "tiem-chung", "vat-tu-y-te", "dieu-tri", "an-sinh", "thich-ung"},
    },
    "003": {
        "symbol": "/UBND-KGVX",
        "date": "2021-09",
        "bounds": ("2021-09-08", "2021-09-11"),
        "issuer": "son-la/ubnd",
        "inferred": True,
        "arrival": None,
        "signer": "Lê Thị Hồng Anh",
        "addressees": 2,
        "cites": {"892||CV-TU", "6386||BYT-MT", "1102||CD-TTG"},
        "topics": {"di-lai", "xet-nghiem", "cach-ly", "tiem-chung", "ho-tro", "ban-chi-dao", "kiem-tra", "dieu-tri"},
    },
    "004": {
        "symbol": "1533/UBND-VP",
        "date": "2021-08-11",
        "issuer": "bac-kan/thanh-pho-bac-kan/ubnd",
        "arrival": None,
        "signer": "Dương Hữu Bằng",
        "addressees": 3,
        "cites": {"5072||UBND-VXNV", "1068||CD-TTG", "1070||TTG-KGVX", "16||CT-TTG"},
        "topics": {"gian-cach", "an-sinh", "ho-tro", "xet-nghiem", "dieu-tri", "tiem-chung", "ban-chi-dao", "kiem-tra"},
    },
}


@cache
def taxonomy() -> Taxonomy:
    return Taxonomy.load()


@cache
def sample(name: str) -> Extraction:
    pages = text_pages((SHARED / "data" / "samples" / f"{name}.txt").read_bytes())
    return extract(pages, compose(pages), Hints(file_name=f"{name}.txt"), taxonomy())


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_gives_the_symbol_date_kind_and_issuer_that_stand_in_it(name: str) -> None:
    record, want = sample(name).record, SAMPLES[name]
    assert record.symbol == want["symbol"]
    assert iso(record.issued_on) == want["date"]
    assert record.kind is not None
    assert record.kind.code == "CV"
    assert record.issuer is not None
    assert record.issuer.id == want["issuer"]
    assert sample(name).evidence["issuer"].how == ("inferred" if want.get("inferred") else "read")
    if "bounds" in want:
        assert record.issued_on is not None
        assert (str(record.issued_on.earliest), str(record.issued_on.latest)) == want["bounds"]


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_gives_its_stamp_signer_and_addressees(name: str) -> None:
    record, want = sample(name).record, SAMPLES[name]
    assert ((record.arrival.number, record.arrival.date) if record.arrival else None) == want["arrival"]
    assert record.signer is not None
    assert record.signer.name == want["signer"]
    assert record.signer.title is not None
    assert len(record.addressees) == want["addressees"]
    assert record.copy_line is not None


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_cites_what_it_cites_and_nothing_else(name: str) -> None:
    assert {c.key for c in sample(name).record.citations} == SAMPLES[name]["cites"]


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_has_the_topics_a_reader_gave_it(name: str) -> None:
    found = {t.id.rpartition("/")[2] for t in sample(name).record.topics}
    assert found >= SAMPLES[name]["topics"]
    assert len(found) <= len(SAMPLES[name]["topics"]) + 6


def test_every_suffix_seen_in_public_documents_is_a_notation() -> None:
    path = SHARED / "data" / "admin_units" / "document_symbol_suffix_frequency.csv"
    with path.open(encoding="utf-8", newline="") as file:
        suffixes = [unicodedata.normalize("NFC", row["suffix"]).strip() for row in csv.DictReader(file)]
    assert len(suffixes) > 500
    unread = [s for s in suffixes if (p := parse_symbol(f"12/{s}")) is None or p.notation != s.rstrip("-")]
    assert unread == []


TRANSCRIBED = ("symbol", "issued_date", "place", "issuer", "parent_issuer", "doc_type", "subject", "addressees")


def plain(value: Any) -> str:
    """Fold what the truth leaves open: case, punctuation, white space, where a tone mark stands."""
    return " ".join(syllables(re.sub(r"[\W_]+", " ", str(value))))


def transcripts() -> list[str]:
    folder = SHARED / "data" / "scans" / "truth"
    return sorted(p.name for p in folder.glob("*_p01.gt.txt")) if folder.is_dir() else []


@pytest.mark.parametrize("name", transcripts())
def test_the_head_of_a_transcribed_page_is_read_without_fault(name: str) -> None:
    folder = SHARED / "data" / "scans" / "truth"
    rows = map(json.loads, (folder / "fields.jsonl").read_text(encoding="utf-8").splitlines())
    truth = next(r for r in rows if Path(r["file"]).stem == name.removesuffix("_p01.gt.txt"))
    text = (folder / name).read_text(encoding="utf-8")
    text = re.sub(r"[{}]", "", re.sub(r"(?m)^{[^}]*}\n", "", text))  # a line in braces is a note by hand
    pages = text_pages(text.encode())
    clean = compose(pages)
    extraction = extract(pages, clean, Hints(), taxonomy())
    line = flat_line(truth["file"], 1, [extraction], [cited_pages(extraction.record)])
    wrong = {k: (truth.get(k), line.get(k)) for k in TRANSCRIBED if plain(truth.get(k)) != plain(line.get(k))}
    assert wrong == {}
