"""Is every blob there that the catalogue names, is it what it should be, and is nothing else there."""

import asyncio
import datetime as dt
import errno
import hashlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Select, exists, func, select

from services.archive.blob_keys import FOLDERS, BlobKey, Kind, blob_keys
from services.archive.blobs import Blobs, Stored
from services.archive.checking.finding import Finding, Look, finding
from services.archive.codec import decode_page, decode_text
from services.archive.outbox import chunks
from services.archive.schema import documents, garbage, items, outbox, pages, sources
from services.core.errors import CorruptError, NotFoundError, UnavailableError
from services.core.model import DocumentState, PageState

ORPHAN_AGE = dt.timedelta(hours=1)
"""What is younger may belong to an upload or a page whose row is not committed yet."""

_WHOLE = 50_000  # blobs of one kind that are compared at once; more go by the first two digits of their hashes
_READ_AT_ONCE = 64
_NAMES = {"original": "originals", "page": "pages", "text": "texts"}
_MISSING = {"original": "original_missing", "page": "page_words_missing", "text": "text_missing"}
_DAMAGED = {"original": "original_damaged", "page": "page_words_damaged", "text": "text_damaged"}


async def check_blobs(look: Look) -> AsyncIterator[Finding]:
    """Compare what the catalogue names with what the store holds, in parts that fit into memory."""
    for kind in FOLDERS:
        total, done = await _count(look, kind), 0
        for under in [""] if total <= _WHOLE else [f"{n:02x}" for n in range(256)]:
            named = {each.key: each async for each in blob_keys(look.database, kind, under)}
            there = {each.key: each async for each in look.blobs.list(f"{FOLDERS[kind]}/{under}".rstrip("/"))}
            async for each in _orphans(look, [one for key, one in there.items() if key not in named]):
                yield each
            for key in named.keys() - there.keys():
                async for each in _told(look, _MISSING[kind], named[key]):
                    yield each
            kept = [named[key] for key in sorted(named.keys() & there.keys())]
            done += len(named) - len(kept)
            async for blob in _wrong(look, kept, there, done, total):
                async for each in _told(look, _DAMAGED[kind], blob, found=there[blob.key].size):
                    yield each
            done += len(kept)


async def check_unnamed_words(look: Look) -> AsyncIterator[Finding]:
    """Find pages that count as read and name no words."""
    query = select(pages.c.id, pages.c.source_id, pages.c.number)
    async with look.database.read() as conn:
        rows = (await conn.execute(query.where(pages.c.state == PageState.DONE, pages.c.blob_key.is_(None)))).all()
    for row in rows:
        yield finding("page_words_missing", "page", row.id, key=None, source_id=row.source_id, number=row.number)


async def is_right(blobs: Blobs, blob: BlobKey) -> bool:
    """Whether a blob is there and is what it should be, read from end to end."""
    try:
        if blob.kind == "original":
            return await blobs.digest(blob.key) == (blob.sha256, blob.size)
        return not _undecodable({blob.key: await blobs.get(blob.key)}, blob.kind)
    except NotFoundError:
        return False
    except UnavailableError as error:
        if getattr(error.__cause__, "errno", None) == errno.EIO:  # the disk cannot read it any more
            return False
        raise


async def check_left_over(look: Look) -> AsyncIterator[Finding]:
    """Find files that processes left when they were killed: parts of uploads, of blobs, of what was being replaced."""
    for path, size in await asyncio.to_thread(lambda: list(_left_over(look))):
        yield finding("orphan_file", "file", str(path), bytes=size)


def _left_over(look: Look) -> Iterable[tuple[Path, int]]:
    folders = [(look.spool.folder, "*.part"), (look.spool.folder.parent, "*.part")]
    if look.blobs.root is not None:
        folders += [(look.blobs.root / folder, "*/*#*") for folder in FOLDERS.values()]  # how obstore names its parts
    before = (dt.datetime.now(dt.UTC) - ORPHAN_AGE).timestamp()
    for folder, pattern in folders:
        for path in folder.glob(pattern):
            if look.spool.alive(path.name.removesuffix(".part")) is True and path.parent == look.spool.folder:
                continue
            if path.is_file() and path.stat().st_mtime < before:
                yield path, path.stat().st_size


async def _count(look: Look, kind: Kind) -> int:
    columns = {"original": sources.c.sha256, "page": pages.c.blob_key, "text": documents.c.clean_key}
    query = select(func.count(columns[kind].distinct()))
    if kind == "original":
        query = query.where(sources.c.state != DocumentState.PURGED)
    async with look.database.read() as conn:
        return int(await conn.scalar(query) or 0)


async def _orphans(look: Look, unnamed: Sequence[Stored]) -> AsyncIterator[Finding]:
    """Tell of old blobs that no row names; those that are noted as garbage go by themselves."""
    before = dt.datetime.now(dt.UTC) - ORPHAN_AGE
    old = {each.key: each for each in unnamed if each.at < before}
    for part in chunks(sorted(old)):
        async with look.database.read() as conn:
            noted = set((await conn.execute(select(garbage.c.key).where(garbage.c.key.in_(part)))).scalars())
        for key in part:
            if key not in noted and not await is_named(look, key):
                yield finding("orphan_blob", "blob", key, bytes=old[key].size)


async def is_named(look: Look, key: str) -> bool:
    """Whether a row names the blob as of now."""
    async with look.database.read() as conn:
        return (await conn.execute(_rows(key).limit(1))).first() is not None


async def _wrong(
    look: Look, blobs: Sequence[BlobKey], there: Mapping[str, Stored], done: int, total: int
) -> AsyncIterator[BlobKey]:
    """Yield the blobs that are not what they should be; a quick look knows their sizes only."""
    for start in range(0, len(blobs), _READ_AT_ONCE):
        part = blobs[start : start + _READ_AT_ONCE]
        wrong = {b.key for b in part if there[b.key].size == 0 or b.size not in (None, there[b.key].size)}
        if not look.quick:
            wrong |= await _unreadable(look, [b for b in part if b.key not in wrong])
        for blob in part:
            if blob.key in wrong:
                yield blob
        look.progress(_NAMES[part[0].kind], done + start + len(part), total)


async def _unreadable(look: Look, blobs: Sequence[BlobKey]) -> set[str]:
    """Read these blobs, all of one kind; return those that cannot be read or are not what they should be."""
    if not blobs:
        return set()
    if blobs[0].kind == "original":
        return {blob.key for blob in blobs if not await is_right(look.blobs, blob)}
    data = await look.blobs.get_those([blob.key for blob in blobs])
    suspects = await asyncio.to_thread(_undecodable, data, blobs[0].kind)
    return suspects | {blob.key for blob in blobs if blob.key not in data}


def _undecodable(data: Mapping[str, bytes], kind: Kind) -> set[str]:
    decode: Callable[[bytes], object] = decode_page if kind == "page" else decode_text
    wrong = set()
    for key, packed in data.items():
        try:
            decode(packed)
        except CorruptError:
            wrong.add(key)
        else:
            if kind == "text" and hashlib.sha256(packed).hexdigest() != key.rsplit("/", 1)[-1]:
                wrong.add(key)
    return wrong


async def _told(look: Look, code: str, blob: BlobKey, **params: Any) -> AsyncIterator[Finding]:
    """Tell of a blob whom it belongs to; nothing when it was replaced, put right, or is being made again."""
    query = _rows(blob.key)
    if blob.kind == "text":
        query = query.where(~exists().where(outbox.c.source_id == documents.c.source_id, outbox.c.job != "index"))
    async with look.database.read() as conn:
        rows = (await conn.execute(query)).all()
    if not rows or (not look.quick and await is_right(look.blobs, blob)):
        return
    if look.quick and code in _MISSING.values() and await look.blobs.exists(blob.key):
        return
    subject = {"original": "source", "page": "page", "text": "document"}[blob.kind]
    known = {"bytes": blob.size} if blob.size is not None else {}
    for row in rows:
        own = {name: value for name, value in row._mapping.items() if name != "id"}
        yield finding(code, subject, row.id, key=blob.key, **known, **own, **params)


def _rows(key: str) -> Select[Any]:
    """Select the rows that name a blob."""
    name = select(items.c.name).where(items.c.source_id == sources.c.id).order_by(items.c.created_at, items.c.id)
    if key.startswith("originals/"):
        first = name.limit(1).scalar_subquery().label("name")
        same = sources.c.sha256 == key.rsplit("/", 1)[-1]
        return select(sources.c.id, first).where(same, sources.c.state != DocumentState.PURGED)
    if key.startswith("pages/"):
        return select(pages.c.id, pages.c.source_id, pages.c.number).where(pages.c.blob_key == key)
    return select(documents.c.id, documents.c.source_id).where(documents.c.clean_key == key)
