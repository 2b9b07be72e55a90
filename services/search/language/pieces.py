"""The signs of the query language: quotation marks, a minus, a field name with its colon (pure)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from services.search.language.fields import FIELD_NAMES, value_length
from services.search.language.shadow import Shadowed

MOST_PIECES = 30
"""Signs of one query that are heeded; what follows is words."""

_QUOTED = r'["“”„«](?P<inside>[^"“”„«»]+)["“”„»]'
_NAMES = "|".join(re.escape(name) for name in sorted(FIELD_NAMES, key=len, reverse=True)).replace(r"\ ", r"\s+")
_SIGN = re.compile(
    rf"(?P<minus>(?<!\S)-(?=[^\W_]|[\"“”„«]))?"
    rf"(?:(?P<field>(?<![^\s-])(?:{_NAMES}))[:|](?P<value>{_QUOTED.replace('inside', 'quoted')}|[^\s\"“”„«»]\S*)"
    rf"|{_QUOTED}|(?(minus)(?P<word>\S+)|(?!)))"
)


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters [start, end) of a text that are more than words; `inside` bounds the words meant."""

    start: int
    end: int
    inside: tuple[int, int]
    excluded: bool
    field: str | None = None


def find_pieces(q: Shadowed) -> Iterator[Piece]:
    """Yield quoted, excluded and `field:value` pieces in order.

    A minus excludes where a word, a quotation mark or a field name follows it at once and nothing stands before it: not
    in "ô-xy", "ô - xy" or "- Như trên".
    """
    at = found = 0
    while found < MOST_PIECES and (match := _SIGN.search(q.shadow, at)):
        piece = _piece(q, match)
        yield piece
        at, found = max(piece.end, at + 1), found + 1


def _piece(q: Shadowed, match: re.Match[str]) -> Piece:
    excluded = match["minus"] is not None
    if match["field"] is None:
        inside = match.span("inside") if match["inside"] else match.span("word")
        return Piece(*match.span(), inside, excluded)
    name = FIELD_NAMES[" ".join(match["field"].split())]
    if match["quoted"]:
        return Piece(*match.span(), match.span("quoted"), excluded, name)
    start = match.start("value")
    end = start + value_length(name, q.text[start:])
    return Piece(match.start(), end, (start, end), excluded, name)
