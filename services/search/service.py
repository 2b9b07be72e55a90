"""The one service behind the search box, `GET /search` and `vanban search`."""

from collections.abc import Callable

from services.archive import Archive
from services.core.model import Principal
from services.core.settings import Settings
from services.search.page import DocumentMarks, SearchPage
from services.search.types import SearchEngine, SearchQuery

Label = Callable[[str, str], str | None]
"""(facet, value) -> the words for it, None where it has none of its own."""


class SearchService:
    """Understand a query, run it on the engine, and mark the hits from the archive's words.

    `label` names facet values that no document names (the upper branches of the topic tree): pass the taxonomy's.
    """

    def __init__(
        self, engine: SearchEngine, archive: Archive, settings: Settings, *, label: Label | None = None
    ) -> None:
        self._engine = engine
        self._archive = archive
        self._settings = settings
        self._label = label

    async def search(self, p: Principal, query: SearchQuery) -> SearchPage:
        """Answer a query with one page of hits, their marks and the facets.

        Raises InvalidInputError for a query over `limits.query_chars`, a limit over `limits.search_results` or a cursor
        that is not ours or belongs to another query; never for what is typed.
        """
        raise NotImplementedError

    async def marks(self, p: Principal, document_id: str, q: str) -> DocumentMarks:
        """Return every page of one document that answers the query, with boxes; NotFoundError as `Documents.get`."""
        raise NotImplementedError
