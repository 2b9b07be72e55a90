"""Who races: vanban, a bare pdftoppm | tesseract loop, OCRmyPDF. Each is started as its users start it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pikepdf

from tests.bench.reading.truth import Page

ROOT = Path(__file__).resolve().parents[3]
_ENVIRONMENT = {**os.environ, "OMP_THREAD_LIMIT": "1"}


@dataclass(frozen=True)
class Course:
    """The pages of the race: one PDF with all of them, the same without annotations, and where results go.

    `dpi` has the resolution at which vanban gives each page to tesseract.
    """

    pages: Sequence[Page]
    file: Path
    bare: Path
    dpi: Sequence[int]
    jobs: int

    def text(self, folder: Path, index: int) -> Path:
        """Return where the text of a page is written."""
        return folder / f"{self.pages[index].stem}.txt"


Racer = Callable[[Course, Path], None]


def lay_course(pages: Sequence[Page], folder: Path, dpi: Sequence[int], jobs: int) -> Course:
    """Put the pages together, as they are in their files, and once without annotations."""
    course = Course(pages, folder / "pages.pdf", folder / "bare.pdf", dpi, jobs)
    for path, annotated in ((course.file, True), (course.bare, False)):
        with pikepdf.new() as pdf:
            for page in pages:
                with pikepdf.open(page.path) as source:
                    pdf.pages.append(source.pages[page.number - 1])
            for copied in pdf.pages:
                if not annotated and "/Annots" in copied:
                    del copied["/Annots"]
            pdf.save(path)
    return course


def vanban(course: Course, folder: Path) -> None:
    """`vanban read --text-dir`."""
    _vanban(course, "--text-dir", folder)
    for index in range(len(course.pages)):
        (folder / f"{course.file.stem}_p{index + 1:02}.txt").replace(course.text(folder, index))


def vanban_pdf(course: Course, folder: Path) -> None:
    """`vanban read --searchable-dir`; the text is what pdftotext finds in the PDF."""
    _vanban(course, "--searchable-dir", folder)
    _take_text(course, folder / course.file.name, folder)


def plain(course: Course, folder: Path) -> None:
    """pdftoppm and tesseract for each page, as many at once as there are jobs."""

    def read(index: int) -> None:
        dpi = str(course.dpi[index])
        page = ["-f", str(index + 1), "-l", str(index + 1), "-singlefile", "-gray", "-r", dpi]
        _run("pdftoppm", *page, course.file, folder / f"{index}")
        out = folder / course.pages[index].stem
        _run("tesseract", folder / f"{index}.pgm", out, "-l", "vie", "--dpi", dpi)
        (folder / f"{index}.pgm").unlink()

    with ThreadPoolExecutor(course.jobs) as pool:
        list(pool.map(read, range(len(course.pages))))


def ocrmypdf(program: str, *, annotations: bool, pdf: bool) -> Racer:
    """OCRmyPDF with as many workers as there are jobs; without force it refuses pages that hold any text."""

    def race(course: Course, folder: Path) -> None:
        source, sidecar, out = course.file if annotations else course.bare, folder / "all.txt", folder / "out.pdf"
        wanted = ["--output-type", "pdf", "--optimize", "0"] if pdf else ["--output-type", "none"]
        common = ["--mode", "force", "-l", "vie", "--jobs", str(course.jobs), "--quiet", "--sidecar", str(sidecar)]
        _run(program, *common, *wanted, source, out if pdf else "-")
        if pdf:
            _take_text(course, out, folder)
            return
        texts = sidecar.read_text(encoding="utf-8").split("\f")
        assert len(texts) >= len(course.pages), f"{len(texts)} pages in the sidecar"
        for index in range(len(course.pages)):
            course.text(folder, index).write_text(texts[index], encoding="utf-8")

    return race


def _vanban(course: Course, option: str, folder: Path) -> None:
    _run(sys.executable, "-m", "services.cli", "read", course.file, option, folder, "--jobs", str(course.jobs))


def _take_text(course: Course, pdf: Path, folder: Path) -> None:
    for index in range(len(course.pages)):
        number = str(index + 1)
        _run("pdftotext", "-f", number, "-l", number, pdf, course.text(folder, index))


def _run(*command: str | Path) -> None:
    """Run a program to its end; whatever it complains of ends the race."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, env=_ENVIRONMENT, cwd=ROOT)
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} ended with {done.returncode}: {done.stderr[-2000:]}")
