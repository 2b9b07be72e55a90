"""The transcribed pages of VANBAN_SHARED, and how far a reading of them is from the truth."""

from __future__ import annotations

import importlib.util
import os
import random
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

_DRAWS = 2000
_SEED = 1


@dataclass(frozen=True)
class Page:
    """A page with a transcript; `source` is the folder of its file: where the scan comes from."""

    stem: str
    path: Path
    number: int

    @property
    def source(self) -> str:
        return self.path.parent.name


@dataclass(frozen=True)
class Rates:
    """Word F1 and line CER over pages, with their 95 % intervals (bootstrap over pages)."""

    f1: float
    cer: float
    f1_interval: tuple[float, float]
    cer_interval: tuple[float, float]

    def __str__(self) -> str:
        low, high = self.f1_interval
        best, worst = self.cer_interval
        return f"F1 {self.f1:6.2%} [{low:.2%}, {high:.2%}]  CER {self.cer:5.2%} [{best:.2%}, {worst:.2%}]"


def shared_root(bench: str) -> Path:
    """Return the folder of shared material; without it the bench ends, saying so."""
    shared = os.environ.get("VANBAN_SHARED")
    if not shared:
        sys.exit(f"{bench}: skipped, VANBAN_SHARED is not set (the folder with data/scans and tools)")
    return Path(shared)


def transcribed(root: Path) -> list[Page]:
    """Return the pages that have a transcript, in the order of their names."""
    scans = root / "data" / "scans"
    pages = []
    for transcript in sorted((scans / "truth").glob("*.gt.txt")):
        stem = transcript.name.removesuffix(".gt.txt")
        file, _, number = stem.rpartition("_p")
        pages.append(Page(stem, next(scans.rglob(f"{file}.pdf")), int(number)))
    return pages


class Scorer:
    """The shared scorer (`tools/score_ocr.py`), page by page."""

    def __init__(self, root: Path) -> None:
        self._truth = root / "data" / "scans" / "truth"
        self._tool = _load(root / "tools" / "score_ocr.py")

    def count(self, page: Page, text: Path) -> Counter[str]:
        """Return the counts of one page that was read into `text`; a file that is not there is an empty page."""
        return Counter(self._tool.score(self._truth / f"{page.stem}.gt.txt", text))

    def rates(self, counts: Sequence[Counter[str]]) -> Rates:
        """Pool the counts of pages."""
        draw = random.Random(_SEED)
        samples = [self._pooled(draw.choices(counts, k=len(counts))) for _ in range(_DRAWS)]
        f1, cer = self._pooled(counts)
        return Rates(f1, cer, _middle(s[0] for s in samples), _middle(s[1] for s in samples))

    def _pooled(self, counts: Sequence[Counter[str]]) -> tuple[float, float]:
        total: Counter[str] = Counter()
        for count in counts:
            total.update(count)
        f1, cer = self._tool.rates(total)
        return f1, cer


def _middle(values: Iterable[float]) -> tuple[float, float]:
    ordered = sorted(values)
    return ordered[round(0.025 * (len(ordered) - 1))], ordered[round(0.975 * (len(ordered) - 1))]


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("score_ocr", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
