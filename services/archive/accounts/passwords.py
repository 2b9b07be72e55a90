"""Passwords: what one must be, and argon2id with the parameters of the OWASP Password Storage Cheat Sheet."""

from __future__ import annotations

import asyncio
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING

from services.core.errors import InvalidInputError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST, LONGEST = 12, 1_000
"""Characters of a password (NIST SP 800-63B, 3.1.1: long rather than contrived; the upper end only bounds the work)."""
MEMORY_KIB, PASSES, LANES = 19_456, 2, 1
_THREADS = ThreadPoolExecutor(4, thread_name_prefix="passwords")  # many logins at a time must not take all memory


async def hashed(password: str, name: str) -> str:
    """Return what is kept of a new password; InvalidInputError (`weak_password`) where it is too short or the name."""
    wanted = _normal(password)
    if not SHORTEST <= len(wanted) <= LONGEST or wanted.casefold() == _normal(name).casefold():
        raise InvalidInputError(why="weak_password", shortest=SHORTEST, key="password")
    return await asyncio.get_running_loop().run_in_executor(_THREADS, _hasher().hash, wanted)


async def matches(kept: str | None, password: str) -> bool:
    """Tell whether a password is the one that was kept; takes as long where none was (no such user)."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, _matches, kept, password)


def is_outdated(kept: str) -> bool:
    """Tell whether a kept password was hashed with other parameters than today's."""
    return _hasher().check_needs_rehash(kept)


def _matches(kept: str | None, password: str) -> bool:
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        right = _hasher().verify(kept or _nobodys(), _normal(password[:LONGEST]))
    except (VerificationError, InvalidHashError):
        return False
    return right and kept is not None


def _normal(password: str) -> str:
    """Bring together what keyboards write differently: a letter with its marks composed or not (NIST SP 800-63B)."""
    return unicodedata.normalize("NFKC", password)


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher  # loaded by the processes that check passwords: workers need no C library for it

    return PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)


@cache
def _nobodys() -> str:
    return _hasher().hash("the password of nobody")
