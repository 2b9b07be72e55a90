"""What no limit of the kernel covers: what a sandboxed command and its children use together, looked at as they run.

Limits hold for each process and each file; a command can have many of both, and files that have no name any more.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import suppress
from enum import Enum
from pathlib import Path

_LOOK_SECONDS = 0.25
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_BLOCK_BYTES = 512


class Excess(Enum):
    """What there was too much of."""

    PROCESSES = "processes"
    MEMORY = "memory"
    OUTPUT = "output"


async def watch(pid: int, folder: Path, *, processes: int, memory_bytes: int, output_bytes: int) -> Excess:
    """Wait until the process and its children are too many, hold too much memory or too much disk; say which.

    Disk is what lies in `folder` and in files without a name that they hold open, those in memory included. It looks
    four times a second; it ends only by an excess, or cancelled.
    """
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        running = list(family(pid, processes))
        if len(running) > processes:
            return Excess.PROCESSES
        if sum(map(resident, running)) > memory_bytes:
            return Excess.MEMORY
        if _stored(folder) + sum(map(_nameless, running)) > output_bytes:
            return Excess.OUTPUT


def family(pid: int, most: int) -> Iterator[int]:
    """Yield a process and its descendants, no more than one beyond `most`."""
    found, waiting = 0, [pid]
    while waiting and found <= most:
        one = waiting.pop()
        found += 1
        yield one
        with suppress(OSError):  # it ended meanwhile
            for task in Path(f"/proc/{one}/task").iterdir():
                waiting += map(int, (task / "children").read_text().split())


def resident(pid: int) -> int:
    """Return the bytes of memory that a process holds, 0 where it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES
    except (OSError, IndexError):
        return 0


def _nameless(pid: int) -> int:
    """Sum the open files of a process that have no name, or never had one."""
    total = 0
    with suppress(OSError), os.scandir(f"/proc/{pid}/fd") as entries:
        for entry in entries:
            with suppress(OSError):
                facts = entry.stat()
                total += facts.st_blocks * _BLOCK_BYTES if not facts.st_nlink else 0
    return total


def _stored(folder: Path) -> int:
    total = 0
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):
                below = entry.is_dir(follow_symlinks=False)
                total += (
                    _stored(Path(entry.path)) if below else entry.stat(follow_symlinks=False).st_blocks * _BLOCK_BYTES
                )
    return total
