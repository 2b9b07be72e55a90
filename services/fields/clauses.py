"""The body of a document as a tree of clauses that can be cited (numbers: fields.numbering).

Read from the clean text alone, where a paragraph is a line. Printed order is kept, whatever the numbers say.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from services.core.model import Box, Clause, ClausePlace, CleanText, PageText, bounds
from services.core.text import nfc
from services.fields.agencies import addressed_to
from services.fields.body import Paragraph, body_parts
from services.fields.citations import page_at
from services.fields.numbering import COUNTED, Marker, Rank, find_marker

_FREE = "doan"
_HEADING_CHARS = 220


@dataclass(slots=True)
class _Node:
    """A clause in the making; one without a marker is a paragraph without a number."""

    marker: Marker | None
    paragraphs: list[Paragraph]
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
            label = part.label or ""
            slug = f"phu-luc-{part.number}" if part.number else "phu-luc"
            roots.append(_Node(Marker(Rank.ANNEX, slug, label, len(label)), [part.title], nodes))
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
        marker = find_marker(paragraph.text)
        if marker and not _is_dash_inside(marker, paragraph, path):
            node = _Node(marker, [paragraph])
            path = _enclosing(path, marker)
            (path[-1].children if path else roots).append(node)
            path.append(node)
        elif path and not _stands_alone(path[-1], paragraph, last=at == len(paragraphs) - 1):
            path[-1].paragraphs.append(paragraph)
        else:
            path = [_Node(None, [paragraph])]
            roots.append(path[0])
    return roots


def _is_dash_inside(marker: Marker, paragraph: Paragraph, path: Sequence[_Node]) -> bool:
    """Tell a bullet from the dash of a sentence that a line end cut: small letters go on what has no end mark."""
    goes_on = paragraph.text[marker.width :][:1].islower() and bool(path)
    return marker.rank is Rank.BULLET and goes_on and not path[-1].paragraphs[-1].text.endswith((".", ";", ":", ","))


def _enclosing(path: Sequence[_Node], marker: Marker) -> list[_Node]:
    """Return the open clauses that stay open around a new one."""
    numbered = [(node, node.marker) for node in path if node.marker]
    for depth in range(len(numbered) - 1, -1, -1):
        other = numbered[depth][1]
        if (other.rank, other.depth) == (marker.rank, marker.depth):
            return [node for node, _ in numbered[:depth]]
    if (marker.rank, marker.slug) == (Rank.ROMAN, "I") and numbered and numbered[-1][1].rank is Rank.ARTICLE:
        return [node for node, _ in numbered]  # what an article approves has parts of its own
    return [node for node, other in numbered if (other.rank, other.depth) < (marker.rank, marker.depth)]


def _stands_alone(open_clause: _Node, paragraph: Paragraph, *, last: bool) -> bool:
    """Tell a paragraph of its own from one that goes on with the open clause.

    Without marks of its level only two things tell: it begins in small letters, and where the body ends: its last
    paragraph sums up, and belongs to none of the clauses, unless it is all that a heading has.
    """
    before = open_clause.paragraphs[-1].text.rstrip()
    begun = paragraph.text[:1].islower() or not before.endswith((".", ";", ":", "!", "?", "”", "…", "/"))
    if open_clause.marker is None:
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
        text = nfc(clean.text[start + (node.marker.width if node.marker else 0) : end]).strip()
        heading = _heading(node, text)
        yield Clause(
            id=clause_id,
            number=(node.marker.printed or None) if node.marker else None,
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
    slug = node.marker.slug if node.marker else _FREE
    if node.marker and slug not in COUNTED:
        return slug
    counts[slug] = counts.get(slug, 0) + 1
    return f"{slug}-{counts[slug]}"


def _unique(clause_id: str, used: dict[str, int]) -> str:
    used[clause_id] = used.get(clause_id, 0) + 1
    return clause_id if used[clause_id] == 1 else f"{clause_id}_{used[clause_id]}"


def _heading(node: _Node, text: str) -> str | None:
    """Return the first paragraph where it is a title: short, without an end mark, with something under it."""
    if node.marker is None:
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
