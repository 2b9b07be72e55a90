"""The body of a document as a tree of clauses that can be cited (numbering: NĐ 30/2020, PL I, mục II.5).

Read from the clean text alone, where a paragraph is a line: a number counts only at the head of one. Printed order is
kept, whatever the numbers say.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from services.core.model import Box, Clause, ClausePlace, CleanText, PageText, bounds
from services.core.text import fold, nfc
from services.fields.agencies import addressed_to
from services.fields.body import Paragraph, body_parts
from services.fields.citations import page_at

_PART, _CHAPTER, _SECTION, _LETTER, _ROMAN, _ARTICLE, _POINT, _DECIMAL, _ITEM, _BULLET, _PLUS = range(11)
"""Ranks: what has the lower one encloses the others. Khoản 1. is a _POINT here, 1.1. a _DECIMAL, điểm a) an _ITEM."""

_ROMAN_NUMBER = r"[IVXLC1l|]{1,6}"
_MARKERS: tuple[tuple[int, str, re.Pattern[str]], ...] = (
    (_PART, "phan", re.compile(rf"(?P<n>ph[aầ]n\s+(?:thứ\s+)?(?:{_ROMAN_NUMBER}|\d{{1,2}}|nhất|hai|ba|tư|năm))(?=[.:\s]|$)", re.IGNORECASE)),
    (_CHAPTER, "chuong", re.compile(rf"(?P<n>ch[uư][oơ]ng\s+(?:{_ROMAN_NUMBER}|\d{{1,2}}))(?=[.:\s]|$)", re.IGNORECASE)),
    (_SECTION, "muc", re.compile(rf"(?P<n>(?:tiểu\s+)?m[uụ]c\s+(?:{_ROMAN_NUMBER}|\d{{1,2}}))(?=[.:]|\s+[^a-zà-ỹđ]|$)", re.IGNORECASE)),
    (_ARTICLE, "dieu", re.compile(r"(?P<n>[ĐD]i[êềeế]u\s+\d{1,3}[a-zđ]?)\s*(?:[.:](?=\s|$)|$)", re.IGNORECASE)),
    (_ROMAN, "", re.compile(r"(?P<n>[IVXLH]{1,6})\s?[.)/:-]+\s+(?=[\"“(]?[^\W\d_])")),
    (_LETTER, "", re.compile(r"(?P<n>[A-GĐ])\.\s+(?=[^\W\d_]{2})")),
    (_DECIMAL, "", re.compile(r"(?P<n>\d{1,2}(?:\.\d{1,2}){1,3})(?:\.\s*|[):/]\s*|\s+(?=[\"“(]?[A-ZÀ-ỸĐ]))(?=[\"“(]?[^\W\d_])")),
    (_POINT, "", re.compile(r"(?P<n>\d{1,2})\s?(?:[.)/]\s*|-\s+)(?=[\"“(]?[^\W\d_]|\d+\s?%)")),
    (_ITEM, "", re.compile(r"(?P<n>dd|[a-eghiklm-yđ])\s?[.)/]\s*(?=[\"“(]?[^\W_])")),
    (_BULLET, "gach", re.compile(r"(?P<n>[-–—•*])\s*(?=[\"“(]?[^\W\d_]|[\"“(]?\d+\s?%?\s)")),
    (_PLUS, "cong", re.compile(r"(?P<n>\+)\s*(?=[\"“(]?[^\W_])")),
)  # fmt: skip
"""Rank, first part of the id (the number itself where empty), and how the number is printed."""

_FREE = "doan"
_COUNTED = ("gach", "cong", _FREE)
_HEADING_CHARS = 220


@dataclass(slots=True)
class _Node:
    """A clause in the making; `rank` is None for a paragraph without a number, -1 for an annex."""

    rank: int | None
    slug: str
    number: str | None
    paragraphs: list[Paragraph]
    skip: int = 0
    children: list["_Node"] = field(default_factory=list)


def find_clauses(clean: CleanText, pages: Sequence[PageText] = ()) -> tuple[Clause, ...]:
    """Read the tree of clauses of a document; with its `pages` each clause has its boxes.

    Ids are made of the printed numbers ("dieu-2.1.a", "2.gach-1", "doan-1" for a paragraph without a number) and stay
    the same while the text does; one that repeats gets "_2" and so on behind it. The body is what stands between
    head and foot (fields.body); annexes come after it, each a clause of its own.
    """
    roots: list[_Node] = []
    for part in body_parts(clean.text):
        nodes = _tree(part.paragraphs)
        if part.title is None:
            roots += nodes
        else:
            slug = f"phu-luc-{part.number}" if part.number else "phu-luc"
            roots.append(_Node(-1, slug, part.label, [part.title], len(part.label or ""), nodes))
    words = {page.number: page for page in pages}
    return tuple(_finished(roots, "", clean, words, {}))


def find_clause(clauses: Sequence[Clause], clause_id: str) -> Clause | None:
    """Return the clause with this id, wherever it stands in the tree."""
    return next((c for c in all_clauses(clauses) if c.id == clause_id), None)


def all_clauses(clauses: Sequence[Clause]) -> Iterator[Clause]:
    """Yield every clause of the trees, each before its children."""
    for clause in clauses:
        yield clause
        yield from all_clauses(clause.children)


# --------------------------------------------------------------------------- building


def _tree(paragraphs: Sequence[Paragraph]) -> list[_Node]:
    """Hang every paragraph where its number puts it; those without one go on, or stand alone."""
    roots: list[_Node] = []
    path: list[_Node] = []
    for at, paragraph in enumerate(paragraphs):
        found = _marker(paragraph.text)
        if found and not _is_dash_inside(found, paragraph, path):
            node = _Node(*found[:3], [paragraph], found[3])
            path = _enclosing(path, node)
            (path[-1].children if path else roots).append(node)
            path.append(node)
        elif path and not _stands_alone(path[-1], paragraph, last=at == len(paragraphs) - 1):
            path[-1].paragraphs.append(paragraph)
        else:
            path = [_Node(None, _FREE, None, [paragraph])]
            roots.append(path[0])
    return roots


def _is_dash_inside(found: tuple[int, str, str, int], paragraph: Paragraph, path: Sequence[_Node]) -> bool:
    """Tell a bullet from the dash of a sentence that a line end cut: small letters go on what has no end mark."""
    goes_on = paragraph.text[found[3] :][:1].islower() and bool(path)
    return found[0] == _BULLET and goes_on and not path[-1].paragraphs[-1].text.endswith((".", ";", ":", ","))


def _marker(text: str) -> tuple[int, str, str, int] | None:
    """Return rank, slug and printed number of what begins a paragraph, and how many characters that takes."""
    for rank, word, pattern in _MARKERS:
        match = pattern.match(text)
        if match and not _is_amount(text[match.end() :], rank):
            number = match[0].strip()
            return rank, _slug(word, match["n"]), number, match.end()
    return None


def _is_amount(rest: str, rank: int) -> bool:
    """Tell "1.5 triệu đồng" and "2. 02 ..." from clauses; a date ("1.9.2021") has no letter after it anyway."""
    unit = r"(?:tỷ|tỉ|triệu|nghìn|ngàn|đồng|km|ha|m2|kg|tấn|phần trăm)\b"
    return rank in (_DECIMAL, _POINT) and bool(re.match(unit, rest, re.IGNORECASE))


def _slug(word: str, number: str) -> str:
    """Make a number into a part of an id: "Điều 2" dieu-2, "II" II (H and L are slips of readers), đ) dd."""
    if word in _COUNTED:
        return word
    last = number.split()[-1]
    if re.fullmatch(r"[IVXLHC1l|]+", last) and not (last.isdecimal() or word == "dieu"):
        last = re.sub(r"[1l|L]", "I", last.replace("H", "II")).upper()
    elif not last.isdecimal():
        last = fold(last.replace("đ", "dd"))
    return f"{word}-{last}" if word else last


def _enclosing(path: Sequence[_Node], node: _Node) -> list[_Node]:
    """Return the open clauses that stay open around a new one."""
    numbered = [n for n in path if n.rank is not None]
    for depth in range(len(numbered) - 1, -1, -1):
        if numbered[depth].rank == node.rank and _alike(numbered[depth], node):
            return list(numbered[:depth])
    if node.rank == _ROMAN and node.slug == "I" and numbered and numbered[-1].rank == _ARTICLE:
        return list(numbered)  # what an article approves has parts of its own
    return [n for n in numbered if n.rank is not None and node.rank is not None and _holds(n, node)]


def _alike(one: _Node, other: _Node) -> bool:
    return one.rank != _DECIMAL or one.slug.count(".") == other.slug.count(".")


def _holds(outer: _Node, inner: _Node) -> bool:
    if outer.rank == inner.rank == _DECIMAL:
        return outer.slug.count(".") < inner.slug.count(".")
    return (outer.rank or 0) < (inner.rank or 0)


def _stands_alone(open_clause: _Node, paragraph: Paragraph, *, last: bool) -> bool:
    """Tell a paragraph of its own from one that goes on with the open clause.

    Without marks of its level only two things tell: it begins in small letters, and where the body ends: its last
    paragraph sums up, and belongs to none of the clauses, unless it is all that a heading has.
    """
    before = open_clause.paragraphs[-1].text.rstrip()
    begun = paragraph.text[:1].islower() or not before.endswith((".", ";", ":", "!", "?", "”", "…", "/"))
    if open_clause.rank is None:
        return not paragraph.text[:1].islower()
    has_own_text = bool(open_clause.children) or before.endswith((".", ";", "/"))
    return last and has_own_text and not begun


# --------------------------------------------------------------------------- finishing


def _finished(
    nodes: Sequence[_Node], above: str, clean: CleanText, pages: Mapping[int, PageText], used: dict[str, int]
) -> Iterator[Clause]:
    counts: dict[str, int] = {}
    for node in nodes:
        clause_id = _unique(_joined(above, _numbered(node, counts)), used)
        start, end = node.paragraphs[0].start, node.paragraphs[-1].end
        text = nfc(clean.text[start + node.skip : end]).strip()
        heading = _heading(node, text)
        yield Clause(
            id=clause_id,
            number=node.number,
            heading=heading,
            text=text,
            start=start,
            end=end,
            page=page_at(clean, start),
            places=_places(clean, start, end, pages),
            agencies=addressed_to(text, heading),
            children=tuple(_finished(node.children, clause_id, clean, pages, used)),
        )


def _joined(above: str, own: str) -> str:
    """Put an id behind that of the clause around it; 1.1 names its khoản 1 already."""
    head, _, tail = own.rpartition(".")
    if head and above.rpartition(".")[2] == head.rpartition(".")[2]:
        return f"{above}.{tail}"
    return f"{above}.{own}" if above else own


def _numbered(node: _Node, counts: dict[str, int]) -> str:
    """Bullets and free paragraphs are counted, everything else carries its number."""
    if node.slug not in _COUNTED:
        return node.slug
    counts[node.slug] = counts.get(node.slug, 0) + 1
    return f"{node.slug}-{counts[node.slug]}"


def _unique(clause_id: str, used: dict[str, int]) -> str:
    used[clause_id] = used.get(clause_id, 0) + 1
    return clause_id if used[clause_id] == 1 else f"{clause_id}_{used[clause_id]}"


def _heading(node: _Node, text: str) -> str | None:
    """Return the first paragraph where it is a title: short, without an end mark, with something under it."""
    if node.number is None:
        return None
    first, _, rest = text.partition("\n")
    title = first.strip()
    follows = bool(rest or node.children)
    if not title or len(title) > _HEADING_CHARS or title.endswith((".", ";", ",", "/")) or not follows:
        return None
    return title.rstrip(" :") or None


def _places(clean: CleanText, start: int, end: int, pages: Mapping[int, PageText]) -> tuple[ClausePlace, ...]:
    """Return for every page that the characters stand on a box around each line."""
    if not pages:
        return ()
    spans = [s for s in clean.spans if s.start < end and start < s.end and s.page in pages]
    found = []
    for number, on_page in groupby(spans, key=lambda s: s.page):
        words = [pages[number].words[s.word] for s in on_page if s.word < len(pages[number].words)]
        lines = (bounds(list(line)) for _, line in groupby(words, key=lambda w: (w.line, w.paragraph)))
        found.append(ClausePlace(page=number, boxes=tuple(Box(*box) for box in lines if box)))
    return tuple(found)
