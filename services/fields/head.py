"""The head of a document, cut into its parts by zone where words carry one, else by what the lines say and where.

The parts are the cells of NĐ 30/2020, PL I: issuer (2), number and symbol (3), place and date (4), kind and subject
(5), addressees (9a), urgency and secrecy (10).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from services.core.dates import find_long_dates
from services.core.kinds import kind_of_title
from services.core.model import Kind, Zone
from services.core.symbols import find_symbols
from services.core.text import fold
from services.fields.lines import Line
from services.fields.own_lines import is_level, names_issuer, own_lines

_HEAD_LINES = 60  # a head with its addressees never takes more; the search for its parts stops there

_SPOILT_TITLE_LINES = 10
_ALIKE = 0.75  # share of letters in common with a kind's name: "DUYÉT ĐỊNH"
_LAST_WORD = 4  # letters of a title's last word that say the rest was lost: "ĐỊNH"

_MOTTO = re.compile(r"cong h\w{1,2} x\w (?:hoi|ho)|doc lap.{1,4}tu do|dang cong san viet nam|hanh phuc\W*$")
_RUNNING = re.compile(r"^\W*\d*\s*cong bao/|cong bao/so")
_NUMBER = re.compile(r"^\W{0,6}s[o06%]\s?6?\s*(?:[:;.,]|\s|(?=[0-9/]))", re.IGNORECASE)
_NUMBER_TAIL = re.compile(r"[/⁄-]\s*[A-ZĐ]{2}|^\W*\S{1,4}\s?[:;]\s*\S{0,6}\s*/")
_REGARDING = re.compile(r"^\W{0,3}(?:v\s?/\s?v|ve\s?viec)\b")
_ADDRESS = re.compile(r"^\W{0,4}k[iy]nh\s?gui\b")
_WIRES = re.compile(r"\bdien\s?:\s*$")
_BODY_CUE = re.compile(  # how bodies begin; looked for in lines that start with a capital or a number only
    r"^\W{0,3}(?:can\W{0,2} cu|thuc hien|theo (?:de nghi|noi dung|chi dao)|xet de nghi|trien khai|tiep theo|ngay \d|"
    r"sau khi|ubnd (?:tinh|huyen|thanh)|trong thoi gian|thoi gian qua|nham |de |dieu \d|phan |chuong |"
    r"[ivx]+\. |[0-9]{1,2}\. )"
)
_URGENT = {"hoa toc": "HỎA TỐC", "thuong khan": "THƯỢNG KHẨN", "khan": "KHẨN", "hoa toc hen gio": "HỎA TỐC HẸN GIỜ"}
_SECRET = {"tuyet mat": "TUYỆT MẬT", "toi mat": "TỐI MẬT", "mat": "MẬT"}


@dataclass(frozen=True, slots=True)
class Head:
    """The parts of a head as lines, each empty where the head has no such part."""

    issuer: tuple[Line, ...] = ()
    number: tuple[Line, ...] = ()
    place_date: tuple[Line, ...] = ()
    kind_line: Line | None = None
    kind: Kind | None = None
    subject: tuple[Line, ...] = ()
    addressees: tuple[Line, ...] = ()
    urgency: tuple[str, Line] | None = None
    secrecy: tuple[str, Line] | None = None


def find_head(lines: Sequence[Line]) -> Head:
    """Cut the head out of the lines of a first page (`page_lines`)."""
    lines = own_lines([x for x in lines[:_HEAD_LINES] if not _RUNNING.search(x.folded)])
    date = _date_at(lines)
    number = _number_at(lines, date)
    kind_at = _kind_at(lines, after=-1 if number is None else number)
    kind = kind_of_title(_letters(lines[kind_at])) if kind_at is not None else None
    if kind_at is None and number is not None:
        kind_at, kind = _spoilt_kind(lines, number)
    address = next((i for i, x in enumerate(lines) if _ADDRESS.search(x.folded)), None)
    if address is None:
        address = next((i for i, x in enumerate(lines) if _WIRES.search(x.folded)), None)
    starts = [i for i in (number, date, kind_at, address) if i is not None]
    upper = min(starts) if starts else 0
    return Head(
        issuer=_issuer(lines, upper if number is None else number),
        number=(lines[number],) if number is not None else (),
        place_date=_place_date(lines, date),
        kind_line=lines[kind_at] if kind_at is not None else None,
        kind=kind,
        subject=_subject(lines, number, kind_at),
        addressees=_addressees(lines, address),
        urgency=_marked(lines, _URGENT),
        secrecy=_marked(lines, _SECRET),
    )


# --------------------------------------------------------------------------- number, date, kind


def _number_at(lines: Sequence[Line], date: int | None) -> int | None:
    """Find the number line: the one level with the date first, elsewhere only one that names an issuer."""
    found = [*_zoned_numbers(lines), *_numbers(lines)]
    level = [at for at in found if date is not None and is_level(lines[at], lines[date])]
    named = [at for at in found if date is None or lines[at].box is None or names_issuer(lines[at].text)]
    return next(iter([*level, *named]), None)


def _zoned_numbers(lines: Sequence[Line]) -> list[int]:
    return [i for i, x in enumerate(lines) if x.zone is Zone.SYMBOL and _NUMBER_TAIL.search(x.text)]


def _numbers(lines: Sequence[Line]) -> Iterator[int]:
    for at, line in enumerate(lines):
        if _ADDRESS.search(line.folded) or (_begins_body(line) and not line.shouted):
            return
        if line.column != "right" and _NUMBER.match(line.folded) and _NUMBER_TAIL.search(line.text):
            yield at


def _date_at(lines: Sequence[Line]) -> int | None:
    zoned = [i for i, x in enumerate(lines) if x.zone is Zone.PLACE_DATE and find_long_dates(x.text)]
    if zoned:
        return zoned[0]
    for at, line in enumerate(lines):
        if _ADDRESS.search(line.folded):
            break
        if _begins_body(line) and not line.shouted:
            break
        if _dated(line):
            return at
    return None


def _dated(line: Line) -> bool:
    """Tell whether the line is a place and a date and nothing else."""
    found = find_long_dates(line.text)
    if not found or len(line.text) - found[0].end > 5:
        return False
    return _is_place(line.text[: found[0].start])


def _is_place(text: str) -> bool:
    """Tell whether what stands before the date can be a place: capitalised, no verb, no symbol."""
    words = re.findall(r"[^\W\d_]+", text)
    return bool(words) and len(words) <= 8 and "/" not in text and sum(w[:1].islower() for w in words) <= 1


def _place_date(lines: Sequence[Line], at: int | None) -> tuple[Line, ...]:
    if at is None:
        return ()
    return (lines[at],)


def _kind_at(lines: Sequence[Line], after: int) -> int | None:
    for at, line in enumerate(lines):
        if at <= after or _ADDRESS.search(line.folded):
            continue
        if _is_kind_line(line):
            return at
        if _begins_body(line) and not line.shouted:
            return None
    return None


def _spoilt_kind(lines: Sequence[Line], number: int) -> tuple[int | None, Kind | None]:
    """Find the title that the symbol's code announces where a stamp has spoilt its letters."""
    symbol = next((s for s, _, _ in find_symbols(f"Số: {lines[number].text}")), None)
    if symbol is None or symbol.kind is None or symbol.kind.code == "CV":
        return None, None
    name = fold(symbol.kind.name)
    for at, line in enumerate(lines[number + 1 : number + _SPOILT_TITLE_LINES], number + 1):
        letters = fold(_letters(line))
        alike = SequenceMatcher(None, letters, name).ratio() >= _ALIKE
        if line.shouted and (alike or (len(letters) >= _LAST_WORD and name.endswith(f" {letters}"))):
            return at, symbol.kind
    return None, None


def _is_kind_line(line: Line) -> bool:
    letters = _letters(line)
    kind = kind_of_title(letters)
    if kind is None or kind.code == "CV" or not line.shouted:
        return False
    extra = len(fold(letters).split()) - len(fold(kind.name).split())
    return extra == 0 or (extra <= 8 and kind.code in ("L", "BL", "PL"))


def _begins_body(line: Line) -> bool:
    first = re.search(r"\w", line.text)
    return bool(first and not first[0].islower() and _BODY_CUE.match(line.folded))


def _letters(line: Line) -> str:
    return " ".join(re.findall(r"[^\W\d_]+", line.text))


# --------------------------------------------------------------------------- issuer


def _issuer(lines: Sequence[Line], before: int) -> tuple[Line, ...]:
    """Return the capital lines of the left column above the number, the motto and marks left out.

    The reader's zones leave out lines of other cells; where its zone of the number begins too early is of no matter.
    """
    cells = (None, Zone.ISSUER, Zone.SYMBOL, Zone.KIND_SUBJECT)
    zoned = any(x.zone is Zone.ISSUER for x in lines)
    found = []
    for line in lines[:before] if before else lines:
        if line.column == "right" or _MOTTO.search(line.folded) or line.zone not in cells:
            continue
        if before == 0 and line.zone is not Zone.ISSUER:
            continue
        if zoned and line.zone is None:
            continue
        if line.shouted and len(line.text) > 4 and not _marks(line, _URGENT) and not _marks(line, _SECRET):
            found.append(line)
    return tuple(_below_motto_title(found))


def _below_motto_title(found: list[Line]) -> list[Line]:
    """Drop a section title of a gazette that stands over the head across the page."""
    narrow = [x for x in found if x.column == "left"]
    return narrow or found


# --------------------------------------------------------------------------- subject and addressees


def _subject(lines: Sequence[Line], number: int | None, kind_at: int | None) -> tuple[Line, ...]:
    if kind_at is not None:
        return _named_subject(lines[kind_at + 1 :])
    for at, line in enumerate(lines):
        if _ADDRESS.search(line.folded):
            break
        if _REGARDING.match(line.folded) and (number is None or at > number or line.column == "left"):
            return _letter_subject(line, lines[at + 1 :])
    return ()


def _letter_subject(first: Line, rest: Sequence[Line]) -> tuple[Line, ...]:
    """Follow V/v down its column until white space or another part begins."""
    taken = [first]
    for line in rest:
        if first.column and line.column == "right":
            continue
        if line.gap_before or _ends_subject(line):
            break
        taken.append(line)
    return tuple(taken)


def _named_subject(rest: Sequence[Line]) -> tuple[Line, ...]:
    """Take the lines under the kind's name until white space, capitals or the first words of a body."""
    taken: list[Line] = []
    for line in rest:
        if not taken and len(_letters(line)) < 8:
            continue
        if taken and (line.gap_before or _ends_subject(line)):
            break
        if not taken and (_ends_subject(line) or line.shouted):
            break
        taken.append(line)
    return tuple(taken)


def _ends_subject(line: Line) -> bool:
    text = line.folded
    return bool(
        _ADDRESS.search(text)
        or _begins_body(line)
        or _MOTTO.search(text)
        or (line.shouted and len(line.text) > 8)
        or _dated(line)
    )


def _addressees(lines: Sequence[Line], at: int | None) -> tuple[Line, ...]:
    """Take the line of Kính gửi and what follows until its last entry ends or a body begins."""
    if at is None:
        return ()
    taken = [lines[at]]
    inline = bool(re.search(r"\w", lines[at].text.partition(":")[2]))
    for line in lines[at + 1 :]:
        bulleted = re.match(r"^\W{0,2}[-–—•+]", line.text) is not None
        last = taken[-1].text.rstrip()
        listed = len(taken) > 1 or not inline
        if bulleted and listed:
            taken.append(line)
            continue
        if _MOTTO.search(line.folded) or _dated(line):
            continue  # the right column, read after the left
        if listed and len(taken) > 1 and taken[-1].column == "right" and line.column == "left":
            continue  # a stamp beside the list
        if line.text[:1].islower() and last[-1:] not in ".;:":
            taken.append(line)  # an entry that goes on, however wide the lines are set
            continue
        if last.endswith((".", "./.")) or (line.gap_before and listed and len(taken) > 1):
            break
        if (inline and (line.gap_before or len(taken) > 1)) or _begins_body(line) or len(taken) > 14:
            break
        taken.append(line)
    return tuple(taken)


# --------------------------------------------------------------------------- marks of urgency and secrecy


def _marks(line: Line, marks: dict[str, str]) -> str | None:
    return marks.get(" ".join(re.findall(r"[a-z]+", line.folded)))


def _marked(lines: Sequence[Line], marks: dict[str, str]) -> tuple[str, Line] | None:
    for line in lines:
        if line.shouted and (mark := _marks(line, marks)):
            return mark, line
    return None
