"""The words for facet values: an id means nothing to a reader."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from services.core.gazetteer import issuer_path
from services.core.kinds import KINDS
from services.core.model import Document, Principal
from services.core.text import key
from services.search.clearance import open_to
from services.search.document import issuer_value
from services.search.memory import Memory
from services.search.shelf import Shelf
from services.search.types import EngineQuery, KeywordIs, SearchEngine

_REMEMBERED = 20_000
_ASKED_AT_ONCE = 40
_FROM_DOCUMENTS = ("issuer", "topic", "signer", "urgency")


class Labels:
    """Finds labels: those with a table of their own there, the others in a document that has the value.

    A label read off one document is for those who may find the same documents as the one it was read for.
    """

    def __init__(self, engine: SearchEngine, shelf: Shelf, label: Callable[[str, str], str | None] | None) -> None:
        self._engine = engine
        self._shelf = shelf
        self._label = label
        self._known: Memory[tuple[frozenset[str], str, str], str] = Memory(_REMEMBERED)

    async def of(self, p: Principal, facets: Mapping[str, Sequence[tuple[str, int]]]) -> dict[tuple[str, str], str]:
        """Return the label of every value counted; a value that nothing names is its own label."""
        found = {(facet, value): self._find(p, facet, value) for facet, counts in facets.items() for value, _ in counts}
        missing = [pair for pair, label in found.items() if label is None]
        for facet, value in [pair for pair in missing if pair[0] in _FROM_DOCUMENTS][:_ASKED_AT_ONCE]:
            if self._known.get((open_to(p), facet, value)) is None:  # an earlier document may have named it
                await self._learn(p, facet, value)
        found |= {pair: self._find(p, *pair) for pair in missing}
        return {pair: label or pair[1] for pair, label in found.items()}

    def _find(self, p: Principal, facet: str, value: str) -> str | None:
        if facet == "kind":
            return KINDS[value].name if value in KINDS else None
        if facet == "year" and "/" in value:
            return "/".join(reversed(value.split("/")))
        return (self._label(facet, value) if self._label else None) or self._known.get((open_to(p), facet, value))

    async def _learn(self, p: Principal, facet: str, value: str) -> None:
        """Read the label off one document that has the value."""
        asked = EngineQuery(tuple(sorted(open_to(p))), filters=(KeywordIs(facet, (value,)),), sort="newest", limit=1)
        found = await self._engine.search(asked)
        for document in (await self._shelf.documents(p, [hit.id for hit in found.hits])).values():
            for pair, label in labels_in(document):
                self._known.put((open_to(p), *pair), label)
        if self._known.get((open_to(p), facet, value)) is None:
            self._known.put((open_to(p), facet, value), value)  # nothing names it: do not ask with every search


def labels_in(document: Document) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield ((facet, value), label) for everything a document's record names."""
    record = document.record
    if record.issuer:
        path = issuer_path(record.issuer, record.place)
        yield from ((("issuer", value), label) for value, label in path)
        own = issuer_value(record)
        if own and not path:
            yield ("issuer", own), record.issuer.name
    for topic in record.topics:
        yield ("topic", topic.id), topic.label
    if record.signer and record.signer.name:
        yield ("signer", key(record.signer.name)), record.signer.name
    if record.urgency:
        yield ("urgency", key(record.urgency)), record.urgency
