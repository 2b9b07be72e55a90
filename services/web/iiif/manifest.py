"""A document as a Presentation 3 manifest, a dossier as a collection of them (pure): iiif.io/api/presentation/3.0."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from services.core.model import JSON, Clause, Document, Dossier
from services.ocr import ALTO
from services.web.iiif.addresses import Addresses
from services.web.iiif.canvases import CanvasSize
from services.web.iiif.wording import as_written, label, metadata, title, vietnamese

CONTEXT = "http://iiif.io/api/presentation/3/context.json"
SEARCH_1_CONTEXT = "http://iiif.io/api/search/1/context.json"
THUMBNAIL_WIDTH = 200
DEEPEST_RANGE = 3
MOST_RANGES = 500
_RANGE_LABEL_CHARS = 100
_ALTO_PROFILE = "http://www.loc.gov/standards/alto/ns-v4#"


def manifest(document: Document, sizes: Sequence[CanvasSize], clauses: Sequence[Clause], at: Addresses) -> JSON:
    """Describe a document: a canvas for each page of known size, its record, its files, its clauses, its searches.

    There must be at least one page. Nothing is said about rights: the archive knows nothing of them.
    """
    made: dict[str, JSON] = {
        "@context": CONTEXT,
        "id": at.manifest,
        "type": "Manifest",
        "label": title(document),
        "metadata": list(metadata(document)),
        "thumbnail": [_thumbnail(sizes[0], at)],
        "homepage": [_linked(at.page, "Text", "text/html", as_written("vanban"), language=["vi", "en"])],
        "rendering": [
            _linked(f"{at.source}/original", _kind_of(document), document.media_type, label("Original as received")),
            _linked(f"{at.source}/searchable.pdf", "Text", "application/pdf", label("Searchable PDF")),
            _linked(f"{at.record}/text", "Text", "text/plain", label("Plain text")),
        ],
        "seeAlso": [_linked(at.record, "Dataset", "application/json", label("Record"))],
        "service": [_search_1(at), {"id": at.search(2), "type": "SearchService2"}],
        "items": [_canvas(size, at) for size in sizes],
    }
    issued = document.record.issued_on
    if issued and issued.earliest and issued.earliest == issued.latest:
        made["navDate"] = f"{issued.earliest.isoformat()}T00:00:00+07:00"
    if ranges := list(_ranges(clauses, {size.number for size in sizes}, at)):
        made["structures"] = ranges
    return made


def collection(dossier: Dossier, documents: Sequence[Document], base: str) -> JSON:
    """List the manifests of a dossier's documents, in its order."""
    here = f"{base}/iiif/dossiers/{dossier.id}/collection"
    return {
        "@context": CONTEXT,
        "id": here,
        "type": "Collection",
        "label": vietnamese(f"{dossier.code} · {dossier.title}"),
        "homepage": [_linked(f"{base}/dossiers/{dossier.id}", "Text", "text/html", label("Dossier"))],
        "items": [
            {"id": Addresses(base, d.id, d.source_id).manifest, "type": "Manifest", "label": title(d)}
            for d in documents
        ],
    }


def _linked(address: str, kind: str, media_type: str, words: JSON, **more: JSON) -> dict[str, JSON]:
    return {"id": address, "type": kind, "format": media_type, "label": words, **more}


def _kind_of(document: Document) -> str:
    return "Image" if document.media_type.startswith("image/") else "Text"


def _search_1(at: Addresses) -> dict[str, JSON]:
    return {
        "@context": SEARCH_1_CONTEXT,
        "@id": at.search(1),
        "@type": "SearchService1",
        "profile": "http://iiif.io/api/search/1/search",
        "label": "vanban",
    }


def _canvas(size: CanvasSize, at: Addresses) -> dict[str, JSON]:
    here = at.canvas(size.number)
    picture = _picture(at.picture(size.number, size.width), size.width, size.height)
    painting = {"id": f"{here}/image", "type": "Annotation", "motivation": "painting", "body": picture, "target": here}
    alto = f"{at.record}/alto?page={size.number}"
    return {
        "id": here,
        "type": "Canvas",
        "label": label("page %(n)s", n=size.number),
        "width": size.width,
        "height": size.height,
        "thumbnail": [_thumbnail(size, at)],
        "seeAlso": [_linked(alto, "Dataset", ALTO.media_type, as_written("ALTO"), profile=_ALTO_PROFILE)],
        "items": [{"id": f"{here}/content", "type": "AnnotationPage", "items": [painting]}],
    }


def _thumbnail(size: CanvasSize, at: Addresses) -> dict[str, JSON]:
    width, height = size.narrower(min(THUMBNAIL_WIDTH, size.width))
    return _picture(at.picture(size.number, width), width, height)


def _picture(address: str, width: int, height: int) -> dict[str, JSON]:
    return {"id": address, "type": "Image", "format": "image/jpeg", "width": width, "height": height}


# --------------------------------------------------------------------------- clauses as ranges


def _ranges(clauses: Sequence[Clause], pages: set[int], at: Addresses) -> Iterator[dict[str, JSON]]:
    """Yield the numbered clauses as ranges, at most MOST_RANGES; what is a bare paragraph makes none."""
    left = MOST_RANGES

    def some(inside: Sequence[Clause], depth: int) -> Iterator[dict[str, JSON]]:
        nonlocal left
        for clause in inside:
            if clause.number is None or clause.page not in pages or left <= 0:
                continue
            left -= 1
            below = list(some(clause.children, depth + 1)) if depth < DEEPEST_RANGE else []
            yield {
                "id": f"{at.here}/range/{clause.id}",
                "type": "Range",
                "label": vietnamese(_clause_label(clause)),
                "items": [{"id": at.canvas(clause.page), "type": "Canvas"}, *below],
            }

    return some(clauses, 1)


def _clause_label(clause: Clause) -> str:
    said = (clause.heading or clause.text).replace("\n", " ").strip()
    cut = said if len(said) <= _RANGE_LABEL_CHARS else said[:_RANGE_LABEL_CHARS].rsplit(" ", 1)[0] + " …"
    return f"{clause.number} {cut}".strip()
