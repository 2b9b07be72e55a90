"""Pages per second: the whole ingestion beside a bare `pdftoppm | tesseract` loop, and `vanban read`, in one run.

    VANBAN_SHARED=/path python -m tests.bench.ingest [--pages N] [--rounds N]

All sides read the same pages with as many processes, one thread each, at the resolution that vanban hands to
tesseract. Ingestion is timed from `vanban ingest --wait` until every document can be searched; the process group
(`vanban up`, embedded engine) runs already. The files are dealt out over rounds, and in each round the three take
turns, so that a machine that grows slower or faster does so for all of them. The processor time, which a busy machine
disturbs less, is that of all processes; the group's start, idling and stop are in it. Target: ingestion at least 0.9
times the bare loop.
"""

import argparse
import asyncio
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

from services.archive import open_archive
from services.cli.exits import FILES_FAILED
from services.core.model import ItemState, PageText, local_principal
from services.core.settings import Settings, load_settings
from services.ocr.prepare import recognition_dpi
from tests.servers import ROOT, free_port
from workers.local import environment
from workers.state import running


@dataclass(frozen=True, slots=True)
class PageTask:
    """A page that the bare loop reads, and its resolution."""

    path: Path
    number: int
    dpi: int


@dataclass(slots=True)
class Figure:
    """How long one side took for how many pages, on the clock and on the processors, all rounds together."""

    name: str
    pages: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Pages per second."""
        return self.pages / self.seconds

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Add what the block takes; processor time is that of child processes which end within it."""
        began, before = time.monotonic(), _cpu()
        yield
        self.seconds += time.monotonic() - began
        self.cpu_seconds += _cpu() - before


def main() -> int:
    """Measure and print; 0 also when the target is missed: a bench says, it does not judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=0, help="stop taking files after so many pages (default: all)")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    shared = os.environ.get("VANBAN_SHARED")
    if not shared:
        print("VANBAN_SHARED is not set: there are no scans to measure on. Skipped.")
        return 0
    files = _choose(sorted(Path(shared, "data", "scans").glob("*/*.pdf")), options.pages)
    jobs = load_settings().reader.processes
    print(f"{len(files)} files, {options.rounds} rounds, {jobs} processes, OMP_THREAD_LIMIT=1", flush=True)
    with tempfile.TemporaryDirectory(prefix="vbb-", dir="/tmp") as name:
        figures = _measure(Path(name), _deal(files, options.rounds), jobs)
    bare = figures[0]
    for figure in figures:
        print(f"{figure.name:<28} {figure.pages} pages {figure.seconds:7.1f} s {figure.rate:6.3f} pages/s", end="")
        print(f"   {figure.rate / bare.rate:.2f} x bare   {figure.cpu_seconds / figure.pages:5.2f} CPU s/page")
    return 0


def _measure(folder: Path, rounds: Sequence[Sequence[Path]], jobs: int) -> tuple[Figure, Figure, Figure]:
    settings = load_settings(data_dir=folder / "data", port=free_port())
    bare, ingestion, read = Figure("pdftoppm | tesseract"), Figure("vanban ingest --wait"), Figure("vanban read")
    before, layers = _cpu(), 0
    with running_group(settings):
        for number, files in enumerate(rounds, 1):
            with ingestion.timed():
                _vanban(settings, "ingest", "--wait", *map(str, files))
            pages = asyncio.run(_pages(settings, {path.name: path for path in files}))
            tasks = [
                PageTask(path, page.number, round(recognition_dpi(page.dpi or 300)))
                for path, texts in pages.items()
                for page in texts
            ]
            layers += sum(page.dpi is None for texts in pages.values() for page in texts)
            with bare.timed(), ThreadPoolExecutor(jobs) as pool:
                list(pool.map(_bare_page, tasks))
            with read.timed():
                written = _read(folder, files, jobs)
            if written != len(tasks):
                print(f"vanban read wrote {written} pages, the archive has {len(tasks)}")
            for figure, count in ((ingestion, len(tasks)), (bare, len(tasks)), (read, written)):
                figure.pages += count
            times = ", ".join(f"{figure.name} {figure.seconds:.1f} s" for figure in (bare, ingestion, read))
            print(f"{number} of {len(rounds)} rounds: {bare.pages} pages; {times}", flush=True)
    ingestion.cpu_seconds = _cpu() - before - bare.cpu_seconds - read.cpu_seconds
    print(f"text layers used instead of OCR: {layers} of {ingestion.pages} pages", flush=True)
    return bare, ingestion, read


def _deal(files: Sequence[Path], count: int) -> list[list[Path]]:
    """Deal the files out over rounds of about as many pages, the longest first."""
    rounds: list[tuple[int, list[Path]]] = [(0, []) for _ in range(count)]
    for pages, path in sorted(((_page_count(path), path) for path in files), reverse=True):
        at = min(range(count), key=lambda n: rounds[n][0])
        rounds[at] = (rounds[at][0] + pages, [*rounds[at][1], path])
    return [chosen for _, chosen in rounds if chosen]


def _cpu() -> float:
    """Return the processor seconds of all child processes that have ended, theirs included."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _choose(files: Sequence[Path], most: int) -> list[Path]:
    chosen: list[Path] = []
    pages = 0
    for path in files:
        count = _page_count(path)
        if most and pages + count > most:
            continue
        chosen.append(path)
        pages += count
    return chosen


def _page_count(path: Path) -> int:
    shown = subprocess.run(["pdfinfo", str(path)], check=True, capture_output=True, text=True).stdout
    return int(next(line.split()[1] for line in shown.splitlines() if line.startswith("Pages:")))


@contextmanager
def running_group(settings: Settings) -> Iterator[None]:
    """Run `vanban up` on these settings until the block ends."""
    log = settings.data_dir.parent / "up.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            _command("up"), env={**os.environ, **environment(settings)}, cwd=ROOT, stdout=subprocess.PIPE, stderr=out
        )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if b"ready" in line:
                break
        else:
            raise SystemExit(f"vanban up did not start:\n{log.read_text(errors='replace')[-3000:]}")
        assert running(settings) is not None
        yield
    finally:
        process.terminate()
        process.communicate(timeout=40)


def _vanban(settings: Settings, *arguments: str) -> None:
    done = subprocess.run(
        _command(*arguments), env={**os.environ, **environment(settings)}, cwd=ROOT, capture_output=True, text=True
    )
    if done.returncode not in {0, FILES_FAILED}:
        said = done.stdout[-2000:] + done.stderr[-2000:]
        raise SystemExit(f"vanban {arguments[0]} ended with {done.returncode}:\n{said}")


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "services.cli", *arguments]


async def _pages(settings: Settings, files: dict[str, Path]) -> dict[Path, list[PageText]]:
    """Return every page of those files that were read; say which were not."""
    p = local_principal("cli")
    found: dict[Path, list[PageText]] = {}
    async with await open_archive(settings) as archive:
        items = (await archive.account.items(p, limit=1000)).items
        for item in items:
            if item.name not in files:
                continue
            if item.state not in {ItemState.DONE, ItemState.NEEDS_REVIEW} or item.source_id is None:
                print(f"not counted: {item.name} is {item.state}: {item.reason}")
                continue
            texts = await archive.work.source_pages(item.source_id)
            found[files[item.name]] = [text for text in texts if isinstance(text, PageText)]
    return found


def _bare_page(task: PageTask) -> None:
    number = str(task.number)
    render = ["pdftoppm", "-r", str(task.dpi), "-gray", "-f", number, "-l", number, str(task.path)]
    recognise = ["tesseract", "stdin", "stdout", "-l", "vie", "--dpi", str(task.dpi)]
    one_thread = {**os.environ, "OMP_THREAD_LIMIT": "1"}
    with subprocess.Popen(render, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as first:
        subprocess.run(
            recognise,
            stdin=first.stdout,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=one_thread,
            check=True,
        )


def _read(folder: Path, files: Sequence[Path], jobs: int) -> int:
    """Read the files with `vanban read`; the number of pages that it wrote."""
    texts = folder / "texts"
    arguments = ["--text-dir", str(texts), "--fields", str(folder / "fields.jsonl"), "--jobs", str(jobs)]
    _vanban(load_settings(data_dir=folder / "unused"), "read", *map(str, files), *arguments)
    written = len(list(texts.glob("*.txt")))
    shutil.rmtree(texts)
    return written


if __name__ == "__main__":
    sys.exit(main())
