"""Titles whose beginning a seal hides: told by their end and their width, since they stand centred (NĐ 30/2020)."""

from collections.abc import Sequence
from dataclasses import replace

from services.core.model import Box
from services.core.text import fold
from services.fields.lines import Line
from services.fields.titles import TITLES, is_authority, is_title

_BELOW = (20.0, 170.0)
"""Points from a title down to the name."""
_MISFIT = 0.22
_CLEARLY = 0.08
"""By how much of the width the second best title must fit less."""
_SHORTEST = 3


def complete_titles(lines: Sequence[Line], names: Sequence[Line]) -> list[Line]:
    """Put back the beginnings of titles above a name, where only one title of that end is as wide as this one was.

    A row that is centred on the middle of the name reaches as far left of it as right of it. Below KT. nothing is put
    back: who signs there is the deputy of the one named above.
    """
    offices = [line.box for line in lines if line.box and is_authority(line.text)]
    return [_completed(line, names, offices) or line for line in lines]


def is_completed(line: Line) -> bool:
    """Tell whether a title has words that were put back."""
    return len(line.text.split()) > len(line.words)


def _completed(line: Line, names: Sequence[Line], offices: Sequence[Box]) -> Line | None:
    ends = [title for title in TITLES if fold(title).endswith(f" {line.folded}")]
    if not ends or not line.shouted or is_title(line.text) or line.box is None or len(line.text) < _SHORTEST:
        return None
    name = next((n.box for n in names if n.box and _is_below(n.box, line.box)), None)
    if name is None or any(0 < line.box.y0 - office.y0 < _BELOW[1] and _over(office, name) for office in offices):
        return None
    width = 2 * (line.box.x1 - (name.x0 + name.x1) / 2)
    letter = (line.box.x1 - line.box.x0) / len(line.text)
    fits = sorted((abs(len(title) * letter - width) / max(width, letter), title) for title in ends)
    clear = len(fits) == 1 or fits[1][0] - fits[0][0] >= _CLEARLY
    return replace(line, text=fits[0][1]) if clear and fits[0][0] <= _MISFIT else None


def _is_below(name: Box, title: Box) -> bool:
    down = name.y0 - title.y1
    return _BELOW[0] <= down <= _BELOW[1] and _over(name, title)


def _over(one: Box, other: Box) -> bool:
    return one.x0 < other.x1 and other.x0 < one.x1
