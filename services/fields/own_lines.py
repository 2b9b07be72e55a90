"""Which lines of a head are the document's own, where a stamp of arrival in black lies among them.

NĐ 30/2020, PL I: number and date of a document stand level, and the notation behind the number names the issuer. What
registers put behind theirs ("Số: 7351/CVĐ", "123/VB") names none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from services.core.kinds import kind_of_code
from services.core.model import Box
from services.core.symbols import known_tokens
from services.core.text import fold
from services.fields.lines import Line
from services.fields.stamps import is_stamp_line

_REGISTERED = re.compile(r"^\W*s[^\W\d]{0,2}(?:\s?den)?\W{0,5}[0-9]")
_GROUP = re.compile(r"[/-]\s?([^\W\d_]+)")
_NEAR_LINES = 3
_ABOVE, _BELOW, _BESIDE = 75.0, 40.0, 15.0
_LEVEL = 12.0
"""Points between the middles of number and date; lines of a head are 15 and more apart."""


def own_lines(lines: Sequence[Line]) -> list[Line]:
    """Leave out the lines of stamps: those that say so, and beside those, numbers that name no issuer."""
    marks = [at for at, line in enumerate(lines) if is_stamp_line(line)]
    return [
        line
        for at, line in enumerate(lines)
        if at not in marks and not (is_register_number(line) and any(_is_near(lines, at, mark) for mark in marks))
    ]


def is_register_number(line: Line) -> bool:
    """Whether a line has a number of which nothing behind it says who issued it."""
    return _REGISTERED.match(line.folded) is not None and not names_issuer(line.text)


def names_issuer(symbol: str) -> bool:
    """Whether what stands behind a number is of several groups, or one that is known and no kind's code alone."""
    groups = _GROUP.findall(symbol)
    known = len(groups) == 1 and fold(groups[0]).upper() in known_tokens() and kind_of_code(groups[0]) is None
    return len(groups) > 1 or known


def is_level(one: Line, other: Line) -> bool:
    """Whether two lines stand side by side."""
    if one.box is None or other.box is None:
        return False
    return abs(one.box.y0 + one.box.y1 - other.box.y0 - other.box.y1) / 2 <= _LEVEL


def _is_near(lines: Sequence[Line], at: int, mark: int) -> bool:
    """Whether a line stands where the stamp may be whose title or label `mark` is."""
    box, told = lines[at].box, lines[mark].box
    if box is None or told is None:
        return abs(at - mark) <= _NEAR_LINES
    around = Box(told.x0 - _BESIDE, told.y0 - _BELOW, told.x1 + _BESIDE, told.y1 + _ABOVE)
    return box.meets(around)
