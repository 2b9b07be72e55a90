"""What the second look makes of number, day and month: `python -m tests.bench.reading.pen`.

Reads the first page of every scan of VANBAN_SHARED and prints truth, what was accepted and the candidates, then for pen
and print apart how many were found. Ends with 1 where an accepted one is wrong.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import Counter, defaultdict
from pathlib import Path

from services.core.model import Reading
from services.core.settings import load_settings
from services.ocr import Reader
from services.ocr.pen import can_read_pens

PDF = "application/pdf"
COUNTS = ("found", "accepted", "wrong accepted", "right first", "among candidates")


async def main() -> int:
    shared = os.environ.get("VANBAN_SHARED")
    if not shared or not can_read_pens():
        print("Skipped: VANBAN_SHARED names no folder with scans, or the extra handwriting is not installed.")
        return 0
    scans = Path(shared) / "data" / "scans"
    files = {path.name: path for path in sorted(scans.glob("*/*.pdf"))}
    totals: defaultdict[str, Counter[str]] = defaultdict(Counter)
    async with Reader(load_settings()) as reader:
        for line in (scans / "truth" / "fields.jsonl").read_text(encoding="utf-8").splitlines():
            truth = json.loads(line)
            name = truth["file"].rsplit("/", 1)[-1]
            page = await reader.read_page(files[name], PDF, 1)
            print(name)
            for part, value, by_pen in _wanted(truth):
                reading = next((r for r in page.readings if r.part == part), None)
                totals[f"{part}, {'pen' if by_pen else 'print'}"].update(_counts(value, reading))
                print(f"    {part:6} {value:>5} {'pen' if by_pen else '':4} {_shown(reading)}")
    for kind, counts in sorted(totals.items()):
        print(f"{kind}: of {counts['all']}", *(f"{counts[c]} {c}" for c in COUNTS), sep=", ")
    return 1 if any(counts["wrong accepted"] for counts in totals.values()) else 0


def _wanted(truth: dict[str, str]) -> list[tuple[str, str, bool]]:
    """Name the parts of a scan that are there: what, its digits, whether a pen wrote it."""
    year, month, *day = truth["issued_date"].split("-")
    dated = [("day", d, bool(truth["date_handwritten"])) for d in day]
    numbered = [("number", truth["symbol"].split("/")[0], bool(truth["number_handwritten"]))] if truth["symbol"] else []
    return [*numbered, *dated, ("month", month, False)] if year else numbered


def _counts(value: str, reading: Reading | None) -> Counter[str]:
    counts = Counter({"all": 1})
    if reading:
        right = _same(reading.text, value)
        counts["found"] = 1
        counts["accepted"] = reading.accepted
        counts["wrong accepted"] = reading.accepted and not right
        counts["right first"] = right
        counts["among candidates"] = any(_same(text, value) for text in reading.candidates)
    return counts


def _same(one: str, other: str) -> bool:
    return one.lstrip("0") == other.lstrip("0")


def _shown(reading: Reading | None) -> str:
    if reading is None:
        return "not found"
    verdict = "accepted" if reading.accepted else "not accepted"
    return f"{reading.text or '(blank)'} {reading.confidence:.2f} {verdict}; candidates {', '.join(reading.candidates)}"


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
