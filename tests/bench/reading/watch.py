"""What a command takes: seconds on the clock, processor time, memory of it and of all that it starts."""

from __future__ import annotations

import os
import resource
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_LOOK_SECONDS = 0.1


@dataclass
class Cost:
    """Memory is resident bytes: the most that one process had, and the most that all had at once."""

    wall: float = 0.0
    cpu: float = 0.0
    largest: int = 0
    together: int = 0


@contextmanager
def watched() -> Iterator[Cost]:
    """Measure what is started inside the block."""
    cost = Cost()
    over = threading.Event()
    looking = threading.Thread(target=_look, args=(cost, over))
    wall, used = time.perf_counter(), _children_cpu()
    looking.start()
    try:
        yield cost
    finally:
        cost.wall, cost.cpu = time.perf_counter() - wall, _children_cpu() - used
        over.set()
        looking.join()


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _look(cost: Cost, over: threading.Event) -> None:
    while not over.wait(_LOOK_SECONDS):
        sizes = [_memory(pid) for pid in _descendants(os.getpid())]
        cost.largest = max([cost.largest, *(peak for peak, _ in sizes)])
        cost.together = max(cost.together, sum(now for _, now in sizes))


def _descendants(root: int) -> Iterator[int]:
    children: dict[int, list[int]] = defaultdict(list)
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            except OSError:
                continue  # ended meanwhile
            children[int(parent)].append(int(folder.name))
    waiting = list(children[root])
    while waiting:
        pid = waiting.pop()
        yield pid
        waiting += children[pid]


def _memory(pid: int) -> tuple[int, int]:
    """Return the most that a process ever had, and what it has now; nothing where it has ended."""
    try:
        lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
        return tuple(int(lines[key].split()[0]) * 1024 for key in ("VmHWM", "VmRSS"))  # type: ignore[return-value]
    except (OSError, KeyError):
        return 0, 0
