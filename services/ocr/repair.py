"""Repair of what a recogniser gets wrong in Vietnamese print, by a model of syllables (a noisy channel).

Every syllable may have been another one that the print was taken for: one with a lost tone, another mark, a bar too
many. What that slip costs and how likely the syllable is after the two before it decide together, over a whole column
of text. Names, symbols, numbers, abbreviations and addresses are left alone, number lines whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from services.core.lexicon.model import Lexicon
from services.core.lexicon.pieces import END, NUMBER, cut
from services.core.model import Zone
from services.core.text import exact_form, nfc
from services.ocr.candidates import Candidate, candidates, in_case_of
from services.ocr.layout import Line, Segment, Token
from services.ocr.protected import protected
from services.ocr.tidy import drop_unread, tidy

_BEAM = 6
_UNREAD_ZONES = {Zone.STAMP, Zone.PAGE_NUMBER, Zone.SYMBOL}


def repair(segments: Sequence[Segment], lexicon: Lexicon) -> list[Segment]:
    """Tidy and repair the words of a page in reading order; segments stay as many as they were.

    A changed token has its form before in `raw` and what the slip cost in `cost`; junk has an empty text. Lines of
    stamps, page numbers and number and symbol are given back as they are.
    """
    cleaned = tidy(segments, lexicon)
    repaired: list[Segment] = []
    for _, column in groupby(cleaned, key=lambda s: (s.region, s.zone in _UNREAD_ZONES)):
        run = list(column)
        repaired += run if run[0].zone in _UNREAD_ZONES else _repair_column(run, lexicon)
    return drop_unread(repaired, lexicon)


def _repair_column(segments: Sequence[Segment], lexicon: Lexicon) -> Iterator[Segment]:
    lines = [segment.line for segment in segments]
    places = [place for line in lines for place in _places(line, lexicon)]
    style = _Style.of(place.text for place in places)
    changes: dict[int, list[tuple[_Place, Candidate]]] = {}
    for place, chosen in zip(places, _likeliest(places, lexicon), strict=True):
        if chosen.cost:
            changes.setdefault(id(place.token), []).append((place, chosen))
    for segment in segments:
        tokens = tuple(
            _changed(token, changes[id(token)], style) if id(token) in changes else token
            for token in segment.line.tokens
        )
        yield replace(segment, line=Line(tokens))


@dataclass(frozen=True, slots=True)
class _Place:
    """One piece of a token: characters [start, end) and what they may have been, itself first."""

    token: Token
    start: int
    end: int
    options: tuple[Candidate, ...]

    @property
    def text(self) -> str:
        return self.token.text[self.start : self.end]


def _places(line: Line, lexicon: Lexicon) -> Iterator[_Place]:
    kept = protected(line, lexicon)
    for index, token in enumerate(line.tokens):
        for start, end, form in cut(token.text):
            itself = Candidate(form, lexicon.number(form), 0.0)
            if form in (END, NUMBER) or (index, start) in kept:
                yield _Place(token, start, end, (itself,))
            else:
                weighed = token.choices[start:end] if token.choices else ()
                others = candidates(token.text[start:end], weighed, lexicon)
                yield _Place(token, start, end, (itself, *others))


@dataclass(frozen=True, slots=True)
class _State:
    cost: float
    before: int
    last: int
    option: Candidate
    behind: _State | None


def _likeliest(places: Sequence[_Place], lexicon: Lexicon) -> list[Candidate]:
    """Choose the options that together cost least (Viterbi over pairs, a beam wide)."""
    nothing = Candidate("", lexicon.end, 0.0)
    states = [_State(0.0, lexicon.end, lexicon.end, nothing, None)]
    for place in places:
        best: dict[tuple[int, int], _State] = {}
        for option in place.options:
            for state in states:
                cost = state.cost + option.cost + lexicon.cost(state.before, state.last, option.number)
                key = (state.last, option.number)
                if key not in best or cost < best[key].cost:
                    best[key] = _State(cost, *key, option, state)
        states = sorted(best.values(), key=lambda state: state.cost)[:_BEAM]
    chosen: list[Candidate] = []
    at: _State | None = states[0]
    while at is not None and at.behind is not None:
        chosen.append(at.option)
        at = at.behind
    return chosen[::-1]


@dataclass(frozen=True, slots=True)
class _Style:
    """Where a page puts the tone of oa, oe and uy: "hoà" (late) or "hòa"."""

    late: bool

    @classmethod
    def of(cls, words: Iterable[str]) -> _Style:
        """Take the side most words of the page are on."""
        late = early = 0
        for word in words:
            lower = word.lower()
            late += lower != exact_form(word)
            early += lower == exact_form(word) and lower != _late(lower)
        return cls(late > early)

    def written(self, form: str) -> str:
        """Write an exact form as the page does."""
        return _late(form) if self.late else form


_LATE = {
    early: late
    for open_, close in (("o", "a"), ("o", "e"), ("u", "y"))
    for early, late in zip(
        (nfc(open_ + tone + close) for tone in "\u0300\u0301\u0309\u0303\u0323"),
        (nfc(open_ + close + tone) for tone in "\u0300\u0301\u0309\u0303\u0323"),
        strict=True,
    )
}


def _late(form: str) -> str:
    return form[:-2] + _LATE.get(form[-2:], form[-2:]) if not form.startswith("qu") else form


def _changed(token: Token, changes: Iterable[tuple[_Place, Candidate]], style: _Style) -> Token:
    text, cost = token.text, token.cost or 0.0
    for place, chosen in sorted(changes, key=lambda change: -change[0].start):
        text = text[: place.start] + in_case_of(place.text, style.written(chosen.form)) + text[place.end :]
        cost += chosen.cost
    if text == token.text:
        return token
    return replace(token, text=text, raw=token.raw or token.text, cost=round(cost, 1), choices=())
