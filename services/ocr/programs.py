"""The programs that reading stands on: where they are, and how they end."""

from __future__ import annotations

import os
import re
import subprocess
from functools import cache
from pathlib import Path

from services.core.errors import MissingProgramError

FOLDER = Path(__file__).parent / "leashed"
"""Small scripts that start the program of the same name so that it dies with the reader."""

_NOT_FOUND = {126, 127}


class ProgramKilledError(Exception):
    """A program was ended by a signal: by a limit it inherited, by a crash, or from outside."""

    def __init__(self, program: str, signal: int) -> None:
        super().__init__(f"{program} was ended by signal {signal}")
        self.signal = signal


class ProgramTimeoutError(Exception):
    """A program did not finish in the time it was given."""


def check_exit(program: str, status: int, stderr: str = "") -> None:
    """Raise for an exit status that says the program is not there or was killed; others are the caller's to judge."""
    if status < 0:
        raise ProgramKilledError(program, -status)
    if status > 128:  # a shell's way to say the same
        raise ProgramKilledError(program, status - 128)
    if status in _NOT_FOUND:
        raise MissingProgramError(
            f"{program} cannot be started ({stderr.strip()[:200]}). Install it; `vanban doctor` says how.",
            program=program,
        )


@cache
def tesseract_models() -> Path:
    """Ask tesseract in which folder its models are; MissingProgramError where it is not there."""
    done = subprocess.run([str(FOLDER / "tesseract"), "--list-langs"], capture_output=True, text=True, check=False)
    check_exit("tesseract", done.returncode, done.stderr)
    found = re.search(r'"(.+?)/?"', done.stdout)
    return Path(found[1] if found else os.environ.get("TESSDATA_PREFIX", "/usr/share/tesseract-ocr/5/tessdata"))
