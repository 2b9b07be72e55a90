"""The files of the embedded index: generations, the pointer to the live one, the writer's lock, the tombstones.

INDEX/CURRENT                            the name of the live generation, replaced in one step
INDEX/writer.lock                        held while somebody writes any generation
INDEX/rebuild.lock                       held while somebody rebuilds; names the process
INDEX/vanban-<schema>-<timestamp>/       one generation: tantivy's files
INDEX/vanban-<schema>-<timestamp>.gone   its tombstones, a JSON line [id, revision] each
"""

import contextlib
import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from services.core.errors import ConflictError, CorruptError, StorageFullError
from services.search.generations import parse_name
from services.search.problems import index_damaged, rebuild_running

POINTER = "CURRENT"
LOCK = "writer.lock"
REBUILD = "rebuild.lock"
_NO_SPACE = (28, 122)  # ENOSPC, EDQUOT


class IndexFiles:
    """Where the generations lie; knows nothing of what is in them."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, generation: str) -> Path:
        """Return the folder of a generation."""
        if parse_name(generation) is None:
            raise index_damaged(f"{generation!r} is no index generation.", name=generation)
        return self.root / generation

    def live(self) -> str | None:
        """Return the name of the live generation; None when nothing was published yet."""
        try:
            name = (self.root / POINTER).read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise self._damaged(str(error)) from error
        parsed = parse_name(name)
        if parsed is None:
            raise self._damaged(f"it names {name[:80]!r}")
        if not parsed.compatible:
            raise index_damaged(
                f"The index {name} is of schema {parsed.schema}, this vanban needs another. Run `vanban reindex`.",
                name=name,
            )
        return name

    def pointer_stamp(self) -> tuple[int, int] | None:
        """Return what changes whenever another generation goes live."""
        return _stamp(self.root / POINTER)

    def point_to(self, generation: str) -> None:
        """Make a generation the live one: a reader sees the old name or the new one, never less."""
        self.root.mkdir(parents=True, exist_ok=True)
        part = self.root / f"{POINTER}.part"
        with part.open("w", encoding="ascii") as file:
            file.write(f"{generation}\n")
            file.flush()
            os.fsync(file.fileno())
        part.replace(self.root / POINTER)
        sync_folder(self.root)
        sync_folder(self.root.parent)  # its own name, where this is the first generation

    def names(self) -> list[str]:
        """List the generations that lie here, oldest first."""
        if not self.root.is_dir():
            return []
        found = ((parse_name(path.name), path.name) for path in self.root.iterdir() if path.is_dir())
        return [name for parsed, name in sorted((p.made_at, n) for p, n in found if p)]

    def remove(self, generation: str) -> None:
        """Delete a generation's files; what is gone already is no error."""
        shutil.rmtree(self.path(generation), ignore_errors=True)
        self._tombstones(generation).unlink(missing_ok=True)

    def meta_stamp(self, generation: str) -> tuple[int, int] | None:
        """Return what changes with every commit of a generation."""
        return _stamp(self.root / generation / "meta.json")

    def tombstones(self, generation: str) -> dict[str, int]:
        """Return the revisions at which documents were taken out of a generation."""
        gone: dict[str, int] = {}
        with contextlib.suppress(FileNotFoundError):
            for line in self._tombstones(generation).read_text(encoding="utf-8").splitlines():
                with contextlib.suppress(ValueError):  # the line that a crash cut short; its delete is done again
                    document_id, revision = json.loads(line)
                    gone[document_id] = max(revision, gone.get(document_id, revision))
        return gone

    def bury(self, generation: str, deletes: Sequence[tuple[str, int]]) -> None:
        """Remember deletions, on disk when it returns."""
        path = self._tombstones(generation)
        new = not path.exists()
        with path.open("a", encoding="utf-8") as file:
            file.write("".join(f"\n{json.dumps(pair)}" for pair in deletes) + "\n")
            file.flush()
            os.fsync(file.fileno())
        if new:
            sync_folder(self.root)

    @contextlib.contextmanager
    def writing(self, wait_seconds: float) -> Iterator[None]:
        """Hold the writer's lock; ConflictError when another process keeps it longer than `wait_seconds`."""
        with _disk_errors():
            self.root.mkdir(parents=True, exist_ok=True)
            with (self.root / LOCK).open("a") as file:
                _lock(file.fileno(), wait_seconds)
                yield

    @contextlib.contextmanager
    def rebuilding(self) -> Iterator[None]:
        """Hold the right to rebuild; ConflictError at once when another holds it. It ends with the process."""
        with _disk_errors():
            self.root.mkdir(parents=True, exist_ok=True)
            with (self.root / REBUILD).open("a+", encoding="ascii") as file:
                try:
                    fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError as error:
                    file.seek(0)
                    raise rebuild_running(f"process {file.read(20).strip() or 'unknown'}") from error
                file.truncate(0)
                file.write(f"{os.getpid()}\n")
                file.flush()
                yield

    def _tombstones(self, generation: str) -> Path:
        return self.root / f"{generation}.gone"

    def _damaged(self, why: str) -> CorruptError:
        path = self.root / POINTER
        return index_damaged(f"The index pointer {path} is damaged ({why}). Run `vanban reindex`.", path=str(path))


def sync_folder(path: Path) -> None:
    """Have the names in a folder written to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_ino


def _lock(handle: int, wait_seconds: float) -> None:
    until = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= until:
                raise ConflictError("Another process is writing the index; try again when it is done.") from error
            time.sleep(0.02)
        else:
            return


@contextlib.contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:  # tantivy reports a full disk as ValueError with the system's words
        if getattr(error, "errno", None) in _NO_SPACE or "os error 28" in str(error) or "No space left" in str(error):
            raise StorageFullError("The disk of the index is full: free some space, the work is done again.") from error
        raise
