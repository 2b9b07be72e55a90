"""Citations: the documents a text names, with date, issuer and the role its words give them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.core.dates import find_dates
from services.core.kinds import KINDS, kind, kind_of_title
from services.core.model import Citation, CitationRole, CleanText, PartialDate, Record
from services.core.symbols import Symbol, find_symbols
from services.core.text import fold, nfc, squeeze
from services.fields.enclosures import EnclosureNote, find_enclosure_notes

_Role = CitationRole
_CUES: tuple[tuple[CitationRole | None, str], ...] = (
    (
        None,
        r"(?:thay the|sua doi|bo sung|bai bo|dinh chinh)[^,;]{0,20} (?:boi|bang)|luat sua doi,? bo sung",
    ),  # others did
    (_Role.REPLACES, r"thay the"),
    (_Role.REPEALS, r"bai bo|huy bo"),
    (_Role.AMENDS, r"sua doi|bo sung"),
    (_Role.CORRECTS, r"dinh chinh"),
    (_Role.REVOKES, r"thu hoi"),
    (_Role.BASIS, r"can cu|tren co so"),
    (_Role.ANSWERS, r"tra loi|phuc dap"),
    (_Role.ENCLOSES, r"gui kem(?: theo)?|dinh kem|co kem theo"),
    (_Role.ATTACHED, r"kem theo"),
    (_Role.FOLLOWS, r"tiep theo"),
    (_Role.IMPLEMENTS, r"thuc hien|trien khai|theo|tai|quan triet|chap hanh|xet"),
)
"""Roles with the words that lead to them, folded. The cue that ends last before the symbol wins, of two the longer."""

_CHANGES = frozenset({_Role.REPLACES, _Role.REPEALS, _Role.AMENDS, _Role.CORRECTS, _Role.REVOKES})
_RECALLED = re.compile(r"\W*(?:(?:toan bo|va huy bo|cac|noi dung) )*(?:[a-z]+ ){1,4}(?:so\W*)?$")
"""What may stand between "thu hồi" and the symbol: land, money and certificates are taken back too."""

_BACK = 600
_AHEAD = 90
_SENTENCE_END = re.compile(r"(?<!can cu)[.;:]\s|(?<! va)(?<! so)(?<!,)\n")
_LINE_END = re.compile(r"(?<!can cu)\.\s|\n")
_MEMBER = re.compile(r"\W*(?:va )?(?:[a-z]+ ){0,4}?(?:so\W*)?")
"""The words before a symbol that is one more of a list: "; Nghị định số", ": số"."""
_ENCLOSED_STOP = re.compile(r"\n|[.;]\s")
_ENCLOSED_WITHIN = 260
"""How far behind a symbol its "(có Công điện kèm theo)" stands: behind the whole subject of what is cited."""

_DATE_GAP = re.compile(r"[\s,;(]{0,4}(?:ban hành\s+)?(?:ngày)?\s*$")
_OF = re.compile(r"\W{0,2} ?của (?=\w)")
_INSIDE_NAMES = re.compile(
    r"nhân|dân|tỉnh|huyện|thành|phố|thị|xã|quận|phường|vụ|an|tối|cao|nhà|nước|trưởng|ương|thường|trực|quốc|gia"
)
_AFTER_NAMES = re.compile(r"về|của|và|ngày|tại|đã|đến|trên|có|là|để|cho|với|theo|quy|phê|hướng|ban|được|do|trong")
_KIND_WORDS = frozenset({"Công", "Chỉ", "Thông", "Kế", "Quyết", "Nghị", "Báo", "Tờ", "Hướng", "Luật", "Kết"})
_LEAD_KIND = re.compile(r"(?P<kind>[^\W\d_]+(?:\s+[^\W\d_]+){0,3})\s+(?:số\s*:?\s*)?$", re.IGNORECASE)
_LIST_JOIN = re.compile(r"^[\s,;]*(?:và|,|;)")


@dataclass(frozen=True, slots=True)
class FoundCitation:
    """A citation, the symbol as read, and where its symbol stands in the clean text."""

    citation: Citation
    symbol: Symbol
    start: int
    end: int
    mentions: int = 1


def find_citations(clean: CleanText, own_key: str | None, own_places: Sequence[tuple[int, int]]) -> list[FoundCitation]:
    """Find what a text cites, each document once, in the order of first mention.

    Later mentions lack date and issuer (NĐ 30/2020, PL I, mục II.6): what any mention says is kept. `own_places` are
    the spans of the document's own number line; a symbol there is its own whatever the reader made of its number.
    """
    return _without_slips(_once_each(find_mentions(clean, own_key, own_places)))


def find_mentions(clean: CleanText, own_key: str | None, own_places: Sequence[tuple[int, int]]) -> list[FoundCitation]:
    """Find every mention of another document's symbol, in order; arguments as `find_citations`."""
    text = clean.text
    symbols = [
        (symbol, start, end)
        for symbol, start, end in find_symbols(text)
        if symbol.number and symbol.key != own_key and not any(a < end and start < b for a, b in own_places)
    ]
    found: list[FoundCitation] = []
    for at, (symbol, start, end) in enumerate(symbols):
        stop = symbols[at + 1][1] if at + 1 < len(symbols) else len(text)
        page = page_at(clean, start)
        citation = _citation(text, symbol, start, end, min(stop, end + _AHEAD), found[-1] if found else None)
        found.append(FoundCitation(citation.model_copy(update={"page": page}), symbol, start, end))
    return _with_enclosed(text, _share_issuers(text, found))


def cited_pages(record: Record) -> tuple[int, ...]:
    """Return for each citation of a record the page that mentions it first (1 where none is known)."""
    return tuple(c.page or 1 for c in record.citations)


def _once_each(found: Sequence[FoundCitation]) -> list[FoundCitation]:
    """Keep the first mention of each document, completed from the later ones."""
    kept: dict[str | None, FoundCitation] = {}
    for item in found:
        first = kept.setdefault(item.symbol.key, item)
        if first is not item:
            kept[item.symbol.key] = _completed(first, item)
    return list(kept.values())


def _completed(first: FoundCitation, later: FoundCitation) -> FoundCitation:
    """Add what a later mention says and the first does not."""
    news: dict[str, object] = {
        name: getattr(later.citation, name)
        for name in ("date", "issuer", "role")
        if getattr(first.citation, name) is None
    }
    news["enclosed"] = first.citation.enclosed or later.citation.enclosed
    mentions = first.mentions + later.mentions
    return replace(first, citation=first.citation.model_copy(update=news), mentions=mentions)


def _without_slips(found: Sequence[FoundCitation]) -> list[FoundCitation]:
    """Tie mentions that a reader cut short to the document they mean, the one mentioned whole."""
    kept = list(found)
    for slip in found:
        whole = next((f for f in kept if f is not slip and _cut_short(slip, f)), None)
        if whole is not None and slip in kept:
            at = min(kept.index(whole), kept.index(slip))
            kept = [f for f in kept if f is not slip and f is not whole]
            kept.insert(at, _completed(whole, slip))
    return kept


def _cut_short(slip: FoundCitation, whole: FoundCitation) -> bool:
    """Tell whether a symbol is another one that lost its end (`QĐ-TT` for `QĐ-TTg`), or a digit on the same date.

    Numbers run through the year, so two documents of one series and one day cannot differ by a factor of ten.
    """
    a, b = slip.symbol, whole.symbol
    if a.year != b.year or a.number is None or b.number is None:
        return False
    date, other = slip.citation.date, whole.citation.date
    if a.number == b.number:
        return (
            a.notation != b.notation and b.notation.startswith(a.notation) and (not date or not other or date == other)
        )
    same = a.notation == b.notation and date is not None and other is not None and date.day and _same_day(date, other)
    return (
        bool(same)
        and len(a.number) == len(b.number) - 1
        and slip.mentions <= whole.mentions
        and (a.number in {b.number[:i] + b.number[i + 1 :] for i in range(len(b.number))})
    )


def _same_day(a: PartialDate, b: PartialDate) -> bool:
    return (a.year, a.month, a.day) == (b.year, b.month, b.day)


def _with_enclosed(text: str, found: Sequence[FoundCitation]) -> list[FoundCitation]:
    """Mark what a note behind it announces a copy of: "(có các Công điện và Công văn kèm theo)"."""
    notes = find_enclosure_notes(text)
    return [
        replace(f, citation=f.citation.model_copy(update={"enclosed": True}))
        if any(_announces(text, f, note) for note in notes)
        else f
        for f in found
    ]


def _announces(text: str, item: FoundCitation, note: EnclosureNote) -> bool:
    """Tell whether a note in the same sentence names the kind of what is cited; one without a kind is of the last."""
    between = text[item.end : note.start]
    if note.start < item.end or len(between) > _ENCLOSED_WITHIN or _ENCLOSED_STOP.search(between):
        return False
    if any(fold(k.name) in note.folded for k in KINDS.values()):
        named = kind(item.citation.kind) if item.citation.kind else None
        return named is not None and fold(named.name) in note.folded
    return not find_symbols(between)


def page_at(clean: CleanText, offset: int) -> int:
    """Return the number of the page on which a character of the clean text stands."""
    page = clean.page_starts[0][0] if clean.page_starts else 1
    for number, start in clean.page_starts:
        if start <= offset:
            page = number
    return page


def _citation(text: str, symbol: Symbol, start: int, end: int, stop: int, before: FoundCitation | None) -> Citation:
    date, after = _date(text, end, stop)
    return Citation(
        raw=squeeze(text[start:end]),
        key=symbol.key,
        kind=_kind(text[max(0, start - 40) : start], symbol),
        date=date,
        issuer=_issuer(text[after:stop]),
        role=_role(text[max(0, start - _BACK) : start], before.citation.role if before else None),
    )


def _date(text: str, end: int, stop: int) -> tuple[PartialDate | None, int]:
    found = find_dates(text[end : min(stop, end + 60)])
    if found and _DATE_GAP.match(nfc(text[end : end + found[0].start])):
        return found[0].date, end + found[0].end
    return None, end


def _issuer(after: str) -> str | None:
    """Return the body named by "của ..." at the start of a text: words of two syllables, the first in capitals."""
    of = _OF.match(after)
    if of is None:
        return None
    words = after[of.end() :].split("\n")[0].split(" ")
    taken: list[str] = []
    for at, word in enumerate(words):
        bare = word.strip(".,;:()")
        following = words[at + 1][:1] if at + 1 < len(words) else ""
        joins = bool(taken) and following.isupper() and word in ("và", "-") and words[at + 1] not in _KIND_WORDS
        goes = not _AFTER_NAMES.fullmatch(bare) or (bare == "ban" and taken[-1:] in (["Ủy"], ["Uỷ"]))
        second = bool(taken) and taken[-1][:1].isupper() and not taken[-1][1:].isupper() and goes
        if not (bare[:1].isupper() or joins or _INSIDE_NAMES.fullmatch(bare) or (second and bare.isalpha())):
            break
        goes_on = word.endswith(",") and words[at + 1 : at + 2] == ["Thể"]  # Văn hóa, Thể thao
        taken.append(word if goes_on else bare or word)
        if bare != word and word != "-" and not goes_on:
            break
    return " ".join(taken) if taken and taken[0][:1].isupper() else None


def _kind(before: str, symbol: Symbol) -> str | None:
    """Return the kind's code: by the words before the symbol, which know HĐ from HD, else by its code."""
    lead = _LEAD_KIND.search(before)
    words = [w for w in lead["kind"].split() if w.lower() != "số"] if lead else []
    for at in range(len(words)):
        named = kind_of_title(" ".join(words[at:]))
        if named and len(named.name.split()) == len(words) - at:
            return named.code
    return symbol.kind.code if symbol.kind else None


def _role(before: str, last: CitationRole | None) -> CitationRole | None:
    """Return the role that the words before a symbol give it, a line of its own (Căn cứ ...) counting as one sentence.

    What stands in a line of Căn cứ is basis whatever it did itself; a verb of change behind another symbol is that
    document's doing ("Nghị định A sửa đổi Nghị định B"). `last` is the role of the citation before, which a member of
    a list shares.
    """
    folded = fold(before)
    start = max((m.end() for m in _SENTENCE_END.finditer(folded)), default=0)
    sentence = folded[start:]
    if folded[max((m.end() for m in _LINE_END.finditer(folded)), default=0) :].startswith("can cu"):
        return _Role.BASIS
    found = [(m, role) for role, words in _CUES for m in re.finditer(rf"\b(?:{words})\b", sentence)]
    if not found:
        return _listed_role(before, start, last)
    cue, role = max(found, key=lambda item: (item[0].end(), -item[0].start()))
    if role in _CHANGES and find_symbols(before[start : start + cue.start()]):
        return last
    return role if role is not _Role.REVOKES or _RECALLED.fullmatch(sentence[cue.end() :]) else None


def _listed_role(before: str, start: int, last: CitationRole | None) -> CitationRole | None:
    """Return the role of a member of a list whose own sentence, from `start`, has no cue."""
    if find_symbols(before[start:]):
        return last
    head = before[:start].rstrip()
    if not _MEMBER.fullmatch(fold(before[start:])) or not head.endswith((":", ";")):
        return None
    return last if head.endswith(";") else _role(head[:-1], last)


def _share_issuers(text: str, found: list[FoundCitation]) -> list[FoundCitation]:
    """Give the members of a list (`số A và số B của X`) the issuer that stands behind the last."""
    shared: list[FoundCitation] = []
    for item in reversed(found):
        follower = shared[-1] if shared else None
        if item.citation.issuer is None and follower and follower.citation.issuer and _listed(text, item, follower):
            update = {"issuer": follower.citation.issuer}
            item = replace(item, citation=item.citation.model_copy(update=update))
        shared.append(item)
    return shared[::-1]


def _listed(text: str, first: FoundCitation, second: FoundCitation) -> bool:
    _, after = _date(text, first.end, second.start)
    between = text[after : second.start]
    alike = first.symbol.issuer_tokens == second.symbol.issuer_tokens
    return alike and len(between) < 40 and bool(_LIST_JOIN.match(between))
