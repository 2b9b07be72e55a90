"""The process group of a running `vanban up`: which kinds of processes it has now, and what can be done to them."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx

from tests.running import RunningArchive, running_archive

SUPERVISOR = "supervisor"
KINDS = {
    "redis": "redis-server",
    "opensearch": "java -Xms",
    "index": "workers.run index",
    "record": "workers.run record",
    "read": "workers.run read",
    "dispatch": "workers.run dispatch",
    "notify": "workers.run notify",
    "web": "uvicorn services.app",
    "reader child": "services.ocr.child",
    "program of a child": "pdftoppm -",
}
"""Each kind of process with the part of the command line that it is known by; the supervisor is the group's own."""


class StormyArchive:
    """`vanban up` on one data directory, started again as often as its supervisor is killed."""

    def __init__(self, data_dir: Path, engine: str, environment: Mapping[str, str] | None = None) -> None:
        self.data_dir, self.engine, self.environment = data_dir, engine, dict(environment or {})
        self.up: RunningArchive | None = None
        self._life = ExitStack()

    def start(self) -> None:
        """Start the group and wait until it is ready."""
        running = running_archive(
            self.data_dir, engine=self.engine, environment=self.environment, check_stop=False
        )  # fmt: skip
        self.up = self._life.enter_context(running)

    def stop(self) -> None:
        """Stop the group with SIGINT; what is left of it is killed."""
        self.up = None
        self._life.close()

    def now(self) -> RunningArchive:
        """Return the running group; httpx.TransportError while there is none, as a client meets it."""
        if self.up is None:
            raise httpx.ConnectError("the supervisor is being started again")
        return self.up

    def kinds(self) -> dict[str, list[int]]:
        """Return the processes that run now, by kind."""
        up = self.now()
        running = up.commands()
        found = {kind: [pid for pid, command in running.items() if part in command] for kind, part in KINDS.items()}
        return {kind: pids for kind, pids in found.items() if pids} | {SUPERVISOR: [up.process.pid]}

    def kill(self, pid: int) -> bool:
        """Kill a process as a crash does; return whether it was there."""
        return _send(pid, signal.SIGKILL)

    def kill_supervisor(self) -> list[int]:
        """Kill the supervisor, start the group again, and return what outlived it for more than five seconds."""
        up = self.now()
        group = up.pids()
        up.process.kill()
        up.process.wait()
        left = _wait_gone(group, 5.0)
        self.stop()
        self.start()
        return left

    def pause(self, pid: int, seconds: float) -> bool:
        """Stop a process for so long and let it go on; return whether it was there."""
        if not _send(pid, signal.SIGSTOP):
            return False
        time.sleep(seconds)
        _send(pid, signal.SIGCONT)
        return True

    def copy(self, folder: Path) -> Path:
        """Copy the data directory while every process of the group stands still."""
        with self._still():
            shutil.copytree(self.data_dir, folder, ignore=_no_sockets, symlinks=True)
        return folder

    @contextmanager
    def _still(self) -> Iterator[None]:
        up = self.now()
        pids: list[int] = []
        while new := [pid for pid in (up.process.pid, *up.pids()) if pid not in pids]:  # those born meanwhile too
            pids += [pid for pid in new if _send(pid, signal.SIGSTOP) or True]
        try:
            yield
        finally:
            for pid in reversed(pids):
                _send(pid, signal.SIGCONT)


def _send(pid: int, number: signal.Signals) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
        return True
    return False


def _wait_gone(pids: Sequence[int], seconds: float) -> list[int]:
    deadline = time.monotonic() + seconds
    while left := [pid for pid in pids if _runs(pid)]:
        if time.monotonic() > deadline:
            return left
        time.sleep(0.05)
    return []


def _runs(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return False


def _no_sockets(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if (Path(folder) / name).is_socket()}
