"""Files that stay: written and made durable in the right order, and their errors as ours."""

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from services.archive.blobs import FULL_ERRNOS
from services.core.errors import CorruptError, InvalidInputError, StorageFullError, UnavailableError
from services.core.model import Model

M = TypeVar("M", bound=Model)

_FULL = "database or disk is full"


def sync(path: Path) -> None:
    """Make a file, or the entries of a folder, durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_durably(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, in place of what is there."""
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    sync(path.parent)


def write_lines(path: Path, values: Iterable[Model]) -> None:
    """Write values durably, a JSON line for each; the last line is the SHA-256 of the lines before."""
    body = "".join(json.dumps(value.model_dump(mode="json"), ensure_ascii=False) + "\n" for value in values).encode()
    write_durably(path, body + f"{hashlib.sha256(body).hexdigest()}\n".encode())


def read_lines(path: Path, kind: type[M], knows: str) -> list[M]:
    """Return what `write_lines` wrote, nothing where the file is missing; CorruptError tells what the archive knows."""
    try:
        lines = path.read_bytes().splitlines(keepends=True)
    except FileNotFoundError:
        return []
    error = f"{path} is damaged. Delete it and run `vanban backup` once more: the archive knows {knows}."
    if not lines or lines[-1].strip() != hashlib.sha256(b"".join(lines[:-1])).hexdigest().encode():
        raise CorruptError(error)
    try:
        return [kind.model_validate_json(line) for line in lines[:-1]]
    except ValidationError as cause:
        raise CorruptError(error) from cause


def digest(path: Path) -> tuple[str, int]:
    """Return the SHA-256 and the size of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), file.tell()


@contextmanager
def translated(folder: Path) -> Iterator[None]:
    """Turn what the disk of a folder says into our errors: full, or not to be read or written."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if _FULL in str(error):
            raise _full(folder) from error
        raise UnavailableError(f"The catalogue does not answer ({error}). Try again.", what=str(error)) from error
    except sqlite3.DatabaseError as error:
        raise CorruptError(f"The catalogue is damaged ({error}). Run `vanban check`.") from error
    except OSError as error:
        if error.errno in FULL_ERRNOS:
            raise _full(folder) from error
        name = error.filename or folder
        raise InvalidInputError(f"{name} cannot be used: {error.strerror}. Check its rights and its disk.") from error


def _full(folder: Path) -> StorageFullError:
    return StorageFullError(f"The disk of {folder} is full. Free some space and run the same command again.")
