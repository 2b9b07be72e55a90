"""Landlock: a process gives up all files but those it names, TCP, and signals and abstract sockets to others.

Plain system calls (their numbers are the same on every machine), best effort by what the kernel has: ABI 1 (Linux 5.13)
files, 3 (6.2) truncating, 4 (6.7) TCP, 5 (6.10) ioctl on devices, 6 (6.12) signals and abstract sockets. What Landlock
never covers (stat, chmod, chown, times, attributes) is the system call filter's to refuse.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable
from enum import IntFlag
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION = 1
_PATH_BENEATH = 1
_TCP_BIND_AND_CONNECT = 0b11
_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11


class Access(IntFlag):
    """What may be done with a file or, of a folder, with all that lies beneath it."""

    EXECUTE = 1 << 0
    WRITE_FILE = 1 << 1
    READ_FILE = 1 << 2
    READ_DIR = 1 << 3
    REMOVE_DIR = 1 << 4
    REMOVE_FILE = 1 << 5
    MAKE_CHAR = 1 << 6
    MAKE_DIR = 1 << 7
    MAKE_REG = 1 << 8
    MAKE_SOCK = 1 << 9
    MAKE_FIFO = 1 << 10
    MAKE_BLOCK = 1 << 11
    MAKE_SYM = 1 << 12
    REFER = 1 << 13
    TRUNCATE = 1 << 14
    IOCTL_DEV = 1 << 15


READ = Access.READ_FILE | Access.READ_DIR
RUN = READ | Access.EXECUTE
WORK = (
    READ | Access.WRITE_FILE | Access.TRUNCATE | Access.REFER
    | Access.REMOVE_DIR | Access.REMOVE_FILE | Access.MAKE_DIR | Access.MAKE_REG
)  # fmt: skip
"""Everything a program needs in a folder of its own, but to run what it wrote there, or to make links and devices."""
DEVICE = Access.READ_FILE | Access.WRITE_FILE | Access.TRUNCATE

_OF_FILES = Access.EXECUTE | Access.WRITE_FILE | Access.READ_FILE | Access.TRUNCATE | Access.IOCTL_DEV
_SINCE = {Access.REFER: 2, Access.TRUNCATE: 3, Access.IOCTL_DEV: 5}
_TCP_SINCE, _SCOPES_SINCE = 4, 6


def abi() -> int:
    """Return the version of Landlock that the kernel has in force, 0 for none."""
    try:
        return _call(_CREATE_RULESET, None, 0, _ASK_VERSION)
    except OSError:
        return 0


def restrict(rules: Iterable[tuple[Path, Access]]) -> int:
    """Let this process and all it starts do with files what `rules` say and no more; return the ABI, 0 for none.

    A path that is not there is passed over. The process must have set no_new_privs. OSError where the kernel refuses.
    """
    version = abi()
    if not version:
        return 0
    handled = sum(right for right in Access if _SINCE.get(right, 1) <= version)
    ruleset = _new_ruleset(version, handled)
    try:
        for path, access in rules:
            _allow(ruleset, path, access & handled)
        _call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
    return version


def _new_ruleset(version: int, handled: int) -> int:
    words = [handled]
    if version >= _TCP_SINCE:
        words.append(_TCP_BIND_AND_CONNECT)
    if version >= _SCOPES_SINCE:
        words.append(_ABSTRACT_SOCKETS_AND_SIGNALS)
    attributes = struct.pack(f"={len(words)}Q", *words)
    return _call(_CREATE_RULESET, attributes, len(attributes), 0)


def _allow(ruleset: int, path: Path, access: int) -> None:
    try:
        beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        granted = access if path.is_dir() else access & _OF_FILES
        _call(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", granted, beneath), 0)
    finally:
        os.close(beneath)


def _call(number: int, *arguments: int | bytes | None) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    wide = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    result = libc.syscall(ctypes.c_long(number), *wide)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"Landlock: {os.strerror(code)}")
    return int(result)
