"""The right to rebuild, held in the cluster: one document that its holder writes anew every few seconds.

Whether a holder elsewhere lives is told by whether it goes on writing, so no two clocks are compared; of one on this
machine the system knows at once.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from opensearchpy import AsyncOpenSearch
from opensearchpy.exceptions import ConflictError as VersionConflict
from opensearchpy.exceptions import NotFoundError, OpenSearchException

from services.core.errors import ConflictError
from services.core.ids import new_id
from services.search.problems import rebuild_running

_ID = "holder"
_BEAT_SECONDS = 3.0
_DEAD_SECONDS = 15.0
_INDEX = {
    "settings": {"index": {"number_of_shards": 1, "auto_expand_replicas": "0-1"}},
    "mappings": {"dynamic": False},
}
_held: set[str] = set()
"""The tokens that this process holds."""


@dataclass(frozen=True, slots=True)
class _Version:
    """Which writing of the document is meant: the next one fails when another came between."""

    number: int
    term: int

    @property
    def params(self) -> dict[str, int]:
        return {"if_seq_no": self.number, "if_primary_term": self.term}


@contextlib.asynccontextmanager
async def hold(client: AsyncOpenSearch, index: str) -> AsyncIterator[None]:
    """Hold the lock inside the block; ConflictError when it is taken, and from the block when it was lost.

    It is lost only by a process that did not come to write it for 15 seconds, to one that waited for it as long.
    """
    token = new_id()
    holder = {"host": socket.gethostname(), "pid": os.getpid(), "token": token}
    version = await _take(client, index, holder)
    _held.add(token)
    owner = asyncio.current_task()
    assert owner is not None
    beating = asyncio.create_task(_beat(client, index, holder, version, owner))
    try:
        yield
    except asyncio.CancelledError:
        if beating.done() and not beating.cancelled() and not beating.exception():
            owner.uncancel()
            raise ConflictError("The rebuild stood still, and another process has taken it over.") from None
        raise
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
        _held.discard(token)
        await _release(client, index, holder)


async def _take(client: AsyncOpenSearch, index: str, holder: dict[str, Any]) -> _Version:
    await client.indices.create(index=index, body=_INDEX, params={"ignore": 400})  # it is there already
    while True:
        with contextlib.suppress(VersionConflict):
            return _version(await client.create(index=index, id=_ID, body=holder))
        with contextlib.suppress(VersionConflict, NotFoundError):
            found = await client.get(index=index, id=_ID)
            if await _lives(client, index, found):
                raise rebuild_running(f"process {found['_source'].get('pid')} on {found['_source'].get('host')}")
            return _version(await client.index(index=index, id=_ID, body=holder, params=_version(found).params))


async def _lives(client: AsyncOpenSearch, index: str, found: dict[str, Any]) -> bool:
    holder = found["_source"]
    if holder.get("host") == socket.gethostname():
        pid = int(holder["pid"])
        return holder["token"] in _held if pid == os.getpid() else _runs(pid)
    for _ in range(round(_DEAD_SECONDS / _BEAT_SECONDS)):
        await asyncio.sleep(_BEAT_SECONDS)
        if _version(await client.get(index=index, id=_ID)) != _version(found):
            return True
    return False


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


async def _beat(
    client: AsyncOpenSearch, index: str, holder: dict[str, Any], version: _Version, owner: asyncio.Task[Any]
) -> None:
    while True:
        await asyncio.sleep(_BEAT_SECONDS)
        try:
            version = _version(await client.index(index=index, id=_ID, body=holder, params=version.params))
        except (VersionConflict, NotFoundError):
            owner.cancel()
            return
        except OpenSearchException:
            version = await _found_again(client, index, holder, version)  # busy: perhaps it was written all the same


async def _found_again(client: AsyncOpenSearch, index: str, holder: dict[str, Any], version: _Version) -> _Version:
    with contextlib.suppress(OpenSearchException):
        found = await client.get(index=index, id=_ID)
        if found["_source"] == holder:
            return _version(found)
    return version


async def _release(client: AsyncOpenSearch, index: str, holder: dict[str, Any]) -> None:
    with contextlib.suppress(OpenSearchException):
        found = await client.get(index=index, id=_ID)
        if found["_source"] == holder:
            await client.delete(index=index, id=_ID, params=_version(found).params)


def _version(answer: dict[str, Any]) -> _Version:
    return _Version(answer["_seq_no"], answer["_primary_term"])
