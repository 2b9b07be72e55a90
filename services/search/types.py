"""The values that cross the seams of searching: what is indexed, what is asked, what an engine finds.

Both engines speak these types only; no query language of an engine crosses this module (docs/architecture.md).
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

Marks = Literal["wish", "strict"]
Sort = Literal["relevance", "newest", "oldest"]
Tier = Literal["symbol", "exact", "tone", "folded", "near"]

SCHEMA = 6
"""Version of the index schema and of the analysis; a change of either raises it, and `reindex` rebuilds."""

SCORED_FIELDS = ("symbol", "subject", "head", "body")
"""The fields of a document that count for relevance, as `IndexDocument.texts` names them."""

KEYWORDS = (
    "access",
    "issuer",
    "kind",
    "topic",
    "year",
    "signer",
    "urgency",
    "state",
    "addressee",
    "assignee",
    "task",
    "symbol_key",
    "number",
    "cites",
    "arrival_number",
    "level",
    "province",
    "batch",
    "dossier",
)
"""The values a document is filtered by; each document has any number of each."""

FACETS = ("issuer", "kind", "topic", "year", "signer", "urgency", "state")
"""The keywords that are counted; issuer, topic and year are trees, their values indexed with all ancestors."""

FACET_VALUES, MOST_FACET_VALUES = 1000, 10_000
"""Values counted of each facet with every search, and where one facet is looked through."""

UNKNOWN = "unknown"
"""The value of the year facet for a document whose date is not known at all."""


# --------------------------------------------------------------------------- what is indexed

GAP = "\f"
"""Stands in an indexed text between what is not next to each other on the page."""


@dataclass(frozen=True, slots=True)
class IndexDocument:
    """One document as the index holds it.

    `texts` has the scored fields (SCORED_FIELDS); `rest` is text that finds the document but gives no score
    (recipients, signature block). A GAP in either is where no phrase runs on. `keywords` maps KEYWORDS to values.
    `issued` bounds the day of issue, inclusive;
    `due` and `arrived` are the days meant by deadlines and by the arrival stamp.
    """

    id: str
    revision: int
    texts: Mapping[str, str]
    keywords: Mapping[str, tuple[str, ...]]
    rest: str = ""
    issued: tuple[dt.date, dt.date] | None = None
    due: tuple[dt.date, ...] = ()
    arrived: dt.date | None = None


# --------------------------------------------------------------------------- what is asked


@dataclass(frozen=True, slots=True)
class Filters:
    """What the documents listed must have; several values of one filter are alternatives, filters add up.

    `date_from`/`date_to` (day of issue), `due_*` and `arrived_*` keep what overlaps the interval, ends included; what
    has no such date is left out. `assignee` and `due_*` together ask for one task that has both. A year may name its
    month, "2021/08".
    """

    issuer: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    topic: tuple[str, ...] = ()
    year: tuple[str, ...] = ()
    signer: tuple[str, ...] = ()
    urgency: tuple[str, ...] = ()
    state: tuple[str, ...] = ()
    addressee: tuple[str, ...] = ()
    assignee: tuple[str, ...] = ()
    cites: tuple[str, ...] = ()
    arrival_number: tuple[str, ...] = ()
    level: tuple[str, ...] = ()
    province: tuple[str, ...] = ()
    batch: tuple[str, ...] = ()
    dossier: tuple[str, ...] = ()
    date_from: dt.date | None = None
    date_to: dt.date | None = None
    due_from: dt.date | None = None
    due_to: dt.date | None = None
    arrived_from: dt.date | None = None
    arrived_to: dt.date | None = None


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """A search as a person or program asks it; `limit` is the page's size, `cursor` the `next` of the page before.

    With `literal` all of `q` is words: no phrases, exclusions, filters or dates are read out of it.
    """

    q: str = ""
    filters: Filters = field(default_factory=Filters)
    marks: Marks = "wish"
    sort: Sort = "relevance"
    limit: int = 20
    cursor: str | None = None
    facets: tuple[str, ...] = FACETS
    facet_values: int = FACET_VALUES
    literal: bool = False


@dataclass(frozen=True, slots=True)
class Term:
    """A token of one stream. `stream` names field and form ("body_pf") or, in a gate, "all_f"."""

    stream: str
    token: str


@dataclass(frozen=True, slots=True)
class Scored:
    """A term and the factor by which its BM25 score counts."""

    term: Term
    weight: float


@dataclass(frozen=True, slots=True)
class Phrase:
    """Two or more folded syllables that stand one after the other in one field of the document, no GAP between."""

    syllables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prefix:
    """Any token of a stream that begins so; letters and digits only."""

    stream: str
    start: str


@dataclass(frozen=True, slots=True)
class Need:
    """One thing the query asks for: met when all parts of any of its ways are in the document.

    Each part of a way is a phrase, a prefix or a set of equivalent terms, any of which will do.
    """

    ways: tuple[tuple[frozenset[Term] | Phrase | Prefix, ...], ...]


@dataclass(frozen=True, slots=True)
class Gate:
    """Which documents match at all: all of `must`, and at least `minimum` of `needs`."""

    needs: tuple[Need, ...] = ()
    minimum: int = 0
    must: tuple[Need, ...] = ()


@dataclass(frozen=True, slots=True)
class KeywordIs:
    """The document has one of these values of a keyword."""

    keyword: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DateWithin:
    """The document's `dates` ("issued", "due" or "arrived") overlap the interval; an open end is None."""

    dates: Literal["issued", "due", "arrived"]
    first: dt.date | None
    last: dt.date | None


@dataclass(frozen=True, slots=True)
class Boost:
    """A document with this keyword is let through the gate and gets this score on top."""

    keyword: str
    values: tuple[str, ...]
    score: float


@dataclass(frozen=True, slots=True)
class Preference:
    """A document that has this gets the score on top; which documents match stays as it is."""

    wanted: Need | KeywordIs | DateWithin
    score: float


@dataclass(frozen=True, slots=True)
class EngineQuery:
    """A search as an engine runs it: a flat sum of scored terms over what passes gate, access and filters.

    `gate` is None when everything passes; `must` and `never` hold for all documents, those that a boost lets
    through the gate too. `filters` are not counted as facets, `picked` are: a facet's counts leave
    out what was picked of that same facet. `after` is a cursor that this engine made.
    """

    access: tuple[str, ...]
    scored: tuple[Scored, ...] = ()
    gate: Gate | None = None
    must: tuple[Need, ...] = ()
    never: tuple[Need | KeywordIs | DateWithin, ...] = ()
    boosts: tuple[Boost, ...] = ()
    preferences: tuple[Preference, ...] = ()
    filters: tuple[KeywordIs | DateWithin, ...] = ()
    picked: tuple[KeywordIs, ...] = ()
    facets: tuple[str, ...] = ()
    facet_values: int = FACET_VALUES
    sort: Sort = "relevance"
    limit: int = 20
    after: str | None = None
    among: tuple[str, ...] | None = None


# --------------------------------------------------------------------------- what an engine finds


@dataclass(frozen=True, slots=True)
class EngineHit:
    """A document found; `score` is the same on both engines, 0 where the list is sorted by date."""

    id: str
    score: float


@dataclass(frozen=True, slots=True)
class EngineHits:
    """A page of hits. `total` is exact; `next` goes into `EngineQuery.after`, None on the last page."""

    hits: tuple[EngineHit, ...]
    total: int
    facets: Mapping[str, Sequence[tuple[str, int]]] = field(default_factory=dict)
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Generation:
    """One built index, named `vanban-<schema>-<timestamp>`; searches go to the one that is `live`."""

    name: str
    live: bool
    documents: int


class SearchEngine(Protocol):
    """What every engine can do; tests/contract holds both to it.

    Errors: UnavailableError (try again), CorruptError (the index is damaged or of another version: `vanban reindex`),
    ConflictError (somebody else is writing), InvalidInputError (a cursor that this engine did not make), GoneError
    (`cursor_expired`: a cursor's view is no longer kept; views live for ten minutes after their last page).
    """

    async def search(self, query: EngineQuery) -> EngineHits:
        """Find the page of documents; an index that nobody has written yet is empty.

        Over all pages of a query nothing that was in the index all along is left out or comes twice, whatever is
        written meanwhile.
        """
        ...

    async def unknown(self, tokens: Sequence[str], access: frozenset[str] | None = None) -> dict[str, tuple[str, ...]]:
        """Return the folded syllables that occur nowhere, each with known ones one edit away, frequent first.

        With `access` only the documents with one of these values count: what others hold must not show.
        """
        ...

    async def frequencies(
        self, stream: str, tokens: Sequence[str], access: frozenset[str] | None = None
    ) -> dict[str, int]:
        """Return how many documents of the live generation have each token in a stream that scores.

        With `access` as `unknown`. Without, documents replaced or deleted since the engine last merged its files may
        be counted too.
        """
        ...

    async def apply(
        self,
        upserts: Sequence[IndexDocument],
        deletes: Sequence[tuple[str, int]] = (),
        *,
        generation: str | None = None,
    ) -> None:
        """Write documents and take out others (id, revision), in the live generation or the one named.

        Durable and searchable when it returns (in a generation that is not live: when that is published). What is
        older than the index's own revision of a document, deleted ones included, is passed over. Doing it again
        changes nothing.
        """
        ...

    async def count(self) -> int:
        """Return how many documents the live generation holds."""
        ...

    async def revisions(self, ids: Sequence[str]) -> dict[str, int]:
        """Return the indexed revision of those documents that are in the live generation."""
        ...

    async def generations(self) -> list[Generation]:
        """List what is there, oldest first, damaged ones with -1 documents."""
        ...

    def rebuilding(self) -> AbstractAsyncContextManager[None]:
        """Hold the right to rebuild inside the block; ConflictError (`rebuild_running`) while somebody else does.

        It ends with the process that holds it, so that the next one goes on after a crash.
        """
        ...

    async def begin(self) -> str:
        """Make an empty generation beside the live one and return its name."""
        ...

    async def publish(self, generation: str) -> None:
        """Make it the live one, in one step for every reader."""
        ...

    async def drop(self, generation: str) -> None:
        """Delete a generation that is not live; one that is gone already is no error."""
        ...

    async def ping(self) -> None:
        """Return when the engine answers and its live generation can be searched, else raise."""
        ...

    async def close(self) -> None:
        """Let go of files and connections."""
        ...


@runtime_checkable
class Verifiable(Protocol):
    """An engine whose files lie here and can be held against the checksums they were written with."""

    async def verify(self) -> None:
        """Read every file of the live generation; CorruptError naming the one that is not as it was written."""
        ...
