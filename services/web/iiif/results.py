"""Answers of Content Search (pure): version 1.0 as a list of annotations, 2.0 as an annotation page.

A passage is one annotation for each line of print that it stands on, and one hit over them with what stands around it.
`total` and `startIndex` count passages, which is what viewers show beside their list of hits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from services.core.model import JSON
from services.search import Passage, Passages
from services.web.iiif.addresses import Addresses
from services.web.iiif.canvases import CanvasSize
from services.web.iiif.manifest import SEARCH_1_CONTEXT

PRESENTATION_2_CONTEXT = "http://iiif.io/api/presentation/2/context.json"
SEARCH_2_CONTEXT = "http://iiif.io/api/search/2/context.json"
PASSAGES_A_PAGE = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """A search as it was asked: words, page from 0, and what of the request is not understood."""

    q: str
    page: int = 0
    ignored: tuple[str, ...] = ()

    @property
    def first(self) -> int:
        """The number of the first passage on this page."""
        return self.page * PASSAGES_A_PAGE


@dataclass(frozen=True, slots=True)
class Place:
    """One annotation: its id and what of a canvas it stands on."""

    id: str
    target: str


def annotation_list(asked: Asked, found: Passages, sizes: Mapping[int, CanvasSize], at: Addresses) -> JSON:
    """Answer a search of version 1.0."""
    pages = _Pages(1, asked, found.total, at)
    placed = [(passage, _places(passage, sizes, at, pages.all)) for passage in found.passages]
    layer = {"@type": "sc:Layer", "total": found.total}
    if pages.last:
        layer |= {"first": pages.at(0), "last": pages.at(pages.last)}
    return {
        "@context": [PRESENTATION_2_CONTEXT, SEARCH_1_CONTEXT],
        "@id": pages.at(asked.page),
        "@type": "sc:AnnotationList",
        "within": layer | ({"ignored": list(asked.ignored)} if asked.ignored else {}),
        "startIndex": asked.first,
        **({"next": pages.at(asked.page + 1)} if asked.page < pages.last else {}),
        **({"prev": pages.at(asked.page - 1)} if asked.page else {}),
        "resources": [
            {
                "@id": place.id,
                "@type": "oa:Annotation",
                "motivation": "sc:painting",
                "resource": {"@type": "cnt:ContentAsText", "format": "text/plain", "chars": passage.match},
                "on": place.target,
            }
            for passage, places in placed
            for place in places
        ],
        "hits": [
            {
                "@type": "search:Hit",
                "annotations": [place.id for place in places],
                "match": passage.match,
                "before": passage.before,
                "after": passage.after,
            }
            for passage, places in placed
        ],
    }


def annotation_page(asked: Asked, found: Passages, sizes: Mapping[int, CanvasSize], at: Addresses) -> JSON:
    """Answer a search of version 2.0."""
    pages = _Pages(2, asked, found.total, at)
    placed = [(passage, _places(passage, sizes, at, pages.all)) for passage in found.passages]
    return {
        "@context": SEARCH_2_CONTEXT,
        "id": pages.at(asked.page),
        "type": "AnnotationPage",
        "partOf": {
            "id": pages.all,
            "type": "AnnotationCollection",
            "total": found.total,
            "first": {"id": pages.at(0), "type": "AnnotationPage"},
            "last": {"id": pages.at(pages.last), "type": "AnnotationPage"},
        },
        "startIndex": asked.first,
        **({"ignored": list(asked.ignored)} if asked.ignored else {}),
        **({"next": {"id": pages.at(asked.page + 1), "type": "AnnotationPage"}} if asked.page < pages.last else {}),
        **({"prev": {"id": pages.at(asked.page - 1), "type": "AnnotationPage"}} if asked.page else {}),
        "items": [
            {
                "id": place.id,
                "type": "Annotation",
                "motivation": "supplementing",
                "body": {"type": "TextualBody", "value": passage.match, "format": "text/plain"},
                "target": place.target,
            }
            for passage, places in placed
            for place in places
        ],
        "annotations": [
            {
                "type": "AnnotationPage",
                "items": [_context(passage, places, pages.all) for passage, places in placed],
            }
        ],
    }


def _context(passage: Passage, places: Sequence[Place], search: str) -> dict[str, JSON]:
    """Tell what stands around a passage; one on several lines is told of all its annotations."""
    quote = {
        "type": "TextQuoteSelector",
        "prefix": passage.before,
        "exact": passage.match,
        "suffix": passage.after,
    }
    targets = [{"type": "SpecificResource", "source": place.id, "selector": [quote]} for place in places]
    return {
        "id": f"{search}#match-{passage.number}",
        "type": "Annotation",
        "motivation": "contextualizing",
        "target": targets[0] if len(targets) == 1 else targets,
    }


class _Pages:
    """The addresses of all pages of an answer."""

    def __init__(self, version: int, asked: Asked, total: int, at: Addresses) -> None:
        self._version, self._asked, self._at = version, asked, at
        self.last = max(0, total - 1) // PASSAGES_A_PAGE

    @property
    def all(self) -> str:
        """The search without a page."""
        return self._at.search(self._version, q=self._asked.q)

    def at(self, page: int) -> str:
        """One page; the first has the address that was asked for."""
        return self._at.search(self._version, q=self._asked.q, page=page) if page else self.all


def _places(passage: Passage, sizes: Mapping[int, CanvasSize], at: Addresses, search: str) -> list[Place]:
    """Return where a passage stands: lines of print, or all of a page whose words have no boxes."""
    return [
        Place(f"{search}#hit-{passage.number}.{n}", target) for n, target in enumerate(_targets(passage, sizes, at), 1)
    ]


def _targets(passage: Passage, sizes: Mapping[int, CanvasSize], at: Addresses) -> Iterator[str]:
    for part in passage.parts:
        size = sizes.get(part.page)
        regions = size.regions(part.boxes) if size else []
        canvas = at.canvas(part.page)
        yield from (f"{canvas}#{region}" for region in regions)
        if not regions:
            yield canvas
