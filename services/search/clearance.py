"""Who may find what: level and collection of a document as the index keeps them, in one keyword (docs/security.md)."""

from collections.abc import Iterator

from services.archive import sees_everything
from services.core.model import Document, Principal


def access_of(document: Document) -> tuple[str, str]:
    """Return what the index keeps of a document: its level, and its level in its collection."""
    return document.access, f"{document.access}/{document.collection}"


def open_to(p: Principal) -> frozenset[str]:
    """Return the values of which a document must have one for somebody to find it."""
    return p.access if p.collections is None else frozenset(_in_collections(p, p.collections))


def counted_for(p: Principal) -> frozenset[str] | None:
    """Return the values of the documents whose words count for somebody; None where all do, which costs less."""
    return None if sees_everything(p) else open_to(p)


def _in_collections(p: Principal, collections: frozenset[str]) -> Iterator[str]:
    return (f"{level}/{collection}" for level in p.access for collection in collections)
