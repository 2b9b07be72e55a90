"""The blob store: content under its hash, in a local directory or an S3-compatible store (obstore).

A blob that `put` returned for is durable: on the local store its bytes and every directory entry that leads to it
are fsynced before, because obstore never does that (docs/decisions, tech facts §7).
"""

import asyncio
import datetime as dt
import errno
import hashlib
import os
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any, Literal, NamedTuple

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, from_url

from services.core.errors import NotFoundError, SettingsError, StorageFullError, UnavailableError

SINGLE_PUT_BYTES = 16 * 1024 * 1024  # larger ones go up in parts, which no store can make conditional
_LISTED_AT_ONCE = 1000
FULL_ERRNOS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FULL_SIGNS = ("os error 28)", "os error 122)", "os error 27)")


def original_key(sha256: str) -> str:
    """Return where the bytes of a source lie."""
    return f"originals/{sha256[:2]}/{sha256}"


def page_key(image_hash: str, pipeline: str, size: tuple[float, float, int], packed: bytes) -> str:
    """Return where the words of a page lie: picture, pipeline and geometry name them.

    A page without a picture (text read elsewhere) is named by its own words.
    """
    name = repr((image_hash, size)) if image_hash else hashlib.sha256(packed).hexdigest()
    digest = hashlib.sha256(f"{pipeline}\n{name}".encode()).hexdigest()
    return f"pages/{digest[:2]}/{digest}"


def text_key(packed: bytes) -> str:
    """Return where a clean text lies: under the hash of its packed form."""
    digest = hashlib.sha256(packed).hexdigest()
    return f"texts/{digest[:2]}/{digest}"


class Stored(NamedTuple):
    """A blob that is there; `at` is when it was written."""

    key: str
    size: int
    at: dt.datetime


class Blobs:
    """Put, get and delete blobs; keys are chosen by content, so nothing is ever overwritten by something else."""

    def __init__(self, url: str) -> None:
        self.root: Path | None = None
        self._known_folders: set[Path] = set()
        self._store: Any
        if url.startswith("file://"):
            self.root = Path(url.removeprefix("file://"))
            _make_folder(self.root)
            self._store = LocalStore(self.root, mkdir=True)
        elif url.startswith(("s3://", "s3a://")):
            with _translated(url):
                self._store = from_url(url)
        else:
            raise SettingsError(f"VANBAN_BLOBS_URL: {url!r} is not supported. Use file:///DIRECTORY or s3://BUCKET.")

    async def put(self, key: str, content: bytes | Path) -> bool:
        """Store a blob durably and say whether that was needed: one that is there already is left as it is.

        Raises StorageFullError and UnavailableError.
        """
        return await self._write(key, content, mode="create")

    async def replace(self, key: str, content: bytes | Path) -> None:
        """Store a blob durably in the place of one that is damaged, in one step; errors as `put`."""
        await self._write(key, content, mode="overwrite")

    async def _write(self, key: str, content: bytes | Path, mode: Literal["create", "overwrite"]) -> bool:
        with _translated(key):
            if isinstance(content, Path) and _size(content) > SINGLE_PUT_BYTES:
                new = mode == "overwrite" or not await self.exists(key)
                if new:
                    await obstore.put_async(self._store, key, content, use_multipart=True)
            else:
                data = await asyncio.to_thread(content.read_bytes) if isinstance(content, Path) else content
                try:
                    await obstore.put_async(self._store, key, data, mode=mode, use_multipart=False)
                    new = True
                except AlreadyExistsError:
                    # Same key, same content; whoever wrote it may not have fsynced it yet, so go on.
                    new = False
            if self.root is not None:
                await asyncio.to_thread(self._sync, self.root / key)
        return new

    async def exists(self, key: str) -> bool:
        """Whether the blob is there."""
        try:
            with _translated(key):
                await obstore.head_async(self._store, key)
        except NotFoundError:
            return False
        return True

    async def get(self, key: str) -> bytes:
        """Return a whole blob; NotFoundError."""
        with _translated(key):
            result = await obstore.get_async(self._store, key)
            return bytes(await result.bytes_async())

    async def get_those(self, keys: Sequence[str]) -> dict[str, bytes]:
        """Return those of the blobs that are there; from the local store in one go."""
        if self.root is not None:
            with _translated("blobs"):
                return await asyncio.to_thread(_read_those, self.root, keys)
        found = await asyncio.gather(*map(self._get_or_none, keys))
        return {key: data for key, data in zip(keys, found, strict=True) if data is not None}

    async def _get_or_none(self, key: str) -> bytes | None:
        try:
            return await self.get(key)
        except NotFoundError:
            return None

    async def stream(self, key: str) -> AsyncIterator[bytes]:
        """Yield a blob piece by piece; NotFoundError at the first piece."""
        with _translated(key):
            result = await obstore.get_async(self._store, key)
            async for chunk in result.stream():
                yield bytes(chunk)

    @asynccontextmanager
    async def local_file(self, key: str, spare: Callable[[], AbstractContextManager[Path]]) -> AsyncIterator[Path]:
        """Lend a path with the content: the blob itself on the local store, else a copy where `spare` says."""
        if self.root is not None:
            path = self.root / key
            if not path.exists():
                raise NotFoundError(f"The blob {key} is missing. `vanban check` lists what else is.", key=key)
            yield path
            return
        with spare() as path:
            with path.open("wb") as file:
                async for chunk in self.stream(key):
                    await asyncio.to_thread(file.write, chunk)
            yield path

    async def digest(self, key: str) -> tuple[str, int]:
        """Return the SHA-256 and the size of a blob, read piece by piece; NotFoundError."""
        with _translated(key):
            if self.root is not None:
                return await asyncio.to_thread(_digest, self.root / key)
        hashed, size = hashlib.sha256(), 0
        async for chunk in self.stream(key):
            hashed.update(chunk)
            size += len(chunk)
        return hashed.hexdigest(), size

    async def list(self, folder: str) -> AsyncIterator[Stored]:
        """Yield what lies under a folder of the store, in no order; nothing where there is no such folder."""
        with _translated(folder):
            async for part in obstore.list(self._store, folder, chunk_size=_LISTED_AT_ONCE):
                for each in part:
                    yield Stored(each["path"], each["size"], each["last_modified"])

    async def delete(self, key: str) -> None:
        """Delete a blob; one that is not there is fine."""
        try:
            with _translated(key):
                await obstore.delete_async(self._store, key)
        except NotFoundError:
            pass

    async def ping(self) -> None:
        """Raise UnavailableError when the store does not answer."""
        await self.exists("ping")

    def _sync(self, path: Path) -> None:
        """Fsync a blob and the directories down to it; those that were synced once keep their entries."""
        assert self.root is not None
        _fsync(path)
        _fsync(path.parent)
        folder = path.parent
        while folder != self.root and folder not in self._known_folders:
            _fsync(folder.parent)
            self._known_folders.add(folder)
            folder = folder.parent


def _read_those(root: Path, keys: Sequence[str]) -> dict[str, bytes]:
    found = {}
    for key in keys:
        with suppress(FileNotFoundError):
            found[key] = (root / key).read_bytes()
    return found


def _digest(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), file.tell()


def _size(path: Path) -> int:
    return path.stat().st_size


def _fsync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _make_folder(folder: Path) -> None:
    """Make a folder with its parents, and make their entries durable."""
    missing = [f for f in (folder, *folder.parents) if not f.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for made in missing:
        _fsync(made.parent)


@contextmanager
def _translated(what: str) -> Iterator[None]:
    """Turn the store's errors into ours."""
    try:
        yield
    except FileNotFoundError as error:
        raise NotFoundError(f"The blob {what} is missing. `vanban check` lists what else is.", key=what) from error
    except OSError as error:
        if error.errno in FULL_ERRNOS:
            raise StorageFullError("The disk of the blobs is full. Free some space and try again.") from error
        raise UnavailableError(f"The blob store does not answer ({error}).", what=str(error)) from error
    except BaseError as error:
        said = str(error).split("\n", 1)[0]
        if any(sign in said for sign in _FULL_SIGNS):
            raise StorageFullError("The disk of the blobs is full. Free some space and try again.") from error
        raise UnavailableError(f"The blob store does not answer ({said}).", what=said) from error
