"""The system calls of a process that change files below a folder, in order, as strace saw them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Call = Literal["create", "write", "truncate", "sync", "rename", "link", "unlink", "mkdir", "rmdir", "say"]

_FOLLOWED = (
    "openat,write,pwrite64,fsync,fdatasync,rename,renameat,renameat2,link,linkat,unlink,unlinkat,rmdir,mkdir,mkdirat,"
    "ftruncate,lseek,close"
)
_UNKNOWN = "open,creat,writev,pwritev,pwritev2,sync_file_range,truncate,fallocate,copy_file_range,sendfile,splice"
_LINE = re.compile(r"^(\d+) +(?:<\.\.\. (\w+) resumed>|(\w+)\()(.*)$")
_END = re.compile(r"^(.*)\) += (-?\d+)(?:<[^>]*>)?(?: .*)?$")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_FD = re.compile(r"^(\d+)<((?:\\x[0-9a-f]{2})*)>")


@dataclass(frozen=True, slots=True)
class Change:
    """One change, done: `path` below the folder (`other` the second one), `since` how many were done when it began."""

    call: Call
    path: str
    other: str = ""
    offset: int = 0
    data: bytes = b""
    since: int = 0


def record(command: list[str], folder: Path, log: Path) -> list[Change]:
    """Run a Python module under strace to its end and return what it changed below `folder`.

    Raises RuntimeError where it fails, or writes in a way that the replay does not know.
    """
    strace = shutil.which("strace")
    if strace is None:
        raise RuntimeError("strace is missing. Run: apt-get install --no-install-recommends strace")
    watch = [strace, "-f", "-y", "-xx", "-s", "100000000", "-e", f"trace={_FOLLOWED},{_UNKNOWN}", "-o", str(log)]
    done = subprocess.run([*watch, sys.executable, *command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command} ended with {done.returncode}:\n{done.stderr[-3000:]}")
    with log.open(encoding="ascii", errors="replace") as lines:
        return _Reading(folder).read(lines)


class _Reading:
    def __init__(self, folder: Path) -> None:
        self._root = f"{folder}/"
        self._changes: list[Change] = []
        self._begun: dict[str, tuple[str, int]] = {}  # by thread: what was printed of a call so far, and when it began
        self._positions: dict[int, int] = {}  # by file descriptor; -1: always at the end

    def read(self, lines: Iterator[str]) -> list[Change]:
        for line in lines:
            if found := _LINE.match(line.rstrip("\n")):
                self._line(*found.groups())
        return self._changes

    def _line(self, thread: str, resumed: str | None, name: str | None, rest: str) -> None:
        since = len(self._changes)
        if resumed is not None:
            first, since = self._begun.pop(thread)
            rest = first + rest
        if rest.endswith("<unfinished ...>"):
            self._begun[thread] = (rest.removesuffix("<unfinished ...>"), since)
            return
        ended = _END.match(rest)
        if ended and not ended[2].startswith("-"):
            self._call(resumed or name or "", ended[1].rstrip(), int(ended[2]), since)

    def _call(self, name: str, arguments: str, result: int, since: int) -> None:
        texts = [bytes.fromhex(text.replace("\\x", "")) for text in _TEXT.findall(arguments)]
        on = _FD.match(arguments)
        descriptor = int(on[1]) if on else -1
        path = self._below(bytes.fromhex(on[2].replace("\\x", ""))) if on else None
        match name:
            case "openat":
                self._open(self._below(texts[0]), arguments, result, since)
            case "lseek" if self._positions.get(descriptor) != -1:
                self._positions[descriptor] = result
            case "write" if descriptor == 1:
                self._add("say", "", since, data=texts[0])
            case "write" if path is not None:
                self._add("write", path, since, offset=self._positions.get(descriptor, 0), data=texts[0][:result])
                if self._positions.get(descriptor, 0) >= 0:
                    self._positions[descriptor] = self._positions.get(descriptor, 0) + result
            case "pwrite64" if path is not None:
                self._add("write", path, since, offset=int(arguments.rpartition(", ")[2]), data=texts[0][:result])
            case "ftruncate" if path is not None:
                self._add("truncate", path, since, offset=int(arguments.rpartition(", ")[2]))
            case "fsync" | "fdatasync" if path is not None:
                self._add("sync", path, since)
            case "rename" | "renameat" | "renameat2" | "link" | "linkat":
                self._pair("link" if "link" in name else "rename", texts, since)
            case "unlink" | "unlinkat" | "rmdir" | "mkdir" | "mkdirat":
                self._entry(name, self._below(texts[0]), arguments, since)
            case _ if name in _UNKNOWN.split(",") and path is not None:
                raise RuntimeError(f"the replay does not know {name}, and {path} was written with it")

    def _open(self, path: str | None, arguments: str, descriptor: int, since: int) -> None:
        if path is None:
            return
        self._positions[descriptor] = -1 if "O_APPEND" in arguments else 0
        if "O_CREAT" in arguments:
            self._add("create", path, since)
        if "O_TRUNC" in arguments:
            self._add("truncate", path, since)

    def _pair(self, call: Literal["rename", "link"], texts: list[bytes], since: int) -> None:
        old, new = self._below(texts[0]), self._below(texts[-1])
        if (old is None) != (new is None):
            raise RuntimeError(f"{texts} leads into the folder or out of it, which the replay does not know")
        if old is not None and new is not None:
            self._add(call, old, since, other=new)

    def _entry(self, name: str, path: str | None, arguments: str, since: int) -> None:
        if path is not None:
            gone: Call = "rmdir" if name == "rmdir" or "AT_REMOVEDIR" in arguments else "unlink"
            self._add("mkdir" if name.startswith("mkdir") else gone, path, since)

    def _add(self, call: Call, path: str, since: int, **values: object) -> None:
        self._changes.append(Change(call, path, since=since, **values))  # type: ignore[arg-type]

    def _below(self, path: bytes) -> str | None:
        text = path.decode("utf-8", "surrogateescape")
        if f"{text}/" == self._root:
            return ""
        return text.removeprefix(self._root) if text.startswith(self._root) else None
