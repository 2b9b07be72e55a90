"""Reading side of the embedded engine: the searcher in force, and the ones that open cursors still need."""

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field

import tantivy

from services.core.errors import CorruptError
from services.search.engines.embedded.files import IndexFiles
from services.search.engines.embedded.paging import Order
from services.search.engines.embedded.schema import open_index
from services.search.memory import Memory
from services.search.types import EngineQuery

_TRIES = 3  # a rebuild may go live, and its predecessor go, between reading the pointer and opening what it names
_SNAPSHOTS = 32
_ORDER_BYTES = 8_000_000  # of one snapshot: results of 600,000 documents in all
_SNAPSHOT_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A searcher: it sees one commit for as long as it lives. `key` names that commit, in every process.

    `orders` are results that somebody reads page by page.
    """

    key: str
    generation: str
    searcher: tantivy.Searcher
    orders: Memory[EngineQuery, Order] = field(default_factory=lambda: Memory(_ORDER_BYTES))


class Reader:
    """Hands out searchers that see every commit of every process, at the price of two `stat` calls a search."""

    def __init__(self, files: IndexFiles) -> None:
        self._files = files
        self._lock = threading.Lock()
        self._pointer: tuple[int, int] | None = None
        self._meta: tuple[int, int] | None = None
        self._index: tantivy.Index | None = None
        self._current: Snapshot | None = None
        self._kept: OrderedDict[str, tuple[Snapshot, float]] = OrderedDict()

    def current(self) -> Snapshot | None:
        """Return a snapshot of the last commit of the live generation; None when nothing was published yet."""
        with self._lock:
            for _ in range(_TRIES):
                pointer = self._files.pointer_stamp()
                try:
                    return self._at(pointer)
                except (CorruptError, OSError, ValueError):
                    self._current = None
                    if self._files.pointer_stamp() == pointer:
                        raise
            return self._at(self._files.pointer_stamp())

    def kept(self, key: str) -> Snapshot | None:
        """Return the snapshot of a key: one that is kept, or the present one; None when it is neither."""
        with self._lock:
            kept = self._kept.get(key)
        current = None if kept else self.current()
        return kept[0] if kept else current if current and current.key == key else None

    def keep(self, snapshot: Snapshot) -> None:
        """Keep a snapshot for the pages that follow; the oldest go, as they hold deleted files on disk."""
        now = time.monotonic()
        with self._lock:
            self._kept[snapshot.key] = snapshot, now
            self._kept.move_to_end(snapshot.key)
            for key, (_, used) in list(self._kept.items()):
                if len(self._kept) > _SNAPSHOTS or used < now - _SNAPSHOT_SECONDS:
                    del self._kept[key]

    def close(self) -> None:
        """Let go of all files."""
        with self._lock:
            self._index = self._current = None
            self._kept.clear()

    def _at(self, pointer: tuple[int, int] | None) -> Snapshot | None:
        if pointer != self._pointer or self._current is None:
            self._open()
            self._pointer = pointer
        elif self._files.meta_stamp(self._current.generation) != self._meta:
            self._reload(self._current.generation)
        return self._current

    def _open(self) -> None:
        self._current = self._index = None
        name = self._files.live()
        if name is None:
            return
        self._meta = self._files.meta_stamp(name)
        self._index = open_index(self._files.path(name))
        self._reload(name)

    def _reload(self, generation: str) -> None:
        assert self._index is not None
        while True:  # until the stamp is that of what was loaded: it names the snapshot
            self._meta = self._files.meta_stamp(generation)
            self._index.reload()
            if self._files.meta_stamp(generation) == self._meta:
                break
        stamp = "-".join(f"{part:x}" for part in self._meta or ())
        self._current = Snapshot(f"{generation}-{stamp}", generation, self._index.searcher())
