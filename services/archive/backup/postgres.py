"""pg_dump and pg_restore: a catalogue in PostgreSQL as one file, and back. Nobody else knows their command lines."""

import asyncio
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.engine import make_url

from services.core.errors import MissingProgramError, StorageFullError, UnavailableError

_SSL_MODES = {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}


async def dump(url: str, path: Path, snapshot: str) -> None:
    """Write a database into a file as an exported snapshot (pg_export_snapshot) sees it.

    MissingProgramError where there is no pg_dump, UnavailableError with what it said where it fails.
    """
    await _run("pg_dump", url, "--format=custom", f"--snapshot={snapshot}", f"--file={path}")


async def load(url: str, path: Path) -> None:
    """Put a database back from such a file, whole or not at all, in place of the tables of the same names."""
    options = ("--exit-on-error", "--single-transaction", "--clean", "--if-exists")
    await _run("pg_restore", url, *options, f"--dbname={make_url(url).database}", str(path))


def find(program: str) -> str:
    """Return where the program lies; MissingProgramError says how to get it."""
    found = shutil.which(program)
    if found is None:
        raise MissingProgramError(
            f"{program} is not installed, and a catalogue in PostgreSQL goes into and out of a backup by it. "
            "Run: apt-get install --no-install-recommends postgresql-client (at least as new as the server).",
            program=program,
        )
    return found


async def _run(program: str, url: str, *arguments: str) -> None:
    command: Sequence[str] = (find(program), "--no-owner", "--no-privileges", "--no-password", *arguments)
    process = await asyncio.create_subprocess_exec(
        *command, env=os.environ | _environment(url), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    try:
        _, said = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        text = said.decode(errors="replace").strip()
        if "No space left on device" in text:
            raise StorageFullError(f"{program}: {text}. Free some space and run the same command again.")
        raise UnavailableError(f"{program} failed: {text}. Correct that and try again.", server="postgresql")


def _environment(url: str) -> dict[str, str]:
    """Return the address as libpq takes it: the password is never on a command line."""
    parsed = make_url(url)
    host, mode = parsed.host or parsed.query.get("host"), str(parsed.query.get("ssl", ""))
    given = {
        "PGHOST": host if isinstance(host, str) else None,
        "PGPORT": str(parsed.port) if parsed.port else None,
        "PGUSER": parsed.username,
        "PGPASSWORD": parsed.password,
        "PGDATABASE": parsed.database,
        "PGSSLMODE": mode if mode in _SSL_MODES else None,
    }
    return {name: value for name, value in given.items() if value}
