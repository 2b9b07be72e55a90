"""The signer's name read alone, three times over: no lexicon knows names, and one wrong mark makes another person."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from PIL import Image

from services.core.model import Box
from services.core.text import nfc
from services.ocr.layer import is_syllable
from services.ocr.layout import Line, Region, Segment, Token, fold
from services.ocr.order import AUTHORITY, order
from services.ocr.prepare import Picture, Prepared
from services.ocr.spoilt_names import columns, read_spoilt, spoilt_row

_NAME_WORD = re.compile(r"\W*[^\W\d_]{1,8}\W*")
_WORDS = (2, 5)
_LETTERS = 5
_BELOW_AUTHORITY = 170.0
_SIZES = (0.8, 1.0, 1.3)
"""Of the letters in the three looks, as parts of their size on the prepared page."""
_MARGIN_HEIGHTS = 0.35
_ENOUGH = 2
_AGREED = 0.95
_DOUBTED = 0.6

Read = Callable[[Prepared], Sequence[Line]]


def read_names(
    picture: Picture, prepared: Prepared, lines: Sequence[Line], width: float, height: float, read: Read
) -> list[Line]:
    """Read lines that may be a signer's name again and let the looks vote on the marks of every word.

    `read` reads a piece as one line. Where all looks say what was read, the word is believed; where any saw other
    marks it is doubted, and those that most of them saw are taken. Red ink (seals) does not show in the pieces.
    """
    segments = order(lines, width, height)
    names = _names(segments)
    spoilt = list(_spoilt([s.line for s in segments], names))
    if not (names or spoilt):
        return list(lines)
    drawn = picture.image.getchannel("R") if picture.image.mode == "RGB" else picture.image.convert("L")
    voted: dict[int, Token] = {}
    for name in names:
        looks = [[token.text for token in look] for look in _looks(prepared, drawn, name, read, _SIZES)]
        tokens = _voted(name, looks)
        voted.update({id(old): new for old, new in zip(name.tokens, tokens, strict=True)})
    seen = [Line(tuple(voted.get(id(token), token) for token in line.tokens)) for line in lines]
    for row in spoilt:
        if whole := read_spoilt(row, lambda row, sizes: _looks(prepared, drawn, row, read, sizes)):
            seen = [*_without(seen, row), whole]
    return seen


def _spoilt(lines: Sequence[Line], names: Sequence[Line]) -> Iterator[Line]:
    """Yield what is left of the names in the signatures that have none which reads as a whole."""
    for column in columns(lines):
        if not any(_is_below(name, column.office[0]) for name in names) and (row := spoilt_row(column)):
            yield row


def _without(lines: Sequence[Line], row: Line) -> list[Line]:
    """Take the words of a row out of the lines."""
    gone = {token.box for token in row.tokens}
    kept = (tuple(token for token in line.tokens if token.box not in gone) for line in lines)
    return [Line(tokens) for tokens in kept if tokens]


def _names(segments: Sequence[Segment]) -> list[Line]:
    """Find runs of some capitalised words where signers stand: beside the recipients, or below an authority line."""
    authorities = [s.line for s in segments if AUTHORITY.match(s.line.folded)]
    return [
        s.line
        for s in segments
        if _may_be_name(s.line)
        and (s.region is Region.FOOT_RIGHT or any(_is_below(s.line, above) for above in authorities))
    ]


def _may_be_name(line: Line) -> bool:
    words = [token.text for token in line.tokens]
    if not _WORDS[0] <= len(words) <= _WORDS[1] or line.text.isupper():
        return False
    if sum(map(str.isalpha, line.text)) < _LETTERS:
        return False
    return all(_NAME_WORD.fullmatch(word) for word in words) and all(_bare(word)[:1].isupper() for word in words[1:])


def _is_below(line: Line, above: Line) -> bool:
    over = above.box.x0 < line.box.x1 and line.box.x0 < above.box.x1
    return over and 0 < line.box.y0 - above.box.y0 < _BELOW_AUTHORITY


def _looks(prepared: Prepared, drawn: Image.Image, line: Line, read: Read, sizes: Sequence[float]) -> list[list[Token]]:
    """Read the place of a line at several sizes; each look gives its words, what is no letter around them left out."""
    margin = _MARGIN_HEIGHTS * line.height
    x0, y0, x1, y1 = line.box
    left, top, right, bottom = prepared.to_pixels(Box(x0 - margin, y0 - margin, x1 + margin, y1 + margin))
    page = prepared.image
    piece = prepared.cut_from(drawn, (max(0, left), max(0, top), min(page.width, right), min(page.height, bottom)))
    looks = []
    for size in sizes:
        tokens = (token for seen in read(piece.enlarged(size)) for token in seen.tokens)
        looks.append([replace(token, text=bare) for token in tokens if (bare := _bare(token.text))])
    return looks


def _bare(text: str) -> str:
    return re.sub(r"^[\W_]+|[\W_]+$", "", nfc(text))


def _voted(line: Line, looks: Sequence[Sequence[str]]) -> list[Token]:
    fitting = [look for look in looks if len(look) == len(line.tokens)]
    return [_vote(token, [look[at] for look in fitting], len(looks)) for at, token in enumerate(line.tokens)]


def _vote(token: Token, seen: Sequence[str], looks: int) -> Token:
    """Confirm a word, doubt it, or give it the marks that most looks saw; looks that saw other letters have no vote."""
    said = _bare(token.text)
    votes = Counter(word for word in seen if fold(word) == fold(said) and is_syllable(word))
    word, times = votes.most_common(1)[0] if votes else ("", 0)
    if word == said and times == looks:
        return replace(token, confidence=max(token.confidence, _AGREED))
    doubted = replace(token, confidence=min(token.confidence, _DOUBTED)) if set(votes) - {said} else token
    if times < _ENOUGH or times == votes[said]:
        return doubted
    return replace(doubted, text=word, raw=token.raw or token.text, choices=())
