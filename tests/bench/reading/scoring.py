"""Word F1 and line CER of read pages by the shared scorer, with what chance makes of so few pages."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.bench.reading.scans import Page

_COUNTS = ("hit", "want", "got", "errors", "chars")
_SAMPLES = 10_000
_SEED = 1
_MIDDLE = (2.5, 97.5)

Counts = NDArray[np.float64]
"""One row a page: words hit, wanted and got, characters wrong and wanted."""


@dataclass(frozen=True)
class Figures:
    """Word F1 and line CER pooled over pages, in percent."""

    f1: float
    cer: float

    def __str__(self) -> str:
        return f"{self.f1:5.2f} F1 {self.cer:5.2f} CER"


def count(shared: Path, pages: Sequence[Page], folder: Path) -> Counts:
    """Score the `STEM.txt` of the pages in `folder`; a page without one has lost all its words."""
    scorer = _scorer(shared / "tools" / "score_ocr.py")
    truth = shared / "data" / "scans" / "truth"
    rows = [scorer.score(truth / f"{page.stem}.gt.txt", folder / f"{page.stem}.txt") for page in pages]
    return np.array([[row[name] for name in _COUNTS] for row in rows], dtype=np.float64)


def pooled(counts: Counts) -> Figures:
    f1, cer = _rates(counts.sum(axis=0))
    return Figures(float(f1), float(cer))


def intervals(counts: Counts) -> str:
    """The middle 95 % of both figures over draws of as many pages, with replacement."""
    return " ".join(f"{name} {low:.2f}-{high:.2f}" for name, low, high in _spans(_drawn(counts)))


def gains(counts: Counts, other: Counts) -> str:
    """The middle 95 % of what the first is better by on the same draws: where it spans 0, chance may have made it."""
    return " ".join(f"{name} {low:+.2f}..{high:+.2f}" for name, low, high in _spans(_drawn(counts) - _drawn(other)))


def _spans(drawn: NDArray[np.float64]) -> list[tuple[str, float, float]]:
    low, high = np.percentile(drawn, _MIDDLE, axis=1)
    return [("F1", low[0], high[0]), ("CER", low[1], high[1])]


def _drawn(counts: Counts) -> NDArray[np.float64]:
    draws = np.random.default_rng(_SEED).integers(len(counts), size=(_SAMPLES, len(counts)))
    return np.array(_rates(counts[draws].sum(axis=1)))


def _rates(sums: Counts) -> tuple[Any, Any]:
    """F1 and CER in percent: 2pr/(p+r) is 2 hit / (got + want)."""
    hit, want, got, errors, chars = np.moveaxis(sums, -1, 0)
    return 200 * hit / (got + want), 100 * errors / chars


def _scorer(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location("score_ocr", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
