"""Guessing takes ever longer: failed logins are counted by name and by address, in the catalogue, for all processes."""

import datetime as dt
import ipaddress
from hashlib import sha256

from sqlalchemy import delete, insert, select, update

from services.archive.database import Tx
from services.archive.schema import login_attempts
from services.core.errors import ThrottledError

FREE_BY_NAME, FREE_BY_ADDRESS = 5, 30
"""Failures before the first wait; many people may share one address."""
LONGEST_WAIT_SECONDS = 900
FORGOTTEN_AFTER = dt.timedelta(days=1)


async def begin(tx: Tx, name_key: str, address: str | None) -> None:
    """Count an attempt as failed before it is looked at; ThrottledError where it comes too early."""
    for key, free in _keys(name_key, address):
        await tx.lock_name(f"login {key}")
        now = dt.datetime.now(dt.UTC)  # after the lock: the one before may have begun later than this transaction
        found = (await tx.conn.execute(select(login_attempts).where(login_attempts.c.key == key))).one_or_none()
        if found is not None and found.free_at > now:
            raise ThrottledError(seconds=round((found.free_at - now).total_seconds()) + 1)
        recent = found is not None and now - found.last_at <= FORGOTTEN_AFTER
        failures = found.failures + 1 if found is not None and recent else 1
        values = {"failures": failures, "last_at": now, "free_at": now + wait(failures, free)}
        if found is None:
            await tx.conn.execute(insert(login_attempts).values(key=key, **values))
        else:
            await tx.conn.execute(update(login_attempts).where(login_attempts.c.key == key).values(**values))


async def succeeded(tx: Tx, name_key: str, address: str | None) -> None:
    """Forget the failures of a name, and take back the one attempt of the address; drop what is long past."""
    keys = [key for key, _ in _keys(name_key, address)]
    await tx.conn.execute(delete(login_attempts).where(login_attempts.c.key == keys[0]))
    for key in keys[1:]:
        own = login_attempts.c.key == key
        taken_back = {"failures": login_attempts.c.failures - 1, "free_at": tx.now}
        await tx.conn.execute(update(login_attempts).where(own).values(**taken_back))
    await tx.conn.execute(delete(login_attempts).where(login_attempts.c.last_at < tx.now - FORGOTTEN_AFTER))


def wait(failures: int, free: int) -> dt.timedelta:
    """Return how long after so many failures the next attempt must wait: 0, then 1, 2, 4, ... seconds."""
    if failures < free:
        return dt.timedelta()
    return dt.timedelta(seconds=min(LONGEST_WAIT_SECONDS, 2 ** min(failures - free, 20)))


def _keys(name_key: str, address: str | None) -> list[tuple[str, int]]:
    """Return what an attempt is counted by; hashed, as people type passwords where the name belongs."""
    keys = [("name", name_key, FREE_BY_NAME)]
    if address:
        keys.append(("address", network_of(address), FREE_BY_ADDRESS))
    return [(f"{kind}:{sha256(f'{kind} {value}'.encode()).hexdigest()}", free) for kind, value, free in keys]


def network_of(address: str) -> str:
    """Return what one caller has at hand: an IPv4 address, the /64 of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(parsed if parsed.version == 4 else ipaddress.ip_network((parsed, 64), strict=False))
