"""Who may see what: the only place that makes the conditions of it for SQL (docs/security.md).

A document is seen by those who have its level and its collection. A file is as strict as the strictest document that is
or was in it; one that was not read yet may hold anything, and is for those cleared for everything and who brought it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import ColumnElement, FromClause, and_, exists, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.schema import batches, documents, import_ids, items, redirects, replacements, sources, users
from services.core.accounts import EVERY_COLLECTION
from services.core.errors import InvalidInputError
from services.core.model import DocumentState, Level, Principal

_EVERY_LEVEL = Level.SECRET.and_below()
DEFAULT_COLLECTION = "default"


class Seer(Protocol):
    """Who sees: a Principal, or whoever something was kept for."""

    @property
    def access(self) -> frozenset[str]:
        """The levels."""

    @property
    def collections(self) -> frozenset[str] | None:
        """The collections; None means all."""


@dataclass(frozen=True, slots=True)
class Clearance:
    """What the owner of a saved search or webhook may see."""

    access: frozenset[str]
    collections: frozenset[str] | None


async def clearances(conn: AsyncConnection, rows: Sequence[Any]) -> list[Clearance]:
    """Return what the owners of rows may see as of now; what was kept (`kept_clearance`) where they have no account.

    Nothing for an account that is disabled.
    """
    wanted = sorted({row.owner for row in rows})
    known: dict[str, Any] = {}
    for part in (wanted[i : i + 500] for i in range(0, len(wanted), 500)):
        known |= {row.name: row for row in await conn.execute(select(users).where(users.c.name.in_(part)))}
    return [_clearance(row, known.get(row.owner)) for row in rows]


def _clearance(row: Any, owner: Any | None) -> Clearance:
    if owner is None:
        return Clearance(frozenset(row.access), None if row.collections is None else frozenset(row.collections))
    if owner.disabled_at is not None:
        return Clearance(frozenset(), frozenset())
    mine = None if owner.collections is None else frozenset(owner.collections)
    return Clearance(Level(owner.clearance).and_below(), mine)


def kept_clearance(p: Seer) -> dict[str, list[str] | None]:
    """Return what keeps somebody's clearance in a row."""
    return {"access": sorted(p.access), "collections": None if p.collections is None else sorted(p.collections)}


def sees_everything(p: Seer) -> bool:
    """Tell whether nothing is kept from somebody."""
    return p.collections is None and p.access >= _EVERY_LEVEL


def may_see(p: Seer, row: Any) -> bool:
    """Tell whether the level and collection of a row of documents or batches are open to somebody."""
    return row.access in p.access and (p.collections is None or row.collection in p.collections)


def seen(p: Seer, table: FromClause = documents) -> ColumnElement[bool]:
    """Return the condition that level and collection of a row of documents, sources or batches are open to somebody."""
    level = table.c.access.in_(sorted(p.access))
    return level if p.collections is None else and_(level, table.c.collection.in_(sorted(p.collections)))


def visible(p: Seer, document_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that a document is in the archive and may be seen.

    Not a join: SQLite, which keeps no statistics, begins joins with all documents that are READY.
    """
    ready = documents.c.state == DocumentState.READY
    found = select(documents.c.id).where(documents.c.id == document_id, ready, seen(p))
    return found.correlate_except(documents).exists()


def seen_source(p: Principal) -> ColumnElement[bool]:
    """Return the condition that a row of sources may be seen: its bytes, all its pages and who brought it."""
    if sees_everything(p):
        return seen(p, sources)
    other = documents.alias()
    moved = select(redirects.c.old_id).where(redirects.c.old_id == other.c.id).exists()
    hidden = select(other.c.id).where(other.c.source_id == sources.c.id, ~moved, ~seen(p, other))
    left = (
        select(replacements.c.id)
        .join(other, other.c.id == replacements.c.document_id)
        .where(replacements.c.old_source_id == sources.c.id, ~seen(p, other))
    )
    same_line = (
        select(import_ids.c.import_id)
        .join(other, other.c.id == import_ids.c.document_id)
        .where(import_ids.c.import_id == sources.c.import_id, ~seen(p, other))
    )
    kept_back = [query.correlate(sources).exists() for query in (hidden, left, same_line)]
    brought = exists().where(items.c.source_id == sources.c.id, items.c.created_by == p.name).correlate(sources)
    read = true() if Level.SECRET in p.access else or_(sources.c.assembled > 0, brought)
    return and_(seen(p, sources), read, *(~hides for hides in kept_back))


def seen_batch(p: Principal) -> ColumnElement[bool]:
    """Return the condition that a row of batches may be seen: one's own, and those with a file that may be."""
    if sees_everything(p):
        return seen(p, batches)
    inside = exists().where(items.c.batch_id == batches.c.id, seen_item(p)).correlate(batches)
    return and_(seen(p, batches), or_(batches.c.created_by == p.name, inside))


def seen_item(p: Principal) -> ColumnElement[bool]:
    """Return the condition that a row of items may be seen: it and what it brought; a duplicate is what it repeats."""
    batch = batches.alias()
    in_batch = exists().where(batch.c.id == items.c.batch_id, seen(p, batch)).correlate(items)
    if sees_everything(p):
        return in_batch
    first = items.alias()
    repeated = select(first.c.source_id).where(first.c.id == items.c.duplicate_of).correlate(items).scalar_subquery()
    content = func.coalesce(items.c.source_id, repeated)
    nothing_yet = (
        content.is_(None) if Level.SECRET in p.access else and_(content.is_(None), items.c.created_by == p.name)
    )
    of_source = exists().where(sources.c.id == content, seen_source(p)).correlate(items)
    return and_(in_batch, or_(nothing_yet, of_source))


def stricter(one: str, other: str) -> str:
    """Return the stricter of two levels; what is no level counts as the strictest."""
    order = [level.value for level in Level]
    return max(one, other, key=lambda level: order.index(level) if level in order else len(order))


def level_of(record: Any, level: str) -> str:
    """Return the level of a document with this record: a mark of secrecy, also one that is a guess, makes it secret."""
    return stricter(level, Level.SECRET) if record and record.get("secrecy") else level


def chosen_level(p: Principal, level: str) -> str:
    """Return a level that somebody puts a document or a batch on; InvalidInputError where they have not got it."""
    if level not in p.access:
        raise InvalidInputError(f"{level!r} is no access level that you have.", key="access")
    return level


def collection_fits(name: str) -> bool:
    """Tell whether something can be the name of a collection; a comma stands between names, `*` for all of them."""
    return 1 <= len(name) <= 100 and name.isprintable() and "," not in name and name != EVERY_COLLECTION


def chosen_collection(p: Principal, collection: str | None) -> str:
    """Return the collection that somebody puts something into, the default or their only one where none is named.

    Raises InvalidInputError for one that is not theirs, or where they have several and name none.
    """
    own = p.collections
    if collection is None and own is not None and DEFAULT_COLLECTION not in own and len(own) == 1:
        return next(iter(own))
    name = " ".join((collection or DEFAULT_COLLECTION).split())
    if not collection_fits(name) or (own is not None and name not in own):
        raise InvalidInputError(f"{name!r} is no collection that you may put documents into.", key="collection")
    return name
