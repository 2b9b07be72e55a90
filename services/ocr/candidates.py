"""What a syllable may have been before the recogniser took it for another: marks slip, letters of non-words too."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from services.core.lexicon.model import Lexicon
from services.core.text import exact_form, folded_form
from services.ocr.layer import is_syllable
from services.ocr.layout import Choices

_TONES = "\u0300\u0301\u0309\u0303\u0323"
_LETTERS = "abcdeghiklmnopqrstuvxy"

TONE_LOST, TONE_GAINED, TONE_SWAPPED = 13.0, 16.0, 14.0
TONE_LOST_OVER_HAT, TONE_SWAPPED_OVER_HAT = 11.0, 13.0
"""Over â, ê and ô the tone is a speck beside the hat."""
MARK_CHANGED, STROKE = 16.0, 14.0
LETTER_CHANGED, LETTER_LOST_OR_GAINED = 16.0, 18.0
"""Slips that the recogniser did not weigh: dear, so that clean text stays as it is (tests/bench/reading/repair)."""
DOUBLED = 5.0
"""One letter seen twice, with one mark and with another ("bỗổ")."""
WEIGHED, WEIGHED_STEP = 2.5, 0.25
"""A letter that the recogniser weighed itself: measured odds are nearly flat over its own cost (0 to 20)."""
_DEAREST = 20.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A syllable (exact form) with its number in the lexicon and what taking it for the print costs."""

    form: str
    number: int
    cost: float


def candidates(word: str, weighed: Choices, lexicon: Lexicon) -> list[Candidate]:
    """Return what `word` may have been, without itself; `weighed` has the choices for each of its letters or none.

    Syllables that differ in marks always; other letters only where the word has not even the shape of a syllable, or
    where the recogniser weighed the letter itself.
    """
    form, found = exact_form(word), {}
    for other in lexicon.family(folded_form(word)):
        if other != form:
            found[other] = _slips(word, other, weighed)
    if form not in lexicon and not is_syllable(form):
        for other, cost in _near(form, lexicon):
            found[other] = min(cost, found.get(other, _DEAREST))
    for other, cost in _by_choices(word, weighed):
        if other != form and other in lexicon:
            found[other] = min(cost, found.get(other, _DEAREST))
    return [Candidate(other, lexicon.number(other), cost) for other, cost in found.items() if cost < _DEAREST]


def in_case_of(word: str, form: str) -> str:
    """Write a form in small letters in the case of the word it replaces."""
    if len(word) == len(form):
        return "".join(f.upper() if w.isupper() else f for w, f in zip(word, form, strict=True))
    if word.isupper() and len(word) > 1:
        return form.upper()
    return form[:1].upper() + form[1:] if word[:1].isupper() else form


def _slips(word: str, other: str, weighed: Choices) -> float:
    """Sum what it costs to take `other` for `word`, letter by letter; both have the same letters without marks."""
    read = exact_form(word)
    if len(read) != len(other):
        return _DEAREST
    cost = 0.0
    for at, (seen, meant) in enumerate(zip(read, other, strict=True)):
        if seen != meant:
            cost += min(_slip(seen, meant), _weighed_cost(weighed[at], meant) if weighed else _DEAREST)
    return cost


def _weighed_cost(choices: tuple[tuple[str, float], ...], letter: str) -> float:
    return min(
        (WEIGHED + WEIGHED_STEP * cost for choice, cost in choices if choice.lower() == letter), default=_DEAREST
    )


@cache
def _slip(seen: str, meant: str) -> float:
    """Cost of one letter that differs in marks: tone and mark apart."""
    if "đ" in (seen, meant):
        return STROKE
    seen_letter, seen_tone = _apart(seen)
    letter, tone = _apart(meant)
    cost = MARK_CHANGED if seen_letter != letter else 0.0
    if seen_tone == tone:
        return cost
    hat = "\u0302" in unicodedata.normalize("NFD", letter)
    if not seen_tone:
        return cost + (TONE_LOST_OVER_HAT if hat else TONE_LOST)
    if not tone:
        return cost + TONE_GAINED
    return cost + (TONE_SWAPPED_OVER_HAT if hat else TONE_SWAPPED)


def _apart(letter: str) -> tuple[str, str]:
    parts = unicodedata.normalize("NFD", letter)
    tone = "".join(c for c in parts if c in _TONES)
    return unicodedata.normalize("NFC", "".join(c for c in parts if c not in _TONES)), tone


def _near(form: str, lexicon: Lexicon) -> Iterator[tuple[str, float]]:
    """Yield the syllables one letter away (marks as read); a word of two letters says too little."""
    if len(form) < 3:
        return
    for at in range(len(form)):
        for letter in _LETTERS:
            if (other := form[:at] + letter + form[at + 1 :]) in lexicon:
                yield other, LETTER_CHANGED
            if (other := form[:at] + letter + form[at:]) in lexicon:
                yield other, LETTER_LOST_OR_GAINED
        if (other := form[:at] + form[at + 1 :]) in lexicon:
            neighbours = folded_form(form[max(0, at - 1) : at] + form[at + 1 : at + 2])
            yield other, DOUBLED if folded_form(form[at]) in neighbours else LETTER_LOST_OR_GAINED


def _by_choices(word: str, weighed: Choices) -> Iterator[tuple[str, float]]:
    """Yield the word with one letter as the recogniser weighed it."""
    for at, choices in enumerate(weighed):
        for letter, cost in choices:
            if len(letter) == 1 and letter.isalpha():
                yield exact_form(word[:at] + letter + word[at + 1 :]), WEIGHED + WEIGHED_STEP * cost
