"""A bounded memory of values worth keeping: the least recently used go when the cost is over the limit."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Memory(Generic[K, V]):
    """Least-recently-used cache by cost; safe to use from several threads."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._cost = 0
        self._entries: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        """Return what is kept under a key, None when nothing is."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            self._entries.move_to_end(key)
            return entry[0]

    def put(self, key: K, value: V, *, cost: int = 1) -> None:
        """Keep a value; one that costs more than the whole memory is not kept."""
        if cost > self._limit:
            return
        with self._lock:
            self._cost += cost - self._entries.pop(key, (value, 0))[1]
            self._entries[key] = (value, cost)
            while self._cost > self._limit:
                self._cost -= self._entries.popitem(last=False)[1][1]
