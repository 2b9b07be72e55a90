"""How clauses are numbered: phần, chương, mục, điều, khoản, điểm, bullets (NĐ 30/2020, PL I, mục II.5); I. of plans.

A number counts at the head of a paragraph only, and with the mark that belongs to it: "Điều 5 Luật ..." is a sentence.
"""

import re
from dataclasses import dataclass
from enum import IntEnum

from services.core.text import CAPITALS, fold


class Rank(IntEnum):
    """What has the lower rank encloses the others."""

    ANNEX = 0
    PART = 1
    CHAPTER = 2
    SECTION = 3
    LETTER = 4
    ROMAN = 5
    ARTICLE = 6
    POINT = 7
    DECIMAL = 8
    ITEM = 9
    BULLET = 10
    PLUS = 11


@dataclass(frozen=True, slots=True)
class Marker:
    """The number at the head of a paragraph: its part of the clause's id, as printed, and how many characters it takes.

    A bullet's `slug` is that of its kind ("gach", "cong"): the clause it stands in counts them.
    """

    rank: Rank
    slug: str
    printed: str
    width: int

    @property
    def depth(self) -> int:
        """How many numbers 1.1 has before its last."""
        return self.slug.count(".") if self.rank is Rank.DECIMAL else 0


COUNTED = frozenset(("gach", "cong"))
"""Slugs of what has no number of its own."""

_N = r"(?:[IVXLC1l|]{1,6}|\d{1,2})"
_CAPITAL = f"(?-i:[{CAPITALS}])"
_OPEN = r"[\"“(]?"
_PATTERNS: tuple[tuple[Rank, str, str], ...] = (
    (Rank.PART, "phan", rf"ph[aầ]n\s+(?:thứ\s+)?(?:{_N}|nhất|hai|ba|tư|năm)(?=[.:\s]|$)"),
    (Rank.CHAPTER, "chuong", rf"ch[uư][oơ]ng\s+{_N}(?=[.:\s]|$)"),
    (Rank.SECTION, "muc", rf"(?:tiểu\s+)?m[uụ]c\s+{_N}(?=[.:]|$|\s+{_CAPITAL}{{2}})"),
    (Rank.ARTICLE, "dieu", r"[đd]i[êềeế]u\s+\d{1,3}[a-zđ]?(?=\s*(?:[.:](?:\s|$)|$))"),
    (Rank.ROMAN, "", rf"(?-i:[IVXLH]{{1,6}})(?=\s?[.)/:-]+\s+{_OPEN}[^\W\d_])"),
    (Rank.LETTER, "", r"(?-i:[A-GĐ])(?=\.\s+[^\W\d_]{2})"),
    (Rank.DECIMAL, "", rf"\d{{1,2}}(?:\.\d{{1,2}}){{1,3}}(?=[.):/]\s*{_OPEN}[^\W\d_]|\s+{_OPEN}{_CAPITAL})"),
    (Rank.POINT, "", rf"\d{{1,2}}(?=\s?(?:[.)]\s*|[/-]\s+)(?:{_OPEN}[^\W\d_]|\d+\s?%))"),
    (Rank.ITEM, "", rf"(?-i:dd|[a-eghiklm-yđ])(?=\s?(?:[.)]\s*|/\s+){_OPEN}[^\W_])"),
    (Rank.BULLET, "gach", rf"[-–—•*](?=\s*{_OPEN}[^\W\d_]|\s+\d+\s?%?\s)"),
    (Rank.PLUS, "cong", rf"\+(?=\s*{_OPEN}[^\W_])"),
)  # fmt: skip
"""Rank, first part of the id, and the number as printed; what has to stand behind it."""

_MARKERS = tuple(
    (rank, word, re.compile(rf"(?P<number>{number})(?:\s?[.:)/-]+)?\s*", re.IGNORECASE))
    for rank, word, number in _PATTERNS
)
_UNIT = re.compile(r"(?:tỷ|tỉ|triệu|nghìn|ngàn|đồng|km|ha|m2|kg|tấn|phần trăm)\b", re.IGNORECASE)


def find_marker(text: str) -> Marker | None:
    """Return the number at the head of a paragraph, None for one that begins without."""
    for rank, word, pattern in _MARKERS:
        match = pattern.match(text)
        if match and not (rank in (Rank.POINT, Rank.DECIMAL) and _UNIT.match(text, match.end())):
            return Marker(rank, _slug(word, match["number"]), match[0].strip(), match.end())
    return None


def _slug(word: str, number: str) -> str:
    """Make a number into a part of an id: "Điều 2" dieu-2, "II" II (H and L are slips of readers), đ) dd."""
    if word in COUNTED:
        return word
    last = number.split()[-1]
    if re.fullmatch(r"[IVXLHC1l|]+", last) and not (last.isdecimal() or word == "dieu"):
        last = re.sub(r"[1l|L]", "I", last.replace("H", "II"))
    elif not last.isdecimal():
        last = fold(last.replace("đ", "dd"))
    return f"{word}-{last}" if word else last
