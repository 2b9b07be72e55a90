"""One supervised process: its lines get its name in front, it is started again when it ends, it never outlives us."""

import asyncio
import contextlib
import ctypes
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

log = logging.getLogger(__name__)

_PR_SET_PDEATHSIG = 1
_SHORTEST_WAIT_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 30.0
_HEALTHY_SECONDS = 5.0
_LINE_BYTES = 1_000_000

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Program:
    """What to run. `grace_seconds` is how long it may take to end by itself after SIGTERM."""

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    grace_seconds: float = 4.0


def write_line(name: str, line: str) -> None:
    """Write one line of a process to our standard error, its name in front."""
    with contextlib.suppress(OSError):  # nobody reads it any more: the work goes on
        sys.stderr.write(f"{name:<10} | {line}\n")
        sys.stderr.flush()


class Keeper:
    """Keeps one program running until it is stopped."""

    def __init__(self, program: Program, write: Callable[[str, str], None] = write_line) -> None:
        self.program = program
        self.starts = 0
        self._write = write
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None
        self.stopping = False

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process is not None else None

    def start(self) -> None:
        """Start the program and keep it running."""
        self._task = asyncio.create_task(self._keep(), name=self.program.name)

    async def stop(self) -> None:
        """Ask it to end, wait for its grace, then kill what is left of its process group."""
        self.stopping = True
        try:
            self._signal(signal.SIGTERM)
            await self._ended(self.program.grace_seconds)
        finally:
            self.kill()
        await self._ended(5.0)
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def kill(self) -> None:
        """Kill the process group at once."""
        self.stopping = True
        self._signal(signal.SIGKILL)

    async def _ended(self, seconds: float) -> None:
        process = self._process
        if process is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), seconds)

    def _signal(self, number: signal.Signals) -> None:
        # its own session makes the process id the id of its group; the group may outlive its leader
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    async def _keep(self) -> None:
        wait = _SHORTEST_WAIT_SECONDS
        while True:
            began = time.monotonic()
            code = await self._once()
            if self.stopping:
                return
            if time.monotonic() - began >= _HEALTHY_SECONDS:
                wait = _SHORTEST_WAIT_SECONDS
            self._write(self.program.name, f"ended with {_said(code)}; starting it again in {wait:g} s")
            await asyncio.sleep(wait)
            wait = min(_LONGEST_WAIT_SECONDS, wait * 2)

    async def _once(self) -> int:
        parent = os.getpid()

        def die_with_parent() -> None:
            _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != parent:  # it died between fork and prctl
                os._exit(1)

        # a pipe of our own: with asyncio's, wait() returns only after the last grandchild has let go of it
        read_end, write_end = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *self.program.argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=write_end,
                stderr=asyncio.subprocess.STDOUT,
                env={**os.environ, **self.program.environment},
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        except OSError as error:
            os.close(read_end)
            self._write(self.program.name, f"cannot be started: {error}")
            return 127
        finally:
            os.close(write_end)
        self._process = process
        self.starts += 1
        if self.stopping:  # asked to stop while it was being started
            self.kill()
        pump = asyncio.create_task(self._pump(read_end))
        code = await process.wait()
        self._signal(signal.SIGKILL)  # what it started and left behind must not live beside its successor
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(pump, 1.0)
        self._process = None
        return code

    async def _pump(self, read_end: int) -> None:
        reader = asyncio.StreamReader()
        pipe = os.fdopen(read_end, "rb", 0)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
        rest = b""
        try:
            while chunk := await reader.read(65536):
                *lines, rest = (rest + chunk).split(b"\n")
                if len(rest) > _LINE_BYTES:
                    lines, rest = [*lines, rest], b""
                for line in lines:
                    self._write(self.program.name, line.decode("utf-8", "replace"))
            if rest:
                self._write(self.program.name, rest.decode("utf-8", "replace"))
        finally:
            transport.close()


def _said(code: int) -> str:
    if code < 0:
        return signal.Signals(-code).name
    return f"exit code {code}"
