"""The launcher: `python -m services.core.launcher ... -- COMMAND` limits itself and becomes the command.

Limits, Landlock and the system call filter are inherited by all that the command starts, and none of it can shed them.
It imports little: it is started before every sandboxed program.
"""

from __future__ import annotations

import argparse
import ctypes
import errno
import os
import resource
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from services.core import landlock

FAILED = 125
"""Exit code for: the sandbox could not be set up."""
CODE, INBOX, WORK = "code", "in", "work"
"""The parts of the private folder: where Python finds the product, what was lent for reading, and the rest."""

_ORPHANED = 124
_PRODUCT = Path(__file__).resolve().parents[1]

_PR_SET_PDEATHSIG = 1
_PR_CAPBSET_DROP = 24
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
_CAP_DAC_READ_SEARCH = 2
_CLONE_NEWUSER = 0x10000000
_CLONE_PARENT = 0x00008000

_SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin")
_SYSTEM_FACTS = (
    *("/etc/ld.so.cache", "/etc/fonts", "/var/cache/fontconfig", "/etc/localtime", "/etc/timezone"),
    *("/etc/ssl/openssl.cnf", "/etc/papersize", "/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system/cpu"),
)
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")

_REFUSED_CALLS = (
    # the network, and the ring that can do the same without these calls
    *("socket", "socketpair", "socketcall", "connect", "bind", "listen", "accept", "accept4"),
    *("io_uring_setup", "io_uring_enter", "io_uring_register"),
    # leaving the process group, by which the parent ends us
    *("setsid", "setpgid"),
    # looking into other processes
    *("ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp"),
    # memory and messages shared with other processes of the same user
    *("shmget", "shmat", "semget", "semop", "semtimedop", "msgget", "msgsnd", "msgrcv", "ipc", "mq_open", "mq_unlink"),
    # what Landlock does not cover: the originals have the same owner as we
    *("chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "fchown", "lchown", "fchownat", "truncate"),
    *("setxattr", "lsetxattr", "fsetxattr", "setxattrat"),
    *("removexattr", "lremovexattr", "fremovexattr", "removexattrat"),
    *("utime", "utimes", "futimesat", "utimensat", "file_setattr", "fanotify_init"),
    # slowing others down
    *("setpriority", "ioprio_set", "sched_setscheduler", "sched_setattr", "sched_setparam"),
    # doors into the kernel that no reader needs
    *("bpf", "perf_event_open", "userfaultfd", "add_key", "request_key", "keyctl", "personality"),
    *("mount", "umount2", "move_mount", "open_tree", "fsopen", "fsmount", "pivot_root", "chroot", "unshare", "setns"),
    *("kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "reboot", "swapon", "swapoff"),
    *("iopl", "ioperm", "acct", "quotactl", "settimeofday", "clock_settime", "sethostname", "setdomainname"),
    *("open_by_handle_at",),
)
_ABSENT_CALLS = ("clone3", "openat2")
"""Their arguments lie in memory, where no filter sees them; the C library falls back to calls that can be judged."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Limit this process as the flags say and become the command; exit 125 where that cannot be done."""
    parser = argparse.ArgumentParser(prog="python -m services.core.launcher")
    for name in ("--parent", "--memory", "--cpu", "--cpu-ceiling", "--file", "--open-files"):
        parser.add_argument(name, type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--read", type=Path, action="append", default=[])
    parser.add_argument("command", nargs="+")
    given = parser.parse_args(arguments)
    try:
        _die_with_parent(given.parent)
        _drop_capabilities()
        _set_limits(given.memory, given.cpu, given.cpu_ceiling, given.file, given.open_files)
        _prctl(_PR_SET_NO_NEW_PRIVS, 1)
        landlock.restrict(file_rules(given.folder, given.read))
        _refuse_calls()
        for ignored in (signal.SIGXFSZ, signal.SIGPIPE):
            signal.signal(ignored, signal.SIG_DFL)  # Python ignores them, and exec would hand that on
        os.execvp(given.command[0], given.command)  # noqa: S606 - becoming the command is what a launcher is for
    except (OSError, RuntimeError, ValueError, ImportError) as error:
        sys.stderr.write(f"sandbox: {type(error).__name__}: {error}\n")
        sys.exit(FAILED)


def file_rules(folder: Path, readable: Sequence[Path]) -> Iterator[tuple[Path, landlock.Access]]:
    """Yield all that a sandboxed command may do with files: run the system's programs and the product's, read what it
    was lent, write in its own folder.
    """
    programs = (*_SYSTEM, sys.prefix, sys.base_prefix, sys.base_exec_prefix, str(_PRODUCT))
    yield from ((Path(name), landlock.RUN) for name in programs)
    yield from ((path, landlock.RUN) for path in (*_folders_of_programs(), *readable))
    yield from ((Path(name), landlock.READ) for name in (*_SYSTEM_FACTS, *_models()))
    yield from ((folder / part, landlock.READ) for part in (CODE, INBOX))
    yield from ((Path(name), landlock.DEVICE) for name in _DEVICES)
    yield folder / WORK, landlock.WORK


def _folders_of_programs() -> Iterator[Path]:
    """Yield the folders of PATH, each with the libraries beside it."""
    for name in os.environ.get("PATH", "").split(os.pathsep):
        folder = Path(name)
        if folder.is_absolute() and folder != Path(folder.anchor):
            yield folder
            yield from (folder.parent / "lib", folder.parent / "lib64") if folder.name in ("bin", "sbin") else ()


def _models() -> list[str]:
    return [name for name in [os.environ.get("TESSDATA_PREFIX")] if name]


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0):
        number = ctypes.get_errno()
        raise OSError(number, f"prctl {option}: {os.strerror(number)}")


def _die_with_parent(parent: int) -> None:
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)  # whatever is orphaned stays below us, where the guard counts it
    if os.getppid() != parent:  # it died before we asked to be told
        sys.exit(_ORPHANED)


def _drop_capabilities() -> None:
    """As root, keep only the right to read files; others have nothing to drop."""
    last = int(Path("/proc/sys/kernel/cap_last_cap").read_text(encoding="ascii"))
    with suppress(OSError):
        for capability in range(last + 1):
            if capability != _CAP_DAC_READ_SEARCH:
                _prctl(_PR_CAPBSET_DROP, capability)


def _set_limits(memory: int, cpu: int, cpu_ceiling: int, file: int, open_files: int) -> None:
    for kind, soft, hard in (
        (resource.RLIMIT_AS, memory, memory),
        (resource.RLIMIT_CPU, cpu, cpu_ceiling),
        (resource.RLIMIT_FSIZE, file, file),
        (resource.RLIMIT_NOFILE, open_files, open_files),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        ceiling = resource.getrlimit(kind)[1]
        if ceiling != resource.RLIM_INFINITY:  # a tighter limit from outside stays
            soft, hard = min(soft, ceiling), min(hard, ceiling)
        resource.setrlimit(kind, (soft, hard))


def _refuse_calls() -> None:
    import pyseccomp as s  # here, because only the launcher needs libseccomp, not everyone who reads its constants

    rules = s.SyscallFilter(defaction=s.ALLOW)

    def refuse(name: str, *when: s.Arg, code: int = errno.EPERM) -> None:
        if s.resolve_syscall(s.Arch.NATIVE, name) >= 0:  # else this kind of machine has no such call
            rules.add_rule(s.ERRNO(code), name, *when)

    for name in _REFUSED_CALLS:
        refuse(name)
    for name in _ABSENT_CALLS:
        refuse(name, code=errno.ENOSYS)
    for flag in (_CLONE_NEWUSER, _CLONE_PARENT):  # a child of our parent's would be nobody's to count
        refuse("clone", s.Arg(0, s.MASKED_EQ, flag, flag))
    refuse("prlimit64", s.Arg(0, s.NE, 0))  # limits of other processes of the same user
    refuse("sched_setaffinity", s.Arg(0, s.NE, 0))
    for name, flags in (("open", 1), ("openat", 2)):
        # a file opened for reading, or for nothing, can still be emptied; before ABI 3 Landlock does not mind
        refuse(name, s.Arg(flags, s.MASKED_EQ, os.O_TRUNC | os.O_ACCMODE, os.O_TRUNC | os.O_RDONLY))
        refuse(name, s.Arg(flags, s.MASKED_EQ, os.O_ACCMODE, os.O_ACCMODE))
    rules.load()


if __name__ == "__main__":
    main()
