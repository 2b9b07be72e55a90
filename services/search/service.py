"""The one service behind the search box, `GET /search` and `vanban search`."""

import asyncio
import dataclasses
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import NamedTuple

from services.archive import Archive
from services.core.errors import GoneError
from services.core.model import Document, Principal
from services.core.settings import Limits, Settings
from services.search.answer import facet_page, facets_shown, hit_of, named_so, understood_of
from services.search.clearance import counted_for, open_to
from services.search.cursors import Near, Seen, meaning_of
from services.search.gate import can_relax
from services.search.in_time import in_time
from services.search.labels import Labels
from services.search.likely import likely_part
from services.search.marks import Mark, Wanted, find_marks, tier_of, wanted_of
from services.search.meant import Corrector
from services.search.page import AskedQuery, DidYouMean, DocumentMarks, FacetPage, Hit, PageHit, SearchPage
from services.search.passages import Passages, passage, stretches
from services.search.places import PagePlaces, best_pages, opening, page_hit, pages_of
from services.search.plan import Plan
from services.search.problems import bad_facet, bad_limit, cursor_expired, query_too_long, too_many_documents
from services.search.query import bodies_asked, build_engine_query
from services.search.shelf import Boxes, ReadText, Shelf
from services.search.similar import SimilarDocuments, SimilarFinder
from services.search.suggest import MOST_SUGGESTIONS, Suggester, Suggestions
from services.search.synonyms import followed_synonyms
from services.search.typed import take_apart
from services.search.types import FACETS, MOST_FACET_VALUES, EngineHits, EngineQuery, SearchEngine, SearchQuery, Tier

Label = Callable[[str, str], str | None]
"""(facet, value) -> the words for it, None where it has none of its own."""

PAGES_PER_HIT = 3
MARKED_PAGES = 60
"""Pages of a hit that are marked; of a longer one those that `likely` chooses."""
PAGES_PER_DOCUMENT = 300
WALKED_IDS = 1_000
"""Hits fetched at a time by those who want them all."""
WALKED_DOCUMENTS = 100
"""Documents of them in memory at a time."""


class AllDocuments(NamedTuple):
    """What answers a query: how many documents, and they themselves, fetched page by page while they are taken."""

    total: int
    documents: AsyncIterator[Document]


class SearchService:
    """Understand a query, run it on the engine, and mark the hits from the archive's words.

    `label` names facet values that no document names (the upper branches of the topic tree): pass the taxonomy's.
    Whatever answers a person raises UnavailableError (`search_too_slow`) after `limits.search_seconds`.
    """

    def __init__(
        self, engine: SearchEngine, archive: Archive, settings: Settings, *, label: Label | None = None
    ) -> None:
        self._engine = engine
        self._documents = archive.documents
        self._limits = settings.limits
        self.synonyms = followed_synonyms(settings.synonyms_file)
        self._shelf = Shelf(archive)
        self._labels = Labels(engine, self._shelf, label)
        self._corrector = Corrector(engine)
        self._suggester = Suggester(engine, self._shelf, self._labels)
        self._similar = SimilarFinder(engine, archive, self._shelf)

    @property
    def limits(self) -> Limits:
        """The limits in force."""
        return self._limits

    @in_time
    async def search(self, p: Principal, query: SearchQuery) -> SearchPage:
        """Answer a query with one page of hits, their marks and the facets.

        Raises InvalidInputError for a query over `limits.query_chars`, a limit over `limits.search_results` or a cursor
        that is not ours or belongs to another query; never for what is typed.
        """
        started = time.perf_counter()
        self._check(query)
        plan, found, after = await self._answer(p, query)
        hits = await self._hits(p, found, plan, bodies_asked(plan, query))
        shown = facets_shown(found.facets, query.filters)
        labels = await self._labels.of(p, shown)
        meant = await self._meant(p, query, plan)
        return SearchPage(
            query=AskedQuery(q=query.q, marks=query.marks, understood=understood_of(plan), did_you_mean=meant),
            total=found.total,
            took_ms=round((time.perf_counter() - started) * 1000, 2),
            hits=hits,
            facets={name: facet_page(name, counts, query.filters, labels) for name, counts in shown.items()},
            next=after,
        )

    @in_time
    async def facet(
        self, p: Principal, query: SearchQuery, name: str, *, prefix: str = "", offset: int = 0, limit: int = 20
    ) -> FacetPage:
        """Return some of the values of one facet of a search, MOST_FACET_VALUES of them at most.

        `prefix` keeps those in whose name a word begins so, with or without marks. Raises InvalidInputError as
        `search`, and for a facet that there is not.
        """
        self.check_length(query)
        if name not in FACETS:
            raise bad_facet(name, FACETS)
        one = dataclasses.replace(query, limit=1, cursor=None, facets=(name,), facet_values=MOST_FACET_VALUES)
        _, found, _ = await self._answer(p, one)
        counts = [pair for pair in found.facets[name] if named_so(name, pair[0], prefix)]
        shown = {name: counts[offset : offset + limit]}
        labels = await self._labels.of(p, shown)
        after = offset + limit
        return FacetPage(
            facet=name,
            total=len(counts),
            values=facet_page(name, shown[name], query.filters, labels),
            next=after if after < len(counts) else None,
        )

    async def all_documents(self, p: Principal, query: SearchQuery, *, most: int | None = None) -> AllDocuments:
        """Return all documents that `search` would list over all its pages, in its order, each once.

        `limit` and `cursor` of the query do not count. Raises InvalidInputError as `search`, and for more than `most`.
        What leaves the archive, or the sight of `p`, meanwhile is left out.
        """
        self.check_length(query)
        page = dataclasses.replace(query, limit=WALKED_IDS, cursor=None, facets=())
        _, found, after = await self._answer(p, page)
        if most is not None and found.total > most:
            raise too_many_documents(found.total, most)
        return AllDocuments(found.total, self._walk(p, page, found, after))

    async def found_ids(self, p: Principal, query: SearchQuery, *, most: int) -> list[str]:
        """Return the ids of all documents that `all_documents` would return; errors as there."""
        self.check_length(query)
        page = dataclasses.replace(query, limit=WALKED_IDS, cursor=None, facets=())
        _, found, after = await self._answer(p, page)
        if found.total > most:
            raise too_many_documents(found.total, most)
        return [each async for ids in self._walk_ids(p, page, found, after) for each in ids]

    async def matching(self, p: Principal, query: SearchQuery, ids: Sequence[str]) -> frozenset[str]:
        """Return those of these documents that match now; the query is never relaxed to half of its words.

        `limit` and `cursor` of the query do not count. Raises InvalidInputError for a query that is too long.
        """
        if not ids:
            return frozenset()
        asked = dataclasses.replace(await self._unranked(p, query), among=tuple(ids), limit=len(ids))
        return frozenset(hit.id for hit in (await self._engine.search(asked)).hits)

    async def all_ids(self, p: Principal, query: SearchQuery) -> AsyncIterator[list[str]]:
        """Yield the ids of all documents that `matching` would find among all, in parts; errors as `matching`.

        Raises GoneError (`cursor_expired`) when the index is made anew meanwhile.
        """
        asked = dataclasses.replace(await self._unranked(p, query), limit=WALKED_IDS)
        while True:
            found = await self._engine.search(asked)
            yield [hit.id for hit in found.hits]
            if found.next is None:
                return
            asked = dataclasses.replace(asked, after=found.next)

    @in_time
    async def marks(self, p: Principal, document_id: str, q: str) -> DocumentMarks:
        """Return every page of one document that answers the query, with boxes; NotFoundError as `Documents.get`."""
        self._check(SearchQuery(q=q))
        document = await self._documents.get(p, document_id)
        read = (await self._shelf.texts(p, [document])).get(document.id)
        if read is None:
            return DocumentMarks(document_id=document.id, q=q)
        plan = await self._plan(p, SearchQuery(q=q))
        marks = await asyncio.to_thread(find_marks, read.folded, wanted_of(plan))
        places = pages_of(read, marks)
        found = _Found(None, marks, places[:PAGES_PER_DOCUMENT])
        boxes = await self._shelf.boxes(p, [(document, found.numbers)])
        pages = _page_hits(read, found, boxes[document.id])
        return DocumentMarks(document_id=document.id, q=q, pages=pages, cut=len(places) > len(pages))

    @in_time
    async def passages(self, p: Principal, document: Document, q: str, *, first: int, most: int) -> Passages:
        """Return `most` places of a document that answer the query, from number `first` on, in text order.

        A query of nothing but filters or dates is taken for words: inside one document they would select nothing.
        """
        query = SearchQuery(q=q)
        self._check(query)
        read = (await self._shelf.texts(p, [document])).get(document.id)
        if read is None:
            return Passages(0, ())
        plan = await self._plan(p, query)
        if not plan.typed.syllables:
            plan = await self._plan(p, dataclasses.replace(query, literal=True))
        marks = await asyncio.to_thread(find_marks, read.folded, wanted_of(plan))
        total, found = stretches(read, marks, first, most)
        numbers = sorted({page for stretch in found for page, words in stretch.words if words})
        boxes = (await self._shelf.boxes(p, [(document, numbers)]))[document.id]
        return Passages(total, tuple(passage(read, stretch, boxes) for stretch in found))

    @in_time
    async def suggest(self, p: Principal, q: str, limit: int = 8) -> Suggestions:
        """Complete the beginning of a query: names with their counts, and documents; InvalidInputError as `search`."""
        self.check_length(SearchQuery(q=q))
        if not 1 <= limit <= MOST_SUGGESTIONS:
            raise bad_limit(MOST_SUGGESTIONS)
        return await self._suggester.suggest(p, q, limit, self.synonyms.current())

    @in_time
    async def similar(self, p: Principal, document_id: str, limit: int = 10) -> SimilarDocuments:
        """Return the documents most like one, each with the terms that both have; NotFoundError as `Documents.get`."""
        return await self._similar.find(p, document_id, limit)

    # ----------------------------------------------------------------------- understanding

    def check_length(self, query: SearchQuery) -> None:
        """Raise InvalidInputError for a query over `limits.query_chars`."""
        if len(query.q) > self._limits.query_chars:
            raise query_too_long(len(query.q), self._limits.query_chars)

    async def _unranked(self, p: Principal, query: SearchQuery) -> EngineQuery:
        """Build the query of which documents match, in whatever order."""
        self.check_length(query)
        plain = dataclasses.replace(query, sort="newest", cursor=None, facets=())
        asked = build_engine_query(await self._plan(p, plain), plain, open_to(p))
        return dataclasses.replace(asked, scored=(), preferences=())

    def _check(self, query: SearchQuery) -> None:
        self.check_length(query)
        if not 1 <= query.limit <= self._limits.search_results:
            raise bad_limit(self._limits.search_results)

    async def _plan(self, p: Principal, query: SearchQuery, near: Near | None = None) -> Plan:
        strict = query.marks == "strict"
        typed = take_apart(query.q, literal=query.literal)
        if not typed.syllables or typed.symbol is not None:  # a symbol is meant as typed
            return Plan(typed, strict=strict)
        if near is None:
            near = await self._engine.unknown(list(dict.fromkeys(typed.folded)), counted_for(p))
        alternatives = tuple(self.synonyms.current().alternatives(typed.syllables))
        return Plan(typed=typed, alternatives=alternatives, near=near, strict=strict)

    async def _meant(self, p: Principal, query: SearchQuery, plan: Plan) -> DidYouMean | None:
        """Propose another query where a word was probably not meant, and the other finds something."""
        if query.cursor or not plan.typed.loose:
            return None
        other = await self._corrector.correct(plan, p)
        if other is None:
            return None
        corrected = dataclasses.replace(query, q=other, facets=(), limit=1)
        _, found, _ = await self._answer(p, corrected)
        return DidYouMean(q=other, total=found.total) if found.total else None

    # ----------------------------------------------------------------------- finding

    async def _answer(self, p: Principal, query: SearchQuery) -> tuple[Plan, EngineHits, str | None]:
        """Run the query; where nothing matches, once more with half of the words. Returns our own cursor beside hits.

        A page that follows is asked for as the first one was understood: with the guesses of then; what else may have
        changed since (the synonyms, what "today" is) ends the cursor.
        """
        seen = Seen.read(query)
        plan = await self._plan(p, query, seen.near if seen else None)
        meaning = meaning_of(plan)
        if seen and seen.meaning != meaning:
            raise cursor_expired()
        relaxed, after = (seen.relaxed, seen.engine) if seen else (False, None)
        found = await self._engine.search(build_engine_query(plan, query, open_to(p), relaxed=relaxed, after=after))
        if found.total == 0 and seen is None and can_relax(plan.typed):
            relaxed = True
            found = await self._engine.search(build_engine_query(plan, query, open_to(p), relaxed=True))
        then = Seen(relaxed, plan.near, meaning, found.next).encode(query) if found.next else None
        return plan, found, then

    async def _walk(
        self, p: Principal, page: SearchQuery, found: EngineHits, after: str | None
    ) -> AsyncIterator[Document]:
        async for ids in self._walk_ids(p, page, found, after):
            for start in range(0, len(ids), WALKED_DOCUMENTS):
                part = ids[start : start + WALKED_DOCUMENTS]
                documents = await self._documents.many(p, part)
                for document in (documents[i] for i in part if i in documents):
                    yield document

    async def _walk_ids(
        self, p: Principal, page: SearchQuery, found: EngineHits, after: str | None
    ) -> AsyncIterator[list[str]]:
        seen: set[str] = set()
        while True:
            ids = [hit.id for hit in found.hits if hit.id not in seen]
            seen.update(ids)
            yield ids
            if after is None:
                return
            try:
                _, found, after = await self._answer(p, dataclasses.replace(page, cursor=after))
            except GoneError:  # the index was made anew: from the top of the new one, without what was seen
                _, found, after = await self._answer(p, page)

    # ----------------------------------------------------------------------- showing

    async def _hits(
        self, p: Principal, found: EngineHits, plan: Plan, bodies: Mapping[str, frozenset[str]]
    ) -> tuple[Hit, ...]:
        ids = [hit.id for hit in found.hits]
        documents = await self._shelf.documents(p, ids)
        shown = [hit for hit in found.hits if hit.id in documents]  # the others were taken out this very moment
        marked = await self._marked(p, [documents[hit.id] for hit in shown], plan)
        return tuple(
            hit_of(documents[hit.id], hit.score, plan, tier, pages, bodies)
            for hit, (tier, pages) in zip(shown, marked, strict=True)
        )

    async def _marked(
        self, p: Principal, documents: Sequence[Document], plan: Plan
    ) -> list[tuple[Tier | None, tuple[PageHit, ...]]]:
        if not plan.typed.syllables or not documents:
            return [(None, ())] * len(documents)
        texts = await self._shelf.texts(p, documents)
        wanted = wanted_of(plan)
        found = await asyncio.to_thread(lambda: {i: _found_in(read, wanted) for i, read in texts.items()})
        boxes = await self._shelf.boxes(p, [(d, found[d.id].numbers) for d in documents if d.id in found])
        return [
            _shown(d, texts[d.id], found[d.id], boxes[d.id]) if d.id in found else (None, ()) for d in documents
        ]  # fmt: skip


class _Found(NamedTuple):
    """What a query found in one document: how well, all marks, and the pages to show."""

    tier: Tier | None
    marks: Sequence[Mark]
    places: Sequence[PagePlaces]

    @property
    def numbers(self) -> list[int]:
        """The pages whose boxes are needed."""
        return [place.number for place in self.places if place.words]


def _found_in(read: ReadText, wanted: Wanted) -> _Found:
    marks = find_marks(likely_part(read.folded, read.page_starts, wanted, MARKED_PAGES), wanted)
    return _Found(tier_of(marks, wanted), marks, best_pages(pages_of(read, marks), PAGES_PER_HIT))


def _shown(document: Document, read: ReadText, found: _Found, boxes: Boxes) -> tuple[Tier | None, tuple[PageHit, ...]]:
    if not found.marks:
        return None, (opening(read.text, document.first_page),)
    return found.tier, _page_hits(read, found, boxes)


def _page_hits(read: ReadText, found: _Found, boxes: Boxes) -> tuple[PageHit, ...]:
    return tuple(page_hit(read.text, place, found.marks, boxes.get(place.number)) for place in found.places)
