"""What the text inside pages is worth and why: `python -m tests.bench.reading.layers`, all scans of VANBAN_SHARED.

The manifest says for each file what text it holds; a page whose verdict does not agree with that is marked WRONG. A
hidden layer that reads well is judged by its picture when the page is read; such pages are marked with a star.
"""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from services.core.messages import say
from services.core.model import TextLayer
from services.ocr import pdf
from services.ocr.layer import judge, read_layer
from tests.bench.reading.scans import shared_folder

_FITTING = {
    "none": {TextLayer.NONE},
    "stamp-only": {TextLayer.NONE, TextLayer.STAMP_ONLY},
    "garbage-ocr": {TextLayer.NONE, TextLayer.GARBAGE},
}
"""A file with a stamp or a worthless layer has pages without any text too; the stamp of a signing program is none."""
_NEEDED = {"none": TextLayer.NONE, "stamp-only": TextLayer.STAMP_ONLY, "garbage-ocr": TextLayer.GARBAGE}


def main() -> None:
    scans = shared_folder("tests.bench.reading.layers") / "data" / "scans"
    with (scans / "MANIFEST.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    seen: Counter[str] = Counter()
    wrong = 0
    for row in rows:
        truth = row["text_layer"]
        verdicts = set()
        for number, (verdict, code, reason) in enumerate(_verdicts(scans / row["file"]), 1):
            fits = verdict in _FITTING[truth] or (truth == "none" and code == "layer_annotations")
            wrong += not fits
            verdicts.add(verdict)
            seen[verdict.value] += 1
            print(f"{row['file']} p{number:02} {verdict.value:10s} {'' if fits else 'WRONG '}{reason}")
        if _NEEDED[truth] not in verdicts:
            wrong += 1
            print(f"{row['file']} WRONG: no page is {_NEEDED[truth].value}, the manifest says {truth}")
    print(f"{len(rows)} files, {seen.total()} pages: {dict(seen)}; {wrong} wrong")
    sys.exit(1 if wrong else 0)


def _verdicts(path: Path) -> Iterator[tuple[TextLayer, str, str]]:
    with pdf.open_pdf(path) as document:
        for number in range(1, len(document) + 1):
            page = pdf.open_page(document, number)
            shape = pdf.geometry(page)
            layer = read_layer(page, shape)
            verdict = judge(layer, shape, pdf.pictures(page))
            star = " *" if verdict.layer is TextLayer.GOOD and layer.is_hidden else ""
            yield verdict.layer, verdict.reason.code, say(verdict.reason, "en") + star


if __name__ == "__main__":
    main()
