"""`python -m tests.bench.reading [--jobs N] [--rounds N] [--ocrmypdf PROGRAM]`: vanban, tesseract and OCRmyPDF race.

Needs VANBAN_SHARED (scans with transcripts, and the shared scorer). OCRmyPDF is no development library of ours:

    python3 -m venv DIR && DIR/bin/pip install 'ocrmypdf>=17,<18'      then   --ocrmypdf DIR/bin/ocrmypdf

All read one PDF of exactly the transcribed pages with as many processes, one thread each: once text only, once with a
searchable copy, whose text is then the one that counts; OCRmyPDF also without the annotations, which vanban never
draws. Rounds alternate, so that a machine that grows slower does so for all. On a busy machine believe the processor
time, not the clock.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tests.bench.reading.racers import Racer, Run, ocrmypdf, plain, vanban
from tests.bench.reading.scans import Page, bind, shared_folder, transcribed_pages
from tests.bench.reading.scoring import Counts, count, gains, intervals, pooled


@dataclass
class Race:
    """One racer on one file, with or without a searchable copy: its runs, and the texts of the last."""

    name: str
    racer: Racer
    pdf: Path
    copy: bool
    folder: Path
    runs: list[Run] = field(default_factory=list)

    def run(self, jobs: int) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.runs.append(self.racer.run(self.pdf, self.folder, jobs, copy=self.copy))
        print(f"  {self.name}: {self.runs[-1].wall:.0f} s", file=sys.stderr, flush=True)

    def score(self, shared: Path, pages: Sequence[Page]) -> Counts:
        for number, page in enumerate(pages, 1):
            (self.folder / f"{number}.txt").rename(self.folder / f"{page.stem}.txt")
        return count(shared, pages, self.folder)


def main() -> None:
    given = _arguments()
    shared = shared_folder("tests.bench.reading")
    pages = transcribed_pages(shared)
    with tempfile.TemporaryDirectory(prefix="vanban-bench-") as name:
        races = _races(pages, Path(name), given.ocrmypdf)
        for _ in range(given.rounds):
            for race in races:
                race.run(given.jobs)
        scores = {race.name: race.score(shared, pages) for race in races}
    print(f"{len(pages)} pages, {given.jobs} processes, {given.rounds} rounds; load {os.getloadavg()[0]:.1f}")
    _print_accuracy(scores)
    _print_speed(races, len(pages))
    _print_folders(pages, scores)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.reading", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--ocrmypdf", default=shutil.which("ocrmypdf"), help="its program [default: the one on PATH]")
    return parser.parse_args()


def _races(pages: Sequence[Page], folder: Path, program: str | None) -> list[Race]:
    pdf = bind(pages, folder / "pages.pdf")
    bare = bind(pages, folder / "bare.pdf", annotations=False)
    rows = [("vanban", vanban(), pdf), ("tesseract", plain(), pdf)]
    if program:
        rows += [("OCRmyPDF", ocrmypdf(program), pdf), ("OCRmyPDF, bare", ocrmypdf(program), bare)]
    else:
        print("Without OCRmyPDF, which is not installed: --help says how.", file=sys.stderr)
    return [
        Race(name + " + PDF" * copy, racer, file, copy, folder / f"{name}-{copy}")
        for copy in (False, True)
        for name, racer, file in rows
    ]


def _print_accuracy(scores: dict[str, Counts]) -> None:
    print("\nAccuracy (percent; 95 % over draws of pages), and by how much vanban is better")
    for name, counts in scores.items():
        ours = scores["vanban + PDF" if name.endswith("+ PDF") else "vanban"]
        better = "" if name.startswith("vanban") else f"   {gains(ours, counts)}"
        print(f"  {name:20s} {pooled(counts)}   {intervals(counts)}{better}")


def _print_speed(races: Sequence[Race], pages: int) -> None:
    """A process cannot be seen below the memory of the bench itself, from which it was forked."""
    print("\nSpeed (best round), memory of the largest process; as many times as fast as")
    ours = {race.copy: race for race in races if race.name.startswith("vanban")}
    for race in races:
        wall, cpu = _best(race)
        our_wall, our_cpu = _best(ours[race.copy])
        peak = max(run.usage.peak for run in race.runs)
        print(
            f"  {race.name:20s} {pages / wall:5.2f} pages/s  {cpu / pages:5.2f} s of processor a page  {peak:4.0f} MB"
            f"   vanban is {wall / our_wall:.2f} by the clock, {cpu / our_cpu:.2f} by processor time"
        )
    print(f"  (no peak below {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB can be seen)")


def _best(race: Race) -> tuple[float, float]:
    return min(run.wall for run in race.runs), min(run.usage.cpu for run in race.runs)


def _print_folders(pages: Sequence[Page], scores: dict[str, Counts]) -> None:
    rows: dict[str, list[int]] = defaultdict(list)
    for row, page in enumerate(pages):
        rows[page.folder].append(row)
    print("\nBy source folder, and all pages but those of that folder")
    for folder, inside in sorted(rows.items()):
        outside = np.setdiff1d(np.arange(len(pages)), inside)
        for name, counts in scores.items():
            if not name.endswith("+ PDF"):
                on, off = pooled(counts[inside]), pooled(counts[outside])
                print(f"  {folder:18s} {len(inside)} p.  {name:15s} {on}   without {off}")


if __name__ == "__main__":
    main()
