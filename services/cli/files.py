"""Which files a list of paths means."""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.core.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class Seen:
    """What a file looked like at one moment; a file that is being written looks different a moment later."""

    size: int
    modified_ns: int
    inode: int


def check_paths(paths: Sequence[Path]) -> None:
    """Raise InvalidInputError naming the paths that are neither files nor folders, before any work is done."""
    wrong = [str(path) for path in paths if not (path.is_file() or path.is_dir())]
    if wrong:
        listed = "\n  ".join(ascii(name)[1:-1] if not name.isprintable() else name for name in wrong)
        raise InvalidInputError(f"Neither a file nor a folder:\n  {listed}\nCheck the names; nothing was sent.")


def walk(paths: Sequence[Path]) -> Iterator[Path]:
    """Yield the files that the paths mean: files as given, folders with all below them in the order of their names.

    Hidden files and folders inside a folder are passed over, links to folders are not followed, and what is no plain
    file (a pipe, a socket) is left alone. A file named twice comes once.
    """
    yielded: set[str] = set()
    for path in paths:
        for file in _below(path) if path.is_dir() else (path,):
            name = os.path.abspath(file)  # noqa: PTH100 - resolve() would follow links: two links are two files
            if name not in yielded:
                yielded.add(name)
                yield file


def look(path: Path) -> Seen | None:
    """Return what the file looks like now, None where there is no plain file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return Seen(status.st_size, status.st_mtime_ns, status.st_ino) if stat.S_ISREG(status.st_mode) else None


def _below(folder: Path) -> Iterator[Path]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: os.fsencode(entry.name))
    except OSError as error:
        raise InvalidInputError(
            f"The folder {folder} cannot be listed ({error.strerror}). Check its rights."
        ) from error
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _below(folder / entry.name)
        elif entry.is_file():
            yield folder / entry.name
