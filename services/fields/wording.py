"""The words by which names of agencies and orders are known in a text (`agency_words.yaml`), and texts as words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from services.core.text import fold, nfc
from services.core.yaml_text import load_yaml

_FILE = Path(__file__).with_name("agency_words.yaml")
_WORD = re.compile(r"\S+")
_LONGEST = 5  # syllables of the longest form in the file
_READ_CHARS = 1200  # of a text: a list of agencies is shorter
_HEAD_CHARS = 60  # hold the beginning of a name, or of an order

Forms = frozenset[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Words:
    """The lists of the file; forms of several syllables as tuples."""

    heads: Forms
    never_heads: Forms
    small_heads: frozenset[str]
    orders: Forms
    short_orders: frozenset[str]
    name_ends: frozenset[str]
    objects: Forms
    in_names: Forms
    listed: frozenset[str]


@cache
def words() -> Words:
    """Return the lists of `agency_words.yaml`."""
    lists: dict[str, list[str]] = load_yaml(_FILE.read_text(encoding="utf-8"))
    flat = {"small_heads", "short_orders", "name_ends", "listed"}
    return Words(**{n: _flat(v) if n in flat else _forms(v) for n, v in lists.items()})  # type: ignore[arg-type] # each by its name


def _flat(entries: Sequence[str]) -> frozenset[str]:
    return frozenset(map(nfc, entries))


def _forms(entries: Sequence[str]) -> Forms:
    return frozenset(tuple(entry.split()) for entry in entries)


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a text, `text[start:end]` with the marks around it; `form` is folded, letters and digits only."""

    start: int
    end: int
    text: str
    form: str

    @property
    def plain(self) -> str:
        """The word in small letters, without the marks around it."""
        return self.text.strip(",;:.()!?").lower()

    @property
    def capital(self) -> bool:
        """Whether it begins with a capital."""
        return self.text.lstrip("“\"'(")[:1].isupper()

    @property
    def mark(self) -> str:
        """The mark that ends it, if it is one after which a name may stop."""
        return self.text[-1] if self.text[-1] in ',;:.)!?”"' else ""


def tokens(text: str, at: int = 0, *, head: bool = False) -> list[Token]:
    """Cut the beginning of a text, from `at`, into words: enough for a list of agencies, or for the `head` of one."""
    end = at + (_HEAD_CHARS if head else _READ_CHARS)
    return [
        Token(m.start(), m.end(), m[0], re.sub(r"[^a-z0-9]", "", fold(m[0]))) for m in _WORD.finditer(text, at, end)
    ]


def size(found: Sequence[Token], at: int, forms: Forms) -> int:
    """Length of the longest of the forms that stands at `at`, 0 where none does; no mark but a comma inside."""
    for length in range(_LONGEST, 0, -1):
        piece = found[at : at + length]
        if tuple(t.form for t in piece) in forms and not any(t.mark in (".", ";", ":") for t in piece[:-1]):
            return length
    return 0


def order_size(found: Sequence[Token], at: int) -> int:
    """Length of the beginning of an order at `at`, 0 where there is none."""
    if at >= len(found) or _lists_organisations(found, at):
        return 0
    return size(found, at, words().orders) or (1 if found[at].plain in words().short_orders else 0)


def _lists_organisations(found: Sequence[Token], at: int) -> bool:
    """Tell the noun of "cơ quan, tổ chức, cá nhân" from the verb."""
    if [t.form for t in found[at : at + 2]] != ["to", "chuc"] or found[at].capital:
        return False
    following = found[at + 2].form if at + 2 < len(found) else ""
    return bool(found[at + 1].mark) or following in ("ca", "don", "doanh", "co", "chinh", "lien")


def starts_order(text: str) -> bool:
    """Whether a text begins the way an order does."""
    return order_size(tokens(text.lstrip("\"“'(-–: "), head=True), 0) > 0


def orders(text: str) -> bool:
    """Whether what stands behind an agency's name is something it has to do.

    A remark in brackets and the number of a first item that was run into the line are passed over.
    """
    return starts_order(re.sub(r"^\s*(?:\([^)]{0,200}\)|\d{1,2}\b\s?\.?)?", "", text).lstrip(" :,;.–-"))
