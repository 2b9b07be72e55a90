"""Every blob that the catalogue names: what a backup takes along and what a check looks for."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Literal, NamedTuple

from sqlalchemy import Column, ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.blobs import original_key
from services.archive.database import Database
from services.archive.schema import documents, pages, sources
from services.core.model import DocumentState

Kind = Literal["original", "page", "text"]
FOLDERS: dict[Kind, str] = {"original": "originals", "page": "pages", "text": "texts"}
"""Where each kind lies in the store (`services.archive.blobs`)."""

_AT_ONCE = 1000


class BlobKey(NamedTuple):
    """A blob that a row names. Hash and size are known of originals alone; a text's key ends with its SHA-256."""

    key: str
    kind: Kind
    sha256: str | None = None
    size: int | None = None


async def blob_keys(database: Database, kind: Kind, under: str = "") -> AsyncIterator[BlobKey]:
    """Yield the blobs of one kind in the order of their keys, each once; those whose hash begins with `under`.

    A thousand rows are read at a time, so a row that is written meanwhile may be among them or not.
    """
    after: str | None = under
    while after is not None:
        async with database.read() as conn:
            found = await _page(conn, kind, after, under)
        for each in found:
            yield each
        after = _last(found)


async def blob_keys_in(conn: AsyncConnection, kind: Kind) -> AsyncIterator[BlobKey]:
    """Yield the blobs of one kind as this connection sees them, in the same order."""
    after: str | None = ""
    while after is not None:
        found = await _page(conn, kind, after, "")
        for each in found:
            yield each
        after = _last(found)


def _last(found: Sequence[BlobKey]) -> str | None:
    """Return the hash of the last one; None behind the end."""
    return found[-1].key.rsplit("/", 1)[-1] if found else None


async def _page(conn: AsyncConnection, kind: Kind, after: str, under: str) -> list[BlobKey]:
    """Return the next of them; `after` is the hash of the last one, or the beginning of the first."""
    if kind == "original":
        live = (sources.c.state != DocumentState.PURGED, *_between(sources.c.sha256, after, under + "g"))
        query = select(sources.c.sha256, sources.c.bytes).where(*live).order_by(sources.c.sha256).limit(_AT_ONCE)
        return [BlobKey(original_key(r.sha256), kind, r.sha256, r.bytes) for r in await conn.execute(query)]
    column = pages.c.blob_key if kind == "page" else documents.c.clean_key
    named = _between(column, _path(kind, after), _path(kind, under + "g"))
    rows = await conn.execute(select(column).distinct().where(*named).order_by(column).limit(_AT_ONCE))
    return [BlobKey(key, kind) for key in rows.scalars()]


def _between(column: Column[Any], after: str, end: str) -> tuple[ColumnElement[bool], ...]:
    """Hexadecimal digits all come before "g", so that is the end of what begins with something."""
    return column > after, column < end


def _path(kind: Kind, start: str) -> str:
    """Return the beginning of the keys whose hash begins so."""
    return f"{FOLDERS[kind]}/{start[:2]}" + (f"/{start}" if len(start) > 2 else "")
