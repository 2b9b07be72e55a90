"""The reader child seen from its parent: start it, talk to it, say what it died of."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path

from services.core.errors import MissingProgramError, ReaderLimitError, ReaderLostError, VanbanError
from services.core.sandbox import Sandbox, SandboxLimits
from services.ocr.limits import PageLimits
from services.ocr.wire import HEADER, Message, body_length, pack, unpack

Ask = Callable[[str], Awaitable[bool]]

_START_SECONDS = 60.0
_STDERR_TAIL = 4000
_OWN_LIMITS = {signal.SIGXCPU: "cpu", signal.SIGXFSZ: "output"}
_CRASHES = {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGSYS, signal.SIGTRAP}


class ChildProcess:
    """One running `python -m services.ocr.child`."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._stderr = b""
        self._draining = asyncio.create_task(self._drain())

    @classmethod
    async def launch(
        cls,
        sandbox_limits: SandboxLimits,
        limits: PageLimits,
        *,
        home: Path | None = None,
        readable: Sequence[Path] = (),
    ) -> ChildProcess:
        """Start a child and wait until it says that it is ready; MissingProgramError where it cannot run here."""
        command = [sys.executable, "-m", "services.ocr.child", limits.to_json()]
        child = cls(await Sandbox.launch(command, sandbox_limits, home=home, readable=readable))
        try:
            async with asyncio.timeout(_START_SECONDS):
                await child._receive()
        except (EOFError, ConnectionError, ValueError, TimeoutError) as error:
            raise await child.cause_of_death(starting=True) from error
        except BaseException:
            await asyncio.shield(child.end())
            raise
        return child

    @property
    def pid(self) -> int:
        """Process id, which is also the id of the process group."""
        return self._sandbox.process.pid

    @property
    def dead(self) -> bool:
        """Whether the process has ended."""
        return self._sandbox.process.returncode is not None

    async def converse(self, request: Message, ask: Ask | None, wall_seconds: float) -> Message:
        """Send a request and return the reply; in between the child may ask whether it knows a page's picture.

        Raises TimeoutError when the child is silent for `wall_seconds`, EOFError, ConnectionError or ValueError when it
        is gone or talks nonsense. The time that `ask` takes is not the child's.
        """
        await self._send(request)
        while True:
            async with asyncio.timeout(wall_seconds):
                message = await self._receive()
            if "ask" not in message:
                return message
            await self._send({"known": await ask(message["ask"]) if ask else False})

    def lend(self, path: Path) -> AbstractAsyncContextManager[Path]:
        """Let the child read a file for a while, under the path that this gives."""
        return self._sandbox.lend(path)

    async def take(self, name: str, target: Path) -> None:
        """Copy to `target` a file that the child wrote."""
        await self._sandbox.take(name, target)

    async def end(self) -> int:
        """Kill the process and all that it started; returns the exit code."""
        returncode = await self._sandbox.end()
        await self._draining
        return returncode

    async def cause_of_death(self, *, starting: bool = False) -> VanbanError:
        """Wait a moment for the process to end by itself, end it, and say what it died of."""
        with suppress(TimeoutError):
            async with asyncio.timeout(2):
                await self._sandbox.process.wait()
        returncode = await self.end()
        if excess := self._sandbox.exceeded:
            return ReaderLimitError(limit=excess.value)
        if returncode < 0:
            return death_by_signal(-returncode)
        detail = self._stderr.decode("utf-8", "replace").strip()[-500:]
        if starting:
            return MissingProgramError(
                f"The reader does not start on this machine: {detail or 'it said nothing'}. "
                "Run `vanban doctor` to see what is missing.",
                program="reader",
            )
        return ReaderLimitError(f"The reader broke down: {detail}", limit="crash")

    async def _send(self, message: Message) -> None:
        stdin = self._sandbox.process.stdin
        assert stdin is not None
        stdin.write(pack(message))
        await stdin.drain()

    async def _receive(self) -> Message:
        stdout = self._sandbox.process.stdout
        assert stdout is not None
        header = await stdout.readexactly(HEADER.size)
        return unpack(await stdout.readexactly(body_length(header)))

    async def _drain(self) -> None:
        """Keep the end of what the child and its programs say, so that they never wait for a reader of it."""
        stderr = self._sandbox.process.stderr
        assert stderr is not None
        while chunk := await stderr.read(4096):
            self._stderr = (self._stderr + chunk)[-_STDERR_TAIL:]


def death_by_signal(number: int) -> VanbanError:
    """Say what a signal means that ended the reader or a program it started.

    Its own limits and its crashes count as attempts; SIGKILL, SIGTERM and the rest come from outside and do not.
    """
    if number in _OWN_LIMITS:
        return ReaderLimitError(limit=_OWN_LIMITS[signal.Signals(number)])
    if number in _CRASHES:
        return ReaderLimitError(limit="crash")
    return ReaderLostError(signal=number)
