"""Pages of one result while the index goes on: what a cursor holds, and what comes next (pure).

The first page is taken from the index as it is, and costs no more than that. Whoever asks for a second one gets a view,
a state of the index that stays: it is gone through from its beginning, without what the first page showed. So nothing
that was there all along is left out or comes twice, whatever is written between two pages.
"""

import base64
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from services.search.cursors import decode_cursor, encode_cursor
from services.search.problems import bad_cursor

_DIGEST_BYTES = 6
_DIGEST_CHARS = 8


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of hits ended.

    `view` names the state of the index that all pages but the first come from, None after the first; `at` is the
    engine's own position in it; `shown` are digests of hits that were shown and may come again in the view.
    """

    view: str | None = None
    at: Any = None
    shown: tuple[str, ...] = ()

    def encode(self) -> str:
        """Write it as a cursor; `read` is the inverse."""
        return encode_cursor({"v": self.view, "a": self.at, "s": "".join(self.shown)})

    @classmethod
    def read(cls, cursor: str, *, is_position: Callable[[Any], bool]) -> "Place":
        """Read a cursor; InvalidInputError for one that we did not write or whose position the engine cannot use."""
        values = decode_cursor(cursor)
        view, at, shown = values.get("v"), values.get("a"), values.get("s")
        if not isinstance(shown, str) or len(shown) % _DIGEST_CHARS or not (shown or view):
            raise bad_cursor()
        if at is not None if view is None else not (isinstance(view, str) and is_position(at)):
            raise bad_cursor()
        return cls(view, at, tuple(shown[n : n + _DIGEST_CHARS] for n in range(0, len(shown), _DIGEST_CHARS)))

    def wanted(self, limit: int) -> int:
        """Return how many entries of the view tell the page and whether another one follows."""
        return limit + 1 + len(self.shown)


@dataclass(frozen=True, slots=True)
class Taken:
    """What of some entries makes a page: their numbers, how many were gone through, what is still to be left out."""

    numbers: tuple[int, ...]
    passed: int
    shown: tuple[str, ...]
    more: bool


def take(ids: Sequence[str], shown: Iterable[str], limit: int) -> Taken:
    """Choose the first `limit` of the ids in their order that were not shown; `more` when another one follows."""
    left = dict.fromkeys(shown)
    numbers: list[int] = []
    for number, document_id in enumerate(ids):
        digest = digest_of(document_id) if left else ""
        if digest in left:
            del left[digest]
        elif len(numbers) == limit:
            return Taken(tuple(numbers), number, tuple(left), more=True)
        else:
            numbers.append(number)
    return Taken(tuple(numbers), len(ids), tuple(left), more=False)


def digest_of(document_id: str) -> str:
    """Return what stands for a document in a cursor: short, as a page may have a hundred."""
    data = hashlib.blake2b(document_id.encode(), digest_size=_DIGEST_BYTES).digest()
    return base64.urlsafe_b64encode(data).decode()
