"""Fields: from the words of pages to the record of a document, each value with its source (design.md section 6)."""

from services.fields.citations import cited_pages
from services.fields.documents import FoundDocument, read_documents
from services.fields.extraction import Hints, extract
from services.fields.flat import flat_line, flat_lines
from services.fields.split import Split, split_pages
from services.fields.topics import Taxonomy

__all__ = [
    "FoundDocument",
    "Hints",
    "Split",
    "Taxonomy",
    "cited_pages",
    "extract",
    "flat_line",
    "flat_lines",
    "read_documents",
    "split_pages",
]
