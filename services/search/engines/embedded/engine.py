"""`EmbeddedEngine`: the search engine protocol over tantivy files on this machine."""

import asyncio
import contextlib
import dataclasses
import functools
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import tantivy

from services.core.errors import ConflictError, CorruptError, VanbanError
from services.search.engines.embedded.facets import count_facets
from services.search.engines.embedded.files import IndexFiles
from services.search.engines.embedded.paging import Order
from services.search.engines.embedded.queries import unpicked
from services.search.engines.embedded.reader import Reader, Snapshot
from services.search.engines.embedded.schema import create_index
from services.search.engines.embedded.sums import damaged_file
from services.search.engines.embedded.writer import Writer, indexed_revision
from services.search.generations import build_name
from services.search.near import neighbours, worth_guessing
from services.search.paging import Place, digest_of, take
from services.search.problems import cursor_expired, index_damaged
from services.search.types import EngineHit, EngineHits, EngineQuery, Generation, IndexDocument, Need, Term

_LOCK_SECONDS = 60.0
_COUNTERS = 4
"""Searches whose facets are counted at a time, each beside the finding of its hits (tantivy lets other threads run)."""

P = ParamSpec("P")
R = TypeVar("R")


def _in_thread(call: Callable[P, R]) -> Callable[P, Coroutine[Any, Any, R]]:
    """Run a blocking method beside the event loop, and turn what tantivy throws into our errors."""

    @functools.wraps(call)
    async def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        return await asyncio.to_thread(_translated, functools.partial(call, *args, **kwargs))

    return wrapper


def _translated(call: Callable[[], R]) -> R:
    try:
        return call()
    except VanbanError:
        raise
    except (OSError, ValueError) as error:
        raise index_damaged(f"The index cannot be used ({error}). Rebuild it with `vanban reindex`.") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # tantivy's Rust panics are BaseExceptions
            raise
        raise index_damaged(f"The index engine gave up ({error}). Rebuild it with `vanban reindex`.") from error


class EmbeddedEngine:
    """Search engine over a folder. Any number of processes read; those opened to write take turns under a lock."""

    def __init__(self, root: Path, *, write: bool) -> None:
        self._files = IndexFiles(root)
        self._reader = Reader(self._files)
        self._may_write = write
        self._turn = threading.Lock()
        self._filling: Writer | None = None
        self._counters = ThreadPoolExecutor(_COUNTERS, "facets")  # its threads end with the engine

    @_in_thread
    def prepare(self) -> None:
        """Publish a first, empty generation where there is none."""
        if self._files.pointer_stamp() is None:
            with self._files.writing(_LOCK_SECONDS):
                if self._files.pointer_stamp() is None:
                    self._files.point_to(self._create())

    @_in_thread
    def search(self, query: EngineQuery) -> EngineHits:
        """Find the page of documents; see `SearchEngine`."""
        place = Place.read(query.after, is_position=_is_position) if query.after else None
        snapshot = self._view(place)
        if snapshot is None:
            return EngineHits((), 0, {facet: [] for facet in query.facets})
        base = unpicked(query)
        # Counting takes as long as finding the hits: on another core.
        counted = self._counters.submit(count_facets, snapshot.searcher, query, base)
        asked = dataclasses.replace(query, facets=(), limit=0, after=None)
        order = (snapshot.orders.get(asked) if place else None) or Order(snapshot.searcher, asked, base)
        hits, after = _page(order, place, query.limit, snapshot.key)
        if place:
            snapshot.orders.put(asked, order, cost=order.cost)
            self._reader.keep(snapshot)
        return EngineHits(hits=hits, total=order.total, facets=counted.result(), next=after)

    @_in_thread
    def unknown(self, tokens: Sequence[str], access: frozenset[str] | None = None) -> dict[str, tuple[str, ...]]:
        """Return the folded syllables that occur nowhere; see `SearchEngine`."""
        snapshot = self._reader.current()
        if snapshot is None:
            return {}
        frequency = functools.partial(_frequency, snapshot.searcher, access, "all_f")
        missing = [token for token in dict.fromkeys(tokens) if not frequency(token)]
        return {t: neighbours(t, frequency) if worth_guessing(t) else () for t in missing}

    @_in_thread
    def frequencies(self, stream: str, tokens: Sequence[str], access: frozenset[str] | None = None) -> dict[str, int]:
        """Return how many documents have each token; see `SearchEngine`."""
        snapshot = self._reader.current()
        return {t: _frequency(snapshot.searcher, access, stream, t) if snapshot else 0 for t in tokens}

    @_in_thread
    def apply(
        self,
        upserts: Sequence[IndexDocument],
        deletes: Sequence[tuple[str, int]] = (),
        *,
        generation: str | None = None,
    ) -> None:
        """Write documents and take out others; see `SearchEngine`."""
        with self._writing():
            if generation is not None and generation != self._live_or_none():
                self._fill(generation, upserts, deletes)
                return
            name = self._files.live()
            if name is None:
                name = self._create()
                self._files.point_to(name)
            with Writer(self._files, name) as writer:
                writer.write(upserts, deletes)
                writer.commit()

    @_in_thread
    def count(self) -> int:
        """Return how many documents the live generation holds."""
        snapshot = self._reader.current()
        return snapshot.searcher.num_docs if snapshot else 0

    @_in_thread
    def revisions(self, ids: Sequence[str]) -> dict[str, int]:
        """Return the indexed revision of those documents that are in the live generation."""
        snapshot = self._reader.current()
        if snapshot is None:
            return {}
        found = {i: indexed_revision(snapshot.searcher, i) for i in ids}
        return {i: revision for i, revision in found.items() if revision is not None}

    @_in_thread
    def generations(self) -> list[Generation]:
        """List what is there; see `SearchEngine`."""
        live = self._live_or_none()
        return [Generation(name, name == live, self._documents(name)) for name in self._files.names()]

    @contextlib.asynccontextmanager
    async def rebuilding(self) -> AsyncIterator[None]:
        """Hold the right to rebuild; see `SearchEngine`."""
        self._check_writer()
        with self._files.rebuilding():
            yield

    @_in_thread
    def begin(self) -> str:
        """Make an empty generation beside the live one and return its name."""
        with self._writing():
            return self._create()

    @_in_thread
    def publish(self, generation: str) -> None:
        """Make it the live one, in one step for every reader."""
        with self._writing():
            self._finish_filling()
            if not self._files.path(generation).is_dir():
                raise ConflictError(f"There is no generation {generation} to publish.", name=generation)
            self._files.point_to(generation)

    @_in_thread
    def drop(self, generation: str) -> None:
        """Delete a generation that is not live; one that is gone already is no error."""
        with self._writing():
            if self._filling and self._filling.generation == generation:
                self._finish_filling()
            if generation == self._live_or_none():
                raise ConflictError(f"{generation} is live and cannot be dropped.", name=generation)
            self._files.remove(generation)

    @_in_thread
    def ping(self) -> None:
        """Return when the live generation can be searched, else raise."""
        snapshot = self._reader.current()
        if snapshot:
            snapshot.searcher.search(tantivy.Query.all_query(), 1)

    @_in_thread
    def verify(self) -> None:
        """Read every file of the live generation; see `Verifiable`."""
        name = self._files.live()
        if name is not None and (damaged := damaged_file(self._files.path(name))):
            raise index_damaged(
                f"{name}/{damaged} is not as it was written. Rebuild the index with `vanban reindex`.", name=name
            )

    @_in_thread
    def close(self) -> None:
        """Let go of the files; what a rebuild had written and not published stays unpublished."""
        with self._turn:
            self._finish_filling()
        self._reader.close()

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        self._check_writer()
        with self._turn, self._files.writing(_LOCK_SECONDS):
            yield

    def _check_writer(self) -> None:
        if not self._may_write:
            raise ConflictError("This process opened the index for reading only: open_engine(..., write=True).")

    def _view(self, place: Place | None) -> Snapshot | None:
        if place is None or place.view is None:
            return self._reader.current()
        kept = self._reader.kept(place.view)
        if kept is None:
            raise cursor_expired()
        return kept

    def _live_or_none(self) -> str | None:
        """Return the live generation; None also where the pointer is damaged, so that a rebuild can replace it."""
        try:
            return self._files.live()
        except CorruptError:
            return None

    def _create(self) -> str:
        name = build_name()
        create_index(self._files.path(name))
        return name

    def _fill(self, name: str, upserts: Sequence[IndexDocument], deletes: Sequence[tuple[str, int]]) -> None:
        if self._filling and self._filling.generation != name:
            self._finish_filling()
        if self._filling is None:
            self._filling = Writer(self._files, name)
        self._filling.write(upserts, deletes)

    def _finish_filling(self) -> None:
        writer, self._filling = self._filling, None
        if writer:
            writer.commit()
            writer.close()

    def _documents(self, name: str) -> int:
        with contextlib.suppress(CorruptError):
            return _translated(lambda: int(tantivy.Index.open(str(self._files.path(name))).searcher().num_docs))
        return -1


def _page(order: Order, place: Place | None, limit: int, view: str) -> tuple[tuple[EngineHit, ...], str | None]:
    """Return the page that follows a place, None before the first, and the cursor behind it."""
    start = place.at or 0 if place else 0
    found = order.hits(start, place.wanted(limit) if place else limit + 1)
    taken = take([hit.id for hit in found], place.shown if place else (), limit)
    hits = tuple(found[number] for number in taken.numbers)
    if not taken.more:
        return hits, None
    if place is None:
        return hits, Place(shown=tuple(digest_of(hit.id) for hit in hits)).encode()
    return hits, Place(view, start + taken.passed, taken.shown).encode()


def _is_position(value: Any) -> bool:
    return isinstance(value, int) and 0 <= value < 1 << 31


def _frequency(searcher: tantivy.Searcher, access: frozenset[str] | None, stream: str, token: str) -> int:
    """Count the documents that have a token: all of them, or only those with one of these values of access."""
    count = int(searcher.doc_freq(stream, token))
    if access is None or not count:
        return count
    asked = EngineQuery(tuple(sorted(access)), must=(Need(((frozenset({Term(stream, token)}),),)),))
    result = searcher.search(unpicked(asked), 1, count=True)
    return int(result.count)  # type: ignore[attr-defined]  # missing in the stub
