"""Reading: PDF or image in, pages of words with boxes and confidence out, and the clean text composed of them."""

from services.ocr.compose import compose
from services.ocr.derived import ALTO, DERIVED_VERSION, HOCR, Format
from services.ocr.picture_size import picture_height
from services.ocr.read import FileRead, plain_text, read_files
from services.ocr.reader import Reader, nothing
from services.ocr.text import text_page, text_pages
from services.ocr.version import PIPELINE_VERSION

__all__ = [
    "ALTO",
    "DERIVED_VERSION",
    "HOCR",
    "PIPELINE_VERSION",
    "FileRead",
    "Format",
    "Reader",
    "compose",
    "nothing",
    "picture_height",
    "plain_text",
    "read_files",
    "text_page",
    "text_pages",
]
