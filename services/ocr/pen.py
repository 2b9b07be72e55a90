"""Digits between printed words, those that a pen filled in among them: a line read by its model, decoded to digits.

The model loses Vietnamese letters: what it makes of the print serves to find the place, no more. Measured on the 31
scans (tests/bench/reading/pen.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec

import numpy as np
from PIL import Image

_BEAM = 12
_LEAST_CHANCE = 1e-4
_CANDIDATES = 6
_CANDIDATE_CHANCE = 0.01
_FILLING = re.compile(r"[\s.…_,]+")
_TAKEN_FOR = str.maketrans(
    {"A": "1", "Λ": "1", "I": "1", "l": "1", "|": "1", "/": "1", "(": "1", "M": "11", "N": "11", "Z": "2", "z": "2"}
    | {"H": "4", "S": "5", "G": "6", "b": "6", "T": "7", "B": "8", "g": "9", "q": "9", "O": "0", "o": "0", "D": "0"}
)


@dataclass(frozen=True, slots=True)
class Digits:
    """What stands at one place of a line, as digits; `text` is empty where nothing does.

    `confidence` (0..1) is the least that any view gives `text`; `agreed` says that every view shows the place and, free
    to see letters too, sees the same. `candidates` have the likeliest first, each with its mean chance; those that only
    look like letters seen have none. `start` and `end` are shares of the width.
    """

    text: str
    confidence: float
    agreed: bool
    candidates: tuple[tuple[str, float], ...]
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class View:
    """A line as the model sees it: the text it reads freely and the step of each letter.

    `chances` has a row for each step: none (or a blank), then the digits 0 to 9, as if there were nothing else.
    """

    text: str
    steps: tuple[int, ...]
    chances: np.ndarray


@dataclass(frozen=True, slots=True)
class _Place:
    """A place found in one view: what was read there freely, and the chance of each text as digits."""

    free: str
    chances: dict[str, float]
    start: float
    end: float


def can_read_pens() -> bool:
    """Whether what this needs (extra `handwriting`) is installed."""
    try:
        distribution("rapidocr")
    except PackageNotFoundError:
        return False
    return find_spec("onnxruntime") is not None


def read_digits(views: Sequence[View], place: re.Pattern[str]) -> Digits | None:
    """Read the digits at a place of a line that was looked at in pictures which are cut differently.

    A place is a pattern whose first group that matched stands between printed words; None where no view shows it.
    """
    found = [at for view in views if (at := _find(view, place))]
    if not found:
        return None
    texts = {text for at in found for text in at.chances}
    mean = {text: sum(at.chances.get(text, 0.0) for at in found) / len(found) for text in texts}
    ranked = sorted(mean, key=lambda text: (-mean[text], text))
    likely = [text for text in ranked[:_CANDIDATES] if text and mean[text] >= _CANDIDATE_CHANCE]
    alike = [text for at in found if (text := at.free.translate(_TAKEN_FOR)).isdecimal()]
    best = ranked[0] or next(iter(alike), "")  # what is all letters is no blank
    candidates = dict.fromkeys(text for text in (best, *likely, *alike) if text)
    return Digits(
        text=best,
        confidence=min(at.chances.get(best, 0.0) for at in found),
        agreed=len(found) == len(views) and all(at.free == best for at in found),
        candidates=tuple((text, mean.get(text, 0.0)) for text in candidates),
        start=min(at.start for at in found),
        end=max(at.end for at in found),
    )


def _find(view: View, place: re.Pattern[str]) -> _Place | None:
    match = place.search(view.text)
    if match is None:
        return None
    start, end = match.span(match.lastindex or 0)
    count = len(view.chances)
    first = view.steps[start - 1] + 1 if start else 0
    last = view.steps[end] if end < len(view.steps) else count
    free = _FILLING.sub("", view.text[start:end])
    return _Place(free, _chances(view.chances[first:last]), first / count, last / count)


def _chances(steps: np.ndarray) -> dict[str, float]:
    """Sum up the chance of each text over all the ways to read it (prefix beam search of CTC)."""
    beams: dict[str, tuple[float, float]] = {"": (1.0, 0.0)}  # that its last step is none, and that it is a digit
    for row in steps.tolist():
        longer: dict[str, tuple[float, float]] = {}
        for text, (none, digit) in beams.items():
            for grown, as_none, as_digit in _grown(text, none, digit, row):
                before = longer.get(grown, (0.0, 0.0))
                longer[grown] = (before[0] + as_none, before[1] + as_digit)
        beams = dict(sorted(longer.items(), key=lambda item: -sum(item[1]))[:_BEAM])
    return {text: sum(chance) for text, chance in beams.items()}


def _grown(text: str, none: float, digit: float, row: list[float]) -> Iterator[tuple[str, float, float]]:
    """Yield what a text becomes with one more step: itself, or a digit longer (by the same one only after none)."""
    last = text[-1:]
    yield text, (none + digit) * row[0], digit * row[int(last) + 1] if last else 0.0
    for value, chance in enumerate(row[1:]):
        if chance >= _LEAST_CHANCE:
            yield f"{text}{value}", 0.0, (none if str(value) == last else none + digit) * chance


def look_at(line: Image.Image) -> View:
    """Let the model look at a picture of a line. Raises MissingProgramError where `can_read_pens` is False."""
    from services.ocr.line_model import look  # only where it is wanted: it brings onnxruntime into the process

    chances, letters = look(line)
    best = chances.argmax(axis=1).tolist()
    steps = tuple(step for step, at in enumerate(best) if at and (not step or at != best[step - 1]))
    columns = [letters.index(digit) for digit in "0123456789"]
    digits = np.column_stack([chances[:, 0] + chances[:, -1], chances[:, columns]])
    digits /= np.maximum(digits.sum(axis=1, keepdims=True), 1e-9)
    return View("".join(letters[best[step]] for step in steps), steps, digits)
