"""A disk that forgets: what it holds, and what of it would be there after the power was cut.

A file's content lasts once the file is synced, a name once its folder is. What is not synced may be there or not, each
write and each folder by itself: POSIX promises no more.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from tests.power.record import Change


@dataclass(frozen=True, slots=True)
class _Write:
    """The `number`th change of all: bytes at an offset; None: cut off there."""

    number: int
    offset: int
    data: bytes | None

    def put(self, content: bytearray) -> None:
        content.extend(bytes(max(0, self.offset - len(content))))
        if self.data is None:
            del content[self.offset :]
        else:
            content[self.offset : self.offset + len(self.data)] = self.data


@dataclass(slots=True, eq=False)
class _File:
    lasting: bytearray = field(default_factory=bytearray)
    now: bytearray = field(default_factory=bytearray)
    loose: list[_Write] = field(default_factory=list)

    def write(self, one: _Write) -> None:
        one.put(self.now)
        self.loose.append(one)

    def sync(self, since: int) -> None:
        for one in self.loose:
            if one.number < since:  # what was written while the sync ran may or may not be in it
                one.put(self.lasting)
        self.loose = [one for one in self.loose if one.number >= since]


class _Folder:
    """Marks the name of a folder."""


_Node = _File | _Folder


class Disk:
    """The files below a folder, as they are and as they last."""

    def __init__(self, files: Mapping[str, bytes], folders: set[str]) -> None:
        """Begin with files and folders that last."""
        self._now: dict[str, _Node] = {"": _Folder(), **{path: _Folder() for path in folders}}
        for path, data in files.items():
            self._now[path] = _File(bytearray(data), bytearray(data))
        self._lasting = dict(self._now)
        self._count = 0

    @classmethod
    def of(cls, folder: Path) -> Disk:
        """Begin with what lies in a folder."""
        found = {str(path.relative_to(folder)): path for path in folder.rglob("*")}
        files = {name: path.read_bytes() for name, path in found.items() if path.is_file()}
        return cls(files, {name for name, path in found.items() if path.is_dir()})

    def apply(self, change: Change) -> None:
        """Do what a process did."""
        node = self._now.get(change.path)
        match change.call:
            case "create":
                self._now.setdefault(change.path, _File())
            case "mkdir":
                self._now[change.path] = _Folder()
            case "link":
                self._now[change.other] = self._now[change.path]
            case "rename":
                self._move(change.path, change.other)
            case "unlink" | "rmdir":
                self._now.pop(change.path, None)
            case "write" if isinstance(node, _File):
                offset = len(node.now) if change.offset < 0 else change.offset
                node.write(_Write(self._count, offset, change.data))
            case "truncate" if isinstance(node, _File):
                node.write(_Write(self._count, change.offset, None))
            case "sync" if isinstance(node, _File):
                node.sync(change.since)
            case "sync" if isinstance(node, _Folder):
                self._sync_names(change.path)
        self._count += 1

    def files(self) -> dict[str, bytes]:
        """Return the files as they are, by path."""
        return {path: bytes(node.now) for path, node in self._now.items() if isinstance(node, _File)}

    def cut(self, folder: Path, rng: random.Random | None = None) -> None:
        """Write into `folder` what is there after the power was cut; without `rng` nothing that was not synced."""
        names = self._names(rng)
        folder.mkdir(parents=True)
        for path in sorted(path for path, node in names.items() if isinstance(node, _Folder) and path):
            if str(PurePosixPath(path).parent) == "." or (folder / path).parent.is_dir():
                (folder / path).mkdir()
        for path, node in names.items():
            if isinstance(node, _File) and (folder / path).parent.is_dir():
                (folder / path).write_bytes(_left(node, rng))

    def _names(self, rng: random.Random | None) -> dict[str, _Node]:
        if rng is None:
            return self._lasting
        parents = sorted({_parent(path) for path in {**self._now, **self._lasting}})
        newest = {parent for parent in parents if rng.random() < 0.5}
        merged = {path: node for path, node in self._now.items() if _parent(path) in newest}
        return merged | {path: node for path, node in self._lasting.items() if _parent(path) not in newest}

    def _move(self, old: str, new: str) -> None:
        for path in [path for path in self._now if path == old or path.startswith(f"{old}/")]:
            self._now[new + path.removeprefix(old)] = self._now.pop(path)

    def _sync_names(self, folder: str) -> None:
        for path in [path for path in self._lasting if _parent(path) == folder and path]:
            del self._lasting[path]
        self._lasting |= {path: node for path, node in self._now.items() if path and _parent(path) == folder}


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _left(node: _File, rng: random.Random | None) -> bytes:
    left = bytearray(node.lasting)
    for one in node.loose if rng is not None else ():
        if rng is not None and rng.random() < 0.5:
            one.put(left)
    return bytes(left)
