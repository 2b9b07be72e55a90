"""From rows of accounts to the model, and the looks at them that users, sessions and keys share."""

import unicodedata
from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.schema import users
from services.archive.seeing import collection_fits
from services.core.accounts import EVERY_COLLECTION, User
from services.core.errors import InvalidInputError, NotFoundError
from services.core.model import Level, Principal, Role, Scope
from services.core.permits import ROLE_SCOPES, require

LONGEST_NAME = 64
OURS = frozenset({"local", "worker", "cli", "web", "archive", "visitor"})
"""Names that the events give to this machine's own processes."""


def checked_name(name: str) -> str:
    """Return a name as it is kept; raises InvalidInputError (`user_name`) where it cannot be one."""
    kept = " ".join(unicodedata.normalize("NFC", name).split())
    fits = 0 < len(kept) <= LONGEST_NAME and kept.isprintable() and "/" not in kept and any(map(str.isalnum, kept))
    if not fits or name_key(kept) in OURS:
        raise InvalidInputError(why="user_name", longest=LONGEST_NAME, key="name")
    return kept


def name_key(name: str) -> str:
    """Return what two writings of one name have in common: no capitals, no doubled blanks."""
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def checked_collections(names: Collection[str]) -> list[str] | None:
    """Return collections as they are kept, None for all (`*`); raises InvalidInputError (`user_collections`)."""
    kept = {" ".join(unicodedata.normalize("NFC", name).split()) for name in names}
    if kept == {EVERY_COLLECTION}:
        return None
    if not kept or not all(map(collection_fits, kept)):
        raise InvalidInputError(why="user_collections", key="collections")
    return sorted(kept)


async def user_row(conn: AsyncConnection, name: str, *, lock: bool = False) -> Any:
    """Return a user's row; raises NotFoundError."""
    query = select(users).where(users.c.name_key == name_key(name))
    row = (await conn.execute(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        raise NotFoundError(why="no_such_user", name=name)
    return row


def user_of(row: Any) -> User:
    """Return a user."""
    return User(
        id=row.id,
        name=row.name,
        role=Role(row.role),
        clearance=Level(row.clearance),
        collections=None if row.collections is None else tuple(row.collections),
        disabled=row.disabled_at is not None,
        has_password=row.password is not None,
        created_at=row.created_at,
        last_login_at=row.last_login_at,
    )


def principal_of(
    row: Any, *, address: str | None, origin: str = "web", scopes: frozenset[Scope] | None = None
) -> Principal:
    """Return a user as the one who calls; `scopes` narrow what the role allows."""
    allowed = ROLE_SCOPES[Role(row.role)]
    return Principal(
        name=row.name,
        access=Level(row.clearance).and_below(),
        origin=origin,
        user_id=row.id,
        role=Role(row.role),
        collections=None if row.collections is None else frozenset(row.collections),
        scopes=allowed if scopes is None else allowed & scopes,
        address=address,
    )


def require_own(p: Principal, user_id: str) -> None:
    """Let people see and change what is their own, administrators what is of others; else ForbiddenError."""
    require(p, Scope.ACCOUNT if p.user_id == user_id else Scope.ADMIN)
