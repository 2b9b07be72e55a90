"""The number line: "Số: 3030/UBND-KGVX", with a blank, a pen's number that no reader knows, or slips of OCR.

Witnesses are the line itself, the kind in the title and the issuer (for the notation), the second look that knows pens
and the file's name (for the number). A number that only one weak witness gives is a guess and marked so.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from services.core.gazetteer import issuer_abbreviations
from services.core.kinds import kind_of_code
from services.core.model import Kind, Reading
from services.core.symbols import Symbol, known_tokens
from services.core.text import fold, nfc
from services.fields.lines import Line

SURE_WORD = 0.7
"""Confidence from which a printed number word is believed; tesseract gives pen strokes less in 14 of 16 scans."""

_FILE_NAME_CONFIDENCE = 0.6

_LEAD = re.compile(r"^\W{0,6}[Ss5](?:[^\W\d]|[%06]{1,2}(?=\s*[:;]))?\s*[:;.,]?\s*")
_PARTY = re.compile(r"^(?P<number>[^/]{0,12}?)\s*-\s*(?P<kind>[^\W\d_]{2,5})\s*/\s*(?P<issuer>\S.*)$")
_YEAR = re.compile(r"(?:19[4-9]|20[0-4])[0-9]")
_CLEAN = re.compile(r"[0-9]{1,6}[a-zđA-Z]?")
_SLIPS = str.maketrans({"I": "1", "l": "1", "|": "1", "O": "0", "o": "0"})
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−", "-") | {"⁄": "/", "∕": "/", "／": "/"})
_FILE_NUMBER = re.compile(
    r"(?:^|[a-z][-_. ]+)(?P<number>[0-9]{1,5})(?P<letters>(?:[-_. ]?(?:[a-z]+|20[0-9]{2}(?![0-9])))+)"
)


@dataclass(frozen=True, slots=True)
class NumberLine:
    """What the number line says. `number` is None where it is blank or unreadable; `confirmed` False for a guess.

    `how` is "inferred" where the number is not the line's own but the file name's.
    """

    symbol: Symbol
    as_written: str
    confidence: float
    confirmed: bool
    how: str = "read"
    witness: str = "number_line"
    candidates: tuple[str, ...] = ()


def read_number_line(
    lines: Sequence[Line], kind: Kind | None, issuer_id: str | None, file_name: str | None, pen: Reading | None = None
) -> NumberLine | None:
    """Read the number line; None when there is none or it has no notation. `pen` is a second look at its number."""
    if not lines:
        return None
    line = lines[0]
    text = nfc(line.text).translate(_DASHES)
    body = _LEAD.sub("", text, count=1)
    parts = _party_parts(body) or _state_parts(body)
    if parts is None:
        return None
    raw_number, year, written, party = parts
    scanned = line.box is not None
    notation = repair_notation(written, kind, issuer_id, party=party)
    notation = _kind_spelled(notation, party=party) if scanned else notation
    number, doubtful = _digits(raw_number)
    confidence = line.confidence if scanned else 1.0
    sure = not doubtful and not (scanned and (number is None or _number_confidence(line, number) < SURE_WORD))
    witnesses = [_Witness("number_line", number, sure, confidence)] if number else []
    if pen and pen.text and pen.text != str(year):
        witnesses.append(_Witness("pen", pen.text, pen.accepted, pen.confidence))
    named = number_in_file_name(file_name, notation)
    if named and (scanned or number is None):
        witnesses.append(_Witness("file_name", named, False, _FILE_NAME_CONFIDENCE))
    if not witnesses:
        blank = str(Symbol(None, year, notation, party))
        candidates = () if sure else tuple(c for c in (blank, raw_number.strip()) if c)
        return NumberLine(Symbol(None, year, notation, party), blank, confidence, sure, candidates=candidates)
    seen = [w.number for w in sorted(witnesses, key=_rank)] + list(pen.candidates if pen else ())
    candidates = (*(str(Symbol(n, year, notation, party)) for n in seen), raw_number.strip())
    found = _weigh(witnesses, lambda n: Symbol(n, year, notation, party), candidates)
    return _in_doubt(found) if scanned and _looks_cut(found.symbol) else found


@dataclass(frozen=True, slots=True)
class _Witness:
    """Who gives a number, and whether alone they are believed."""

    name: str
    number: str
    sure: bool
    confidence: float


def _rank(witness: _Witness) -> int:
    """Order witnesses by how often they were right on the scans; the lowest has the first word."""
    order = (("pen", True), ("file_name", False), ("number_line", True), ("pen", False), ("number_line", False))
    return order.index((witness.name, witness.sure))


def _weigh(witnesses: Sequence[_Witness], symbol_of: Callable[[str], Symbol], candidates: Sequence[str]) -> NumberLine:
    """Take the best witness's number, as the page writes it.

    It is confirmed where a sure witness gives it and none that counts gives another, or where the file name and the
    page agree and no surer one is against. Line and pen alone, both unsure, confirm nothing: what looks like a 4 looks
    so to both.
    """
    best = min(witnesses, key=_rank)
    agreeing = [w for w in witnesses if w.number.lstrip("0") == best.number.lstrip("0")]
    against = [w for w in witnesses if w not in agreeing and (w.sure or w.name == "file_name")]
    names = [w.name for w in agreeing]
    shared = len(names) > 1 and "file_name" in names
    sure = any(w.sure for w in agreeing)
    confirmed = sure or not any(w.sure for w in against) if shared else sure and not against
    number = next((w.number for w in sorted(agreeing, key=_rank) if w.name != "file_name"), best.number)
    return NumberLine(
        symbol=symbol_of(number),
        as_written=str(symbol_of(number)),
        confidence=max(w.confidence for w in agreeing),
        confirmed=confirmed,
        how="inferred" if names == ["file_name"] else "read",
        witness=",".join(names),
        candidates=() if confirmed else tuple(dict.fromkeys(c for c in candidates if c)),
    )


def _party_parts(body: str) -> tuple[str, int | None, str, bool] | None:
    match = _PARTY.match(body)
    if not match or kind_of_code(match["kind"], party=True) is None:
        return None
    issuer = _notation(match["issuer"])
    return (match["number"], None, f"{match['kind']}/{issuer}", True) if issuer else None


def _state_parts(body: str) -> tuple[str, int | None, str, bool] | None:
    parts = [p.strip() for p in body.split("/")]
    for at in range(1, len(parts)):
        notation = _notation(parts[at])
        if notation and notation[:1].isalpha():
            before = parts[:at]
            year = int(before.pop()) if len(before) > 1 and _YEAR.fullmatch(before[-1]) else None
            return "/".join(before), year, notation, False
    return None


def _notation(text: str) -> str:
    """Take the groups at the start of a text, tolerating blanks around hyphens ("UBND - VP")."""
    match = re.match(r"[^\W\d_][^\W_]*(?:[&,]?\s?-?\s?(?<=[-&,\s])(?<!\s\s)[^\W_a-zđ][^\W_]*)*", text)
    if not match:
        return ""
    written = re.sub(r"\s*-\s*", "-", match[0])
    return written.split(" ")[0].rstrip("-,")


def _digits(raw: str) -> tuple[str | None, bool]:
    """Return the number and whether it is doubtful; blanks and dotted lines are an honest unknown, junk is a doubt."""
    packed = re.sub(r"[\s.…_]+", "", raw)
    if not packed:
        return None, False
    if _CLEAN.fullmatch(packed):
        return packed, bool(re.search(r"\d\s+\d", raw))
    repaired = packed.translate(_SLIPS)
    return (repaired, True) if repaired.isdecimal() else (None, True)


def _number_confidence(line: Line, number: str) -> float:
    """Confidence of the words that hold the number, of the whole line where it cannot be found in them."""
    found = [w.confidence for w in line.words if number in w.text]
    if found:
        return min(found)
    return line.confidence


def doubted(number: NumberLine, issuer_id: str | None) -> NumberLine:
    """Doubt a number line that a stamp lies over, unless all its groups are known: letters of both run together."""
    expected = {_bare(token) for token in issuer_abbreviations(issuer_id)}
    groups = {_bare(token) for token in number.symbol.tokens}
    strange = [g for g in groups - expected - set(known_tokens()) if kind_of_code(g, party=number.symbol.party) is None]
    return _in_doubt(number) if strange and number.confirmed else number


def _in_doubt(number: NumberLine) -> NumberLine:
    return replace(number, confirmed=False, candidates=number.candidates or (number.as_written,))


def _looks_cut(symbol: Symbol) -> bool:
    """Whether the end of a notation was lost: what is left is a kind without an issuer, or ends in a lone letter.

    A symbol names who issues (NĐ 30/2020, PL III); what has a year may do without a kind, never without the former.
    """
    last = symbol.tokens[-1]
    only_kind = len(symbol.tokens) == 1 and kind_of_code(last) is not None
    return only_kind or (len(last) == 1 and _bare(last) not in known_tokens())


# --------------------------------------------------------------------------- the notation


def repair_notation(written: str, kind: Kind | None, issuer_id: str | None, *, party: bool = False) -> str:
    """Repair slips in a notation by what else is known: the kind of the title, the issuer's abbreviation, known groups.

    `TIr-UBND` under the title TỜ TRÌNH is TTr-UBND; `QĐĐ-BGDĐT` is QĐ-BGDĐT. What is known as written is left alone.
    """
    separators = re.findall(r"[-/]", written)
    tokens = re.split(r"[-/]", written)
    if kind and kind.code != "CV" and kind_of_code(tokens[0], party=party) is None and _near(tokens[0], kind.code):
        tokens[0] = kind.code
    expected = issuer_abbreviations(issuer_id)
    for at, token in enumerate(tokens):
        if at == 0 and kind_of_code(token, party=party):
            continue
        if _bare(token) in known_tokens():
            tokens[at] = _barred(token)
            continue
        better = [e for e in expected if _near(token, e)]
        tokens[at] = better[0] if better else _only_near(token)
    return "".join(t + s for t, s in zip(tokens, [*separators, ""], strict=True))


def _barred(token: str) -> str:
    """Put back the bars of Đ that readers lose: QHDP is spelled QHĐP; the case of other letters stays as read."""
    spelled = known_tokens()[_bare(token)]
    return "".join("Đ" if s == "Đ" else t for s, t in zip(spelled, token, strict=True))


def _kind_spelled(notation: str, *, party: bool) -> str:
    """Put back the bar of Đ in the kind's code, which scans lose (QD-UBND); HD, DA and codes of people stay."""
    first, rest = re.match(r"([^-/]*)(.*)", notation).groups()  # type: ignore[union-attr]  # matches anything
    kind = kind_of_code(first, party=party)
    return kind.code + rest if kind and rest and _bare(first) == _bare(kind.code) else notation


def number_from_file_name(kind: Kind | None, issuer_id: str | None, file_name: str | None) -> NumberLine | None:
    """Guess the symbol of a named kind whose number line was not found: kind and issuer known, number in the name."""
    for issuer in issuer_abbreviations(issuer_id) if kind and kind.code != "CV" else ():
        notation = f"{kind.code}-{issuer}" if kind else ""
        number = number_in_file_name(file_name, notation)
        if number:
            symbol = Symbol(number, None, notation)
            return NumberLine(symbol, str(symbol), 0.4, False, "inferred", "file_name", (str(symbol),))
    return None


def _only_near(token: str) -> str:
    """Return the one known group a letter away from a longer token, else the token itself."""
    near = {
        spelled for form, spelled in known_tokens().items() if len(form) > 2 and len(token) > 3 and _near(token, form)
    }
    return near.pop() if len(near) == 1 else token


def _near(a: str, b: str) -> bool:
    """Tell whether two groups differ by one letter put in, left out or changed, case and Đ/D aside."""
    x, y = _bare(a), _bare(b)
    if abs(len(x) - len(y)) > 1 or min(len(x), len(y)) < 2:
        return False
    if len(x) == len(y):
        return sum(p != q for p, q in zip(x, y, strict=True)) <= 1
    short, long = sorted((x, y), key=len)
    return any(long[:i] + long[i + 1 :] == short for i in range(len(long)))


def _bare(token: str) -> str:
    return fold(token).upper()


# --------------------------------------------------------------------------- the file name


def number_in_file_name(file_name: str | None, notation: str) -> str | None:
    """Return the number a file name gives, if letters of this notation stand behind it: `84_QD_UB.pdf` for QĐ-UBND.

    Names that hold other numbers (`scan_0012.pdf`, dates, hashes) say nothing.
    """
    if not file_name:
        return None
    stem = fold(re.sub(r"\.[a-z]{2,5}$", "", file_name.replace("\\", "/").rsplit("/", 1)[-1], flags=re.IGNORECASE))
    groups = [_bare(t).lower() for t in re.split(r"[-/]", notation)]
    for match in _FILE_NUMBER.finditer(stem):
        letters = [w for w in re.findall(r"[a-z]+", match["letters"]) if len(w) > 1]
        if letters and _spells(letters[0], letters[1:2], groups):
            return match["number"]
    return None


def _spells(first: str, second: Sequence[str], groups: Sequence[str]) -> bool:
    """Tell whether letters abbreviate the notation: its start run together (`qdub`), or one whole group (`kgvx`)."""
    together = "".join(groups)
    if together.startswith(first) or first in groups:
        return True
    for at in range(1, len(first)):
        head, tail = first[:at], first[at:]
        if head == groups[0] and any(g.startswith(tail) for g in groups[1:]):
            return True
    return bool(second) and first == groups[0] and any(g.startswith(second[0]) for g in groups[1:])
