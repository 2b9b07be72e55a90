"""Documents read elsewhere: one JSON line of `vanban import` each."""

IMPORT_MEDIA_TYPE = "application/x-vanban-import+json"


def import_text(data: bytes) -> bytes:
    """Return the text of an imported source as UTF-8, a form feed between its pages (what `ocr.text_pages` takes)."""
    raise NotImplementedError
