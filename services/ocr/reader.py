"""The reader as the rest of the house sees it: one sandboxed child process behind async calls."""

from __future__ import annotations

import asyncio
import os
import zlib
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from services.core.errors import MissingProgramError, ReaderLimitError, ReadError
from services.core.model import PageText, TextLayer, Triage
from services.core.sandbox import SandboxLimits
from services.core.settings import Settings
from services.ocr.derived.text_layer import text_layer
from services.ocr.limits import PageLimits
from services.ocr.process import Ask, ChildProcess, death_by_signal
from services.ocr.wire import Message, page_from_wire

_START_CPU_SECONDS = 60
_COPY = "copy.pdf"
Known = Callable[[str], Awaitable[PageText | None]]


async def nothing(image_hash: str) -> PageText | None:
    """Know no page: every page is recognised."""
    del image_hash
    return None


class Reader:
    """One sandboxed child that reads one request at a time; `async with Reader(settings) as reader`.

    Every call may raise ReadError (the file's fault; its `code` says why), ReaderLimitError (the child died of its own
    limits), ReaderLostError (it was killed from outside), MissingProgramError (it cannot run on this machine). The next
    call starts a new child. Calls made at once wait for each other: have as many readers as pages to read in parallel.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings.reader
        self._limits = PageLimits.of(settings)
        self._home = settings.runtime_dir
        self._readable = [path for path in (settings.lexicon_file, *settings.reader.readable) if path]
        self._lock = asyncio.Lock()
        self._child: ChildProcess | None = None
        self._pages = 0

    @property
    def pid(self) -> int | None:
        """Process id of the child (the leader of its process group), None while there is none."""
        return self._child.pid if self._child else None

    async def start(self) -> None:
        """Start the child; a call starts it too where it is not running."""
        async with self._lock:
            await self._running_child()

    async def stop(self) -> None:
        """End the child and everything it started; a call in flight gets ReaderLostError."""
        child, self._child = self._child, None
        if child:
            await asyncio.shield(child.end())

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def triage(self, path: Path, media_type: str) -> Triage:
        """Learn pages, sizes, encryption and signatures; refuse what is over the limits."""
        return Triage.model_validate(await self._call(path, _request("triage", media_type)))

    async def read_page(self, path: Path, media_type: str, number: int, known: Known = nothing) -> PageText:
        """Read page `number` (from 1).

        `known` is asked with the hash of the page's picture before it is recognised; what it returns is the answer.
        """
        kept: PageText | None = None

        async def ask(image_hash: str) -> bool:
            nonlocal kept
            kept = await known(image_hash)
            return kept is not None

        answer = await self._call(path, _request("read_page", media_type, number=number), ask)
        return replace(kept, number=number) if kept else page_from_wire(answer)

    async def page_image(self, path: Path, media_type: str, number: int, width: int) -> bytes:
        """Draw page `number` for people: a JPEG `width` pixels wide, upright, annotations drawn."""
        return bytes(await self._call(path, _request("page_image", media_type, number=number, width=width)))

    async def searchable(self, path: Path, media_type: str, pages: Iterable[PageText], out: Path) -> None:
        """Write a copy of a PDF or picture file to `out`, the words of its pages laid invisibly under them.

        A page whose own text is good keeps it and gets no other. The copy is no longer signed, and not protected.
        """
        layers, replaced = [], []
        for page in pages:
            if page.text_layer is TextLayer.GARBAGE:
                replaced.append(page.number)
            if page.text_layer is not TextLayer.GOOD and (layer := text_layer(page)):
                layers.append((page.number, zlib.compress(layer)))
        details = {"layers": layers, "replaced": replaced, "out": _COPY}
        await self._call(path, _request("searchable", media_type, **details), out=out)

    async def _call(self, path: Path, request: Message, ask: Ask | None = None, *, out: Path | None = None) -> Any:
        async with self._lock:
            child = await self._running_child()
            try:
                async with child.lend(path) as lent:
                    request["path"] = os.fsencode(lent)
                    reply = await child.converse(request, ask, self._settings.page_wall_seconds)
                if out and "ok" in reply:
                    await _take(child, out)
            except TimeoutError as error:
                await self.stop()
                raise ReaderLimitError(limit="time") from error
            except (EOFError, ConnectionError, ValueError) as error:
                self._child = None
                raise await child.cause_of_death() from error
            except BaseException:  # cancelled, or `known` failed: the child still waits for an answer
                await self.stop()
                raise
            self._pages += 1
            if _is_worn(reply) or self._pages >= self._settings.pages_per_child:
                await self.stop()
            return _outcome(reply)

    async def _running_child(self) -> ChildProcess:
        if self._child is None or self._child.dead:
            await self.stop()
            self._child = await ChildProcess.launch(
                self._sandbox_limits(), self._limits, home=self._home, readable=self._readable
            )
            self._pages = 0
        return self._child

    def _sandbox_limits(self) -> SandboxLimits:
        cpu = self._settings.page_cpu_seconds
        return SandboxLimits(
            memory_bytes=self._settings.memory_bytes,
            cpu_seconds=cpu + _START_CPU_SECONDS,  # the child sets it anew before every request
            cpu_ceiling_seconds=cpu * (self._settings.pages_per_child + 2) + _START_CPU_SECONDS,
            file_bytes=self._settings.output_bytes,
        )


def _request(do: str, media_type: str, **details: Any) -> Message:
    """Put a request together; the path comes when the file is lent."""
    return {"do": do, "media_type": media_type, **details}


async def _take(child: ChildProcess, out: Path) -> None:
    """Fetch the copy that the child made; ReadError where it made none, or it cannot be written to `out`."""
    try:
        await child.take(_COPY, out)
    except OSError as error:
        raise ReadError("unreadable", detail=f"{type(error).__name__}: {error.strerror}") from error


def _is_worn(reply: Message) -> bool:
    """Whether the child should not be used again after this reply (it met a limit)."""
    return "limit" in reply or "signal" in reply


def _outcome(reply: Message) -> Any:
    """Return what was asked for, or raise what went wrong."""
    if "error" in reply:
        raise ReadError(reply["error"], reply.get("message", ""), **reply.get("params", {}))
    if "missing" in reply:
        raise MissingProgramError(reply["message"], program=reply["missing"])
    if "limit" in reply:
        raise ReaderLimitError(limit=reply["limit"])
    if "signal" in reply:
        raise death_by_signal(reply["signal"])
    return reply["ok"]
