"""The letters of a recognised word and what else tesseract weighed for each of them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from services.ocr.layout import Choices, Token
from services.ocr.prepare import Prepared

LANGUAGE = "vie"
OPTIONS = {"lstm_choice_mode": "2", "lstm_choice_iterations": "2", "textord_fast_pitch_test": "1"}
"""Tell, for every letter, what else was weighed (a tenth more time, and what repair lives on; two rounds of it read as
well as the usual five), and test a line for letters of one width the quick way (the same text)."""
HIGHEST_COST = 20.0
"""What tesseract's own confidence of 0 stands for: 5 points of 100 for each 1 of cost."""

Weighed = Sequence[Sequence[tuple[str, float]]]


def token(
    text: str, frame: tuple[float, float, float, float], confidence: float, weighed: Weighed, prepared: Prepared
) -> Token:
    """Make a word of tesseract's: `frame` is left, top, width, height in pixels, `confidence` 0 to 100.

    `weighed` gives for every symbol the letters considered with tesseract's cost, the blank before the word included.
    """
    letters = unicodedata.normalize("NFC", text.strip())
    box = prepared.to_points(*frame)
    return Token(letters, box, max(0.0, min(100.0, confidence)) / 100, choices=_choices(letters, weighed))


def _choices(letters: str, weighed: Weighed) -> Choices:
    symbols = [symbol for symbol in weighed if symbol and symbol[0][0] != " "]
    if len(symbols) != len(letters):  # a ligature, or a letter of two code points: nothing can be said letter by letter
        return ()
    return tuple(_instead(letter, symbol) for letter, symbol in zip(letters, symbols, strict=True))


def _instead(letter: str, symbol: Sequence[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
    costs = {unicodedata.normalize("NFC", other): cost for other, cost in reversed(symbol)}
    taken = costs.pop(letter, min(costs.values()))
    others = ((other, round(max(0.0, cost - taken), 1)) for other, cost in costs.items() if cost < HIGHEST_COST)
    return tuple(sorted((pair for pair in others if pair[0].strip()), key=lambda pair: pair[1]))
