"""Copying what a catalogue names out of the archive's store, once for all snapshots of a folder."""

import asyncio
import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby, islice
from pathlib import Path
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.backup.folder import BLOB_LIST, Folder, Listed
from services.archive.blob_keys import FOLDERS, BlobKey, blob_keys_in
from services.archive.blobs import Blobs, Stored
from services.core.errors import CorruptError, InvalidInputError, NotFoundError

T = TypeVar("T")
AT_ONCE = 16
_CLOCKS_DIFFER = dt.timedelta(hours=1)  # between the machine of the backup and the one that dates the blobs


@dataclass(slots=True)
class Copied:
    """What a snapshot names, how much of it was new to the folder, and what the archive's store lacks."""

    blobs: int = 0
    bytes: int = 0
    new: int = 0
    new_bytes: int = 0
    lacking: list[str] = field(default_factory=list)


class Copier:
    """Copies blobs into a folder of backups.

    What an original or a text holds its key says. Words of pages are named otherwise: the newest snapshot knows what
    they were, and that holds unless the store's blob is younger than that snapshot.
    """

    def __init__(self, blobs: Blobs, folder: Folder) -> None:
        self._blobs, self._folder = blobs, folder
        self._earlier = _Earlier(folder)
        self.copied = Copied()

    async def copy(self, named: Iterable[BlobKey], target: Path, tell: Callable[[int], None]) -> Copied:
        """Copy the blobs, in the order of their keys, and write the list of them."""
        done = 0
        with target.open("w", encoding="utf-8") as out:
            for shard, keys in groupby(named, key=lambda k: _shard(k.key)):
                known = await self._known(shard)
                for part in chunked(keys, AT_ONCE):
                    for listed in await asyncio.gather(*(self._one(key, known) for key in part)):
                        if listed is not None:
                            out.write(f"{listed.sha256} {listed.size} {listed.key}\n")
                    done += len(part)
                    tell(done)
        return self.copied

    async def _one(self, blob: BlobKey, known: dict[str, str]) -> Listed | None:
        """See to it that the content is in the folder; None, and noted, where the store has it not or not whole."""
        sha256 = blob.key.rsplit("/", 1)[-1] if blob.kind != "page" else known.get(blob.key)
        size = None if sha256 is None else self._folder.size_of(sha256)
        if sha256 is not None and size is not None and blob.size in (None, size):
            return self._count(Listed(blob.key, sha256, size), new=False)
        wanted = sha256 if blob.kind != "page" else None
        try:
            added = await self._folder.add(self._blobs.stream(blob.key), wanted)
        except NotFoundError:
            added = None
        if added is None:
            self.copied.lacking.append(blob.key)
            return None
        return self._count(Listed(blob.key, *added), new=True)

    def _count(self, listed: Listed, *, new: bool) -> Listed:
        self.copied.blobs += 1
        self.copied.bytes += listed.size
        if new:
            self.copied.new += 1
            self.copied.new_bytes += listed.size
        return listed

    async def _known(self, shard: str) -> dict[str, str]:
        """Return what the pages of a shard hold, those left out that were written since."""
        before = self._earlier.pages(shard)
        if not before:
            return {}
        there = {stored.key: stored async for stored in self._blobs.list(shard)}
        return {key: listed.sha256 for key, listed in before.items() if self._same(listed, there.get(key))}

    def _same(self, listed: Listed, stored: Stored | None) -> bool:
        until = self._earlier.taken_at - _CLOCKS_DIFFER
        return stored is not None and stored.size == listed.size and stored.at < until


class _Earlier:
    """The list of the newest snapshot, read along shard by shard."""

    def __init__(self, folder: Folder) -> None:
        self.taken_at = dt.datetime.min.replace(tzinfo=dt.UTC)
        self._shards: Iterator[tuple[str, Iterator[Listed]]] = iter(())
        for name in reversed(folder.names()):
            try:
                manifest = folder.manifest(name)
            except (CorruptError, InvalidInputError):
                continue
            if not folder.damaged(manifest, only=BLOB_LIST):
                self.taken_at = manifest.taken_at
                self._shards = groupby(folder.listed(name), key=lambda one: _shard(one.key))
                break
        self._at: tuple[str, dict[str, Listed]] = ("", {})

    def pages(self, shard: str) -> dict[str, Listed]:
        """Return the pages of a shard; shards are asked for in their order."""
        if not shard.startswith(FOLDERS["page"]):
            return {}
        while self._at[0] < shard and (after := next(self._shards, None)) is not None:
            self._at = (after[0], {one.key: one for one in after[1]})
        return self._at[1] if self._at[0] == shard else {}


async def write_names(conn: AsyncConnection, path: Path) -> int:
    """Write down which blobs a catalogue names, so that it need not stay open while they are copied; count them."""
    count = 0
    with path.open("w", encoding="utf-8") as out:
        for kind in FOLDERS:
            async for blob in blob_keys_in(conn, kind):
                out.write(f"{blob.kind} {'' if blob.size is None else blob.size} {blob.key}\n")
                count += 1
    return count


def read_names(path: Path) -> Iterator[BlobKey]:
    """Yield what was written down."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            kind, size, key = line.rstrip("\n").split(" ", 2)
            yield BlobKey(key, kind, size=int(size) if size else None)  # type: ignore[arg-type] # it was a kind before


def chunked(things: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield them in lists of at most so many."""
    rest = iter(things)
    while part := list(islice(rest, size)):
        yield part


def _shard(key: str) -> str:
    """Return the folder of the store that a key lies in: "pages/ab"."""
    return key.rsplit("/", 1)[0]
