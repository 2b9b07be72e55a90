"""Suggestions while a query is typed: documents by symbol and subject, bodies, kinds and topics by name."""

import itertools
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

from pydantic import Field

from services.core.kinds import KINDS
from services.core.model import Document, Model, Principal
from services.core.text import fold, folded_form, syllables
from services.search.analysis import PAIR
from services.search.clearance import open_to
from services.search.keyboard import decode
from services.search.labels import Labels
from services.search.memory import Memory
from services.search.shelf import Shelf
from services.search.synonyms import Synonyms
from services.search.types import EngineQuery, Need, Prefix, Scored, SearchEngine, Term

Group = Literal["document", "issuer", "kind", "topic"]

NAMED: tuple[Group, ...] = ("issuer", "kind", "topic")
"""The facets whose values are suggested by name."""
MOST_OF_A_GROUP = 3
MOST_SUGGESTIONS = 20
USED_SYLLABLES = 8
"""Of what is typed the last so many count: nobody picks a suggestion for a paragraph."""
FRESH_SECONDS = 5.0
"""The counts of names are those of so long ago at most: counting all documents for every key would cost more."""
_KEPT_VIEWS = 64
_SHORTEST_INITIALS = 2
_PAIR_WEIGHT = 2.0
_COMPLETED = ("symbol", "subject")
_BEGUN = re.compile(r"(?P<kind>[^\d]*?)(?:\bso\b[\s:]*)?(?P<symbol>\d.*)", re.DOTALL)
_PARTS = re.compile(r"\d+|[a-z]+")
_NUMBER_DIGITS = 2
"""Numbers below 10 are written with a zero before."""
_KIND_NAMES = frozenset(fold(kind.name).lower() for kind in KINDS.values())


class Suggestion(Model):
    """Something to pick while typing.

    Of a document `value` is its id and `detail` its symbol; else `value` is a value of the facet named by `group`, and
    following `links.html` lists `count` documents.
    """

    group: Group = Field(description="A document, or the facet that the value is of.", examples=["topic"])
    value: str = Field(description="Id of the document, or value of the facet.", examples=["y-te/tiem-chung"])
    label: str = Field(description="Words to show.", examples=["Tiêm chủng"])
    detail: str | None = Field(default=None, description="Symbol of a document.", examples=["3030/UBND-KGVX"])
    count: int = Field(default=1, description="How many documents following it shows.", examples=[17])
    links: dict[str, str] = Field(default_factory=dict, description="`html` is the page that it leads to.")


class Suggestions(Model):
    """What may be meant by the beginning of a query, names first, then documents, the best first."""

    q: str = Field(description="What was typed.", examples=["tiêm va"])
    items: tuple[Suggestion, ...] = ()


@dataclass(frozen=True, slots=True)
class _Name:
    """A value of a facet, the words of its label without marks, and how many documents have it."""

    group: Group
    value: str
    label: str
    words: tuple[str, ...]
    count: int


class Suggester:
    """Complete what is typed from what a caller may see."""

    def __init__(self, engine: SearchEngine, shelf: Shelf, labels: Labels) -> None:
        self._engine = engine
        self._shelf = shelf
        self._labels = labels
        self._names: Memory[frozenset[str], tuple[float, tuple[_Name, ...]]] = Memory(_KEPT_VIEWS)

    async def suggest(self, p: Principal, q: str, limit: int, synonyms: Synonyms) -> Suggestions:
        """Return at most `limit` suggestions for the beginning of a query; none for an empty one.

        Every syllable but the last is taken as complete, with or without marks; one that the keyboard left as Telex or
        VNI is read as what it means where nothing begins as it is typed, and last of all a number as that of a symbol.
        """
        for typed in _readings(q):
            names = self._matching(await self._all_names(p), typed, synonyms)
            documents = await self._beginning(p, typed, limit)
            found = [*map(_named, names), *map(_document, documents)][:limit]
            if found:
                return Suggestions(q=q, items=tuple(found))
        return Suggestions(q=q)

    async def _all_names(self, p: Principal) -> tuple[_Name, ...]:
        """Return the names of all that the caller's documents have, the most frequent first."""
        kept = self._names.get(open_to(p))
        now = time.monotonic()
        if kept and now - kept[0] < FRESH_SECONDS:
            return kept[1]
        counted = await self._engine.search(
            EngineQuery(tuple(sorted(open_to(p))), facets=NAMED, sort="newest", limit=0)
        )
        labels = await self._labels.of(p, counted.facets)
        names = [
            _Name(group, value, labels[group, value], _words(labels[group, value]), count)
            for group in NAMED
            for value, count in counted.facets.get(group, ())
            if labels[group, value] != value  # not named yet: an id means nothing to a reader
        ]
        names.sort(key=lambda name: (-name.count, name.label))
        self._names.put(open_to(p), (now, tuple(names)))
        return tuple(names)

    def _matching(self, names: Sequence[_Name], typed: tuple[str, ...], synonyms: Synonyms) -> list[_Name]:
        ways = [typed, *_spelt_out(typed, synonyms)]
        found: dict[Group, list[_Name]] = {group: [] for group in NAMED}
        for name in names:
            if len(found[name.group]) < MOST_OF_A_GROUP and any(_begins(name.words, way) for way in ways):
                found[name.group].append(name)
        return [name for group in NAMED for name in found[group]]

    async def _beginning(self, p: Principal, typed: tuple[str, ...], limit: int) -> list[Document]:
        """Return documents whose subject or symbol has all that is typed, the last of it as a beginning.

        Of a single beginning the newest: what begins nearly every subject ("Về việc") would tie, and an engine sorts
        all ties (70 ms instead of 3).
        """
        *whole, last = typed
        ways = tuple((*_all_of(f"{name}_f", whole), Prefix(f"{name}_f", last)) for name in _COMPLETED)
        scored = [Scored(Term(f"{name}_f", word), 1.0) for word in typed for name in _COMPLETED]
        scored += [Scored(Term("subject_pf", PAIR.join(pair)), _PAIR_WEIGHT) for pair in itertools.pairwise(typed)]
        asked = EngineQuery(
            tuple(sorted(open_to(p))),
            scored=tuple(dict.fromkeys(scored)) if whole else (),
            must=(Need(ways),),
            sort="relevance" if whole else "newest",
            limit=limit,
        )
        hits = (await self._engine.search(asked)).hits
        documents = await self._shelf.documents(p, [hit.id for hit in hits])
        return [documents[hit.id] for hit in hits if hit.id in documents]


def _all_of(stream: str, words: Sequence[str]) -> Iterator[frozenset[Term] | Prefix]:
    return (frozenset({Term(stream, word)}) for word in words)


def _readings(q: str) -> Iterator[tuple[str, ...]]:
    """Yield what is typed as folded syllables, then as the keyboard may have meant them."""
    typed = tuple(map(folded_form, syllables(q)))[-USED_SYLLABLES:]
    if not typed:
        return
    yield typed
    decoded = " ".join(decode(word) or word for word in q.split())
    meant = tuple(map(folded_form, syllables(decoded)))[-USED_SYLLABLES:]
    if meant != typed:
        yield meant
    symbol = _symbol_begun(decoded)
    if symbol and symbol != typed:
        yield symbol


def _symbol_begun(q: str) -> tuple[str, ...]:
    """Return the parts of a symbol begun behind nothing but a kind and "số": "công văn số 5/2021/n" as 05, 2021, n."""
    begun = _BEGUN.fullmatch(fold(q).lower())
    if not begun or (begun["kind"].strip() and begun["kind"].strip() not in _KIND_NAMES):
        return ()
    number, *others = _PARTS.findall(begun["symbol"])[:USED_SYLLABLES]
    return (number.zfill(_NUMBER_DIGITS), *others)


def _spelt_out(typed: tuple[str, ...], synonyms: Synonyms) -> Iterator[tuple[str, ...]]:
    """Yield what is typed with an abbreviation spelt out: "ubnd lai" as "ủy ban nhân dân lai"."""
    for other in synonyms.alternatives(typed):
        instead = tuple(map(folded_form, other.instead))
        yield (*typed[: other.start], *instead, *typed[other.end :])


def _words(label: str) -> tuple[str, ...]:
    return tuple(map(folded_form, syllables(label)))


def _begins(words: tuple[str, ...], typed: tuple[str, ...]) -> bool:
    """Whether a name has the typed words side by side, the last perhaps cut short, or begins with these initials."""
    *whole, last = typed
    for at in range(len(words) - len(whole)):
        if list(words[at : at + len(whole)]) == whole and words[at + len(whole)].startswith(last):
            return True
    if whole or len(last) < _SHORTEST_INITIALS:
        return False
    return "".join(word[0] for word in words).startswith(last)


def _named(name: _Name) -> Suggestion:
    address = "/search?" + urlencode([(name.group, name.value)])
    return Suggestion(group=name.group, value=name.value, label=name.label, count=name.count, links={"html": address})


def _document(document: Document) -> Suggestion:
    record = document.record
    return Suggestion(
        group="document",
        value=document.id,
        label=record.subject or record.symbol or document.file_name or document.id,
        detail=record.symbol,
        links={"html": f"/documents/{document.id}", "self": f"/api/v1/documents/{document.id}"},
    )
