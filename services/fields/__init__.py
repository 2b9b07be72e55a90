"""Fields: from the words of pages to the record of a document, each value with its source (design.md section 6)."""

from services.fields.citations import cited_pages
from services.fields.clauses import find_clause, find_clauses
from services.fields.documents import FoundDocument, read_documents
from services.fields.extraction import Hints, entered_record, extract
from services.fields.flat import flat_line, flat_lines
from services.fields.split import Split, split_pages
from services.fields.topics import Taxonomy, followed_taxonomy
from services.fields.version import FIELDS_VERSION

__all__ = [
    "FIELDS_VERSION",
    "FoundDocument",
    "Hints",
    "Split",
    "Taxonomy",
    "cited_pages",
    "entered_record",
    "extract",
    "find_clause",
    "find_clauses",
    "flat_line",
    "flat_lines",
    "followed_taxonomy",
    "read_documents",
    "split_pages",
]
