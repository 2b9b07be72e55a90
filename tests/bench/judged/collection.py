"""The texts that the judged set is over, read from the shared data: documents of the archive with stable ids."""

import csv
import gzip
import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from services.core.model import CleanText, Issuer, Record
from services.core.symbols import parse_symbol
from services.fields import Hints, Taxonomy, extract
from services.ocr import compose, text_pages

DISPATCHES = "data/text/binhduong_dispatch_metadata.csv"
GAZETTE = "data/text/congbao_fulltext_402_hrmaster.jsonl.gz"
SAMPLES = "data/samples"
SCANS = "data/scans/truth"

_HEAD_CHARS = 3_000  # of a law of 200 pages: what its record is read from
_ISSUER = Issuer(name="Ủy ban nhân dân tỉnh Bình Dương", level="province", place="Bình Dương", id="binh-duong/ubnd")


class Text(NamedTuple):
    """A document: its id, its record, its text."""

    id: str
    record: Record
    clean: CleanText


def collection(shared: Path) -> Iterator[Text]:
    """Yield every document: dispatches `bd:ROW`, gazette `cb:SLUG`, `sample:FILE`, transcribed pages `scan:FILE`.

    A dispatch has the record that its register gives; of all others it is read from the text, as at intake.
    """
    yield from _dispatches(shared / DISPATCHES)
    taxonomy = Taxonomy.load()
    for document_id, text in (*_gazette(shared / GAZETTE), *_files(shared)):
        pages = text_pages(text[:_HEAD_CHARS].encode())
        record = extract(pages, compose(pages), Hints(), taxonomy).record
        yield Text(document_id, record, _clean(text))


def _dispatches(path: Path) -> Iterator[Text]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            symbol = parse_symbol(row["so_ky_hieu"])
            record = Record(
                symbol=row["so_ky_hieu"],
                symbol_key=symbol.key if symbol else None,
                kind=symbol.kind if symbol else None,
                issuer=_ISSUER,
                subject=row["trich_yeu"],
            )
            yield Text(f"bd:{row['']}", record, _clean(""))


def _gazette(path: Path) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            law = json.loads(line)
            if law["slug"] not in seen:
                seen.add(law["slug"])
                yield f"cb:{law['slug']}", law["full_text"]


def _files(shared: Path) -> Iterator[tuple[str, str]]:
    for path in sorted((shared / SAMPLES).glob("*.txt")):
        yield f"sample:{path.stem}", path.read_text(encoding="utf-8")
    pages = sorted((shared / SCANS).glob("*_p*.gt.txt"))
    for name, files in groupby(pages, lambda path: path.name.rpartition("_p")[0]):
        yield f"scan:{name}", "\n".join(path.read_text(encoding="utf-8") for path in files)


def _clean(text: str) -> CleanText:
    return CleanText(text=text, spans=(), page_starts=((1, 0),) if text else ())
