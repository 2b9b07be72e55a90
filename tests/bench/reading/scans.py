"""The scans that the benches read: pages with a transcript, and one file of exactly those pages."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pikepdf


@dataclass(frozen=True)
class Page:
    """A page with a transcript; `folder` is the source that its file comes from, `number` counts from 1."""

    stem: str
    path: Path
    number: int

    @property
    def folder(self) -> str:
        return self.path.parent.name


def shared_folder(bench: str) -> Path:
    """The folder with data/scans and tools; ends the program, saying so, where there is none."""
    if not (shared := os.environ.get("VANBAN_SHARED")):
        sys.exit(f"{bench}: skipped, VANBAN_SHARED is not set (the folder with data/scans and tools)")
    return Path(shared)


def transcribed_pages(shared: Path) -> list[Page]:
    scans = shared / "data" / "scans"
    found = []
    for transcript in sorted((scans / "truth").glob("*.gt.txt")):
        stem = transcript.name.removesuffix(".gt.txt")
        file, _, number = stem.rpartition("_p")
        found.append(Page(stem, next(scans.rglob(f"{file}.pdf")), int(number)))
    return found


def bind(pages: Sequence[Page], out: Path, *, annotations: bool = True) -> Path:
    """Write one PDF of the pages, everything in them stored as it was; with or without what was put over them."""
    with ExitStack() as open_files:  # what a page draws is copied from its file when the new one is saved
        bound = open_files.enter_context(pikepdf.new())
        for page in pages:
            bound.add_pages_from(open_files.enter_context(pikepdf.open(page.path)), [page.number - 1])
        if not annotations:
            strip(bound)
        bound.save(out)
    return out


def strip(pdf: pikepdf.Pdf) -> None:
    """Take away what was put over the pages."""
    for page in pdf.pages:
        if "/Annots" in page:
            del page["/Annots"]
