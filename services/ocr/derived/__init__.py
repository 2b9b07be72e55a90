"""What is made of pages that were read: a PDF whose text can be searched, ALTO, hOCR.

Nothing is recognised again, and the original is never touched: a searchable PDF is always a second file.
"""

from services.ocr.derived.alto import ALTO
from services.ocr.derived.formats import Format
from services.ocr.derived.hocr import HOCR

__all__ = ["ALTO", "DERIVED_VERSION", "HOCR", "Format"]

DERIVED_VERSION = "2"
"""Raise it when the same words would give another derived file: it is part of the ETag of such files."""
