"""The log as snapshots knew it: what was its last line once must be in it still."""

import asyncio
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.backup.folder import Folder
from services.archive.chain import holds
from services.archive.schema import log_head
from services.core.errors import CorruptError, InvalidInputError
from services.core.trace import LogHead


async def head_of(conn: AsyncConnection) -> LogHead:
    """Return the last line of the log."""
    row = (await conn.execute(select(log_head))).one()
    return LogHead(seq=row.seq, hash=row.hash)


async def differs_from_newest(conn: AsyncConnection, folder: Folder) -> str | None:
    """Return the newest snapshot where its last line of the log is not in the catalogue's log any more."""
    names = await asyncio.to_thread(folder.names)
    try:
        head = folder.manifest(names[-1]).log_head if names else None
    except (CorruptError, InvalidInputError):  # `vanban backup --verify` tells of those
        return None
    return None if head is None or await holds(conn, head) else names[-1]


async def log_heads(path: Path) -> dict[str, LogHead]:
    """Return the last line of the log in each snapshot of a folder; errors as `Folder.held` has them, CorruptError."""
    folder = Folder(path)
    with folder.held(alone=False):
        manifests = [await asyncio.to_thread(folder.manifest, name) for name in folder.names()]
    return {manifest.name: manifest.log_head for manifest in manifests if manifest.log_head is not None}
