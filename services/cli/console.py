"""What the terminal shows: results on standard output, everything else on standard error.

Names and texts come from strangers: whatever is printed goes through `printable`, so that no file name can move the
cursor or hide a line.
"""

import json
import sys
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import BaseModel
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from services.core.model import JSON

out = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
err = Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)

_PLAIN_SECONDS = 2.0
_CONTROL = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def printable(text: str) -> str:
    """Return the text with control, formatting and undecodable characters written as escapes."""
    return "".join(c if unicodedata.category(c) not in _CONTROL else ascii(c)[1:-1] for c in text)


def say(line: str) -> None:
    """Print a line for the person who watches (standard error)."""
    err.print(line)


def print_json(value: BaseModel | JSON) -> None:
    """Print a value of the API, as the API writes it."""
    shape = value.model_dump(mode="json", by_alias=True) if isinstance(value, BaseModel) else value
    sys.stdout.write(json.dumps(shape, ensure_ascii=False, indent=2) + "\n")


class Ticker:
    """Progress of one long work: a live bar on a terminal, otherwise a plain line every two seconds that has news."""

    def __init__(self, label: str, total: int | None) -> None:
        self._label = label
        self._total = total
        self._printed = ""
        self._next = time.monotonic() + _PLAIN_SECONDS
        self._bar = _bar() if err.is_terminal else None
        self._task = self._bar.add_task(label, total=total, note="") if self._bar else None

    def update(self, done: int, note: str = "", total: int | None = None) -> None:
        """Show that `done` of the total are through, and a note."""
        self._total = total if total is not None else self._total
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, total=self._total, note=printable(note))
            return
        of = f"{done} of {self._total}" if self._total is not None else str(done)
        line = f"{self._label}: {of}  {printable(note)}".rstrip()
        if line != self._printed and time.monotonic() >= self._next:
            say(line)
            self._printed = line
            self._next = time.monotonic() + _PLAIN_SECONDS


@contextmanager
def ticker(label: str, total: int | None = None) -> Iterator[Ticker]:
    """Show progress inside the block."""
    shown = Ticker(label, total)
    if shown._bar is None:
        yield shown
        return
    with shown._bar:
        yield shown


def _bar() -> Progress:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}", markup=False),
    )
    return Progress(*columns, console=err, transient=True)
