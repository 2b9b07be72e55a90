"""Which column of a register is which, by its heading (NĐ 30/2020, PL IV: sổ đăng ký văn bản đến, sổ văn bản đi)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from services.archive.registers.sheet import Cell, Row
from services.core.text import fold

RegisterKind = Literal["incoming", "outgoing"]

_HEADINGS: Mapping[str, tuple[str, ...]] = {
    "arrived": ("ngay den", "ngay thang den", "ngay thang nam den", "ngay nhan", "ngay tiep nhan", "ngay vao so"),
    "arrival_number": ("so den", "so vao so", "so tiep nhan", "so thu tu den"),
    "issuer": (
        "tac gia",
        "co quan ban hanh",
        "don vi ban hanh",
        "noi ban hanh",
        "co quan phat hanh",
        "noi phat hanh",
        "co quan gui",
        "don vi gui",
        "noi gui",
        "co quan to chuc ban hanh",
        "ten co quan to chuc ban hanh",
    ),
    "symbol": ("so ky hieu", "so va ky hieu", "so hieu", "so hieu ky hieu"),
    "number": ("so",),
    "notation": ("ky hieu",),
    "issued_on": ("ngay thang", "ngay", "ngay thang nam", "ngay ban hanh", "ngay thang ban hanh", "ngay ky"),
    "kind_subject": (
        "ten loai va trich yeu",
        "ten loai trich yeu",
        "ten loai va trich yeu noi dung",
        "ten loai trich yeu noi dung",
        "loai va trich yeu",
        "loai va trich yeu noi dung",
    ),
    "kind": ("ten loai", "loai", "the loai", "hinh thuc"),
    "subject": ("trich yeu", "trich yeu noi dung", "noi dung trich yeu", "noi dung", "ve viec"),
    "signer": ("nguoi ky", "ho ten nguoi ky", "ho va ten nguoi ky"),
    "recipients": ("noi nhan",),
    "urgency": ("do khan", "muc do khan", "khan"),
    "secrecy": ("do mat", "muc do mat", "mat"),
    "fonds": ("phong", "ten phong"),
}
"""Headings by what they mean, folded, without the words in `_FILLERS`; the first are those of the forms."""

_FILLERS = re.compile(r"\b(?:van ban|vb|cong van|cv)\b")
_OWN = ("arrived", "arrival_number")  # columns that only a register of incoming documents has
_HEADER_ROWS = 30  # above it stand the office's name, the title of the book and the year
_LEAST = 3  # columns that make a row a header, one of which says what a document is
_TELLING = frozenset({"symbol", "number", "kind_subject", "subject"})
_MEANING = {heading: name for name, headings in _HEADINGS.items() for heading in headings}


@dataclass(frozen=True, slots=True)
class Layout:
    """The header of a table: column numbers by meaning, those without one with their headings, and the rows below."""

    columns: Mapping[str, int]
    others: Mapping[int, str]
    rows: tuple[Row, ...]

    @property
    def kind(self) -> RegisterKind:
        """The kind of register that the columns show."""
        return "incoming" if any(name in self.columns for name in _OWN) else "outgoing"


def find_layout(rows: Sequence[Row]) -> Layout | None:
    """Find the header among the first rows: the one in which most columns are known. None where there is none."""
    candidates = [_meanings(row.cells) for row in rows[:_HEADER_ROWS]]
    best = max(candidates, key=len, default={})
    if len(best) < _LEAST or not best.keys() & _TELLING:
        return None
    at = candidates.index(best)
    known = set(best.values())
    others = {n: str(cell) for n, cell in enumerate(rows[at].cells) if cell and n not in known}
    below = rows[at + 1 :]
    if below and _numbers_columns(below[0].cells):
        below = below[1:]
    return Layout(best, others, tuple(below))


def meaning(heading: str) -> str | None:
    """Return what a heading means; None for one that is not known."""
    plain = re.sub(r"\(.*?\)|[^a-z ]+", " ", fold(heading))
    return _MEANING.get(" ".join(_FILLERS.sub(" ", plain).split()))


def _meanings(cells: Sequence[Cell]) -> dict[str, int]:
    found: dict[str, int] = {}
    for number, cell in enumerate(cells):
        name = meaning(cell) if isinstance(cell, str) else None
        if name is not None:
            found.setdefault(name, number)
    return found


def _numbers_columns(cells: Sequence[Cell]) -> bool:
    """Whether a row does nothing but count the columns, (1) (2) (3), as the printed forms do."""
    filled = [cell for cell in cells if cell]
    return len(filled) >= _LEAST and all(
        isinstance(cell, str) and cell.strip("() ") == str(n) for n, cell in enumerate(filled, start=1)
    )
