"""The readers that run against each other: one PDF in, the text of its pages out, a searchable copy where asked for.

Each is a program started for the purpose, as its user would start it: what it costs to start is in its time.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial, reduce
from itertools import count
from pathlib import Path

import pikepdf

from tests.bench.reading.scans import strip

_PLAIN_DPI = 300
_LETTERS = ("-l", "vie")


@dataclass(frozen=True)
class Usage:
    """Seconds of processor time, and the most memory (MB) that one process had, of a program and all it started."""

    cpu: float
    peak: float

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.cpu + other.cpu, max(self.peak, other.peak))


@dataclass(frozen=True)
class Run:
    """One reading of all pages: seconds on the clock, and what the programs used."""

    wall: float
    usage: Usage


@dataclass(frozen=True)
class Racer:
    """`read` reads a PDF with a number of processes into a folder (`N.txt` a page, from 1; copies in `copy/`).

    Where a copy was asked for, the texts are in the end those that pdftotext finds in it, in the order in which the
    copy draws them, annotations left out: OCRmyPDF drops those, vanban keeps them, and poppler reads them out.
    """

    name: str
    read: Callable[[Path, Path, int, bool], Usage]

    def run(self, pdf: Path, folder: Path, jobs: int, *, copy: bool) -> Run:
        (folder / "copy").mkdir(parents=True, exist_ok=True)
        begun = time.perf_counter()
        usage = self.read(pdf, folder, jobs, copy)
        wall = time.perf_counter() - begun
        _check(folder, page_count(pdf))
        if copy:
            _take_texts(folder, page_count(pdf))
        return Run(wall, usage)


def vanban() -> Racer:
    return Racer("vanban", _vanban)


def plain() -> Racer:
    return Racer("tesseract", _plain)


def ocrmypdf(program: str) -> Racer:
    return Racer("OCRmyPDF", partial(_ocrmypdf, program))


def _vanban(pdf: Path, folder: Path, jobs: int, copy: bool) -> Usage:
    command = [sys.executable, "-m", "services.cli", "read", str(pdf), "--jobs", str(jobs), "--text-dir", str(folder)]
    usage = run_program([*command, "--searchable-dir", str(folder / "copy")] if copy else command)
    for path in folder.glob(f"{pdf.stem}_p*.txt"):
        path.replace(folder / f"{int(path.stem.rpartition('_p')[2])}.txt")
    return usage


def _plain(pdf: Path, folder: Path, jobs: int, copy: bool) -> Usage:
    with ThreadPoolExecutor(jobs) as pool:
        pages = range(1, page_count(pdf) + 1)
        return reduce(Usage.__add__, pool.map(lambda number: _plain_page(pdf, folder, number, copy), pages))


def _plain_page(pdf: Path, folder: Path, number: int, copy: bool) -> Usage:
    picture = folder / f"{number}.pgm"
    page = ["-f", str(number), "-l", str(number), "-singlefile", "-gray", "-r", str(_PLAIN_DPI)]
    drawn = run_program(["pdftoppm", *page, str(pdf), str(picture.with_suffix(""))])
    read = run_program(tesseract(picture, folder / str(number), _PLAIN_DPI, ["txt", "pdf"] if copy else ["txt"]))
    picture.unlink()
    if copy:
        (folder / f"{number}.pdf").replace(folder / "copy" / f"{number}.pdf")
    return drawn + read


def tesseract(picture: Path, out: Path, dpi: int, formats: Sequence[str] = ("txt",)) -> list[str]:
    """The command that reads a picture into `OUT.txt`, as tesseract does unasked for anything else."""
    return ["tesseract", str(picture), str(out), *_LETTERS, "--dpi", str(dpi), *formats]


def _ocrmypdf(program: str, pdf: Path, folder: Path, jobs: int, copy: bool) -> Usage:
    """Its quickest way that reads every page: no PDF/A, no pictures made smaller."""
    sidecar = folder / "all.txt"
    out = ["--output-type", "pdf", "--optimize", "0"] if copy else ["--output-type", "none"]
    command = [program, "--quiet", "--force-ocr", *_LETTERS, "--jobs", str(jobs), "--invalidate-digital-signatures"]
    place = str(folder / "copy" / "all.pdf") if copy else "-"
    usage = run_program([*command, *out, "--sidecar", str(sidecar), str(pdf), place])
    for number, text in zip(count(1), sidecar.read_text().split("\f"), strict=False):
        (folder / f"{number}.txt").write_text(text)
    return usage


def run_program(command: Sequence[str]) -> Usage:
    """Run a program to its end, one thread in each tesseract; raises CalledProcessError with what it said."""
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, "OMP_THREAD_LIMIT": "1"},
    ) as process:
        assert process.stderr is not None
        said = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, stderr=said)
    return Usage(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def page_count(pdf: Path) -> int:
    with pikepdf.open(pdf) as opened:
        return len(opened.pages)


def _check(folder: Path, pages: int) -> None:
    """An exit code of 0 proves nothing: the pages must be there."""
    missing = [number for number in range(1, pages + 1) if not (folder / f"{number}.txt").exists()]
    if missing:
        raise RuntimeError(f"No text of the pages {missing} in {folder}.")


def _take_texts(folder: Path, pages: int) -> None:
    """Put the texts of the copies, one file or one a page, in place of those written beside them."""
    paths = sorted((folder / "copy").glob("*.pdf"), key=lambda path: (len(path.stem), path.stem))
    places = [(path, str(number)) for path in paths for number in range(1, page_count(path) + 1)]
    for path in paths:
        with pikepdf.open(path, allow_overwriting_input=True) as copy:
            strip(copy)
            copy.save()
    for number, (path, page) in enumerate(places, 1):
        run_program(["pdftotext", "-raw", "-f", page, "-l", page, str(path), str(folder / f"{number}.txt")])
    if len(places) != pages:
        raise RuntimeError(f"{len(places)} of {pages} pages are in the copies in {folder / 'copy'}.")
