"""From a document and its clean text to what the index holds of it (pure)."""

from services.core.model import CleanText, Document
from services.search.types import IndexDocument


def build_index_document(document: Document, clean: CleanText) -> IndexDocument:
    """Build the index entry of a document at its present revision."""
    raise NotImplementedError
