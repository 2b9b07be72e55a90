"""Saved searches: their queries as they are stored, and the evaluation after documents changed.

The same on every engine: each saved search is asked for the changed documents alone, one engine query for a batch of
them, and the catalogue keeps what was found first.
"""

import dataclasses
import datetime as dt
import json
import logging
from collections import defaultdict
from collections.abc import Mapping

from services.archive import Archive, Touched
from services.core.errors import InvalidInputError
from services.core.model import JSON, Principal
from services.core.watching import SavedSearch, SearchWork
from services.search.filters import picked_and_filters
from services.search.service import SearchService
from services.search.types import Filters, SearchQuery

log = logging.getLogger(__name__)

BATCH = 500
"""Documents that each saved search is asked for at a time."""
_STORED_NAMES = {"date_from": "from", "date_to": "to"}


class SavedSearches:
    """Save searches, and evaluate them as documents change."""

    def __init__(self, search: SearchService, archive: Archive) -> None:
        self._search = search
        self._searches = archive.searches

    async def create(self, p: Principal, name: str, query: SearchQuery) -> SavedSearch:
        """Save a search; InvalidInputError for a query over the limits, ConflictError for one search too many."""
        return await self._searches.create(p, name, self._stored(query))

    async def change(
        self,
        p: Principal,
        search_id: str,
        *,
        name: str | None = None,
        query: SearchQuery | None = None,
        seen: str | None = None,
    ) -> SavedSearch:
        """Change a saved search; errors as `create` and `Searches.change`."""
        stored = None if query is None else self._stored(query)
        return await self._searches.change(p, search_id, name=name, query=stored, seen=seen)

    async def evaluate(self) -> int:
        """Bring every saved search one batch of changes further, or start it; return how many went on.

        A query that cannot be asked any more is set aside with the reason. Raises UnavailableError and CorruptError of
        the engine: what was not evaluated is evaluated at the next call.
        """
        batches: dict[int, Touched] = {}
        done, idle = 0, defaultdict[int, list[SearchWork]](list)
        for work in await self._searches.behind():
            try:
                if not work.started:
                    await self._start(work)
                    done += 1
                    continue
                if work.known not in batches:
                    batches[work.known] = await self._searches.touched(work.known, BATCH)
                touched = batches[work.known]
                if touched.known == work.known:
                    continue
                done += 1
                if matching := await self._search.matching(_owner(work), query_of(work.query), touched.document_ids):
                    found = [i for i in touched.document_ids if i in matching]
                    await self._searches.found(work, found, touched.known)
                else:
                    idle[touched.known].append(work)
            except InvalidInputError as error:
                log.warning("the saved search %s cannot be asked: %s", work.id, error)
                await self._searches.failed(work, error.reason)
        for known, works in idle.items():
            await self._searches.found_nothing(works, known)
        return done

    def _stored(self, query: SearchQuery) -> dict[str, JSON]:
        self._search.check_length(query)
        picked_and_filters(query.filters)  # refuses values that a search would refuse
        stored = stored_query(query)
        try:
            json.dumps(stored, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise InvalidInputError("The query holds half a character (a surrogate without its pair).") from error
        return stored

    async def _start(self, work: SearchWork) -> None:
        """Record what matches already; what changed since is evaluated from the next call on."""
        async for ids in self._search.all_ids(_owner(work), query_of(work.query)):
            await self._searches.seen_from_the_start(work, ids)
        await self._searches.start(work)


def _owner(work: SearchWork) -> Principal:
    return Principal(work.owner, work.access, "worker", collections=work.collections)


def stored_query(query: SearchQuery) -> dict[str, JSON]:
    """Return what a query asks for, under the names of the search's parameters; `query_of` is the inverse.

    What is as by default is left out; page size and cursor are no part of it.
    """
    stored: dict[str, JSON] = {}
    for field in dataclasses.fields(Filters):
        value = getattr(query.filters, field.name)
        if value:
            name = _STORED_NAMES.get(field.name, field.name)
            stored[name] = value.isoformat() if isinstance(value, dt.date) else list(value)
    for name in ("q", "marks", "sort", "literal"):
        if getattr(query, name) != getattr(SearchQuery(), name):
            stored[name] = getattr(query, name)
    return stored


def query_of(stored: Mapping[str, JSON]) -> SearchQuery:
    """Return the query that was stored."""
    filters: dict[str, tuple[str, ...] | dt.date] = {}
    for field in dataclasses.fields(Filters):
        value = stored.get(_STORED_NAMES.get(field.name, field.name))
        if value is not None:
            filters[field.name] = dt.date.fromisoformat(value) if isinstance(value, str) else tuple(map(str, value))
    others = {name: stored[name] for name in ("q", "marks", "sort", "literal") if name in stored}
    return SearchQuery(filters=Filters(**filters), **others)  # type: ignore[arg-type] # as `stored_query` wrote them
