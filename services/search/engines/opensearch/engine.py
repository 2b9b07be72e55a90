"""`OpenSearchEngine`: the search engine protocol over an OpenSearch cluster."""

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from opensearchpy import AsyncOpenSearch
from opensearchpy.exceptions import NotFoundError as IndexMissing
from opensearchpy.exceptions import RequestError, TransportError

from services.core.errors import ConflictError
from services.search.engines.opensearch import bulk
from services.search.engines.opensearch.client import Address, make_client, translated
from services.search.engines.opensearch.mapping import LIVE, index_body
from services.search.engines.opensearch.queries import frequency_body, near_body, search_body
from services.search.engines.opensearch.rebuild_lock import hold
from services.search.generations import build_name, parse_name
from services.search.near import best_of, edits, worth_guessing
from services.search.paging import Place, digest_of, take
from services.search.problems import bad_cursor, cursor_expired, index_damaged
from services.search.types import EngineHit, EngineHits, EngineQuery, Generation, IndexDocument

_PIT_KEEP_ALIVE = "10m"
_SEEN_TOKENS = 50_000
_PATIENTLY = {"request_timeout": 180}  # a cluster that has just started, or merges, takes its time for these


class OpenSearchEngine:
    """Search engine over an alias of a cluster; any number of processes read and write. Belongs to one event loop."""

    def __init__(self, address: Address, *, write: bool) -> None:
        self._client: AsyncOpenSearch = make_client(address)
        self._alias = address.alias
        self._shards = address.shards
        self._may_write = write
        self._seen: set[str] = set()  # syllables known to occur: they are not asked for again

    async def prepare(self) -> None:
        """Publish a first, empty generation where there is none."""
        with translated():
            if not await self._live_names():
                await self._switch(await self._create())

    async def search(self, query: EngineQuery) -> EngineHits:
        """Find the page of documents; see `SearchEngine`."""
        place = Place.read(query.after, is_position=_positions(query)) if query.after else None
        with translated():
            answer = await self._page(query, place)
            found = answer["hits"]["hits"]
            taken = take([hit["_id"] for hit in found], place.shown if place else (), query.limit)
            pit = answer.get("pit_id")
            if pit and not taken.more:
                await self._close_pit(pit)
        shown = [found[number] for number in taken.numbers]
        hits = tuple(EngineHit(h["_id"], float(h["_score"] or 0.0)) for h in shown)
        after = None
        if taken.more and pit:
            after = Place(pit, found[taken.passed - 1]["sort"], taken.shown).encode()
        elif taken.more:
            after = Place(shown=tuple(digest_of(hit.id) for hit in hits)).encode()
        counted = answer.get("aggregations")
        facets = {f: _counts(counted[f]) if counted else [] for f in query.facets}
        return EngineHits(hits=hits, total=answer["hits"]["total"]["value"], facets=facets, next=after)

    async def unknown(self, tokens: Sequence[str], access: frozenset[str] | None = None) -> dict[str, tuple[str, ...]]:
        """Return the folded syllables that occur nowhere; see `SearchEngine`."""
        if access is not None:
            return await self._unknown_to(access, tokens)
        asked = [t for t in dict.fromkeys(tokens) if t not in self._seen]
        if not asked:
            return {}
        with translated():
            try:
                missing = [t for t, n in (await self._frequencies("all_f", asked)).items() if not n]
                answer = await self._client.search(index=self._alias, body=near_body(missing)) if missing else {}
            except IndexMissing:
                return {}
        missing = [t for t in missing if not answer["aggregations"][t]["doc_count"]]
        if len(self._seen) > _SEEN_TOKENS:
            self._seen.clear()
        self._seen.update(t for t in asked if t not in missing)
        near = {entry["text"]: entry["options"] for entry in answer.get("suggest", {}).get("near", [])}
        return {t: best_of((o["text"], o["freq"]) for o in near.get(t, ()) if worth_guessing(t)) for t in missing}

    async def frequencies(
        self, stream: str, tokens: Sequence[str], access: frozenset[str] | None = None
    ) -> dict[str, int]:
        """Return how many documents have each token; see `SearchEngine`."""
        if not tokens:
            return {}
        with translated():
            try:
                return await self._frequencies(stream, tokens, access)
            except IndexMissing:
                return dict.fromkeys(tokens, 0)

    async def apply(
        self,
        upserts: Sequence[IndexDocument],
        deletes: Sequence[tuple[str, int]] = (),
        *,
        generation: str | None = None,
    ) -> None:
        """Write documents and take out others; see `SearchEngine`."""
        self._check_writer()
        with translated():
            live = await self._live_names()
            if generation is None:
                self._check_schema(live)
                if not live:
                    await self.prepare()
            to_live = generation is None or generation in live
            index = self._alias if to_live else _filling(str(generation))
            await bulk.write(self._client, index, bulk.actions(upserts, deletes), live=to_live)

    async def count(self) -> int:
        """Return how many documents the live generation holds."""
        with translated():
            try:
                return int((await self._client.count(index=self._alias))["count"])
            except IndexMissing:
                return 0

    async def revisions(self, ids: Sequence[str]) -> dict[str, int]:
        """Return the indexed revision of those documents that are in the live generation."""
        if not ids:
            return {}
        with translated():
            try:
                answer = await self._client.mget(
                    index=self._alias, body={"ids": list(ids)}, params={"realtime": "false", "_source": "false"}
                )
            except IndexMissing:
                return {}
        return {d["_id"]: int(d["_version"]) for d in answer["docs"] if d.get("found")}

    async def generations(self) -> list[Generation]:
        """List what is there; see `SearchEngine`."""
        with translated():
            live = await self._live_names()
            indices = await self._client.indices.get(index=f"{self._alias}-*", params={"allow_no_indices": "true"})
            parsed = ((parse_name(name), name) for name in indices)
            names = sorted((p.made_at, name) for p, name in parsed if p and p.alias == self._alias)
            return [Generation(name, name in live, await self._documents(name)) for _, name in names]

    @contextlib.asynccontextmanager
    async def rebuilding(self) -> AsyncIterator[None]:
        """Hold the right to rebuild; see `SearchEngine`."""
        self._check_writer()
        with translated():
            async with hold(self._client, f"{self._alias}-rebuild"):
                yield

    async def begin(self) -> str:
        """Make an empty generation beside the live one and return its name."""
        self._check_writer()
        with translated():
            return await self._create()

    async def publish(self, generation: str) -> None:
        """Make it the live one, in one step for every reader."""
        self._check_writer()
        with translated():
            try:
                await self._switch(generation)
            except IndexMissing as error:
                raise ConflictError(f"There is no generation {generation} to publish.", name=generation) from error

    async def drop(self, generation: str) -> None:
        """Delete a generation that is not live; one that is gone already is no error."""
        self._check_writer()
        if parse_name(generation) is None:
            raise index_damaged(f"{generation!r} is no index generation.", name=generation)
        with translated():
            if generation in await self._live_names():
                raise ConflictError(f"{generation} is live and cannot be dropped.", name=generation)
            await self._client.indices.delete(index=generation, params={"ignore_unavailable": "true"})

    async def ping(self) -> None:
        """Return when the live generation can be searched, else raise."""
        with translated():
            live = await self._live_names()
            self._check_schema(live)
            if live:
                await self._client.search(index=self._alias, body={"size": 0})
            else:
                await self._client.info()

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.close()

    # ----------------------------------------------------------------------- searching

    async def _page(self, query: EngineQuery, place: Place | None) -> dict[str, Any]:
        """Ask for the entries behind a place: the index as it is for the first page, else a point in time."""
        # With dfs the term statistics of all shards count, so that lists do not depend on where a document lies.
        params = {"search_type": "dfs_query_then_fetch"}
        body = search_body(query)
        if place is None:
            try:
                return dict(await self._client.search(index=self._alias, body=body, params=params))
            except IndexMissing:
                return {"hits": {"hits": [], "total": {"value": 0}}}
        try:
            body |= {"size": place.wanted(query.limit)}
            body |= {"pit": {"id": place.view or await self._open_pit(), "keep_alive": _PIT_KEEP_ALIVE}}
            if place.view:
                body |= {"search_after": place.at}
            return dict(await self._client.search(body=body, params=params))
        except IndexMissing as error:  # the point in time has expired, or its index was dropped
            raise cursor_expired() from error
        except RequestError as error:
            raise bad_cursor() from error

    async def _open_pit(self) -> str:
        answer = await self._client.create_pit(index=self._alias, params={"keep_alive": _PIT_KEEP_ALIVE})
        return str(answer["pit_id"])

    async def _close_pit(self, pit: str) -> None:
        with contextlib.suppress(TransportError):
            await self._client.delete_pit(body={"pit_id": [pit]})

    async def _unknown_to(self, access: frozenset[str], tokens: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Do `unknown` for somebody: guesses come from the whole index, those of other people's words are left out."""
        counts = await self.frequencies("all_f", list(dict.fromkeys(tokens)), access)
        missing = [token for token, count in counts.items() if not count]
        worth = [token for token in missing if worth_guessing(token)]
        guesses = {token: sorted(edits(token)) for token in worth}
        known = await self.frequencies("all_f", sorted({g for found in guesses.values() for g in found}))
        mine = await self.frequencies("all_f", [g for g, count in known.items() if count], access)
        return {t: best_of((g, mine.get(g, 0)) for g in guesses.get(t, ())) for t in missing}

    async def _frequencies(
        self, stream: str, tokens: Sequence[str], access: frozenset[str] | None = None
    ) -> dict[str, int]:
        if access is not None or self._shards > 1:  # term vectors know one shard only
            body = frequency_body(stream, tokens, access)
            counted = (await self._client.search(index=self._alias, body=body))["aggregations"]
            return {t: int(counted[str(n)]["doc_count"]) for n, t in enumerate(tokens)}
        answer = await self._client.termvectors(
            index=self._alias,
            body={
                "doc": {stream: " ".join(tokens)},
                "term_statistics": True,
                "field_statistics": False,
                "positions": False,
                "offsets": False,
            },
        )
        terms = answer["term_vectors"].get(stream, {}).get("terms", {})
        return {t: int(terms.get(t, {}).get("doc_freq", 0)) for t in tokens}

    # ----------------------------------------------------------------------- generations

    async def _live_names(self) -> list[str]:
        answer = await self._client.indices.get_alias(name=self._alias, params={"ignore": 404})
        return [] if "error" in answer else sorted(answer)

    async def _create(self) -> str:
        name = build_name(self._alias)
        body = {**index_body(self._shards), "aliases": {_filling(name): {}}}
        await self._client.indices.create(index=name, body=body, params=_PATIENTLY)
        return name

    async def _switch(self, generation: str) -> None:
        await self._client.indices.put_settings(index=generation, body=LIVE, params=_PATIENTLY)
        await self._client.indices.refresh(index=generation, params=_PATIENTLY)
        moves = [{"remove": {"index": n, "alias": self._alias}} for n in await self._live_names() if n != generation]
        moves.append({"add": {"index": generation, "alias": self._alias}})
        await self._client.indices.update_aliases(body={"actions": moves}, params=_PATIENTLY)
        self._seen.clear()

    async def _documents(self, name: str) -> int:
        try:
            return int((await self._client.count(index=name))["count"])
        except TransportError:
            return -1

    def _check_writer(self) -> None:
        if not self._may_write:
            raise ConflictError("This process opened the index for reading only: open_engine(..., write=True).")

    def _check_schema(self, live: list[str]) -> None:
        for name in live:
            parsed = parse_name(name)
            if parsed is None or not parsed.compatible:
                raise index_damaged(
                    f"The index {name} is not of this version of vanban. Run `vanban reindex`.", name=name
                )


def _filling(generation: str) -> str:
    """Return the alias a generation is filled under: a bulk request to a name that is gone would make an index."""
    return f"{generation}-filling"


def _positions(query: EngineQuery) -> Callable[[Any], bool]:
    """Return what tells whether a value is the sort values of a hit of this query."""
    kinds: list[type | tuple[type, ...]] = [(int, float), str] if query.sort == "relevance" else [str]

    def is_position(value: Any) -> bool:
        return isinstance(value, list) and len(value) == len(kinds) and all(map(isinstance, value, kinds))

    return is_position


def _counts(facet: dict[str, Any]) -> list[tuple[str, int]]:
    pairs = [(str(b["key"]), int(b["doc_count"])) for b in facet["counts"]["buckets"]]
    return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))
