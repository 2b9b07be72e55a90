"""A file that people edit while a process runs for months: its newest readable state, looked at when asked."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from services.core.errors import SettingsError

log = logging.getLogger(__name__)

T = TypeVar("T")


class Followed(Generic[T]):
    """What a file says; an edit counts from the next look on, a damaged one leaves what was read before."""

    def __init__(self, path: Path, read: Callable[[Path], T]) -> None:
        """Read the file for the first time; SettingsError as `read` raises it."""
        self._path, self._read = path, read
        self._stamp = self._look()
        self._value = read(path)
        self._problem: SettingsError | None = None

    @property
    def problem(self) -> SettingsError | None:
        """What is wrong with the file as it is now; None where it is the one in use."""
        self.current()
        return self._problem

    def current(self) -> T:
        """Return what the file says; where an edit made it unreadable, what it said before."""
        stamp = self._look()
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._value, self._problem = self._read(self._path), None
            except SettingsError as error:
                self._problem = error
                log.warning("what stood there before the last edit is still used: %s", error)
        return self._value

    def _look(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size
