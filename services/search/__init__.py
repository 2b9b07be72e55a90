"""Searching: analysis, query, engines, facets, marks, index generations."""

from services.search.answer import MOST_MONTHS
from services.search.document import build_index_document
from services.search.engines import open_engine
from services.search.filters import MOST_VALUES, day_given
from services.search.page import DocumentMarks, FacetPage, FacetValue, Hit, PageHit, SearchPage, UnderstoodPart
from services.search.passages import PagePart, Passage, Passages
from services.search.rebuild import ReindexReport, finish, reindex
from services.search.saved import SavedSearches
from services.search.service import AllDocuments, SearchService
from services.search.similar import SimilarDocument, SimilarDocuments
from services.search.suggest import MOST_SUGGESTIONS, Suggestion, Suggestions
from services.search.synonyms import Synonyms
from services.search.types import (
    EngineHits,
    EngineQuery,
    Filters,
    Generation,
    IndexDocument,
    SearchEngine,
    SearchQuery,
)

__all__ = [
    "MOST_MONTHS",
    "MOST_SUGGESTIONS",
    "MOST_VALUES",
    "AllDocuments",
    "DocumentMarks",
    "EngineHits",
    "EngineQuery",
    "FacetPage",
    "FacetValue",
    "Filters",
    "Generation",
    "Hit",
    "IndexDocument",
    "PageHit",
    "PagePart",
    "Passage",
    "Passages",
    "ReindexReport",
    "SavedSearches",
    "SearchEngine",
    "SearchPage",
    "SearchQuery",
    "SearchService",
    "SimilarDocument",
    "SimilarDocuments",
    "Suggestion",
    "Suggestions",
    "Synonyms",
    "UnderstoodPart",
    "build_index_document",
    "day_given",
    "finish",
    "open_engine",
    "reindex",
]
