"""Storing what has its place by its content: a blob that lies there damaged gives way to the right one."""

import hashlib
from pathlib import Path

from services.archive.blobs import Blobs, original_key
from services.archive.codec import decode_page
from services.core.errors import CorruptError, NotFoundError


async def keep_original(blobs: Blobs, sha256: str, size: int, content: bytes | Path) -> bool:
    """Store an original and say whether it was not there, or not as it should be."""
    key = original_key(sha256)
    if await blobs.put(key, content):
        return True
    try:
        if await blobs.digest(key) == (sha256, size):
            return False
    except NotFoundError:
        pass  # purged at this moment
    await blobs.replace(key, content)
    return True


async def keep_page(blobs: Blobs, key: str, packed: bytes) -> None:
    """Store the words of a page; those of the same picture that are there stay, if they can be read."""
    if await blobs.put(key, packed):
        return
    try:
        decode_page(await blobs.get(key))
    except (CorruptError, NotFoundError):
        await blobs.replace(key, packed)


async def keep_text(blobs: Blobs, key: str, packed: bytes) -> None:
    """Store a clean text, whose key is the hash of these very bytes."""
    if await blobs.put(key, packed):
        return
    try:
        if hashlib.sha256(await blobs.get(key)).digest() == hashlib.sha256(packed).digest():
            return
    except NotFoundError:
        pass  # purged at this moment
    await blobs.replace(key, packed)
