"""Keys of programs: shown once, kept as a hash, for some of what their user may do and for a time."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import insert, select, update

from services.archive.accounts.rows import principal_of, require_own, user_row
from services.archive.accounts.sessions import SEEN_EVERY, note_use
from services.archive.accounts.tokens import new_token, token_hash
from services.archive.database import Database
from services.archive.schema import api_keys, users
from services.core.accounts import ApiKey, NewApiKey
from services.core.errors import InvalidInputError, NotFoundError
from services.core.ids import new_id
from services.core.model import Principal, Role, Scope
from services.core.permits import ROLE_SCOPES

PREFIX = "vbk_"
"""Every key begins so, for programs that look for keys where none should lie."""
LONGEST_DAYS = 3_650
_SHOWN = len(PREFIX) + 6
_LONGEST_NAME = 100


class ApiKeys:
    """Make keys, know them again, take them back."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def make(
        self, p: Principal, user_name: str, name: str, scopes: Collection[Scope], *, days: int = 365
    ) -> NewApiKey:
        """Make a key for a user: one's own, or any for an administrator. `name` says what it is for.

        Raises InvalidInputError: `key_scopes` for none or more than the user's role has (never `account`: a key makes
        no keys), `key_days`, `key_name`.
        """
        key = new_token(PREFIX)
        label = " ".join(name.split())
        if not 0 < len(label) <= _LONGEST_NAME or not label.isprintable():
            raise InvalidInputError(why="key_name", longest=_LONGEST_NAME, key="name")
        if not 1 <= days <= LONGEST_DAYS:
            raise InvalidInputError(why="key_days", longest=LONGEST_DAYS, key="days")
        async with self._database.write(p) as tx:
            row = await user_row(tx.conn, user_name)
            require_own(p, row.id)
            values = {"id": new_id(), "user_id": row.id, "name": label, "prefix": key[:_SHOWN], "created_at": tx.now}
            values |= {"key_hash": token_hash(key), "scopes": _checked(scopes, Role(row.role))}
            values |= {"expires_at": tx.now + dt.timedelta(days=days)}
            await tx.conn.execute(insert(api_keys).values(**values))
            tx.event("key.made", "user", row.id, key=values["prefix"], scopes=values["scopes"])
            made = (await tx.conn.execute(_with_user().where(api_keys.c.id == values["id"]))).one()
        return NewApiKey(**_key(made).model_dump(), key=key)

    async def who(self, key: str, address: str | None = None) -> Principal | None:
        """Return for whom a key speaks, with its scopes; None where it is none of ours, over, or its user disabled."""
        now = dt.datetime.now(dt.UTC)
        wanted = _whose().where(api_keys.c.key_hash == token_hash(key), users.c.disabled_at.is_(None))
        async with self._database.read() as conn:
            row = (await conn.execute(wanted)).one_or_none()
        if row is None or row.revoked_at is not None or row.expires_at <= now:
            return None
        scopes = frozenset(map(Scope, row.scopes))
        p = principal_of(row, address=address, origin=f"key {row.prefix}", scopes=scopes)
        if row.used_at is None or now - row.used_at > SEEN_EVERY:
            await note_use(self._database, p, api_keys, row.key_id, "used_at")
        return p

    async def list(self, p: Principal, user_name: str) -> Sequence[ApiKey]:
        """Return a user's keys, the newest first, revoked and expired ones too."""
        async with self._database.read() as conn:
            row = await user_row(conn, user_name)
            require_own(p, row.id)
            query = _with_user().where(api_keys.c.user_id == row.id).order_by(api_keys.c.id.desc())
            return [_key(found) for found in await conn.execute(query)]

    async def revoke(self, p: Principal, key_id: str) -> None:
        """Take a key back, given by its id or its prefix; NotFoundError where there is none that lives."""
        named = (api_keys.c.id == key_id) | (api_keys.c.prefix == key_id)
        async with self._database.write(p) as tx:
            found = (await tx.conn.execute(select(api_keys).where(named, api_keys.c.revoked_at.is_(None)))).all()
            if len(found) != 1:
                raise NotFoundError(id=key_id)
            require_own(p, found[0].user_id)
            await tx.conn.execute(update(api_keys).where(api_keys.c.id == found[0].id).values(revoked_at=tx.now))
            tx.event("key.revoked", "user", found[0].user_id, key=found[0].prefix)


def _checked(scopes: Collection[Scope], role: Role) -> list[str]:
    allowed = ROLE_SCOPES[role] - {Scope.ACCOUNT}
    if not scopes or not allowed.issuperset(scopes):
        words = ", ".join(scope.value for scope in Scope if scope in allowed)
        raise InvalidInputError(why="key_scopes", allowed=words, key="scopes")
    return [scope.value for scope in Scope if scope in scopes]


def _whose() -> Any:
    of_key = (api_keys.c.scopes, api_keys.c.prefix, api_keys.c.expires_at, api_keys.c.revoked_at, api_keys.c.used_at)
    return select(users, api_keys.c.id.label("key_id"), *of_key).join(api_keys, api_keys.c.user_id == users.c.id)


def _with_user() -> Any:
    return select(api_keys, users.c.name.label("user_name")).join(users, api_keys.c.user_id == users.c.id)


def _key(row: Any) -> ApiKey:
    keys = ApiKey.model_fields.keys() - {"scopes"}
    return ApiKey(**{key: getattr(row, key) for key in keys}, scopes=tuple(map(Scope, row.scopes)))
