"""`python -m tests.bench.reading`: vanban, plain tesseract and OCRmyPDF on the same pages, one after the other.

Needs VANBAN_SHARED (scans with transcripts, and the shared scorer). All read the same pages out of one PDF with as many
processes, one thread each; plain tesseract gets pictures of the resolution that vanban gives it. The rounds alternate,
so that a machine that grows slower or faster does so for all; every exit code is looked at. OCRmyPDF lives in an
environment of its own (`python3 -m venv DIR; DIR/bin/pip install 'ocrmypdf==17.13.*'`; --ocrmypdf DIR/bin/ocrmypdf);
without it the others race alone.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from services.core.settings import load_settings
from services.ocr import Reader
from services.ocr.prepare import recognition_dpi
from tests.bench.reading.racers import Course, Racer, lay_course, ocrmypdf, plain, vanban, vanban_pdf
from tests.bench.reading.truth import Page, Scorer, shared_root, transcribed
from tests.bench.reading.watch import Cost, watched

Counts = Mapping[str, Sequence[Counter[str]]]


def main() -> None:
    given = _arguments()
    root = shared_root("tests.bench.reading")
    pages = transcribed(root)
    with tempfile.TemporaryDirectory(prefix="vanban-bench-") as name:
        course = lay_course(pages, Path(name), asyncio.run(_dpi(pages, given.jobs)), given.jobs)
        for title, racers in _races(given.ocrmypdf).items():
            print(f"\n== {title}: {len(pages)} pages, {given.jobs} processes, {given.rounds} rounds", flush=True)
            _race(course, racers, Scorer(root), Path(name), given.rounds)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.reading", description=__doc__)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--ocrmypdf", default=shutil.which("ocrmypdf"), help="the program, where it is not on PATH")
    return parser.parse_args()


def _races(program: str | None) -> dict[str, dict[str, Racer]]:
    text: dict[str, Racer] = {"vanban": vanban, "plain": plain}
    searchable: dict[str, Racer] = {"vanban": vanban_pdf}
    if program:
        text["OCRmyPDF"] = ocrmypdf(program, annotations=True, pdf=False)
        text["OCRmyPDF, bare"] = ocrmypdf(program, annotations=False, pdf=False)
        searchable["OCRmyPDF"] = ocrmypdf(program, annotations=True, pdf=True)
        searchable["OCRmyPDF, bare"] = ocrmypdf(program, annotations=False, pdf=True)
    else:
        print("OCRmyPDF is not here and does not race (--ocrmypdf names it).", file=sys.stderr)
    return {"Text only": text, "Searchable PDF (its text as pdftotext finds it)": searchable}


async def _dpi(pages: Sequence[Page], jobs: int) -> list[int]:
    """Ask at which resolution vanban gives each page to tesseract; this also warms the machine's file cache."""
    found: dict[Page, int] = {}
    waiting = list(pages)

    async def ask() -> None:
        async with Reader(load_settings()) as reader:
            while waiting:
                page = waiting.pop()
                read = await reader.read_page(page.path, "application/pdf", page.number)
                found[page] = round(recognition_dpi(read.dpi or 300))

    await asyncio.gather(*(ask() for _ in range(jobs)))
    return [found[page] for page in pages]


def _race(course: Course, racers: Mapping[str, Racer], scorer: Scorer, folder: Path, rounds: int) -> None:
    costs: dict[str, list[Cost]] = {name: [] for name in racers}
    counts: dict[str, list[Counter[str]]] = {}
    for _ in range(rounds):
        for name, racer in racers.items():
            with tempfile.TemporaryDirectory(dir=folder) as place:
                with watched() as cost:
                    racer(course, Path(place))
                counts[name] = [scorer.count(p, course.text(Path(place), i)) for i, p in enumerate(course.pages)]
            costs[name].append(cost)
    for name in racers:
        print(f"{name:15s} {scorer.rates(counts[name])}  {_spent(costs[name], len(course.pages))}")
    for name in set(racers) - {"vanban"}:
        ratio = median(theirs.wall / ours.wall for ours, theirs in zip(costs["vanban"], costs[name], strict=True))
        cpu = median(theirs.cpu / ours.cpu for ours, theirs in zip(costs["vanban"], costs[name], strict=True))
        print(f"vanban against {name}: {ratio:.2f} x the pages per second, {cpu:.2f} x per second of processor time")
    _print_sources(course, counts, scorer)


def _spent(costs: Sequence[Cost], pages: int) -> str:
    best = min(costs, key=lambda cost: cost.wall)
    largest, together = max(c.largest for c in costs), max(c.together for c in costs)
    return (
        f"{pages / best.wall:.2f} pages/s (cpu {best.cpu:.1f} s)  "
        f"largest process {largest / 1e6:.0f} MB, all together {together / 1e6:.0f} MB"
    )


def _print_sources(course: Course, counts: Counts, scorer: Scorer) -> None:
    """Print the figures of each source folder, and of all others without it."""
    for source in sorted({page.source for page in course.pages}):
        inside = [i for i, page in enumerate(course.pages) if page.source == source]
        outside = [i for i in range(len(course.pages)) if i not in inside]
        for name, counted in counts.items():
            own, rest = (scorer.rates([counted[i] for i in chosen]) for chosen in (inside, outside))
            print(
                f"  {source} ({len(inside)} pages) {name:15s} F1 {own.f1:7.2%} CER {own.cer:6.2%}   "
                f"without it F1 {rest.f1:7.2%} CER {rest.cer:6.2%}"
            )


if __name__ == "__main__":
    main()
