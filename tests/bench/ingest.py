"""Pages per second: the whole ingestion beside a bare `pdftoppm | tesseract` loop, and `vanban read`, in one run.

    VANBAN_SHARED=/path python -m tests.bench.ingest [--pages N]

Both sides read the same pages with as many processes, one thread each, at the resolution that vanban hands to
tesseract. Ingestion is timed from `vanban ingest --wait` until every document can be searched; the process group
(`vanban up`, embedded engine) runs already. The processor time, which a busy machine disturbs less, is that of all
processes; the group's start and stop are in it. Targets: ingestion at least 0.9 times the bare loop.
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
from services.core.model import ItemState, PageText, local_principal
from services.core.settings import Settings, load_settings
from services.ocr import prepare
from tests.servers import ROOT, free_port
from workers.local import environment
from workers.state import running


@dataclass(frozen=True, slots=True)
class PageTask:
    """A page that the bare loop reads, and its resolution."""

    path: Path
    number: int
    dpi: int


@dataclass(frozen=True, slots=True)
class Figure:
    """How long one side took for how many pages, on the clock and on the processors."""

    name: str
    pages: int
    seconds: float
    cpu_seconds: float

    @property
    def rate(self) -> float:
        """Pages per second."""
        return self.pages / self.seconds


def main() -> int:
    """Measure and print; 0 also when the target is missed: a bench says, it does not judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=0, help="stop taking files after so many pages (default: all)")
    most = parser.parse_args().pages
    shared = os.environ.get("VANBAN_SHARED")
    if not shared:
        print("VANBAN_SHARED is not set: there are no scans to measure on. Skipped.")
        return 0
    files = _choose(sorted(Path(shared, "data", "scans").glob("*/*.pdf")), most)
    jobs = load_settings().reader.processes
    print(f"{len(files)} files, {jobs} processes, OMP_THREAD_LIMIT=1", flush=True)
    with tempfile.TemporaryDirectory(prefix="vbb-", dir="/tmp") as name:
        folder = Path(name)
        ingestion, tasks, layers = _ingest(folder, files)
        print(f"text layers used instead of OCR: {layers} of {ingestion.pages} pages", flush=True)
        bare = _bare(tasks, jobs)
        read = _read(folder, files, ingestion.pages, jobs)
    for figure in (bare, ingestion, read):
        print(f"{figure.name:<28} {figure.pages} pages {figure.seconds:7.1f} s {figure.rate:6.3f} pages/s", end="")
        print(f"   {figure.rate / bare.rate:.2f} x bare   {figure.cpu_seconds / figure.pages:5.2f} CPU s/page")
    return 0


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


def _ingest(folder: Path, files: Sequence[Path]) -> tuple[Figure, list[PageTask], int]:
    settings = load_settings(data_dir=folder / "data", port=free_port())
    before = _cpu()
    with running_group(settings):
        began = time.monotonic()
        _vanban(settings, "ingest", "--wait", *map(str, files))
        seconds = time.monotonic() - began
    cpu = _cpu() - before
    pages = asyncio.run(_pages(settings))
    by_name = {path.name: path for path in files}
    tasks = [
        PageTask(by_name[name], page.number, _recognised_at(page.dpi or 300))
        for name, texts in pages.items()
        for page in texts
    ]
    layers = sum(page.dpi is None for texts in pages.values() for page in texts)
    return Figure("vanban ingest --wait", len(tasks), seconds, cpu), tasks, layers


def _recognised_at(dpi: int) -> int:
    """Return the resolution of the picture that vanban hands to tesseract: coarse scans are enlarged first."""
    return dpi if dpi >= prepare._COARSE_DPI else prepare._ENLARGED_DPI


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
    subprocess.run(_command(*arguments), env={**os.environ, **environment(settings)}, cwd=ROOT, check=True)


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "services.cli", *arguments]


async def _pages(settings: Settings) -> dict[str, list[PageText]]:
    """Return every page of every file by the file's name; say what failed."""
    p = local_principal("cli")
    found: dict[str, list[PageText]] = {}
    async with await open_archive(settings) as archive:
        cursor: str | None = None
        while True:
            page = await archive.account.items(p, limit=100, cursor=cursor)
            for item in page.items:
                if item.state not in {ItemState.DONE, ItemState.NEEDS_REVIEW} or item.source_id is None:
                    print(f"not counted: {item.name} is {item.state}: {item.reason}")
                    continue
                texts = await archive.work.source_pages(item.source_id)
                found[item.name] = [text for text in texts if isinstance(text, PageText)]
            cursor = page.next
            if cursor is None:
                return found


def _bare(tasks: Sequence[PageTask], jobs: int) -> Figure:
    began, before = time.monotonic(), _cpu()
    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(_bare_page, tasks))
    return Figure("pdftoppm | tesseract", len(tasks), time.monotonic() - began, _cpu() - before)


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


def _read(folder: Path, files: Sequence[Path], pages: int, jobs: int) -> Figure:
    texts = folder / "texts"
    settings = load_settings(data_dir=folder / "unused")
    began, before = time.monotonic(), _cpu()
    arguments = ["--text-dir", str(texts), "--fields", str(folder / "fields.jsonl"), "--jobs", str(jobs)]
    _vanban(settings, "read", *map(str, files), *arguments)
    seconds, cpu = time.monotonic() - began, _cpu() - before
    written = len(list(texts.glob("*.txt")))
    if written != pages:
        print(f"vanban read wrote {written} pages, the archive has {pages}")
    shutil.rmtree(texts, ignore_errors=True)
    return Figure("vanban read", written, seconds, cpu)


if __name__ == "__main__":
    sys.exit(main())
