"""A SQLite catalogue copied while it is in use."""

import asyncio
import os
import sqlite3
from contextlib import closing
from pathlib import Path


async def copy_sqlite(source: str, target: Path) -> None:
    """Write a catalogue as it is now into a new file, durably and without what was deleted from it.

    Nobody who writes waits. Raises sqlite3.Error; stops at once when it is cancelled.
    """
    with closing(sqlite3.connect(source, check_same_thread=False, isolation_level=None)) as connection:
        writing = asyncio.create_task(asyncio.to_thread(connection.execute, "VACUUM INTO ?", (str(target),)))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            connection.interrupt()
            await asyncio.wait({writing})
            raise
    await asyncio.to_thread(_sync, target)


def _sync(path: Path) -> None:
    for each in (path, path.parent):
        descriptor = os.open(each, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
