"""Citations: the documents a text names, with date, issuer and the role its words give them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.core.dates import find_dates
from services.core.kinds import kind_of_title
from services.core.model import Citation, CleanText, PartialDate, Record
from services.core.symbols import Symbol, find_symbols
from services.core.text import fold, nfc, squeeze

_CUES: tuple[tuple[str, str], ...] = (
    ("basis", r"can cu"),
    ("replaces", r"thay the"),
    ("repeals", r"bai bo"),
    ("amends", r"sua doi|bo sung"),
    ("corrects", r"dinh chinh"),
    ("revokes", r"thu hoi"),
    ("answers", r"tra loi|phuc dap"),
    ("attached", r"kem theo"),
    ("follows", r"tiep theo"),
    ("implements", r"thuc hien|trien khai|theo|tai|quan triet|chap hanh|xet"),
)
"""Roles in English, each with the words that lead to it, folded. The nearest cue before the symbol wins."""

_BACK = 160
_AHEAD = 90
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
    page: int


def find_citations(clean: CleanText, own_key: str | None, own_places: Sequence[tuple[int, int]]) -> list[FoundCitation]:
    """Find what a text cites, each document once, in the order of first mention.

    Later mentions lack date and issuer (NĐ 30/2020, PL I, mục II.6): what any mention says is kept. `own_places` are
    the spans of the document's own number line; a symbol there is its own whatever the reader made of its number.
    """
    text = clean.text
    symbols = [
        (symbol, start, end)
        for symbol, start, end in find_symbols(text)
        if symbol.number and symbol.key != own_key and not any(a < end and start < b for a, b in own_places)
    ]
    found: list[FoundCitation] = []
    for at, (symbol, start, end) in enumerate(symbols):
        stop = symbols[at + 1][1] if at + 1 < len(symbols) else len(text)
        citation = _citation(text, symbol, start, end, min(stop, end + _AHEAD))
        found.append(FoundCitation(citation, symbol, start, end, page_at(clean, start)))
    return _once_each(_share_issuers(text, found))


def cited_pages(record: Record, clean: CleanText) -> tuple[int, ...]:
    """Return for each citation of a record the page that mentions it first (1 where the text has no such symbol)."""
    pages: dict[str | None, int] = {}
    for symbol, start, _ in find_symbols(clean.text):
        pages.setdefault(symbol.key, page_at(clean, start))
    return tuple(pages.get(c.key, 1) for c in record.citations)


def _once_each(found: Sequence[FoundCitation]) -> list[FoundCitation]:
    """Keep the first mention of each document, completed from the later ones."""
    kept: dict[str | None, FoundCitation] = {}
    for item in found:
        first = kept.setdefault(item.symbol.key, item)
        if first is not item:
            news = {
                name: getattr(item.citation, name)
                for name in ("date", "issuer", "role")
                if getattr(first.citation, name) is None
            }
            kept[item.symbol.key] = replace(first, citation=first.citation.model_copy(update=news))
    return list(kept.values())


def page_at(clean: CleanText, offset: int) -> int:
    """Return the number of the page on which a character of the clean text stands."""
    page = clean.page_starts[0][0] if clean.page_starts else 1
    for number, start in clean.page_starts:
        if start <= offset:
            page = number
    return page


def _citation(text: str, symbol: Symbol, start: int, end: int, stop: int) -> Citation:
    date, after = _date(text, end, stop)
    return Citation(
        raw=squeeze(text[start:end]),
        key=symbol.key,
        kind=_kind(text[max(0, start - 40) : start], symbol),
        date=date,
        issuer=_issuer(text[after:stop]),
        role=_role(text[max(0, start - _BACK) : start]),
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
        second = (
            bool(taken) and taken[-1][:1].isupper() and not taken[-1][1:].isupper() and not _AFTER_NAMES.fullmatch(bare)
        )
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


def _role(before: str) -> str | None:
    """Return the role of the nearest cue in the sentence, a line of its own (Căn cứ ...) counting as one."""
    sentence = re.split(r"[.;:]\s|\n", before)[-1]
    folded = fold(sentence)
    found = [(m, role) for role, words in _CUES for m in re.finditer(rf"\b(?:{words})\b", folded)]
    nearest = max(found, key=lambda item: (item[0].end(), -item[0].start()), default=None)
    return nearest[1] if nearest else None


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
