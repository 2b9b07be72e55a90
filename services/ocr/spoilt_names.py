"""Signers' names that a seal or a signature lies over: found by what is left of the row, read as long as it must be.

A name stands centred below the lines of the office (NĐ 30/2020, PL I, mục II.7), so that its beginning lies as far left
of their middle as its end lies right. Words that the looks do not agree on are taken from the vocabulary of names where
one is clearly meant, and always doubted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from services.core.model import Box
from services.core.person_names import NAME_SYLLABLES, SURNAMES, nearest_name
from services.ocr.layer import is_syllable
from services.ocr.layout import Line, Token
from services.ocr.order import AUTHORITY

SIZES = (0.7, 0.8, 0.9, 1.0, 1.15, 1.3)
"""Of the letters in the looks at a spoilt name, as parts of their size on the prepared page."""
_DOUBTED = 0.5
_WORDS = (2, 5)
_BELOW = (12.0, 170.0)
"""Points from the first line of the office down to the name."""
_LONGEST = 190.0
_WIDE = 2.5
_MARK = re.compile(r"(?:TM|KT|TL|TUQ|Q)\.")
_SLACK = 6.0
_CLEAR = 0.5
_LETTERS = 2

Look = Callable[[Line, Sequence[float]], list[list[Token]]]


@dataclass(frozen=True, slots=True)
class Column:
    """The rows of one signature: those of the office, in capitals, and what was read below them."""

    office: tuple[Line, ...]
    below: tuple[Line, ...]

    @property
    def middle(self) -> float:
        """The height of the line down the page on which its rows are centred, in points from the left."""
        first = self.office[0].box
        return (first.x0 + first.x1) / 2


def columns(lines: Sequence[Line]) -> Iterator[Column]:
    """Yield the signatures of a page that begin with an authority line; several may stand beside each other."""
    lines = [piece for line in lines for piece in _parted(line)]
    for first in (line for line in lines if AUTHORITY.match(line.folded)):
        near = [line for line in lines if line is not first and _is_below(line, first)]
        office = [line for line in near if line.text.isupper()]
        yield Column((first, *office), tuple(_rows([line for line in near if not line.text.isupper()])))


def spoilt_row(column: Column) -> Line | None:
    """Return what is left of the name of a signature, as long as the whole must have been."""
    left = [row for row in column.below if any(_is_left_of_name(token) for token in row.tokens)]
    if not left:
        return None
    last = left[-1]
    words = [token for token in last.tokens if _is_left_of_name(token)]
    end = words[-1].box.x1
    start = 2 * column.middle - end - _SLACK
    if not 0 < end - start <= _LONGEST:
        return None
    first = words[0].box
    return Line((Token("", Box(min(start, first.x0), first.y0, min(start, first.x0) + 1, first.y1), 0.0), *words))


def read_spoilt(row: Line, look: Look) -> Line | None:
    """Read a row as a name, None where the looks do not add up to one that has all the words that were seen."""
    looks = [list(_words(seen)) for seen in look(row, SIZES)]
    lengths = Counter(len(words) for words in looks)
    length, times = lengths.most_common(1)[0] if lengths else (0, 0)
    if not _WORDS[0] <= length <= _WORDS[1] or times * 2 < len(SIZES):
        return None
    fitting = [words for words in looks if len(words) == length]
    named = [_agreed([words[at] for words in fitting], first=at == 0) for at in range(length)]
    if any(token is None for token in named):
        return None
    name = Line(tuple(token for token in named if token))
    seen = [token.text for token in row.tokens if token.text]
    return name if all(word in name.text.split() for word in seen[-1:]) else None


def _words(seen: Sequence[Token]) -> Iterator[Token]:
    """Part what a stroke has glued together ("Tống/Anh")."""
    for token in seen:
        parts = re.findall(r"[^\W\d_]+", token.text)
        yield from (replace(token, text=part) for part in parts)


def _agreed(seen: Sequence[Token], *, first: bool) -> Token | None:
    votes = Counter(token.text for token in seen)
    word, times = votes.most_common(1)[0]
    sound = word[:1].isupper() and is_syllable(word)
    if not sound or times * 2 <= len(seen):
        found = nearest_name([token.text for token in seen], SURNAMES if first else NAME_SYLLABLES)
        if found is None:
            return None
        word = found
    like = next((token for token in seen if token.text == word), seen[0])
    return Token(word, like.box, _DOUBTED, raw=like.text if like.text != word else None)


def _parted(line: Line) -> Iterator[Line]:
    """Part a line at wide white space, and before the marks of authority."""
    piece: list[Token] = []
    for token in line.tokens:
        if piece and (token.box.x0 - piece[-1].box.x1 > _WIDE * line.height or _MARK.fullmatch(token.text)):
            yield Line(tuple(piece))
            piece = []
        piece.append(token)
    yield Line(tuple(piece))


def _is_below(line: Line, first: Line) -> bool:
    down = line.middle - first.middle
    return _BELOW[0] <= down < _BELOW[1] and first.box.x0 < line.box.x1 and line.box.x0 < first.box.x1


def _rows(lines: Sequence[Line]) -> Iterator[Line]:
    row: list[Line] = []
    for line, after in zip_longest(by_height := sorted(lines, key=lambda one: one.middle), by_height[1:]):
        row.append(line)
        if after is None or after.middle - row[0].middle > row[0].height * 0.6:
            yield Line(tuple(sorted((token for one in row for token in one.tokens), key=lambda t: t.box.x0)))
            row = []


def _is_left_of_name(token: Token) -> bool:
    text = token.text
    clear = token.confidence >= _CLEAR and len(text) >= _LETTERS and text.isalpha()
    return clear and text[:1].isupper() and not text.isupper() and is_syllable(text)
