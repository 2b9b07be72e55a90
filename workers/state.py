"""What a running `vanban up` leaves in the data directory, so that other commands know of it."""

import datetime as dt
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.core.errors import ConflictError, UnavailableError
from services.core.model import Model
from services.core.settings import Settings

STATE_FILE = "up.json"
LOCK_FILE = "up.lock"


class UpState(Model):
    """A running process group: the supervisor's process id, and where its web server listens."""

    pid: int
    host: str
    port: int
    started: dt.datetime

    @classmethod
    def of(cls, settings: Settings) -> "UpState":
        """Describe this process as the one that runs these settings, from now on."""
        return cls(pid=os.getpid(), host=settings.host, port=settings.port, started=dt.datetime.now(dt.UTC))

    @property
    def url(self) -> str:
        """The address to open in a browser."""
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::", ""} else self.host  # noqa: S104 - compared, not bound
        return f"http://{host}:{self.port}"


def running(settings: Settings) -> UpState | None:
    """Return the process group that runs on this data directory, None when there is none.

    The lock decides, not the file: a killed supervisor leaves its file behind, but never its lock.
    """
    try:
        descriptor = os.open(settings.runtime_dir / LOCK_FILE, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return read_state(settings)
    else:
        return None
    finally:
        os.close(descriptor)


def read_state(settings: Settings) -> UpState | None:
    """Return what the state file says, whether or not anything runs."""
    try:
        return UpState.model_validate_json((settings.runtime_dir / STATE_FILE).read_bytes())
    except (FileNotFoundError, ValueError):
        return None


def write_state(settings: Settings, state: UpState) -> None:
    """Say that this process group runs (atomic replace)."""
    path = settings.runtime_dir / STATE_FILE
    part = path.with_suffix(".part")
    part.write_text(json.dumps(state.model_dump(mode="json")) + "\n", encoding="utf-8")
    part.replace(path)


def forget_state(settings: Settings) -> None:
    """Remove the state file."""
    (settings.runtime_dir / STATE_FILE).unlink(missing_ok=True)


@contextmanager
def only_one(settings: Settings) -> Iterator[None]:
    """Hold the data directory for one process group; the kernel lets go when the process dies, however it dies.

    Raises ConflictError naming the process that has it, and UnavailableError where nothing can be written there.
    """
    try:
        settings.runtime_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(_lock_path(settings), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise UnavailableError(
            f"The data directory {settings.data_dir} cannot be written ({error.strerror}). Check its rights, and that "
            "its disk is not read-only or full.",
            what=str(error),
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConflictError(_taken(settings), data_dir=str(settings.data_dir)) from error
        yield
    finally:
        os.close(descriptor)


def _lock_path(settings: Settings) -> Path:
    return settings.runtime_dir / LOCK_FILE


def _taken(settings: Settings) -> str:
    other = read_state(settings)
    who = f" as process {other.pid}, at {other.url}" if other else ""
    return (
        f"vanban is already running on {settings.data_dir}{who}. "
        "Use that one, stop it with Ctrl-C, or choose another directory with VANBAN_DATA_DIR."
    )
