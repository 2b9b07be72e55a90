"""`python -m tests.bench.reading.layers [--jobs N]`: the verdict on the text inside every page of all scans, and why.

Needs VANBAN_SHARED. What the list of the scans says of a file (none, stamp-only or a garbage layer) is compared with
the verdicts on its pages; a page whose verdict is good is not recognised, so on scans every such page is a fault
unless the picture says the same. Every page is read for it, since a hidden layer is judged by its picture.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import os
from collections import Counter
from itertools import groupby
from pathlib import Path

from services.core.model import PageText, Reason, TextLayer
from services.core.settings import load_settings
from services.ocr import FileRead, read_files
from tests.bench.reading.scans import shared_folder

_WORST = (TextLayer.GARBAGE, TextLayer.STAMP_ONLY, TextLayer.NONE, TextLayer.GOOD)
_LISTED = {"none": TextLayer.NONE, "stamp-only": TextLayer.STAMP_ONLY, "garbage-ocr": TextLayer.GARBAGE}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.reading.layers", description=__doc__)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    scans = shared_folder("tests.bench.reading.layers") / "data" / "scans"
    with (scans / "MANIFEST.csv").open(encoding="utf-8", newline="") as file:
        listed = {row["file"]: _LISTED[row["text_layer"]] for row in csv.DictReader(file)}
    asyncio.run(_judge(scans, listed, given.jobs))


async def _judge(scans: Path, listed: dict[str, TextLayer], jobs: int) -> None:
    verdicts: Counter[str] = Counter()
    differ = 0
    async for read in read_files(load_settings(), [scans / name for name in listed], jobs):
        name = str(read.path.relative_to(scans))
        found = file_verdict(read)
        same = found is listed[name]
        differ += not same
        print(f"{name}: {found}" + ("" if same else f", listed as {listed[name]}"), flush=True)
        for said, pages in groupby(enumerate(read.pages, 1), key=lambda page: verdict(page[1])):
            numbers = [number for number, _ in pages]
            verdicts[said.partition(" ")[0]] += len(numbers)
            print(f"    {numbers[0]}-{numbers[-1]}: {said}" if numbers[1:] else f"    {numbers[0]}: {said}", flush=True)
    counts = ", ".join(f"{count} {said}" for said, count in verdicts.most_common())
    print(f"{len(listed)} files, {differ} not as listed; {verdicts.total()} pages: {counts}")


def file_verdict(read: FileRead) -> TextLayer | None:
    """The worst verdict on a page of a file, as the list gives it; None where no page could be read."""
    found = {page.text_layer for page in read.page_texts()}
    return next((layer for layer in _WORST if layer in found), None)


def verdict(page: PageText | Reason) -> str:
    if isinstance(page, Reason):
        return f"unread {page.code}"
    reason = page.layer_reason
    given = ", ".join(f"{name} {value}" for name, value in reason.params.items()) if reason else ""
    return f"{page.text_layer} {reason.code if reason else ''} {given}".rstrip()


if __name__ == "__main__":
    main()
