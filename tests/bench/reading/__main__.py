"""`python -m tests.bench.reading [--jobs N] [--rounds N]`: vanban beside a bare pdftoppm | tesseract loop, in one run.

Needs VANBAN_SHARED (scans with transcripts, and the shared scorer). Both sides read the same pages with as many
processes, one thread each, and tesseract gets pictures of the same resolution on both. The rounds
alternate, so that a machine that grows slower or faster does so for both.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from services.core.model import PageText
from services.core.settings import load_settings
from services.ocr import Reader, plain_text
from services.ocr.prepare import recognition_dpi

PDF = "application/pdf"


@dataclass(frozen=True)
class Task:
    """A page with a transcript; `dpi` is the resolution at which vanban gives it to tesseract."""

    stem: str
    path: Path
    number: int
    dpi: int = 0


@dataclass(frozen=True)
class Round:
    """What one reading of all pages took: seconds on the clock, and of processor time (steadier on a busy machine)."""

    wall: float
    cpu: float


def main() -> None:
    given = _arguments()
    shared = os.environ.get("VANBAN_SHARED")
    if not shared:
        sys.exit("tests.bench.reading: skipped, VANBAN_SHARED is not set (the folder with data/scans and tools)")
    root = Path(shared)
    tasks = _tasks(root)
    with tempfile.TemporaryDirectory(prefix="vanban-bench-") as name:
        ours, plain = Path(name, "vanban"), Path(name, "plain")
        for folder in (ours, plain):
            folder.mkdir()
        tasks = [Task(t.stem, t.path, t.number, dpi) for t, dpi in asyncio.run(_read(tasks, ours, given.jobs))]
        rounds: dict[str, list[Round]] = {"vanban": [], "plain": []}
        for _ in range(given.rounds):
            with _timed(rounds["vanban"]):
                asyncio.run(_read(tasks, ours, given.jobs))
            with _timed(rounds["plain"]):
                _read_plain(tasks, plain, given.jobs)
        _report(root, {"vanban": ours, "plain": plain}, rounds, len(tasks))


@contextmanager
def _timed(rounds: list[Round]) -> Iterator[None]:
    wall, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    yield
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    rounds.append(Round(time.perf_counter() - wall, cpu))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.reading", description=__doc__)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--rounds", type=int, default=2)
    return parser.parse_args()


def _tasks(root: Path) -> list[Task]:
    scans = root / "data" / "scans"
    found = []
    for transcript in sorted((scans / "truth").glob("*.gt.txt")):
        stem = transcript.name.removesuffix(".gt.txt")
        file, _, number = stem.rpartition("_p")
        found.append(Task(stem, next(scans.rglob(f"{file}.pdf")), int(number)))
    return found


async def _read(tasks: Sequence[Task], folder: Path, jobs: int) -> list[tuple[Task, int]]:
    """Read the pages with `jobs` readers, started for the purpose; returns the resolution each was recognised at."""
    settings = load_settings()
    waiting = list(reversed(tasks))
    done: list[tuple[Task, int]] = []

    async def work() -> None:
        async with Reader(settings) as reader:
            while waiting:
                task = waiting.pop()
                page: PageText = await reader.read_page(task.path, PDF, task.number)
                await asyncio.to_thread((folder / f"{task.stem}.txt").write_text, plain_text(page))
                done.append((task, round(recognition_dpi(page.dpi or 300))))

    await asyncio.gather(*(work() for _ in range(jobs)))
    return done


def _read_plain(tasks: Sequence[Task], folder: Path, jobs: int) -> None:
    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(lambda task: _read_plain_page(task, folder), tasks))


def _read_plain_page(task: Task, folder: Path) -> None:
    place = folder / task.stem
    place.mkdir(exist_ok=True)
    page = ["-f", str(task.number), "-l", str(task.number), "-singlefile", "-gray", "-r", str(task.dpi)]
    subprocess.run(["pdftoppm", *page, str(task.path), str(place / "page")], check=True)
    subprocess.run(
        ["tesseract", str(place / "page.pgm"), str(folder / task.stem), "-l", "vie", "--dpi", str(task.dpi)],
        check=True,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "OMP_THREAD_LIMIT": "1"},
    )
    shutil.rmtree(place)


def _report(root: Path, folders: dict[str, Path], rounds: dict[str, list[Round]], pages: int) -> None:
    for name, folder in folders.items():
        score = [sys.executable, str(root / "tools" / "score_ocr.py"), str(root / "data/scans/truth"), str(folder)]
        done = subprocess.run([*score, "--json"], check=True, capture_output=True, text=True)
        figures = json.loads(done.stdout)
        print(
            f"{name:7s} {figures['word_f1']:7.2%} word F1  {figures['line_cer']:6.2%} line CER  "
            f"{pages / min(r.wall for r in rounds[name]):5.2f} pages/s  "
            f"(rounds: {', '.join(f'{r.wall:.1f} s, cpu {r.cpu:.1f} s' for r in rounds[name])})"
        )
    best = {name: (min(r.wall for r in done), min(r.cpu for r in done)) for name, done in rounds.items()}
    (our_wall, our_cpu), (plain_wall, plain_cpu) = best["vanban"], best["plain"]
    print(f"vanban / plain: {plain_wall / our_wall:.2f} by the clock, {plain_cpu / our_cpu:.2f} by processor time")


if __name__ == "__main__":
    main()
