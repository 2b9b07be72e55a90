"""Saved searches: what each found since it was saved, as rows to read in order.

A document is new to a search at most once: when it first matches. What matched when the search was saved is seen from
the start. The log of events says which documents may match now, and each search remembers how far it has come in it, so
that nothing is missed, whoever is killed, and a rebuild of the index, which writes no event, makes no news.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import and_, delete, func, insert, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.database import Database, Tx
from services.archive.outbox import chunks, insert_new
from services.archive.paging import build_cursor, parse_cursor
from services.archive.relations import load_refs
from services.archive.rows import reason_of, stored
from services.archive.schema import documents, events, outbox, saved_searches, search_matches
from services.archive.seeing import Clearance, clearances, kept_clearance, seen, visible
from services.core.errors import ConflictError, InvalidInputError, NotFoundError
from services.core.ids import new_id
from services.core.model import JSON, DocumentState, Principal, Reason, local_principal
from services.core.text import nfc, squeeze
from services.core.watching import NewDocument, NewDocuments, SavedSearch, SearchWork

NAME_CHARS = 200
_MOST_FOUND = 2**31 - 1  # what the column holds
_UNWRITABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
TOLD_DOCUMENTS = 100
"""Documents that one event `search.matched` names; it counts all of them."""


class Touched(NamedTuple):
    """Documents that became ready or changed after an event, in the order they did, and the last event looked at."""

    document_ids: tuple[str, ...]
    known: int


class Searches:
    """Save searches, and read what they found."""

    def __init__(self, database: Database, most: int) -> None:
        self._database = database
        self._most = most

    async def create(self, p: Principal, name: str, query: Mapping[str, JSON]) -> SavedSearch:
        """Save a search; ConflictError (`too_many_searches`) beyond the limit of the settings."""
        search_id = new_id()
        async with self._database.write(p) as tx:
            await tx.lock_name(f"saved searches {p.name}")
            own = select(func.count()).select_from(saved_searches).where(saved_searches.c.owner == p.name)
            if (await tx.conn.scalar(own) or 0) >= self._most:
                message = f"There are {self._most} saved searches already. Delete one first."
                raise ConflictError(message, why="too_many_searches", limit=self._most)
            await tx.conn.execute(
                insert(saved_searches).values(
                    id=search_id,
                    name=_name(name),
                    query=dict(query),
                    owner=p.name,
                    **kept_clearance(p),
                    known_seq=await _last_event(tx.conn),
                    revision=1,
                    created_at=tx.now,
                    updated_at=tx.now,
                )
            )
            tx.event("search.saved", "search", search_id)
        return await self.get(p, search_id)

    async def get(self, p: Principal, search_id: str) -> SavedSearch:
        """Return a saved search; NotFoundError, also for one of somebody else."""
        async with self._database.read() as conn:
            return (await _load(conn, p, [await _own(conn, p, search_id)]))[0]

    async def list(self, p: Principal) -> Sequence[SavedSearch]:
        """Return the caller's saved searches by name."""
        own = select(saved_searches).where(saved_searches.c.owner == p.name)
        async with self._database.read() as conn:
            rows = (await conn.execute(own.order_by(saved_searches.c.name, saved_searches.c.id))).all()
            return await _load(conn, p, rows)

    async def change(
        self,
        p: Principal,
        search_id: str,
        *,
        name: str | None = None,
        query: Mapping[str, JSON] | None = None,
        seen: str | None = None,
    ) -> SavedSearch:
        """Give a search another name or query, or mark what it found up to a cursor as seen; None leaves a thing.

        With another query it starts anew: what it found is forgotten, what matches now is seen.
        """
        async with self._database.write(p) as tx:
            row = await _own(tx.conn, p, search_id, lock=True)
            values: dict[str, Any] = {}
            if name is not None and _name(name) != row.name:
                values["name"] = _name(name)
            if query is not None and dict(query) != row.query:
                values |= {"query": dict(query), "started": False, "failure": None, **kept_clearance(p)}
                values |= {"known_seq": await _last_event(tx.conn), "seen_seq": row.found_seq}
                await tx.conn.execute(delete(search_matches).where(search_matches.c.search_id == search_id))
            if values:
                values |= {"revision": row.revision + 1, "updated_at": tx.now}
                tx.event("search.changed", "search", search_id, keys=sorted(values.keys() & {"name", "query"}))
            if seen is not None:
                values["seen_seq"] = max(row.seen_seq, min(_position(seen), row.found_seq))
            if values:
                await tx.conn.execute(update(saved_searches).where(saved_searches.c.id == search_id).values(**values))
        return await self.get(p, search_id)

    async def remove(self, p: Principal, search_id: str) -> None:
        """Forget a saved search and what it found; NotFoundError."""
        async with self._database.write(p) as tx:
            await _own(tx.conn, p, search_id, lock=True)
            await tx.conn.execute(delete(search_matches).where(search_matches.c.search_id == search_id))
            await tx.conn.execute(delete(saved_searches).where(saved_searches.c.id == search_id))
            tx.event("search.removed", "search", search_id)

    async def new(self, p: Principal, search_id: str, since: str | None, limit: int) -> NewDocuments:
        """Return the documents found after a cursor, the oldest first; those in the trash are left out."""
        after = 0 if since is None else _position(since)
        async with self._database.read() as conn:
            await _own(conn, p, search_id)
            found = await _found(conn, p, search_id, limit, after=after)
        return NewDocuments(items=tuple(found), next=found[-1].cursor if found else build_cursor(after))

    async def newest(self, p: Principal, search_id: str, limit: int) -> Sequence[NewDocument]:
        """Return the documents found last, the newest first; those in the trash are left out."""
        async with self._database.read() as conn:
            await _own(conn, p, search_id)
            return await _found(conn, p, search_id, limit, after=None)

    # ------------------------------------------------------------------------- evaluation, by the worker

    async def behind(self) -> Sequence[SearchWork]:
        """Return the searches that do not know the newest change of documents, or have not started."""
        newest = select(func.max(events.c.seq)).where(events.c.change.is_not(None)).scalar_subquery()
        query = (
            select(saved_searches)
            .where(
                saved_searches.c.failure.is_(None),
                or_(~saved_searches.c.started, saved_searches.c.known_seq < newest),
            )
            .order_by(saved_searches.c.known_seq, saved_searches.c.id)
        )
        async with self._database.read() as conn:
            rows = (await conn.execute(query)).all()
            return [_work(row, c) for row, c in zip(rows, await clearances(conn, rows), strict=True)]

    async def touched(self, known: int, limit: int) -> Touched:
        """Return the documents of the next events after one, up to the first whose change is not in the index yet.

        A change that the engine refused is passed over: nobody will find it.
        """
        waits = and_(
            documents.c.state == DocumentState.READY,
            documents.c.indexed_revision < documents.c.revision,
            select(outbox.c.id).where(outbox.c.job == "index", outbox.c.subject_id == documents.c.id).exists(),
        )
        query = (
            select(events.c.seq, events.c.subject_id, events.c.change, waits.label("waits"))
            .outerjoin(documents, documents.c.id == events.c.subject_id)
            .where(events.c.change.is_not(None), events.c.seq > known)
            .order_by(events.c.seq)
            .limit(limit)
        )
        found: dict[str, None] = {}
        async with self._database.read() as conn:
            for row in (await conn.execute(query)).all():
                if row.change in ("ready", "changed"):
                    if row.waits:
                        break
                    found[row.subject_id] = None
                known = row.seq
        return Touched(tuple(found), known)

    async def seen_from_the_start(self, work: SearchWork, ids: Sequence[str]) -> None:
        """Record documents that matched when a search was saved; those that became ready since are no such ones."""
        async with self._database.write(_worker(work)) as tx:
            if await _locked(tx, work) is None:
                return
            for part in chunks(ids):
                known = select(documents.c.id).where(documents.c.id.in_(part))
                since = select(events.c.subject_id).where(
                    events.c.subject_id.in_(part), events.c.change == "ready", events.c.seq > work.known
                )
                here = (await tx.conn.execute(known.where(documents.c.id.not_in(since)))).scalars()
                rows = [{"search_id": work.id, "document_id": i, "seq": None, "at": tx.now} for i in here]
                if rows:
                    await tx.conn.execute(insert_new(tx.conn, search_matches), rows)

    async def start(self, work: SearchWork) -> None:
        """Record that all documents that matched when a search was saved are known as seen."""
        async with self._database.write(_worker(work)) as tx:
            if await _locked(tx, work) is not None:
                await tx.conn.execute(update(saved_searches).where(saved_searches.c.id == work.id).values(started=True))

    async def found(self, work: SearchWork, matching: Iterable[str], known: int) -> int:
        """Record which documents match now, in the order they changed, and how far the search has come.

        Returns how many of them are new to it; nothing when another worker was faster.
        """
        async with self._database.write(_worker(work)) as tx:
            row = await _locked(tx, work)
            if row is None:
                return 0
            new = await _unknown(tx.conn, work, list(matching))
            rows = [
                {"search_id": work.id, "document_id": document_id, "seq": seq, "at": tx.now}
                for seq, document_id in enumerate(new, start=row.found_seq + 1)
            ]
            if rows:
                await tx.conn.execute(insert(search_matches), rows)
                tx.event(
                    "search.matched",
                    "search",
                    work.id,
                    name=row.name,
                    documents=list(new[:TOLD_DOCUMENTS]),
                    count=len(new),
                    since=build_cursor(row.found_seq),
                )
            await tx.conn.execute(
                update(saved_searches)
                .where(saved_searches.c.id == work.id)
                .values(known_seq=known, found_seq=row.found_seq + len(new))
            )
            return len(new)

    async def found_nothing(self, works: Sequence[SearchWork], known: int) -> None:
        """Record how far searches have come for which nothing matched, all in one transaction."""
        async with self._database.write(local_principal("worker")) as tx:
            for part in (works[i : i + 100] for i in range(0, len(works), 100)):
                here = [(w.id, w.revision, w.known) for w in part]
                columns = tuple_(saved_searches.c.id, saved_searches.c.revision, saved_searches.c.known_seq)
                await tx.conn.execute(
                    update(saved_searches).where(saved_searches.c.started, columns.in_(here)).values(known_seq=known)
                )

    async def failed(self, work: SearchWork, reason: Reason) -> None:
        """Record that a query cannot be asked any more; another query makes it work again."""
        async with self._database.write(_worker(work)) as tx:
            if await _locked(tx, work) is not None:
                await tx.conn.execute(
                    update(saved_searches).where(saved_searches.c.id == work.id).values(failure=stored(reason))
                )
                tx.event("search.failed", "search", work.id, reason=stored(reason))


async def forget_document(tx: Tx, document_id: str) -> None:
    """Forget that searches found a document, because it is destroyed."""
    await tx.conn.execute(delete(search_matches).where(search_matches.c.document_id == document_id))


async def _last_event(conn: AsyncConnection) -> int:
    return int(await conn.scalar(select(func.max(events.c.seq))) or 0)


async def _own(conn: AsyncConnection, p: Principal, search_id: str, *, lock: bool = False) -> Any:
    query = select(saved_searches).where(saved_searches.c.id == search_id, saved_searches.c.owner == p.name)
    row = (await conn.execute(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no saved search {search_id}.", id=search_id)
    return row


async def _locked(tx: Tx, work: SearchWork) -> Any | None:
    """Return the locked row of a search that is still where this work began, else None."""
    query = select(saved_searches).where(
        saved_searches.c.id == work.id,
        saved_searches.c.revision == work.revision,
        saved_searches.c.known_seq == work.known,
        saved_searches.c.started == work.started,
    )
    return (await tx.conn.execute(query.with_for_update())).one_or_none()


async def _unknown(conn: AsyncConnection, work: SearchWork, ids: Sequence[str]) -> list[str]:
    """Return those of the documents, in their order, that the owner may see and the search did not find before."""
    new: set[str] = set()
    for part in chunks(ids):
        old = select(search_matches.c.document_id).where(
            search_matches.c.search_id == work.id, search_matches.c.document_id.in_(part)
        )
        may = select(documents.c.id).where(
            documents.c.id.in_(part),
            documents.c.state == DocumentState.READY,
            seen(work),
            documents.c.id.not_in(old),
        )
        new |= set((await conn.execute(may)).scalars())
    return [i for i in ids if i in new]


async def _found(
    conn: AsyncConnection, p: Principal, search_id: str, limit: int, *, after: int | None
) -> list[NewDocument]:
    query = select(search_matches.c.document_id, search_matches.c.seq, search_matches.c.at).where(
        search_matches.c.search_id == search_id,
        search_matches.c.seq.is_not(None),
        visible(p, search_matches.c.document_id),
    )
    if after is None:
        query = query.order_by(search_matches.c.seq.desc())
    else:
        query = query.where(search_matches.c.seq > after).order_by(search_matches.c.seq)
    rows = (await conn.execute(query.limit(limit))).all()
    refs = await load_refs(conn, p, [r.document_id for r in rows])
    return [NewDocument(document=refs[r.document_id], found_at=r.at, cursor=build_cursor(r.seq)) for r in rows]


async def _load(conn: AsyncConnection, p: Principal, rows: Sequence[Any]) -> list[SavedSearch]:
    counts: dict[str, tuple[int, int]] = {}
    fresh = func.count().filter(search_matches.c.seq > saved_searches.c.seen_seq)
    for part in chunks([r.id for r in rows]):
        query = (
            select(search_matches.c.search_id, func.count(), fresh)
            .join(saved_searches, saved_searches.c.id == search_matches.c.search_id)
            .where(
                search_matches.c.search_id.in_(part),
                search_matches.c.seq.is_not(None),
                visible(p, search_matches.c.document_id),
            )
            .group_by(search_matches.c.search_id)
        )
        counts |= {search_id: (found, new) for search_id, found, new in await conn.execute(query)}
    return [
        SavedSearch(
            id=r.id,
            name=r.name,
            query=r.query,
            started=r.started,
            found=counts.get(r.id, (0, 0))[0],
            new=counts.get(r.id, (0, 0))[1],
            cursor=build_cursor(r.found_seq),
            failure=reason_of(r.failure),
            created_at=r.created_at,
            updated_at=r.updated_at,
        )
        for r in rows
    ]


def _work(row: Any, clearance: Clearance) -> SearchWork:
    return SearchWork(
        id=row.id,
        revision=row.revision,
        owner=row.owner,
        access=clearance.access,
        collections=clearance.collections,
        query=row.query,
        started=row.started,
        known=row.known_seq,
    )


def _worker(work: SearchWork) -> Principal:
    return Principal(work.owner, work.access, "worker", collections=work.collections)


def _position(cursor: str) -> int:
    return max(0, min(int(parse_cursor(cursor, int)[0]), _MOST_FOUND))


def _name(name: str) -> str:
    tidy = squeeze(nfc(_UNWRITABLE.sub(" ", name)))
    if not 1 <= len(tidy) <= NAME_CHARS:
        raise InvalidInputError(f"A saved search needs a name of 1 to {NAME_CHARS} characters.", key="name")
    return tidy
