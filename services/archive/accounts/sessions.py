"""Logins, and the sessions they begin: kept as hashes, over after a while without a request and after some days."""

import datetime as dt
import logging
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert, select, update

from services.archive.accounts import throttle
from services.archive.accounts.passwords import hashed, is_outdated, matches
from services.archive.accounts.rows import name_key, principal_of, require_own, user_of, user_row
from services.archive.accounts.tokens import new_token, token_hash
from services.archive.database import Database, Tx
from services.archive.schema import sessions, users
from services.core.accounts import NewSession, UserSession
from services.core.errors import NotFoundError, StorageFullError, UnauthenticatedError, UnavailableError
from services.core.ids import new_id
from services.core.model import Principal
from services.core.settings import AccountSettings

log = logging.getLogger(__name__)

SEEN_EVERY = dt.timedelta(minutes=1)
"""How exactly it is kept when a session or key was last used."""
_LONGEST_AGENT = 200


class Sessions:
    """Let people in, know them again, let them go."""

    def __init__(self, database: Database, settings: AccountSettings) -> None:
        self._database = database
        self._idle = dt.timedelta(hours=settings.session_idle_hours)
        self._longest = dt.timedelta(hours=settings.session_hours)

    async def log_in(self, name: str, password: str, *, address: str | None = None, agent: str = "") -> NewSession:
        """Begin a session for who has this name and password.

        Raises UnauthenticatedError (`wrong_password`: no such user, disabled or a wrong password, after the same time)
        and ThrottledError, for the right password too, while failures make the next attempt wait.
        """
        visitor = Principal("visitor", origin="web", address=address)
        async with self._database.write(visitor) as tx:
            await throttle.begin(tx, name_key(name), address)
        async with self._database.read() as conn:
            row = (await conn.execute(select(users).where(users.c.name_key == name_key(name)))).one_or_none()
        right = await matches(row.password if row is not None else None, password)
        if row is None or row.disabled_at is not None or not right:
            await self._failed(visitor, row)
            raise UnauthenticatedError(why="wrong_password")
        fresh = await hashed(password, row.name) if is_outdated(row.password) else row.password
        async with self._database.write(principal_of(row, address=address)) as tx:
            await throttle.succeeded(tx, name_key(name), address)
            await tx.conn.execute(update(users).where(users.c.id == row.id).values(password=fresh))
            return await self._begin(tx, row, agent)

    async def begin(self, name: str, *, address: str | None = None, agent: str = "") -> NewSession:
        """Begin a session for somebody who has proved otherwise who they are (a one-time link, a changed password)."""
        async with self._database.read() as conn:
            row = await user_row(conn, name)
        async with self._database.write(principal_of(row, address=address)) as tx:
            return await self._begin(tx, row, agent)

    async def who(self, token: str, address: str | None = None) -> Principal | None:
        """Return whose session this is; None where it is over, was never begun, or its user is disabled."""
        now = dt.datetime.now(dt.UTC)
        query = (
            select(users, sessions.c.id.label("session_id"), sessions.c.seen_at)
            .join(sessions, sessions.c.user_id == users.c.id)
            .where(sessions.c.token_hash == token_hash(token), users.c.disabled_at.is_(None))
            .where(sessions.c.expires_at > now, sessions.c.seen_at > now - self._idle)
        )
        async with self._database.read() as conn:
            row = (await conn.execute(query)).one_or_none()
        if row is None:
            return None
        p = principal_of(row, address=address)
        if now - row.seen_at > SEEN_EVERY:
            await note_use(self._database, p, sessions, row.session_id, "seen_at")
        return p

    async def list(self, p: Principal, name: str, *, token: str | None = None) -> Sequence[UserSession]:
        """Return the live sessions of a user, the newest first; `token` is that of the caller's own."""
        now = dt.datetime.now(dt.UTC)
        async with self._database.read() as conn:
            row = await user_row(conn, name)
            require_own(p, row.id)
            live = (sessions.c.expires_at > now) & (sessions.c.seen_at > now - self._idle)
            query = select(sessions).where(sessions.c.user_id == row.id, live).order_by(sessions.c.id.desc())
            own = token and token_hash(token)
            return [_session(found, row.name, own == found.token_hash) for found in await conn.execute(query)]

    async def end(self, p: Principal, session_id: str) -> None:
        """End a session; NotFoundError where there is none, ForbiddenError for that of another."""
        async with self._database.write(p) as tx:
            row = (await tx.conn.execute(select(sessions).where(sessions.c.id == session_id))).one_or_none()
            if row is None:
                raise NotFoundError(id=session_id)
            require_own(p, row.user_id)
            await tx.conn.execute(delete(sessions).where(sessions.c.id == session_id))
            tx.event("session.ended", "user", row.user_id, session=session_id)

    async def end_all(self, p: Principal, name: str) -> int:
        """End all sessions of a user and return how many there were."""
        async with self._database.write(p) as tx:
            row = await user_row(tx.conn, name)
            require_own(p, row.id)
            return await end_sessions(tx, row.id)

    async def log_out(self, p: Principal, token: str) -> None:
        """End the session of this token; one that is over is no error."""
        async with self._database.write(p) as tx:
            gone = delete(sessions).where(sessions.c.token_hash == token_hash(token)).returning(sessions.c.user_id)
            for row in (await tx.conn.execute(gone)).all():
                tx.event("session.ended", "user", row.user_id)

    async def _begin(self, tx: Tx, row: Any, agent: str) -> NewSession:
        token, expires = new_token(), tx.now + self._longest
        over = (sessions.c.expires_at < tx.now) | (sessions.c.seen_at < tx.now - self._idle)
        await tx.conn.execute(delete(sessions).where(over))
        values = {"id": new_id(), "token_hash": token_hash(token), "user_id": row.id, "created_at": tx.now}
        values |= {"seen_at": tx.now, "expires_at": expires, "address": tx.p.address, "agent": agent[:_LONGEST_AGENT]}
        await tx.conn.execute(insert(sessions).values(**values))
        await tx.conn.execute(update(users).where(users.c.id == row.id).values(last_login_at=tx.now))
        tx.event("session.begun", "user", row.id, session=values["id"])
        return NewSession(user=user_of(row), token=token, expires_at=expires)

    async def _failed(self, visitor: Principal, row: Any) -> None:
        """Write down a failed login; how often that can be, the waits limit.

        A name that nobody has is left out: people type passwords there.
        """
        async with self._database.write(visitor) as tx:
            if row is None:
                tx.event("login.failed", "user", "")
            else:
                tx.event("login.failed", "user", row.id, name=row.name)


async def end_sessions(tx: Tx, user_id: str) -> int:
    """End all sessions of a user."""
    gone = (await tx.conn.execute(delete(sessions).where(sessions.c.user_id == user_id))).rowcount
    if gone:
        tx.event("session.ended", "user", user_id, sessions=gone)
    return gone


async def note_use(database: Database, p: Principal, table: Any, row_id: str, column: str) -> None:
    """Keep when a session or key was used; where that cannot be written, the caller comes in all the same."""
    try:
        async with database.write(p) as tx:
            await tx.conn.execute(update(table).where(table.c.id == row_id).values({column: tx.now}))
    except (StorageFullError, UnavailableError) as error:
        log.warning("the use of a session could not be kept: %s", error)


def _session(row: Any, user_name: str, current: bool) -> UserSession:
    keys = ("id", "address", "agent", "created_at", "seen_at", "expires_at")
    return UserSession(**{key: getattr(row, key) for key in keys}, user_name=user_name, current=current)
