"""The reader child's main loop (`python -m services.ocr.child LIMITS`): one request in, one reply out.

It runs in the sandbox and dies with its parent. Libraries may print what they like: the two pipes to the parent are
moved out of their way first.
"""

from __future__ import annotations

import logging
import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from services.core.errors import MissingProgramError, ReadError
from services.ocr.limits import PageLimits
from services.ocr.page import page_image, read_page
from services.ocr.programs import ProgramKilledError, ProgramTimeoutError
from services.ocr.triage import triage
from services.ocr.wire import HEADER, Message, body_length, pack, page_to_wire, unpack

_log = logging.getLogger("services.ocr.child")


class Channel:
    """The pipes to the parent."""

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO) -> None:
        self._incoming = incoming
        self._outgoing = outgoing

    def send(self, message: Message) -> None:
        """Write one frame."""
        self._outgoing.write(pack(message))
        self._outgoing.flush()

    def receive(self) -> Message | None:
        """Read one frame, None when the parent has closed the pipe."""
        header = self._incoming.read(HEADER.size)
        if len(header) < HEADER.size:
            return None
        return unpack(self._incoming.read(body_length(header)))

    def parent_knows(self, image_hash: str) -> bool:
        """Ask the parent whether it has kept what was read on this picture."""
        self.send({"ask": image_hash})
        reply = self.receive()
        return bool(reply and reply["known"])


def open_channel() -> Channel:
    """Take stdin and stdout for ourselves; what anyone prints from now on goes to stderr."""
    incoming, outgoing = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)
    os.dup2(2, 1)
    os.close(nowhere)
    return Channel(os.fdopen(incoming, "rb"), os.fdopen(outgoing, "wb"))


def main() -> None:
    """Serve requests until the parent closes the pipe."""
    channel = open_channel()
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python ignores it, and would go on after a cut file
    limits = PageLimits.from_json(sys.argv[1])
    channel.send({"ready": True})
    while (request := channel.receive()) is not None:
        _allow_cpu(limits.cpu_seconds)
        channel.send(answer(request, limits, channel.parent_knows))


def answer(request: Message, limits: PageLimits, parent_knows: Callable[[str], bool]) -> Message:
    """Do what was asked; whatever goes wrong becomes a reply."""
    try:
        return {"ok": _do(request, limits, parent_knows)}
    except ReadError as error:
        return {"error": error.code, "message": str(error), "params": error.params}
    except MissingProgramError as error:
        return {"missing": error.params.get("program", "?"), "message": str(error)}
    except MemoryError:
        return {"limit": "memory"}
    except ProgramTimeoutError:
        return {"limit": "time"}
    except ProgramKilledError as killed:
        return {"signal": killed.signal}
    except Exception as error:  # noqa: BLE001 - libraries raise anything on hostile files, and the parent must hear of it
        _log.exception("reading broke down")
        return {"error": "unreadable", "params": {"detail": f"{type(error).__name__}: {error}"[:300]}}


def _do(request: Message, limits: PageLimits, parent_knows: Callable[[str], bool]) -> Any:
    path, media_type = Path(os.fsdecode(request["path"])), request["media_type"]
    match request["do"]:
        case "triage":
            return triage(path, media_type, limits).model_dump(mode="json")
        case "read_page":
            read = read_page(path, media_type, request["number"], limits, parent_knows)
            return page_to_wire(read) if read else None
        case "page_image":
            return page_image(path, media_type, request["number"], request["width"], limits)
        case "searchable":
            from services.ocr.derived.searchable import write_searchable  # few need it, and pikepdf takes time to load

            out = Path(request["out"])
            return write_searchable(path, media_type, dict(request["layers"]), request["replaced"], out, limits)
        case other:
            raise ValueError(f"no such request: {other}")


def _allow_cpu(seconds: int) -> None:
    """Set the CPU limit to what was used so far and `seconds` more, up to the ceiling of the sandbox."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    ceiling = resource.getrlimit(resource.RLIMIT_CPU)[1]
    wanted = int(usage.ru_utime + usage.ru_stime) + seconds
    if ceiling != resource.RLIM_INFINITY:
        wanted = min(wanted, ceiling)
    resource.setrlimit(resource.RLIMIT_CPU, (wanted, ceiling))


if __name__ == "__main__":
    main()
