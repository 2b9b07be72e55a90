"""What the handlers stand on, and the typed dependencies through which they get it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from services.archive import Archive
from services.core.model import Principal, local_principal
from services.core.settings import Settings
from services.export import BatchSearch, Exports
from services.search import SavedSearches, SearchEngine, SearchService
from services.web.derived import Searchables
from services.web.middleware import RequestCounts
from services.web.pictures import Pictures
from services.web.views import Views


@dataclass(frozen=True, slots=True)
class Site:
    """The services of one running app, made by the composition root (services.app)."""

    settings: Settings
    archive: Archive
    engine: SearchEngine
    search: SearchService
    exports: Exports
    batch_search: BatchSearch
    saved: SavedSearches
    pictures: Pictures
    searchables: Searchables
    views: Views
    counts: RequestCounts


def site(request: Request) -> Site:
    """Return the services of the running app."""
    found = request.app.state.site
    assert isinstance(found, Site)
    return found


def principal() -> Principal:
    """Return who calls; in open mode there is one principal, who may do everything."""
    return local_principal("web")


OurSite = Annotated[Site, Depends(site)]
MayRead = Annotated[Principal, Depends(principal)]
"""The caller of a handler that changes nothing."""
MayWrite = Annotated[Principal, Depends(principal)]
"""The caller of a handler that changes something."""
