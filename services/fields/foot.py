"""The foot of a document: Nơi nhận with the copy line, the signer's authority, title and name (NĐ 30, ô 7 and 9b)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.core.kinds import kind_of_title
from services.core.model import PageText, Recipient, Signer, Zone
from services.core.person_names import SURNAMES
from services.core.text import fold, nfc
from services.fields.centred import complete_titles, is_completed
from services.fields.lines import Line, joined, page_lines
from services.fields.titles import (
    TITLES,
    deputy_of,
    head_of,
    is_authority,
    is_mended,
    is_title,
    names_office,
    tidy_title,
)

RECIPIENTS_LABEL = re.compile(r"^\W{0,4}(?:n[oơ][il1]\s?nh[aậ]n\b|[nm][ou]i nh\w{1,2}\W*$)")
_COPY = re.compile(r"^\W{0,4}luu\b\W")
_ROLE = re.compile(
    r"[(\[]\s*(?:[đd][ểêeể]\s+)?(?P<role>[bptđ]/[chkb](?:áo)?|báo cáo|biết|phối hợp|thực hiện)\s*[)\]]", re.IGNORECASE
)
_SIGNED_ABOVE = 235.0
"""Points from the recipients up to the first line of signatures that stand above them."""
_LEVEL = 8.0
_STROKE = 0.2
_SURNAME_GAP = 30.0
_NAME_WORD = re.compile(r"[^\W\d_]{1,7}")
_RANK = re.compile(
    r"^(?:(?:dai|thuong|trung|thieu) (?:tuong|ta|uy)|gs|pgs|ts|ths|bs|bsck\w*|ckii?|nguoi ky|ky boi)\b", re.IGNORECASE
)
_MARKS_OF_END = re.compile(r"\./\.")
_NEXT_PART = re.compile(r"^\W{0,3}(?:phu luc|mau so|bieu mau|danh sach|noi nhan)\b")


@dataclass(frozen=True, slots=True)
class Signature:
    """One signer's lines as read: authority lines, title and name, each possibly empty.

    `inferred` says that a part hidden by the seal was put back by rule.
    """

    authority: tuple[Line, ...]
    title: tuple[Line, ...]
    name: Line | None
    inferred: bool = False

    @property
    def lines(self) -> tuple[Line, ...]:
        """All lines of the block."""
        return (*self.authority, *self.title, *((self.name,) if self.name else ()))


@dataclass(frozen=True, slots=True)
class Foot:
    """The foot: recipients with roles, the copy line, and the signers from left to right."""

    recipients: tuple[Recipient, ...] = ()
    recipient_lines: tuple[Line, ...] = ()
    copy_line: str | None = None
    copy_lines: tuple[Line, ...] = ()
    signatures: tuple[Signature, ...] = ()


def find_foot(pages: Sequence[PageText]) -> Foot:
    """Find the first page with a signature block or Nơi nhận: annexes with blocks of their own come after it."""
    for page in pages:
        lines = page_lines(page)
        at = _recipients_at(lines)
        signatures = find_signatures(lines, at)
        if at is not None and _has_list(lines, at):
            recipients, copy = _recipients(lines, at)
            return Foot(
                tuple(r for line in recipients for r in _split(line)),
                tuple(line for entry in recipients for line in entry),
                _copy_text(copy),
                copy,
                signatures or _following_signatures(pages, page),
            )
        if signatures:
            return Foot(signatures=signatures)
    return Foot()


def _recipients_at(lines: Sequence[Line]) -> int | None:
    """Return where Nơi nhận stands; where its words are lost, the line before the first of its zone."""
    worded = next((i for i, x in enumerate(lines) if RECIPIENTS_LABEL.match(x.folded)), None)
    zoned = [i for i, x in enumerate(lines) if x.zone is Zone.RECIPIENTS]
    return worded if worded is not None or len(zoned) < 2 else max(0, zoned[0] - 1)


def _following_signatures(pages: Sequence[PageText], page: PageText) -> tuple[Signature, ...]:
    """Look on the page after Nơi nhận for the signature, which a page end may part from it."""
    after = next((p for p in pages if p.number == page.number + 1), None)
    return find_signatures(page_lines(after), None) if after else ()


def _has_list(lines: Sequence[Line], at: int) -> bool:
    near = lines[at : at + 30]
    return any(_COPY.match(x.folded) for x in near) or any(re.match(r"^\W{0,2}[-–—•]", x.text) for x in near[1:4])


# --------------------------------------------------------------------------- Nơi nhận


def _recipients(lines: Sequence[Line], at: int) -> tuple[list[list[Line]], tuple[Line, ...]]:
    """Return the entries of the list, each with its lines, and the lines of the copy entry."""
    entries: list[list[Line]] = []
    copy: list[Line] = []
    first = lines[at]
    for line in lines[at + 1 :]:
        if line.zone is Zone.SIGNATURE or line.column == "right" or (not first.column and _foot_break(line)):
            if first.column or line.zone:
                continue
            break
        bulleted = re.match(r"^\W{0,3}[-–—•]", line.text) is not None
        if _COPY.match(line.folded):
            copy = [line]
        elif copy:
            if bulleted or line.gap_before or len(copy) > 1 or copy[-1].text.endswith((".", "./.")):
                break
            copy.append(line)
        elif bulleted or not entries or entries[-1][-1].text.rstrip().endswith((";", ":", ".")):
            entries.append([line])
        else:
            entries[-1].append(line)
    return entries, tuple(copy)


def _foot_break(line: Line) -> bool:
    return bool(is_authority(line.text) or _is_title(line))


def _split(entry: Sequence[Line]) -> list[Recipient]:
    """Make the recipients of one entry; a role in brackets belongs to the entry."""
    text = nfc(joined(entry))
    if text.endswith(":"):  # "Gửi bản điện tử:" is a heading
        return []
    match = _ROLE.search(text)
    role = match["role"].lower() if match else None
    name = _ROLE.sub("", text)
    name = re.sub(r"^[\W_]+|[\s;:.,]+$", "", name).strip()
    return [Recipient(name=name, role=_ROLES.get(role or "", role))] if name else []


_ROLES = {"b/cáo": "b/c", "báo cáo": "b/c", "phối hợp": "p/h", "thực hiện": "t/h", "biết": "để biết"}


def _copy_text(copy: Sequence[Line]) -> str | None:
    text = re.sub(r"^[\W_]+", "", nfc(joined(copy)))
    text = re.sub(r"(?<=\))[\s.;,]*\w?$", "", text)  # a speck behind what closes the line
    return re.sub(r"[\s.;,]+$", "", text) or None


# --------------------------------------------------------------------------- the signer


def find_signatures(lines: Sequence[Line], recipients_at: int | None) -> tuple[Signature, ...]:
    """Find the signature blocks of a page, left to right: authority and title lines in capitals, then a name."""
    zoned = [x for x in lines if x.zone is Zone.SIGNATURE]
    label = lines[recipients_at] if recipients_at is not None and not zoned else None
    candidates = [x for x in lines if _may_sign(x, zoned=bool(zoned), alone=recipients_at is None, label=label)]
    candidates = complete_titles(candidates, [x for x in candidates if _as_name(x)])
    starts = [i for i, x in enumerate(candidates) if is_authority(x.text) or _is_title(x)]
    if not starts:
        return _name_alone(zoned)
    blocks: list[list[Line]] = []
    for at in starts:
        home = next((b for b in blocks if _same_block(b[-1], candidates[at])), None)
        if home is None:
            blocks.append([candidates[at]])
        else:
            home.append(candidates[at])
    found = [s for b in blocks if (s := _signature(b, candidates))]
    named = [s for s in found if s.name or any(_level(s, other) for other in found if other.name)] or found[-1:]
    return tuple(sorted(named, key=lambda s: s.lines[0].box.x0 if s.lines[0].box else 0))


def _level(one: Signature, other: Signature) -> bool:
    """Tell whether two blocks begin at one height, as those of several who sign together do."""
    here, there = one.lines[0].box, other.lines[0].box
    return bool(here and there and one.authority and other.authority and abs(here.y0 - there.y0) < _LEVEL)


def _may_sign(line: Line, *, zoned: bool, alone: bool, label: Line | None) -> bool:
    """Tell whether a line may belong to a signature: right of Nơi nhận (`label`), a little above, or in its zone."""
    if line.zone in (Zone.RECIPIENTS, Zone.ADDRESSEES, Zone.MOTTO, Zone.PLACE_DATE, Zone.ISSUER, Zone.STAMP):
        return False
    if zoned:
        return line.zone is Zone.SIGNATURE or line.column == "right"
    return line.column != "left" or alone or (label is not None and _is_above(line, label))


def _is_above(line: Line, label: Line) -> bool:
    """Tell whether a line stands where several who sign do so above the recipients."""
    return bool(line.box and label.box and 0 < label.box.y0 - line.box.y0 < _SIGNED_ABOVE)


def _name_alone(zoned: Sequence[Line]) -> tuple[Signature, ...]:
    """Keep a name whose office the seal has hidden."""
    names = [name for x in zoned if (name := _as_name(x))]
    return (Signature((), (), names[-1], inferred=names[-1] not in zoned),) if names else ()


def _is_title(line: Line) -> bool:
    return line.shouted and is_title(line.text)


def _same_block(above: Line, line: Line) -> bool:
    if above.box is None or line.box is None:
        return True
    return above.box.x0 < line.box.x1 and line.box.x0 < above.box.x1 and line.box.y0 - above.box.y1 < 60


def _signature(block: Sequence[Line], lines: Sequence[Line]) -> Signature | None:
    block = _with_wrapped(block, lines)
    authority = [x for x in block if is_authority(x.text)]
    name = _name_below(block[-1], lines)
    rest = block[len(authority) :] if authority else block
    titles = [x for x in rest if _is_title(x)]
    stands_in = not authority and len(titles) > 1 and _is_deputy(titles[0], titles[-1])
    if stands_in:  # the seal hides its KT.
        authority = [replace(titles[0], text=f"KT. {tidy_title(titles[0].text)}")]
        rest = titles[-1:]
    wrapped = [x for x in rest if x not in titles[-1:]]
    if not authority and name is None:
        return None
    mended = any(is_mended(x.text) or is_completed(x) for x in (*authority, *titles[-1:]))
    inferred = stands_in or mended or (name is not None and name not in lines)
    return Signature((*authority, *(x for x in wrapped if authority)), tuple(titles[-1:]), name, inferred)


def _is_deputy(head: Line, below: Line) -> bool:
    """Tell whether the title below is that of the one above, or of a deputy: two titles are KT. and PHÓ (NĐ 30)."""
    office = tidy_title(head.text).split(", ")[-1]
    return tidy_title(below.text) in (office, deputy_of(office))


def _with_wrapped(block: Sequence[Line], lines: Sequence[Line]) -> list[Line]:
    """Put back capital lines that stand between two lines of a block: a long office goes over two lines."""
    first, last = lines.index(block[0]), lines.index(block[-1])
    return [x for x in lines[first : last + 1] if x in block or (x.shouted and _same_block(block[0], x))]


def _name_below(last: Line, lines: Sequence[Line]) -> Line | None:
    below = lines[lines.index(last) + 1 :]
    for line in below[:10]:
        if _NEXT_PART.match(line.folded):
            return None
        if last.box and line.box:
            over = last.box.x0 - 25 < line.box.x1 and line.box.x0 < last.box.x1 + 25
            if not over or line.box.y0 - last.box.y1 > 170:
                continue
        if name := _as_name(line):
            return _with_surname(name, below)
    return None


def _with_surname(name: Line, lines: Sequence[Line]) -> Line:
    """Put the surname back that stands by itself before a name, where a seal taken off has left white between them."""
    for first in lines:
        if first.box is None or name.box is None or not _NAME_WORD.fullmatch(first.text) or first.text.isupper():
            continue
        level = abs(first.box.y0 - name.box.y0) < _LEVEL and 0 < name.box.x0 - first.box.x1 < _SURNAME_GAP
        if level and tidy_name(f"{first.text} X").split()[0] in SURNAMES:
            return replace(name, text=f"{first.text} {name.text}")
    return name


def _as_name(line: Line) -> Line | None:
    """Return the line if it is a person's name; with its surname put back where a seal lies over its beginning."""
    if looks_like_name(line.text):
        return line
    words = [w.text for w in line.words]
    if len(words) > 2 and line.words[0].confidence < _STROKE and not words[0][:1].isupper():
        words = words[1:]  # a stroke of the signature beside the name
    first, _, rest = re.sub(r"^\W+", "", nfc(" ".join(words))).partition(" ")
    surname = mend_surname(first)
    return replace(line, text=f"{surname} {rest}") if surname and looks_like_name(f"{surname} {rest}") else None


def looks_like_name(text: str) -> bool:
    """Tell whether a line is a person's name: two to five capitalised short words, a rank or degree allowed before."""
    bare = strip_rank(text)
    words = bare.split()
    if not 2 <= len(words) <= 5 or re.search(r"[\d:;,/()]", bare):
        return False
    if is_title(bare) or tidy_title(bare) in TITLES or names_office(bare) or kind_of_title(bare):
        return False
    capital = all(w[:1].isupper() for w in words) and (bare.isupper() or not any(w[1:].isupper() for w in words))
    return capital and all(_NAME_WORD.fullmatch(w.strip(".,")) for w in words) and len("".join(words)) >= 5


def strip_rank(text: str) -> str:
    """Drop a rank or degree before a name, and the dots and strokes of a stamp around it."""
    text = re.sub(r"^[^\w]+|[^\w]+$", "", nfc(text))
    while (match := _RANK.match(fold(text))) and len(text.split()) > 2:
        text = re.sub(r"^[\s.,]+", "", text[match.end() :])
    return text


def make_signer(signatures: Sequence[Signature]) -> Signer | None:
    """Turn signature blocks into the record's signer; of several signers each part is joined by " | "."""
    if not signatures:
        return None
    if len(signatures) == 1:
        only = signatures[0]
        return Signer(authority=_authority(only), title=_title(only), name=_clean_name(only))
    authorities = [" / ".join(_authority(s)) for s in signatures]
    return Signer(
        authority=(" | ".join(authorities),) if any(authorities) else (),
        title=" | ".join(_title(s) or "" for s in signatures) or None,
        name=" | ".join(_clean_name(s) or "" for s in signatures) or None,
    )


def _authority(signature: Signature) -> tuple[str, ...]:
    """Join a wrapped office to the authority line it belongs to."""
    joined_lines: list[str] = []
    for line in signature.authority:
        if is_authority(line.text) or not joined_lines:
            joined_lines.append(tidy_title(line.text))
        else:
            joined_lines[-1] = f"{joined_lines[-1]} {tidy_title(line.text)}"
    return tuple(joined_lines)


def _title(signature: Signature) -> str | None:
    """Return the title; under KT. that of the deputy, even where the line with it or its PHÓ was lost."""
    read = tidy_title(joined(signature.title)) if signature.title else None
    stood_in_for = implied_title(signature)
    if read is None and stood_in_for is None and len(signature.authority) == 1:
        return head_of(re.sub(r"^T\W?M\W*", "", _authority(signature)[0]))
    return stood_in_for if stood_in_for and read in (None, stood_in_for.removeprefix("PHÓ ")) else read


def implied_title(signature: Signature) -> str | None:
    """Return the title that the last authority line implies: who signs KT. CHỦ TỊCH is PHÓ CHỦ TỊCH."""
    last = next((tidy_title(x.text) for x in reversed(signature.authority) if is_authority(x.text)), "")
    offices = [o for o in re.sub(r"^K/?T[.,]?\s*", "", last).split(", ") if o in TITLES] if last[:1] == "K" else []
    return deputy_of(offices[-1]) if offices else None


def _clean_name(signature: Signature) -> str | None:
    if signature.name is None:
        return None
    return tidy_name(re.sub(r"^[^\w]+|[^\w]+$", "", nfc(signature.name.text)))


_UNMISTAKABLE = {
    fold(name): name
    for name in ("Nguyễn", "Trần", "Phạm", "Huỳnh", "Hoàng", "Phan", "Đặng", "Bùi", "Đỗ", "Đinh", "Đoàn", "Trịnh")
}
"""Surnames that no other surname shares its letters with: only their marks can have been misread."""


_REST_OF_SURNAME = 3  # letters that tell a surname by its end


def mend_surname(word: str) -> str | None:
    """Return the one surname that a word is whose first letters were lost (`guyễn`, `yễn`) or the first misread (`Zê`).

    None for other words, and where several surnames end so.
    """
    folded = fold(word)
    fitting = [s for s in SURNAMES if fold(s) != folded and _is_rest_of(folded, fold(s))]
    return fitting[0] if len(fitting) == 1 else None


def _is_rest_of(word: str, surname: str) -> bool:
    if len(word) >= _REST_OF_SURNAME and surname.endswith(word):
        return True
    return word in (surname[1:], word[:1] + surname[1:])


def tidy_name(name: str) -> str:
    """Put right the marks of a surname that can be only one (`Nguyên Văn A`); a rank before it is left as it is."""
    bare = strip_rank(name)
    first, _, rest = bare.partition(" ")
    surname = _UNMISTAKABLE.get(fold(first))
    if surname is None or not rest:
        return name
    repaired = surname.upper() if first.isupper() else surname
    return name.replace(bare, f"{repaired} {rest}")
