"""Document symbols (số, ký hiệu): parsing, building, keys, and the ways people type them into a search box.

The grammar follows NĐ 30/2020 (PL I, mục II.3; PL III) for state documents, `3030/UBND-KGVX` or `30/2020/NĐ-CP`, and
Hướng dẫn 36-HD/VPTW for those of the Party, `892-CV/TU`. A blank number ("Số: /UBND-VX") is unknown, never zero.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from services.core.kinds import KINDS, OFFICIAL_LETTER, kind, kind_named, kind_of_code
from services.core.model import Kind
from services.core.text import fold

# Letters are listed, never written as a range: in [À-Ỹ] upper and lower case stand mixed.
_TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
_VOWELS = "".join(unicodedata.normalize("NFC", v + t) for v in "aăâeêioôơuưy" for t in _TONES)
LOWER = "bcdđfghjklmnpqrstvwxz" + _VOWELS
"""All lower-case letters of Vietnamese (and f, j, w, z)."""
UPPER = LOWER.upper()

_GAP = r"[ \t]{0,8}(?:\n[ \t]{0,8})?"  # one line break at most
_SLASH = rf"{_GAP}//?{_GAP}"  # readers double it
_HYPHEN = rf"(?:-{_GAP}-?|{_GAP}-)"  # a gap on one side only: " - " is a dash; doubled where lines were joined
_TOKEN = (
    rf"[{UPPER}](?:[{UPPER}]|[a-zđ](?=[{UPPER}]|[^{LOWER}]|$)|[a-zđ]{{2}}(?=[{UPPER}]|$|[^{LOWER}{UPPER}])|&(?=[{UPPER}])"
    rf"|,(?=[{UPPER}]{{2,3}}(?![{UPPER}{LOWER}]))|[0-9](?=[{UPPER}])){{0,24}}[0-9]{{0,3}}"
)
_NOT_INSIDE = rf"(?<![0-9{UPPER}{LOWER}/.,-])"
_END = rf"(?![0-9{UPPER}{LOWER}])"
_NUMBER = r"[0-9]{1,6}[a-zđA-ZĐ]?"
_LED_NUMBER = r"[0-9][0-9OoIl]{0,5}(?: [0-9OoIl]{1,4})?[a-zđA-ZĐ]?"
"""A number right after "số" may be torn once ("1 466") and have letters for digits ("1O68")."""
_LEAD = rf"(?<![{UPPER}{LOWER}])[Ss][ốóôoỐÓÔO][ \t]*[:;.]?[ \t.…_]*"
_YEAR = r"19[4-9][0-9]|20[0-4][0-9]"

_STATE = re.compile(
    rf"(?:{_NOT_INSIDE}|(?P<lead>{_LEAD}\n?[ \t]*))(?P<number>(?(lead){_LED_NUMBER}|{_NUMBER}))?{_SLASH}"
    rf"(?:(?P<year>{_YEAR}){_SLASH})?"
    rf"(?P<notation>{_TOKEN}(?:{_HYPHEN}(?:{_TOKEN}|[0-9]{{3}})){{0,15}}){_END}"
)
_PARTY = re.compile(
    rf"(?:{_NOT_INSIDE}|(?P<lead>{_LEAD}\n?[ \t]*))(?P<number>{_NUMBER}){_HYPHEN}(?P<kind>{_TOKEN}){_SLASH}"
    rf"(?P<issuer>{_TOKEN}(?:{_HYPHEN}{_TOKEN}){{0,2}}){_END}"
)
_UNSLASHED = re.compile(
    rf"(?P<lead>{_LEAD}\n?[ \t]*)(?P<number>[0-9]{{1,5}}){_GAP}[l|]?[ \t]?"
    rf"(?P<notation>{_TOKEN}(?:{_HYPHEN}{_TOKEN}){{1,4}}){_END}"
)
"""A symbol whose slash got lost or was read as a stroke: counts after "số", where all its groups are known."""
_FORMS = (_PARTY, _STATE, _UNSLASHED)
_LEAD_BEFORE = re.compile(rf"{_LEAD}\n?[ \t]*$")
_STREET_AFTER = re.compile(r"[ \t]{1,4}(?:đường|phố|ngõ|ngách|hẻm)\b", re.IGNORECASE)
_CONGRESS = re.compile(r"(?:QH|UBTVQH)[0-9]{0,2}")
_SPACE = re.compile(r"\s+")

_SAME = str.maketrans(dict.fromkeys("‐‑‒–—―−﹣-", "-") | dict.fromkeys("⁄∕／", "/") | {"Ð": "Đ", "Ɖ": "Đ"})
_INVISIBLE = frozenset("*\u00ad\u200b\u200c\u200d\u2060\ufeff")
_INVISIBLE_IN = re.compile("[" + re.escape("".join(_INVISIBLE)) + "]")
_SLIPS = (
    (re.compile(r"(?<=/QH)[Il](?=[0-9]\b)"), "1"),
    (re.compile(r"(?<=[-/])T[1Il]g\b"), "TTg"),
    (re.compile(r"(?<=/)[0O]Đ(?=-)"), "QĐ"),
    (re.compile(r"(?<=/)NO(?=-)"), "NQ"),
    (re.compile(r"(?<=[A-ZĐ/-])Ọ"), "Q"),
)
_DIGIT_SLIPS = re.compile(r"[OI]|[ol](?=.*[0-9])")  # a small letter at the end is one: 1842b
_DIGITS = {"O": "0", "o": "0", "I": "1", "l": "1"}
_BARE = str.maketrans("Đđ", "DD")
_JOINED = {"NDCP": "ND-CP", "NQCP": "NQ-CP", "QDTTG": "QD-TTG", "CTTTG": "CT-TTG", "CDTTG": "CD-TTG"}


@dataclass(frozen=True)
class Symbol:
    """A document symbol. `notation` is as written without white space ("UBND-KGVX", "CV/TU" in the Party's form)."""

    number: str | None
    year: int | None
    notation: str
    party: bool = False

    def __str__(self) -> str:
        """Build the symbol as it is written; a blank number leaves its place empty ("/UBND-VX")."""
        if self.party:
            return f"{self.number or ''}-{self.notation}"
        parts = [self.number or "", str(self.year)] if self.year else [self.number or ""]
        return "/".join([*parts, self.notation])

    @property
    def tokens(self) -> tuple[str, ...]:
        """The groups of the notation ("UBND", "KGVX")."""
        return tuple(re.split(r"[-/]", self.notation))

    @cached_property
    def kind(self) -> Kind | None:
        """The kind its code names; công văn where it names none; None where only the text can tell (laws)."""
        if _CONGRESS.fullmatch(self.notation):
            return None
        named = kind_of_code(self.notation, party=self.party) or kind_of_code(self.tokens[0], party=self.party)
        if named is None and self.notation.upper().translate(_BARE) in _JOINED:
            named = kind_of_code(_JOINED[self.notation.upper().translate(_BARE)].split("-")[0])
        return named or (None if self.year else kind(OFFICIAL_LETTER))

    @property
    def issuer_tokens(self) -> tuple[str, ...]:
        """The groups that name issuers and units: all but the kind's."""
        tokens = self.tokens
        return tokens[1:] if len(tokens) > 1 and kind_of_code(tokens[0], party=self.party) else tokens

    @property
    def key(self) -> str | None:
        """`number|year|notation` for comparing symbols; None while the number is unknown. See `symbol_key`."""
        return symbol_key(self.number, self.year, self.notation)


def symbol_key(number: str | None, year: int | None, notation: str) -> str | None:
    """Return the key under which a symbol is compared: leading zeros, case, Đ/D and separators folded.

    `01102/CĐ-TTg` and `1102/CD-TTg` share `1102||CD-TTG`. It is not an identity: 63 provinces share UBND-KGVX, so the
    issuer and the year of issue belong to it. A blank number has no key, so two blanks are never the same document.
    """
    if not number:
        return None
    bare = _SPACE.sub("", notation).translate(_SAME).upper().translate(_BARE).replace("/", "-")
    return f"{(number.lstrip('0') or '0').upper()}|{year or ''}|{_JOINED.get(bare, bare)}"


def build_symbol(symbol: Symbol) -> str:
    """Return the symbol as it is written; `parse_symbol` is its inverse."""
    return str(symbol)


def join_symbol(number: str, notation: str) -> str | None:
    """Put number and notation together as they are written: with a slash, in the Party's symbols with a hyphen.

    A number left blank leaves its place empty ("/UBND-VX"); None when both are.
    """
    number, notation = number.strip(), notation.strip().lstrip("/")
    if not notation:
        return number or None
    joined = f"{number}/{notation}"
    return joined if parse_symbol(joined) or not parse_symbol(f"{number}-{notation}") else f"{number}-{notation}"


def parse_symbol(text: str) -> Symbol | None:
    """Read a text that is a symbol and nothing else but a leading "Số:", in any case; None if it is not one."""
    clean, _ = _clean(text)
    clean = re.sub(rf"^{_LEAD}", "", clean.strip()).strip(" \t\n.,;:-")
    led = f"số {clean}"  # what stands alone is read as after "số"
    for attempt in (led, f"số {clean.upper()}"):
        match = next((m for pattern in _FORMS if (m := pattern.fullmatch(attempt)) and _known(m)), None)
        if match:
            return _symbol(led, match)
    return None


def find_symbols(text: str) -> list[tuple[Symbol, int, int]]:
    """Find the symbols in a text, in order: (symbol, start, end) with `text[start:end]` the symbol as it stands there.

    Symbols cut by one line break, by markup or by stray spaces are found; dates, `24/7`, `và/hoặc`, `2.1/UBND` and
    `km 3/TP` are not. A one-part notation without year (`15/SYT`) and a blank number count only after "số", the former
    not before a street: "số 12/A5 đường" is a house.
    """
    clean, places = _clean(text)
    found = []
    for match in _matches(clean):
        start = match.start("number") if match["number"] else _slash_of(match)
        found.append((_symbol(clean, match), places[start][0], places[match.end() - 1][1]))
    return found


def _matches(clean: str) -> Iterator[re.Match[str]]:
    at = 0
    found = [pattern.search(clean) for pattern in _FORMS]
    while any(found):
        first = min((m for m in found if m), key=re.Match.start)  # of two at one place the form named first
        if _counts(first, clean):
            yield first
            at = first.end()
        else:
            at = first.start() + 1
        found = [m.re.search(clean, at) if m and m.start() < at else m for m in found]


def _counts(match: re.Match[str], clean: str) -> bool:
    if match.re is _PARTY:
        return True
    if match.re is _UNSLASHED:
        return _known(match)
    led = bool(match["lead"] or _LEAD_BEFORE.search(clean, max(0, match.start() - 24), match.start()))
    if not match["number"]:
        return led
    if "-" in match["notation"]:
        return True
    if not match["year"] and _STREET_AFTER.match(clean, match.end()):
        return False
    return led or (bool(match["year"]) and bool(_CONGRESS.fullmatch(match["notation"])))


def _known(match: re.Match[str]) -> bool:
    """Tell whether a form that has lost its slash is believed: by groups that are all known."""
    groups = re.split(r"[-\s]+", match["notation"]) if match.re is _UNSLASHED else ()
    return all(_bare(group) in known_tokens() for group in groups)


def _slash_of(match: re.Match[str]) -> int:
    return match.string.index("/", match.end("lead") if match["lead"] else match.start())


def _symbol(clean: str, match: re.Match[str]) -> Symbol:
    """Take the groups' text from `clean`, which may differ from the matched text in case only."""

    def group(name: str) -> str:
        return _SPACE.sub("", clean[slice(*match.span(name))])

    number = group("number") if match["number"] else None
    if match.re is _PARTY:
        return Symbol(number, None, f"{group('kind')}/{group('issuer')}", party=True)
    if match["lead"] and number:
        number = _DIGIT_SLIPS.sub(lambda slip: _DIGITS[slip[0]], number)
    year = match["year"] if match.re is _STATE else None
    return Symbol(number, int(year) if year else None, _single_bar(group("notation").replace("--", "-")))


def _single_bar(notation: str) -> str:
    """Undo the doubling of Đ by readers that see it as Ð and Đ at once: QĐĐ-UBND is QĐ-UBND, HĐĐND is HĐND."""
    if "ĐĐ" not in notation:
        return notation
    return "-".join(_known_if_single(token) for token in notation.split("-"))


def _known_if_single(token: str) -> str:
    single = re.sub("Đ{2,}", "Đ", token)
    return single if _bare(token) not in known_tokens() and _bare(single) in known_tokens() else token


def _clean(text: str) -> tuple[str, list[tuple[int, int]]]:
    """Return NFC text with one kind of dash and slash, without markup and invisible characters, and each one's span."""
    if not _INVISIBLE_IN.search(text) and (text.isascii() or unicodedata.is_normalized("NFC", text)):
        return _unslip(text.translate(_SAME)), [(at, at + 1) for at in range(len(text))]
    chars: list[str] = []
    places: list[tuple[int, int]] = []
    for at, char in enumerate(text):
        if char in _INVISIBLE:
            continue
        composed = unicodedata.normalize("NFC", chars[-1] + char) if chars and unicodedata.combining(char) else ""
        if len(composed) == 1:
            chars[-1], places[-1] = composed, (places[-1][0], at + 1)
        else:
            chars.append(char.translate(_SAME))
            places.append((at, at + 1))
    return _unslip("".join(chars)), places


def _unslip(text: str) -> str:
    """Undo what readers take letters of notations for, one letter for one: "QHI5" is QH15, "0Đ-T1g" QĐ-TTg."""
    for slip, meant in _SLIPS:
        text = slip.sub(meant, text)
    return text


# --------------------------------------------------------------------------- what people type


@dataclass(frozen=True, slots=True)
class SymbolQuery:
    """A symbol as typed in a search: perhaps only its number.

    `tokens` are the groups of the notation, folded; `apart` those that a group written in one may stand for.
    """

    number: str
    year: int | None = None
    kind_code: str | None = None
    tokens: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether the notation was given, so that `keys` hold the key of the symbol meant."""
        return bool(self.tokens)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys the symbol may have; empty without a notation. "cv 892 tu" is 892/TU or the Party's 892-CV/TU."""
        if not self.tokens:
            return ()
        spoken = "-".join(self.tokens)
        notations, apart = [spoken], ["-".join(self.apart)] if self.apart else []
        if self.kind_code and _bare(self.kind_code) != self.tokens[0]:
            coded = f"{_bare(self.kind_code)}-{spoken}"
            notations = [spoken, coded] if self.kind_code == OFFICIAL_LETTER else [coded]
        return tuple(k for n in (*notations, *apart) if (k := symbol_key(self.number, self.year, n)))

    def matches(self, symbol: Symbol) -> bool:
        """Tell whether a document with this symbol is meant; what was not typed may be anything."""
        if symbol.number is None or symbol_key(symbol.number, None, "") != symbol_key(self.number, None, ""):
            return False
        if self.complete:
            return symbol.key in self.keys
        known = self.year is None or self.year == symbol.year
        return known and (self.kind_code is None or symbol.kind is None or symbol.kind.code == self.kind_code)


_PIECES = re.compile(r"[\s/\-:;,_]+")
_RUN_TOGETHER = re.compile(r"(?<!\S)(?P<led>[0-9]{1,6})(?P<notation>[^\W\d_]{3,24})$")
_TYPED_NUMBER = re.compile(r"(?P<number>[0-9]{1,6}[a-zđ]?)")


def symbol_from_query(text: str) -> SymbolQuery | None:
    """Understand a query that is a symbol.

    `3030/UBND-KGVX`, `3030 ubnd kgvx`, `3030ubndkgvx`, `cđ 1356 byt`, `công điện 1356`, `số 3030` and `3030` are
    understood. None when the query says anything else besides ("5 tại chỗ", "tiêm vắc xin 2021").
    """
    clean, _ = _clean(text)
    exact = parse_symbol(clean)
    if exact and exact.number:
        kind_code = exact.kind.code if exact.kind else None
        tokens = tuple(_bare(t) for t in exact.tokens)
        apart = tuple(part for t in tokens for part in (_tokens_in(t) or (t,)))
        return SymbolQuery(exact.number, exact.year, kind_code, tokens, apart if apart != tokens else ())
    pieces = [p for p in _PIECES.split(_apart(clean.strip().strip(".?!").lower())) if p]
    kind_code, pieces = _take_kind(pieces)
    if pieces and fold(pieces[0]) == "so":
        pieces = pieces[1:]
    if not pieces or not _TYPED_NUMBER.fullmatch(pieces[0]):
        return None
    number, pieces = pieces[0], pieces[1:]
    year = int(pieces.pop(0)) if pieces and re.fullmatch(_YEAR, pieces[0]) else None
    tokens = tuple(_bare(p) for p in pieces)
    if not all(t in known_tokens() for t in tokens):
        return None
    if tokens and kind_code is None:
        first = kind_of_code(tokens[0])
        kind_code = first.code if first else OFFICIAL_LETTER
    return SymbolQuery(number, year, kind_code, tokens)


def _apart(text: str) -> str:
    """Take a number and a notation written in one word apart at its end: "3030ubndkgvx" is 3030 ubnd kgvx."""
    found = _RUN_TOGETHER.search(text)
    tokens = _tokens_in(_bare(found["notation"])) if found else None
    return f"{text[: found.end('led')]} {' '.join(tokens)}" if found and tokens else text


def _tokens_in(letters: str) -> tuple[str, ...] | None:
    """Cut letters into known abbreviations, the fewest there can be, long ones first; None where some are left over."""
    best: dict[int, tuple[str, ...]] = {len(letters): ()}
    for at in range(len(letters) - 1, -1, -1):
        ends = [end for end in range(len(letters), at, -1) if end in best and letters[at:end] in known_tokens()]
        if ends:
            end = min(ends, key=lambda e: len(best[e]))  # of as few, the longest: they come first
            best[at] = (letters[at:end], *best[end])
    return best.get(0)


def _take_kind(pieces: list[str]) -> tuple[str | None, list[str]]:
    """Split a kind's name or code off the front of a query's pieces."""
    for size in (4, 3, 2):
        named = kind_named(" ".join(pieces[:size])) if len(pieces) > size else None
        if named:
            return named.code, pieces[size:]
    if len(pieces) > 1:
        written = next((k for k in KINDS.values() if k.code.lower() == pieces[0]), None)
        coded = written or kind_of_code(pieces[0].upper()) or kind_named(pieces[0])
        if coded:
            return coded.code, pieces[1:]
    return None, pieces


@cache
def known_tokens() -> Mapping[str, str]:
    """Abbreviations that stand in symbols (kinds, issuers, units): folded form -> as spelled; see `notations.txt`."""
    lines = (Path(__file__).parent / "notations.txt").read_text(encoding="utf-8").splitlines()
    listed = [token for line in lines if not line.startswith("#") for token in line.split()]
    return {_bare(token): token for token in [*listed, *KINDS]}


def _bare(token: str) -> str:
    return token.upper().translate(_BARE)
