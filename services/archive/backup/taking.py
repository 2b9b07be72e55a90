"""Taking a snapshot: the catalogue at one instant, then what it names, then the manifest.

Blobs are never rewritten and, while a backup says that it runs (`long_works`), never deleted: what the catalogue named
at its instant can be copied afterwards, while `vanban up` takes in, reads and indexes.
"""

import asyncio
import datetime as dt
import re
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from shutil import rmtree

from services.archive.backup import shut_out, tombstones
from services.archive.backup.catalogue import Snapshot, snapshot
from services.archive.backup.copying import Copied, Copier, read_names, write_names
from services.archive.backup.files import digest
from services.archive.backup.folder import BLOB_LIST, Folder, Manifest, StoredFile
from services.archive.backup.heads import differs_from_newest, head_of
from services.archive.backup.keeping import keep_newest
from services.archive.blobs import Blobs
from services.archive.database import Database
from services.archive.long_works import LongWorks, Tally, backup_runs
from services.core.errors import InvalidInputError, UnavailableError
from services.core.model import Model, Principal
from services.core.settings import DIRECTORY_FILE, Settings
from services.core.trace import LogHead

Progress = Callable[[int, int], None]
SETTINGS = "settings"
OFFICE_FILES = ("taxonomy_file", "synonyms_file", "lexicon_file")
_NAMED = "named"
_PASSWORD = re.compile(r"(://[^/@\s\":]*:)[^/@\s\"]*@")


class BackupReport(Model):
    """A snapshot that was taken: what it names, what of that was new, what it lacks, and which older ones went.

    `log_differs` is the snapshot before it where the log does not have any more what was its last line then.
    """

    folder: str
    snapshot: str
    blobs: int
    bytes: int
    copied: int
    copied_bytes: int
    lacking: tuple[str, ...]
    removed: tuple[str, ...] = ()
    log_differs: str | None = None


class Backups:
    """Takes snapshots of an archive."""

    def __init__(self, database: Database, blobs: Blobs, works: LongWorks, settings: Settings) -> None:
        self._database, self._blobs, self._works, self._settings = database, blobs, works, settings

    async def take(
        self, p: Principal, path: Path, *, keep: int | None = None, progress: Progress | None = None
    ) -> BackupReport:
        """Add a snapshot to a folder of backups, copying what is not there yet; then `keep` only the newest.

        Blobs that the archive itself lacks are told, and all others are there. InvalidInputError for a folder that
        holds something else or overlaps the archive, ConflictError while another backup writes there,
        StorageFullError, UnavailableError, MissingProgramError where PostgreSQL's programs are missing.
        """
        self._refuse_overlap(path)
        folder = Folder(path)
        await asyncio.to_thread(folder.make)
        with folder.held(alone=True):
            await asyncio.to_thread(folder.clear_up)
            async with self._works.watched(p, "backup") as tally:
                await self._require_noted()
                report = await self._take(folder, tally, progress)
            removed = () if keep is None else await asyncio.to_thread(keep_newest, folder, keep)
        return report.model_copy(update={"removed": tuple(removed)})

    def _refuse_overlap(self, path: Path) -> None:
        """Refuse a folder inside the archive's, and one that the archive lies in."""
        wanted = path.expanduser().resolve()
        for own in (self._settings.data_dir, self._blobs.root):
            if own is not None and (wanted.is_relative_to(own.resolve()) or own.resolve().is_relative_to(wanted)):
                raise InvalidInputError(f"{path} and the archive ({own}) overlap. Name a folder on another disk.")

    async def _require_noted(self) -> None:
        async with self._database.read() as conn:
            if not await backup_runs(conn):
                raise UnavailableError("The catalogue could not note that a backup runs. Try again.")

    async def _take(self, folder: Folder, tally: Tally, progress: Progress | None) -> BackupReport:
        def tell(done: int) -> None:
            tally.done = done
            if progress is not None:
                progress(done, tally.total)

        name = folder.next_name()
        part = await asyncio.to_thread(folder.begin, name)
        try:
            async with snapshot(self._database, part) as taken:
                tally.total = await write_names(taken.conn, part / _NAMED)
                tombstones.add(folder.root, await tombstones.in_events(taken.conn))
                shut_out.write(folder.root, await shut_out.in_catalogue(taken.conn))
                head, differs = await head_of(taken.conn), await differs_from_newest(taken.conn, folder)
            copier = await asyncio.to_thread(Copier, self._blobs, folder)
            copied = await copier.copy(read_names(part / _NAMED), part / BLOB_LIST, tell)
            await asyncio.to_thread(self._finish, folder, part, name, taken, head, copied)
        except BaseException:
            rmtree(part, ignore_errors=True)
            raise
        return BackupReport(
            folder=str(folder.root),
            snapshot=name,
            blobs=copied.blobs,
            bytes=copied.bytes,
            copied=copied.new,
            copied_bytes=copied.new_bytes,
            lacking=tuple(copied.lacking),
            log_differs=differs,
        )

    def _finish(self, folder: Folder, part: Path, name: str, taken: Snapshot, head: LogHead, copied: Copied) -> None:
        (part / _NAMED).unlink()
        self._copy_settings(part / SETTINGS)
        manifest = Manifest(
            name=name,
            version=version("vanban"),
            catalogue=taken.kind,
            schema_revision=taken.schema_revision,
            taken_at=taken.taken_at,
            finished_at=dt.datetime.now(dt.UTC),
            files=tuple(_file(part, path) for path in sorted(part.rglob("*")) if path.is_file()),
            blobs=copied.blobs,
            bytes=copied.bytes,
            lacking=tuple(copied.lacking),
            log_head=head,
        )
        folder.finish(part, manifest)

    def _copy_settings(self, folder: Path) -> None:
        """Take along what the office wrote itself, and the addresses in use, without the passwords in them."""
        folder.mkdir()
        own = self._settings
        for name, path in (
            ("taxonomy", own.taxonomy_file),
            ("synonyms", own.synonyms_file),
            ("lexicon", own.lexicon_file),
        ):
            if path is not None and path.is_file():
                (folder / f"{name}{path.suffix}").write_bytes(path.read_bytes())
        addresses = own.data_dir / DIRECTORY_FILE
        if addresses.is_file():
            (folder / DIRECTORY_FILE).write_text(_PASSWORD.sub(r"\1***@", addresses.read_text(encoding="utf-8")))


def _file(part: Path, path: Path) -> StoredFile:
    sha256, size = digest(path)
    return StoredFile(path=str(path.relative_to(part)), sha256=sha256, bytes=size)
