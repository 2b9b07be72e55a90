"""The clean text of a run of pages, and where every piece of it stands."""

from collections.abc import Sequence

from services.core.model import CleanText, PageText


def compose(pages: Sequence[PageText]) -> CleanText:
    """Join the words of the pages into paragraphs, over line and page ends; running heads and page numbers left out."""
    raise NotImplementedError
