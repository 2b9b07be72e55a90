"""Text that was read elsewhere, as pages of words without boxes."""

from services.core.model import PageText


def text_pages(data: bytes) -> list[PageText]:
    """Cut a text file (UTF-8, form feed between pages) into pages of words; ReadError("not_text") for other bytes."""
    raise NotImplementedError
