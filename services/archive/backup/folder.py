"""What lies in a folder of backups: snapshots of the catalogue, and one store of contents that they share.

    DIR/vanban-backup.json      says what the folder is
    DIR/blobs/ab/SHA256         contents, each once, never rewritten
    DIR/snapshots/NAME/         catalogue.sqlite3 or catalogue.pgdump, blobs.list, settings/, manifest.json
    DIR/purged.jsonl            what was purged, for restoring from older snapshots (tombstones.py)

A snapshot is made under a name that begins with a dot and gets its own when all of it, and every content it names, is
durable: what a killed run leaves is no snapshot, and the next run clears it up.
"""

import asyncio
import datetime as dt
import fcntl
import hashlib
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple

from pydantic import ValidationError

from services.archive.backup.files import digest, sync, translated, write_durably
from services.core.errors import ConflictError, CorruptError, InvalidInputError, NotFoundError
from services.core.ids import new_id
from services.core.model import Model
from services.core.trace import LogHead

FORMAT = 1
MARKER = "vanban-backup.json"
BLOB_LIST = "blobs.list"
MANIFEST = "manifest.json"
_MARK = f'{{"what": "backups of vanban", "format": {FORMAT}}}\n'.encode()
_UNFINISHED = "."
_NAME = "%Y-%m-%dT%H%M%S.%fZ"


class StoredFile(Model):
    """A file of a snapshot, by its path in it."""

    path: str
    sha256: str
    bytes: int


class Manifest(Model):
    """What a snapshot holds. `taken_at` is the instant whose catalogue it is, `schema_revision` that catalogue's.

    `lacking` are blobs that the catalogue named and the archive's store did not have whole. `blobs` and `bytes` count
    those it has. `log_head` is the last line of the log as of then (None: from before there was a chain).
    """

    format: int = FORMAT
    name: str
    version: str
    catalogue: Literal["sqlite", "postgresql"]
    schema_revision: str
    taken_at: dt.datetime
    finished_at: dt.datetime
    files: tuple[StoredFile, ...]
    blobs: int
    bytes: int
    lacking: tuple[str, ...] = ()
    log_head: LogHead | None = None


class Listed(NamedTuple):
    """A line of `blobs.list`: a blob of the archive and the content it has."""

    key: str
    sha256: str
    size: int


class Folder:
    """A folder of backups; whoever uses it holds it."""

    def __init__(self, root: Path) -> None:
        self.root = root.expanduser().absolute()
        self.blobs, self.snapshots = self.root / "blobs", self.root / "snapshots"

    def make(self) -> None:
        """Make an empty or missing folder one of backups; InvalidInputError where it holds something else."""
        with translated(self.root):
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            if (self.root / MARKER).exists():
                return
            ours = (self.blobs, self.snapshots, self.root / f"{MARKER}.part")  # of a run killed right here
            if any(path not in ours for path in self.root.iterdir()):
                raise InvalidInputError(f"{self.root} is neither empty nor a folder of backups. Name another one.")
            for folder in (self.blobs, self.snapshots):
                folder.mkdir(exist_ok=True)
            write_durably(self.root / MARKER, _MARK)
            sync(self.root.parent)

    @contextmanager
    def held(self, *, alone: bool) -> Iterator[None]:
        """Hold the folder: alone to write into it, else beside others who read.

        NotFoundError where it holds no backup, ConflictError while another has it, InvalidInputError where it cannot be
        used, StorageFullError when its disk is full.
        """
        with translated(self.root):
            if not (self.root / MARKER).is_file():
                raise NotFoundError(f"{self.root} holds no backup: it has no {MARKER}. Check the name.")
            if (self.root / MARKER).read_bytes() != _MARK:
                raise InvalidInputError(f"{self.root / MARKER} is damaged, or of a newer version of vanban.")
            descriptor = os.open(self.root, os.O_RDONLY)
            try:
                fcntl.flock(descriptor, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
                yield
            except BlockingIOError as error:
                raise ConflictError(f"Another vanban works on {self.root}. Wait until it is through.") from error
            finally:
                os.close(descriptor)

    def names(self) -> list[str]:
        """Return the snapshots, the oldest first."""
        return sorted(p.name for p in self.snapshots.iterdir() if not p.name.startswith(_UNFINISHED))

    def next_name(self) -> str:
        """Return a name that sorts behind those that are there, even where the clock was set back."""
        now = dt.datetime.now(dt.UTC)
        if names := self.names():
            with suppress(ValueError):
                last = dt.datetime.strptime(names[-1], _NAME).replace(tzinfo=dt.UTC)
                now = max(now, last + dt.timedelta(microseconds=1))
        return now.strftime(_NAME)

    def begin(self, name: str) -> Path:
        """Make the place where a snapshot comes into being."""
        part = self.snapshots / f"{_UNFINISHED}{name}"
        part.mkdir()
        return part

    def finish(self, part: Path, manifest: Manifest) -> None:
        """Make a snapshot of what lies there: all is made durable, its manifest last, then it gets its name."""
        for file in manifest.files:
            sync(part / file.path)
        for folder in {(part / file.path).parent for file in manifest.files}:
            sync(folder)
        for folder in (*(p for p in self.blobs.iterdir() if p.is_dir()), self.blobs):
            sync(folder)
        data = (manifest.model_dump_json(indent=1) + "\n").encode()
        write_durably(part / "manifest.sha256", f"{hashlib.sha256(data).hexdigest()}  {MANIFEST}\n".encode())
        write_durably(part / MANIFEST, data)
        part.rename(self.snapshots / manifest.name)
        sync(self.snapshots)

    def clear_up(self) -> None:
        """Delete what killed runs left; the contents they copied stay, and the next snapshot uses them."""
        for path in self.snapshots.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(path)
        for path in self.blobs.glob("*.part"):
            path.unlink(missing_ok=True)

    def remove(self, name: str) -> None:
        """Remove a snapshot; it is none any more from the first moment."""
        gone = self.snapshots / f"{_UNFINISHED}{name}"
        (self.snapshots / name).rename(gone)
        sync(self.snapshots)
        shutil.rmtree(gone)

    def manifest(self, name: str) -> Manifest:
        """Return what a snapshot holds; NotFoundError, CorruptError, InvalidInputError for one of a newer version."""
        if name not in self.names():
            known = ", ".join(self.names()) or "none"
            raise NotFoundError(f"{self.root} has no snapshot {name!r}. Its snapshots: {known}.", snapshot=name)
        try:
            data = (self.snapshots / name / MANIFEST).read_bytes()
            said = (self.snapshots / name / "manifest.sha256").read_bytes().split()[:1]
            if said != [hashlib.sha256(data).hexdigest().encode()]:
                raise CorruptError(f"The manifest of the snapshot {name} is damaged. Use another snapshot.")
            return Manifest.model_validate_json(data)
        except FileNotFoundError as error:
            raise CorruptError(f"The snapshot {name} has no manifest. Use another snapshot.") from error
        except ValidationError as error:
            raise InvalidInputError(f"The snapshot {name} was written by another version of vanban.") from error

    def damaged(self, manifest: Manifest, *, only: str | None = None) -> list[str]:
        """Return the files of a snapshot that are not as they were written; reads all of them, or `only` one."""
        found = []
        for file in (f for f in manifest.files if only in (None, f.path)):
            path = self.snapshots / manifest.name / file.path
            if not path.is_file() or digest(path) != (file.sha256, file.bytes):
                found.append(f"snapshots/{manifest.name}/{file.path}")
        return found

    def listed(self, name: str) -> Iterator[Listed]:
        """Yield the blobs of a snapshot in the order of the list, which was found whole."""
        with (self.snapshots / name / BLOB_LIST).open(encoding="utf-8") as file:
            for line in file:
                sha256, size, key = line.rstrip("\n").split(" ", 2)
                yield Listed(key, sha256, int(size))

    def content(self, sha256: str) -> Path:
        """Return where a content lies."""
        return self.blobs / sha256[:2] / sha256

    def size_of(self, sha256: str) -> int | None:
        """Return the size of a content, None where it is not here."""
        try:
            return self.content(sha256).stat().st_size
        except FileNotFoundError:
            return None

    async def add(self, pieces: AsyncIterator[bytes], wanted: str | None) -> tuple[str, int] | None:
        """Take in a content durably; return its SHA-256 and size, None where it is not the wanted one."""
        part = self.blobs / f"{new_id()}.part"
        hashed, size = hashlib.sha256(), 0
        try:
            with part.open("xb") as file:
                async for piece in pieces:
                    hashed.update(piece)
                    size += len(piece)
                    await asyncio.to_thread(file.write, piece)
                await asyncio.to_thread(_flush, file)
            sha256 = hashed.hexdigest()
            if wanted not in (None, sha256):
                return None
            self.content(sha256).parent.mkdir(exist_ok=True)
            part.replace(self.content(sha256))
        finally:
            part.unlink(missing_ok=True)
        return sha256, size


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
