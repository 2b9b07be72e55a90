"""Users: added by an administrator, let in by a one-time link, given role and clearance, disabled, never deleted."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.accounts.passwords import hashed, matches
from services.archive.accounts.rows import (
    checked_collections,
    checked_name,
    name_key,
    principal_of,
    require_own,
    user_of,
    user_row,
)
from services.archive.accounts.sessions import end_sessions
from services.archive.accounts.tokens import new_token, token_hash
from services.archive.database import Database, Tx
from services.archive.rows import stored
from services.archive.schema import invitations, saved_searches, users, webhooks
from services.core.accounts import EVERY_COLLECTION, Invitation, User
from services.core.errors import ConflictError, InvalidInputError, NotFoundError, SettingsError
from services.core.hooks import HookState
from services.core.ids import new_id
from services.core.loopback import is_loopback
from services.core.model import JSON, Level, Principal, Reason, Role, Scope
from services.core.permits import ROLE_SCOPES, require
from services.core.settings import AccountSettings


class Users:
    """Keep the accounts. While there is none, the archive is open to this machine (services.web.admission)."""

    def __init__(self, database: Database, settings: AccountSettings) -> None:
        self._database = database
        self._invitation = dt.timedelta(hours=settings.invitation_hours)
        self._exist = False

    async def exist(self) -> bool:
        """Tell whether there is any account; they are never deleted, so the answer is asked for until it is yes."""
        if not self._exist:
            async with self._database.read() as conn:
                self._exist = await conn.scalar(select(users.c.id).limit(1)) is not None
        return self._exist

    async def require_for(self, host: str) -> None:
        """Raise SettingsError where a server would listen beyond this machine while nobody has an account."""
        if not is_loopback(host) and not await self.exist():
            raise SettingsError(
                f"There is no account yet, so the archive is only for this machine and cannot listen on {host}. "
                "Make the first account (`vanban user add NAME`), then start again.",
                why="no_account_yet",
            )

    async def add(
        self,
        p: Principal,
        name: str,
        role: Role,
        clearance: Level,
        *,
        collections: Collection[str] = (EVERY_COLLECTION,),
        password: str | None = None,
    ) -> User:
        """Make an account; without a password it waits for `invite`. The first must be an administrator's.

        Raises InvalidInputError (`user_name`, `user_collections`, `weak_password`, `first_administrator`) and
        ConflictError (`user_exists`).
        """
        require(p, Scope.ADMIN)
        kept, some = checked_name(name), checked_collections(collections)
        secret = None if password is None else await hashed(password, kept)
        async with self._database.write(p) as tx:
            await tx.lock_name("users")
            await _require_room(tx.conn, kept, role)
            user_id = new_id()
            values = {"id": user_id, "name": kept, "name_key": name_key(kept), "created_at": tx.now}
            told: dict[str, JSON] = {"role": role.value, "clearance": clearance.value}
            told["collections"] = None if some is None else list[JSON](some)
            await tx.conn.execute(insert(users).values(**values, **told, password=secret))
            tx.event("user.added", "user", user_id, name=kept, **told)
            return user_of(await user_row(tx.conn, kept))

    async def invite(self, p: Principal, name: str) -> Invitation:
        """Make a one-time link by which a user chooses a password; earlier links of theirs end."""
        require(p, Scope.ADMIN)
        token = new_token()
        async with self._database.write(p) as tx:
            row = await user_row(tx.conn, name, lock=True)
            await tx.conn.execute(delete(invitations).where(invitations.c.user_id == row.id))
            expires = tx.now + self._invitation
            values = {"token_hash": token_hash(token), "user_id": row.id, "expires_at": expires}
            await tx.conn.execute(insert(invitations).values(**values))
            tx.event("user.invited", "user", row.id, name=row.name)
        return Invitation(user=user_of(row), token=token, expires_at=expires)

    async def get(self, p: Principal, name: str) -> User:
        """Return a user; one's own account, or any for an administrator."""
        async with self._database.read() as conn:
            row = await user_row(conn, name)
        require_own(p, row.id)
        return user_of(row)

    async def list(self, p: Principal) -> Sequence[User]:
        """Return all users by name."""
        require(p, Scope.ADMIN)
        async with self._database.read() as conn:
            return [user_of(row) for row in await conn.execute(select(users).order_by(users.c.name_key))]

    async def change(
        self,
        p: Principal,
        name: str,
        *,
        role: Role | None = None,
        clearance: Level | None = None,
        collections: Collection[str] | None = None,
        disabled: bool | None = None,
    ) -> User:
        """Change what is given, from the next request on; who is disabled is logged out everywhere.

        Raises ConflictError (`last_administrator`) where nobody would be left to administer, InvalidInputError
        (`user_collections`).
        """
        require(p, Scope.ADMIN)
        some = {} if collections is None else {"collections": checked_collections(collections)}
        async with self._database.write(p) as tx:
            await tx.lock_name("users")
            row = await user_row(tx.conn, name, lock=True)
            values = _changed(row, tx.now, role, clearance, disabled)
            values |= {key: value for key, value in some.items() if value != row.collections}
            if values:
                await tx.conn.execute(update(users).where(users.c.id == row.id).values(**values))
                await _require_administrator(tx.conn)
                await _tell(tx, row, values)
            return user_of(await user_row(tx.conn, name))

    async def invited(self, token: str) -> User:
        """Return whom a one-time link is for; NotFoundError (`invitation_gone`) where it was used or is too old."""
        async with self._database.read() as conn:
            return user_of(await _invited(conn, token, dt.datetime.now(dt.UTC)))

    async def accept(self, token: str, password: str, address: str | None = None) -> User:
        """Give whom a link is for the password they chose; the link and all their sessions end."""
        user = await self.invited(token)
        secret = await hashed(password, user.name)
        async with self._database.read() as conn:
            p = principal_of(await user_row(conn, user.name), address=address)
        async with self._database.write(p) as tx:
            row = await _invited(tx.conn, token, tx.now, lock=True)
            await tx.conn.execute(delete(invitations).where(invitations.c.user_id == row.id))
            return await _set_password(tx, row, secret)

    async def set_password(self, p: Principal, name: str, password: str) -> User:
        """Give a user another password, as an administrator; their sessions end."""
        require(p, Scope.ADMIN)
        user = await self.get(p, name)
        secret = await hashed(password, user.name)
        async with self._database.write(p) as tx:
            return await _set_password(tx, await user_row(tx.conn, name, lock=True), secret)

    async def change_password(self, p: Principal, old: str, new: str) -> User:
        """Give oneself another password; all sessions end, this one too. InvalidInputError (`old_password`)."""
        require(p, Scope.ACCOUNT)
        async with self._database.read() as conn:
            row = await user_row(conn, p.name)
        if not await matches(row.password, old):
            raise InvalidInputError(why="old_password", key="old")
        secret = await hashed(new, row.name)
        async with self._database.write(p) as tx:
            return await _set_password(tx, row, secret)


def _changed(
    row: Any, now: dt.datetime, role: Role | None, clearance: Level | None, disabled: bool | None
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if role is not None and role.value != row.role:
        values["role"] = role.value
    if clearance is not None and clearance.value != row.clearance:
        values["clearance"] = clearance.value
    if disabled is not None and disabled != (row.disabled_at is not None):
        values["disabled_at"] = now if disabled else None
    return values


async def _tell(tx: Tx, row: Any, values: dict[str, Any]) -> None:
    """Write the events of a change, and end the sessions of who was disabled."""
    if values.get("disabled_at"):
        await shut_out(tx, row)
    else:
        if "disabled_at" in values:
            tx.event("user.enabled", "user", row.id, name=row.name)
        await _follow(tx, await user_row(tx.conn, row.name))
    told = {key: value for key, value in values.items() if key != "disabled_at"}
    if told:
        tx.event("user.changed", "user", row.id, name=row.name, **told)


async def shut_out(tx: Tx, row: Any) -> None:
    """End all ways in of a user whose row says by now that they are disabled, and what works in their name."""
    tx.event("user.disabled", "user", row.id, name=row.name)
    await end_sessions(tx, row.id)
    await tx.conn.execute(delete(invitations).where(invitations.c.user_id == row.id))
    await _follow(tx, await user_row(tx.conn, row.name))


async def _follow(tx: Tx, row: Any) -> None:
    """Let what works in a user's name see and do no more than they may now."""
    seen = {"access": sorted(Level(row.clearance).and_below()), "collections": row.collections}
    for table in (saved_searches, webhooks):
        await tx.conn.execute(update(table).where(table.c.owner == row.name).values(**seen))
    if row.disabled_at is not None or Scope.WEBHOOKS not in ROLE_SCOPES[Role(row.role)]:
        told = (webhooks.c.owner == row.name) & (webhooks.c.state == HookState.ACTIVE)
        off = {"state": HookState.DISABLED, "reason": stored(Reason(code="owner_may_not"))}
        await tx.conn.execute(update(webhooks).where(told).values(**off))


async def _set_password(tx: Tx, row: Any, secret: str) -> User:
    await tx.conn.execute(update(users).where(users.c.id == row.id).values(password=secret))
    await end_sessions(tx, row.id)
    tx.event("user.password_set", "user", row.id, name=row.name)
    return user_of(await user_row(tx.conn, row.name))


async def _require_room(conn: AsyncConnection, name: str, role: Role) -> None:
    if role is not Role.ADMINISTRATOR and not await conn.scalar(select(users.c.id).limit(1)):
        raise InvalidInputError(why="first_administrator", key="role")
    if await conn.scalar(select(users.c.id).where(users.c.name_key == name_key(name))):
        raise ConflictError(why="user_exists", name=name)


async def _require_administrator(conn: AsyncConnection) -> None:
    able = (users.c.role == Role.ADMINISTRATOR.value) & users.c.disabled_at.is_(None)
    if not await conn.scalar(select(func.count()).select_from(users).where(able)):
        raise ConflictError(why="last_administrator")


async def _invited(conn: AsyncConnection, token: str, now: dt.datetime, *, lock: bool = False) -> Any:
    link = (invitations.c.token_hash == token_hash(token)) & (invitations.c.expires_at > now)
    query = select(users).join(invitations, invitations.c.user_id == users.c.id).where(link)
    row = (await conn.execute(query.with_for_update() if lock else query)).one_or_none()
    if row is None or row.disabled_at is not None:
        raise NotFoundError(why="invitation_gone")
    return row
