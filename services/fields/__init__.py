"""Fields: from the words of pages to the record of a document, each value with its source (design.md section 6)."""

from services.fields.citations import cited_pages
from services.fields.extraction import Hints, entered_record, extract
from services.fields.flat import flat_line
from services.fields.topics import Taxonomy

__all__ = ["Hints", "Taxonomy", "cited_pages", "entered_record", "extract", "flat_line"]
