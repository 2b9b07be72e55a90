"""Reading a folder of backups whole: every byte has to be the one that was written."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from services.archive.backup import shut_out, tombstones
from services.archive.backup.copying import chunked
from services.archive.backup.files import digest
from services.archive.backup.folder import Folder
from services.core.errors import CorruptError, InvalidInputError
from services.core.model import Model

_AT_ONCE = 4


class SnapshotFound(Model):
    """A snapshot and what is wrong with it: damaged files, contents it lacks."""

    name: str
    blobs: int = 0
    bytes: int = 0
    problems: tuple[str, ...] = ()


class VerifyReport(Model):
    """What a folder of backups holds; `damaged` are paths in it, of whatever snapshot."""

    folder: str
    snapshots: tuple[SnapshotFound, ...]
    contents: int
    bytes: int
    damaged: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether all is as it was written."""
        return not self.damaged and not any(one.problems for one in self.snapshots)


async def verify_backup(path: Path, progress: Callable[[int, int], None] | None = None) -> VerifyReport:
    """Hash every byte of a folder of backups; NotFoundError where it is none, ConflictError while one is written."""
    folder = Folder(path)
    with folder.held(alone=False):
        sizes: dict[str, int] = {}
        found = [await asyncio.to_thread(_look, folder, name, sizes) for name in folder.names()]
        damaged = await _hash_all(folder, sizes, progress)
        for kept in (tombstones, shut_out):
            try:
                kept.read(folder.root)
            except CorruptError:
                damaged.append(kept.FILE)
    return VerifyReport(
        folder=str(folder.root),
        snapshots=tuple(found),
        contents=len(sizes),
        bytes=sum(sizes.values()),
        damaged=tuple(damaged),
    )


def _look(folder: Folder, name: str, sizes: dict[str, int]) -> SnapshotFound:
    """Look at a snapshot's own files, and gather the contents that it names."""
    try:
        manifest = folder.manifest(name)
    except (CorruptError, InvalidInputError) as error:
        return SnapshotFound(name=name, problems=(str(error),))
    problems = folder.damaged(manifest)
    count = 0
    if not problems:
        for one in folder.listed(name):
            count += 1
            sizes[one.sha256] = one.size
            if folder.size_of(one.sha256) is None:
                problems.append(f"{one.key} is missing: {folder.content(one.sha256).relative_to(folder.root)}")
    return SnapshotFound(name=name, blobs=count, bytes=manifest.bytes, problems=tuple(problems))


async def _hash_all(folder: Folder, sizes: dict[str, int], progress: Callable[[int, int], None] | None) -> list[str]:
    damaged, done = [], 0
    for part in chunked(sorted(sizes), _AT_ONCE):
        there = [sha256 for sha256 in part if folder.size_of(sha256) is not None]
        for sha256, found in zip(
            there, await asyncio.gather(*(asyncio.to_thread(digest, folder.content(s)) for s in there)), strict=True
        ):
            if found != (sha256, sizes[sha256]):
                damaged.append(str(folder.content(sha256).relative_to(folder.root)))
        done += len(part)
        if progress is not None:
            progress(done, len(sizes))
    return damaged
