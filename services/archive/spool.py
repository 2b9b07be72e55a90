"""The spool: a file on its way in, before anything is known of it.

While it is written it is locked (flock), so that another process can tell an upload that goes on from one whose
process died. What died is cleaned up when the archive is opened and by the sweeper.
"""

import fcntl
import hashlib
import os
import time
import unicodedata
from codecs import getincrementaldecoder
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import RawIOBase
from pathlib import Path, PurePosixPath

from services.archive.blobs import FULL_ERRNOS
from services.archive.edxml import EDXML_MEDIA_TYPE, is_edxml
from services.archive.imports import ELSEWHERE_TYPES
from services.core.errors import InvalidInputError, StorageFullError, TooLargeError
from services.core.ids import new_id
from services.core.model import Reason
from services.core.text import thin_marks

SETTLE_SECONDS = 60.0  # between the making of a spool file and its lock: nothing younger is taken for dead
_HEAD_BYTES = 1024  # a PDF may carry so much before its header (ISO 32000-1, Annex H, note 13)
_NAME_CHARS = 200
_CLAIMS = {
    ".pdf": "PDF",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".png": "PNG",
    ".edxml": "edXML",
}


def shown_name(raw: str) -> str:
    """Return the name a file is shown under: no folders, no control characters, NFC, at most 200 characters.

    Only for display: nothing is ever opened under it.
    """
    name = PurePosixPath(unicodedata.normalize("NFC", thin_marks(raw)).replace("\\", "/").rstrip("/")).name
    name = "".join("\ufffd" if unicodedata.category(c) == "Cs" else c for c in name)
    name = "".join(c for c in name if unicodedata.category(c) not in ("Cc", "Cf", "Zl", "Zp")).strip()
    if name in ("", ".", ".."):
        return "(không tên)"
    if len(name) > _NAME_CHARS:
        suffix = PurePosixPath(name).suffix[:10]
        name = name[: _NAME_CHARS - len(suffix) - 1] + "…" + suffix
    return name


def storable(raw: str) -> str:
    """Return the text without what no database takes: undecodable bytes and NUL are written as escapes."""
    return raw.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


@dataclass(frozen=True, slots=True)
class Received:
    """What is known of a file once all its bytes are here."""

    path: Path
    sha256: str
    bytes: int
    media_type: str | None
    reason: Reason | None


class SpoolFile:
    """One file being received: hashed, counted and looked at while its bytes pass."""

    def __init__(self, file: RawIOBase, path: Path, name: str, limit: int) -> None:
        self._file, self.path, self._limit = file, path, limit
        self._suffix = PurePosixPath(name).suffix.lower()
        self._hash = hashlib.sha256()
        self._bytes = 0
        self._head = b""
        self._decoder = getincrementaldecoder("utf-8")() if self._suffix == ".txt" else None

    def write(self, chunk: bytes) -> None:
        """Take the next bytes; TooLargeError over the limit, StorageFullError when the disk is full."""
        self._bytes += len(chunk)
        if self._bytes > self._limit:
            raise TooLargeError("The file is over the limit.", limit=self._limit)
        if len(self._head) < _HEAD_BYTES:
            self._head += chunk[: _HEAD_BYTES - len(self._head)]
        self._hash.update(chunk)
        self._decode(chunk, final=False)
        with _full_disk_translated():
            rest = memoryview(chunk)
            while rest:
                rest = rest[self._file.write(rest) or 0 :]

    def finish(self) -> Received:
        """Say what came."""
        self._decode(b"", final=True)
        media_type = sniff(self._head) or ("text/plain" if self._decoder is not None else None)
        reason = None
        if self._bytes == 0:
            media_type, reason = None, Reason(code="empty_file")
        elif media_type is None:
            reason = self._unknown()
        return Received(self.path, self._hash.hexdigest(), self._bytes, media_type, reason)

    def _decode(self, chunk: bytes, *, final: bool) -> None:
        """Follow the text of a .txt file; the first byte that is no UTF-8, and NUL, end its being one."""
        if self._decoder is None:
            return
        try:
            self._decoder.decode(chunk, final)
        except UnicodeDecodeError:
            self._decoder = None
        if b"\0" in chunk:
            self._decoder = None

    def _unknown(self) -> Reason:
        if self._suffix == ".txt":
            return Reason(code="not_text")
        if claimed := _CLAIMS.get(self._suffix):
            return Reason(code="wrong_type", params={"claimed": claimed})
        return Reason(code="not_recognised")


MEDIA_TYPES = frozenset(
    {"application/pdf", "image/tiff", "image/jpeg", "image/png", "text/plain", EDXML_MEDIA_TYPE, *ELSEWHERE_TYPES}
)
"""What an original can be."""


def sniff(head: bytes) -> str | None:
    """Return the media type that a file's first bytes prove; None when they prove none."""
    if b"%PDF-" in head[:_HEAD_BYTES]:
        return "application/pdf"
    if head.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return "image/tiff"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    return EDXML_MEDIA_TYPE if is_edxml(head) else None


class Spool:
    """The folder of files on their way in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with _full_disk_translated():
            folder.mkdir(parents=True, exist_ok=True)

    def path(self, name: str) -> Path:
        """Return where something passing through would lie."""
        return self.folder / name

    @contextmanager
    def file(self, item_id: str, name: str, limit: int) -> Iterator[SpoolFile]:
        """Open a locked file for an item; it is gone when the block ends."""
        path = self.path(f"{item_id}.part")
        try:
            with _full_disk_translated():
                file = path.open("wb", buffering=0)  # nothing left to write, and to fail, at closing
            with file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                yield SpoolFile(file, path, name, limit)
        finally:
            path.unlink(missing_ok=True)

    @contextmanager
    def spare(self) -> Iterator[Path]:
        """Lend a path for a copy of a blob; it is gone when the block ends, and cleaned up after a crash."""
        with self.file(new_id(), "", 0) as file:
            yield file.path

    def alive(self, item_id: str, settle_seconds: float = SETTLE_SECONDS) -> bool | None:
        """Whether a process is receiving this item; None when this machine has no trace of it."""
        path = self.path(f"{item_id}.part")
        try:
            with path.open("rb") as file:
                # One from the future was made before the clock was set back.
                if 0 <= time.time() - os.fstat(file.fileno()).st_mtime < settle_seconds:
                    return True
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return None
        except BlockingIOError:
            return True
        return False

    def clean(self) -> int:
        """Delete what crashed processes left, once it is old and nobody holds it; return how many files.

        Later than `alive` calls it dead: the file is the proof by which its item is ended.
        """
        gone = 0
        for path in self.folder.iterdir():
            if path.is_file() and self.alive(path.name.removesuffix(".part"), 2 * SETTLE_SECONDS) is False:
                path.unlink(missing_ok=True)
                gone += 1
        return gone


@contextmanager
def _full_disk_translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in FULL_ERRNOS:
            raise StorageFullError("The disk is full. Free some space and upload the file again.") from error
        raise InvalidInputError(f"The data directory cannot be written ({error}). Check its rights.") from error
