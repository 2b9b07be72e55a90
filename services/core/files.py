"""Files handed on as streams."""

import asyncio
from collections.abc import AsyncIterator
from typing import BinaryIO

_PIECE_BYTES = 256 * 1024


async def pieces(file: BinaryIO) -> AsyncIterator[bytes]:
    """Yield a file from its beginning, read beside the event loop, and close it."""
    with file:
        await asyncio.to_thread(file.seek, 0)
        while piece := await asyncio.to_thread(file.read, _PIECE_BYTES):
            yield piece
