"""What the handlers stand on, and the typed dependencies through which they get it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from services.archive import Archive
from services.core.model import Principal, Scope
from services.core.settings import Settings
from services.core.trace import Access
from services.export import BatchSearch, Exports
from services.search import SavedSearches, SearchEngine, SearchService
from services.web.admission import Needs
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


OurSite = Annotated[Site, Depends(site)]

Anyone = Annotated[None, Depends(Needs(None))]
"""Of a handler that nobody needs to log in for; its caller is not looked at."""
Reads = Annotated[Principal, Depends(Needs(Scope.READ))]
"""The caller of a handler that shows what is there, or keeps what is the caller's own (saved searches)."""
Looks = Annotated[Principal, Depends(Needs(Scope.READ, Access.VIEWED))]
"""The caller of a handler that shows a document; so the log says."""
Downloads = Annotated[Principal, Depends(Needs(Scope.READ, Access.DOWNLOADED))]
"""The caller of a handler that gives a file away; so the log says."""
TakesLists = Annotated[Principal, Depends(Needs(Scope.READ, Access.EXPORTED))]
"""The caller of a handler that gives away what a search or a list has, as one file; so the log says."""
Uploads = Annotated[Principal, Depends(Needs(Scope.UPLOAD))]
"""The caller of a handler for files that come in, and their batches."""
Corrects = Annotated[Principal, Depends(Needs(Scope.CORRECT))]
"""The caller of a handler that changes records, splits, tasks, dossiers, learnt names."""
LooksToCorrect = Annotated[Principal, Depends(Needs(Scope.CORRECT, Access.VIEWED))]
"""The caller of a handler that shows a document to whoever is to correct it; so the log says."""
Removes = Annotated[Principal, Depends(Needs(Scope.REMOVE))]
"""The caller of a handler that puts things into the trash or takes them out."""
Purges = Annotated[Principal, Depends(Needs(Scope.PURGE))]
"""The caller of a handler that deletes for good."""
KeepsWebhooks = Annotated[Principal, Depends(Needs(Scope.WEBHOOKS))]
"""The caller of a handler for webhooks."""
Audits = Annotated[Principal, Depends(Needs(Scope.AUDIT, Access.LOG_READ))]
"""The caller of a handler that shows who did or looked at what; so the log says too."""
Administers = Annotated[Principal, Depends(Needs(Scope.ADMIN))]
"""The caller of a handler for the accounts of all."""
OwnAccount = Annotated[Principal, Depends(Needs(Scope.ACCOUNT))]
"""The caller of a handler for the caller's own password, sessions and keys; no key has this scope."""
Measures = Annotated[Principal, Depends(Needs(Scope.METRICS))]
"""The caller of a handler for counts about the running server."""
