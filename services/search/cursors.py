"""Opaque cursors: what must be remembered between two pages, as text a client hands back unread."""

import base64
import binascii
import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.search.plan import Plan
from services.search.problems import bad_cursor
from services.search.types import SearchQuery

Near = Mapping[str, tuple[str, ...]]
"""Syllables that occur nowhere, each with those one letter off."""


def encode_cursor(values: dict[str, Any]) -> str:
    """Write a cursor; `decode_cursor` is its inverse."""
    data = json.dumps(values, separators=(",", ":"), ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def decode_cursor(cursor: str) -> dict[str, Any]:
    """Read a cursor; InvalidInputError for one that we did not write."""
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise bad_cursor() from error
    if not isinstance(values, dict):
        raise bad_cursor()
    return values


@dataclass(frozen=True, slots=True)
class Seen:
    """What the pages of a query that follow must know of those before; the text of a cursor.

    `meaning` stands for how the query was read, `engine` is the engine's own cursor.
    """

    relaxed: bool
    near: Near
    meaning: str
    engine: str

    def encode(self, query: SearchQuery) -> str:
        """Write the cursor of the page that follows; `read` is the inverse."""
        near = {syllable: list(guesses) for syllable, guesses in self.near.items()}
        return encode_cursor(
            {"q": _fingerprint(query), "r": int(self.relaxed), "n": near, "m": self.meaning, "c": self.engine}
        )

    @classmethod
    def read(cls, query: SearchQuery) -> "Seen | None":
        """Read the query's cursor; InvalidInputError for one that is not ours or belongs to another query."""
        if query.cursor is None:
            return None
        values = decode_cursor(query.cursor)
        near, meaning, engine = values.get("n"), values.get("m"), values.get("c")
        if values.get("q") != _fingerprint(query) or not isinstance(meaning, str) or not isinstance(engine, str):
            raise bad_cursor()
        if not isinstance(near, dict) or not all(isinstance(guesses, list) for guesses in near.values()):
            raise bad_cursor()
        guesses = {syllable: tuple(map(str, found)) for syllable, found in near.items()}
        return cls(bool(values.get("r")), guesses, meaning, engine)


def _fingerprint(query: SearchQuery) -> str:
    """Return what tells one query from another; a cursor belongs to one."""
    return _digest(dataclasses.replace(query, cursor=None, limit=0, facets=()))


def meaning_of(plan: Plan) -> str:
    """Return what tells one reading of a query from another, guesses left out."""
    return _digest((plan.alternatives, plan.typed.found))


def _digest(value: object) -> str:
    return hashlib.blake2b(repr(value).encode("utf-8", "replace"), digest_size=8).hexdigest()
