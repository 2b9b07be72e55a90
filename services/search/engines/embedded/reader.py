"""Reading side of the embedded engine: the searcher in force, and the ones that open cursors still need."""

import itertools
import os
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field

import tantivy

from services.core.errors import CorruptError
from services.search.engines.embedded.files import IndexFiles
from services.search.engines.embedded.schema import open_index

_TRIES = 3  # a rebuild may go live, and its predecessor go, between reading the pointer and opening what it names
_SNAPSHOTS = 8
_SNAPSHOT_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A searcher: it sees one commit for as long as it lives. `key` finds it again within this process."""

    key: str
    generation: str
    searcher: tantivy.Searcher
    made_at: float = field(default_factory=time.monotonic)


class Reader:
    """Hands out searchers that see every commit of every process, at the price of two `stat` calls a search."""

    def __init__(self, files: IndexFiles) -> None:
        self._files = files
        self._lock = threading.Lock()
        self._pointer: tuple[int, int] | None = None
        self._meta: tuple[int, int] | None = None
        self._index: tantivy.Index | None = None
        self._current: Snapshot | None = None
        self._kept: OrderedDict[str, Snapshot] = OrderedDict()
        self._numbers = itertools.count()
        self._prefix = f"{os.getpid():x}-{time.time_ns():x}"

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
        """Return the snapshot a cursor was made on, None when it is gone (then the present one goes on)."""
        with self._lock:
            return self._kept.get(key)

    def keep(self, snapshot: Snapshot) -> None:
        """Keep a snapshot for the pages that follow; the oldest go, as they hold deleted files on disk."""
        with self._lock:
            self._kept[snapshot.key] = snapshot
            self._kept.move_to_end(snapshot.key)
            limit = time.monotonic() - _SNAPSHOT_SECONDS
            for key in list(self._kept)[:-1]:
                if len(self._kept) > _SNAPSHOTS or self._kept[key].made_at < limit:
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
        self._current = self._snapshot(name)

    def _reload(self, generation: str) -> None:
        assert self._index is not None
        self._meta = self._files.meta_stamp(generation)  # before the reload: a commit in between is seen next time
        self._index.reload()
        self._current = self._snapshot(generation)

    def _snapshot(self, generation: str) -> Snapshot:
        assert self._index is not None
        return Snapshot(f"{self._prefix}-{next(self._numbers):x}", generation, self._index.searcher())
