"""Where the body of a document begins and ends in its clean text: behind the head, before the foot; then annexes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.core.dates import find_long_dates
from services.core.kinds import kind_of_title
from services.core.text import fold, key, nfc
from services.fields.foot import RECIPIENTS_LABEL
from services.fields.titles import is_authority

_HEAD_PARAGRAPHS = 40
_ADDRESS = re.compile(r"^\W{0,4}k[iy]nh\s?g\wi\b")
_MOTTO = re.compile(r"cong h\w{1,2} x\w (?:hoi|ho)|doc lap.{1,4}tu do|dang cong san viet nam")
_NUMBER = re.compile(r"^\W{0,4}s[o06]\s?[:;.]?\s*\S{0,10}\s*[/-]\s*\S")
_BASIS = re.compile(
    r"^\W{0,3}(?:can\W{0,2} cu|theo de nghi|xet (?:de nghi|to trinh)|sau khi (?:thong nhat|co y kien))\b"
)
_RESOLVES = re.compile(r"^\W{0,3}(?:quyet dinh|quyet nghi|nghi quyet|chi thi)\s*:?\W*$")
_STRUCTURE = re.compile(
    r"^\W{0,2}(?:(?:dieu|chuong|phan)\s+\w{1,5}\s*[.:]|[IVX]{1,5}\s?[.)/]\s|\d{1,2}\s?[.)/]\s*[^\W\d_])", re.IGNORECASE
)
_BULLET = re.compile(r"^\W{0,2}[-–—•+*]")
_END = re.compile(r"[.,;]\s?/\s?\.?\W*$|\./\.")
_ANNEX = re.compile(
    r"^\W{0,3}(?P<label>(?:PHỤ|Phụ) (?:LỤC|lục)(?:\s+(?:số\s+)?(?P<number>[IVXH]{1,5}|\d{1,2}[a-z]?))?)(?=\W|$)"
)
_FORMS = re.compile(r"^\W{0,3}(?:mau so|bieu mau|bieu so|danh sach|danh muc)\b")
_TITLE_CHARS = 300
_ENTRY_CHARS = 200


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of a clean text: characters [start, end), white space around it left out."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class BodyPart:
    """The body, or an annex of it: then with the paragraph of its title, its label and its number as printed."""

    paragraphs: tuple[Paragraph, ...]
    title: Paragraph | None = None
    label: str | None = None
    number: str | None = None


def body_parts(text: str) -> list[BodyPart]:
    """Cut the body out of a clean text, then each annex; empty where there is neither.

    The body begins after Kính gửi, or else after the kind's title and the Căn cứ lines; it ends at "./.", at Nơi nhận
    or at the signer's authority, whichever comes first.
    """
    everything = paragraphs(text)
    inside = everything[_body_start(everything) :]
    parts: list[BodyPart] = []
    title: Paragraph | None = None
    taken: list[Paragraph] = []
    ended = signed = False
    for paragraph in inside:
        if _opens_annex(paragraph, closed=ended or signed):
            parts.append(_part(taken, title))
            title, taken, ended, signed = paragraph, [], False, False
        elif _is_foot(paragraph):
            signed = True
        elif not signed and (not ended or _STRUCTURE.match(fold(paragraph.text))):
            taken.append(paragraph)
            ended = bool(_END.search(paragraph.text))
    parts.append(_part(taken, title))
    return [part for part in parts if part.paragraphs or part.title]


def paragraphs(text: str) -> list[Paragraph]:
    """Cut a clean text into its paragraphs; those without a letter (page numbers) are left out."""
    found = []
    for match in re.finditer(r"[^\n]+", text):
        said = match[0].strip()
        if any(c.isalpha() for c in said):
            start = match.start() + len(match[0]) - len(match[0].lstrip())
            found.append(Paragraph(start, start + len(said), nfc(said)))
    return found


def _part(taken: Sequence[Paragraph], title: Paragraph | None) -> BodyPart:
    named = _ANNEX.match(title.text) if title else None
    number = key(named["number"]) if named and named["number"] else None
    return BodyPart(tuple(taken), title, named["label"] if named else None, number)


# --------------------------------------------------------------------------- the head


def _body_start(everything: Sequence[Paragraph]) -> int:
    head = everything[:_HEAD_PARAGRAPHS]
    address = next((i for i, p in enumerate(head) if _ADDRESS.match(fold(p.text))), None)
    if address is not None:
        return _after_addressees(everything, address)
    first = next((i for i, p in enumerate(head) if _STRUCTURE.match(fold(p.text))), len(head))
    marks = [i for i, p in enumerate(head[:first]) if _is_head_line(p)]
    at = marks[-1] + 1 if marks else 0
    while at < first and _is_preamble(everything, at):
        at += 1
    return at


def _after_addressees(everything: Sequence[Paragraph], at: int) -> int:
    """Skip the list behind Kính gửi: bullets, entries that end in ";", and the one after those."""
    goes_on = not everything[at].text.rstrip().endswith(".")
    at += 1
    while at < len(everything):
        text = everything[at].text
        listed = _BULLET.match(text) or text.endswith(";") or text[:1].islower() or goes_on
        if not (_is_head_line(everything[at]) or (listed and len(text) <= _ENTRY_CHARS)):
            break
        if _STRUCTURE.match(fold(text)) or _runs_on(text):
            break
        goes_on = text.endswith((";", ":")) or (goes_on and not text.endswith("."))
        at += 1
    return at


def _runs_on(text: str) -> bool:
    """Whether a paragraph is a sentence of the body, not the name of an addressee."""
    opening = r"(?:thuc hien|can cu|tiep theo|theo|ngay|de|nham|trien khai|thoi gian|sau khi|vua qua|hien nay|ngay)\b"
    return text.endswith(":") or bool(re.match(opening, fold(text)))


def _is_head_line(paragraph: Paragraph) -> bool:
    folded = fold(paragraph.text)
    if _MOTTO.search(folded) or _NUMBER.match(folded):
        return True
    dates = find_long_dates(paragraph.text)
    return bool(dates) and dates[0].start < 45 and len(paragraph.text) - dates[0].end < 6 and "/" not in folded[:45]


def _is_preamble(everything: Sequence[Paragraph], at: int) -> bool:
    """Whether a paragraph between the head lines and the body is no part of it: title, subject, Căn cứ, office."""
    text = everything[at].text
    folded = fold(text)
    if _BASIS.match(folded) or _RESOLVES.match(folded):
        return not text.endswith(":") or bool(_RESOLVES.match(folded))
    if _shouts(text) or folded.startswith(("v/v", "ve viec", "ve ")):
        return True
    before = everything[at - 1].text if at else ""
    return _shouts(before) and not text.endswith((".", ":", ";"))


def _shouts(text: str) -> bool:
    """Whether a paragraph begins in capitals: a title, alone or with the subject run into it."""
    words = re.findall(r"[^\W\d_]+", text)[:2]
    return len(words) == 2 and all(w.isupper() for w in words) and len("".join(words)) > 3


# --------------------------------------------------------------------------- foot and annexes


def _is_foot(paragraph: Paragraph) -> bool:
    return bool(RECIPIENTS_LABEL.match(fold(paragraph.text))) or (
        _shouts(paragraph.text) and is_authority(paragraph.text)
    )


def _opens_annex(paragraph: Paragraph, *, closed: bool) -> bool:
    """Tell the title of an annex; behind the foot, that of an enclosed document or a form too."""
    text = paragraph.text
    named = _ANNEX.match(text)
    if named:
        rest = text[named.end() :].strip(" .:-–")
        return (named["label"].isupper() or not rest or _shouts(rest)) and len(text) < _TITLE_CHARS
    if not closed or not _shouts(text) or len(text) > _TITLE_CHARS:
        return False
    return bool(_FORMS.match(fold(text))) or kind_of_title(text) is not None
