"""The sandbox: how every program that touches a stranger's file is started.

Two halves. The launcher (`python -m services.core.sandbox ... -- COMMAND`) puts limits on itself and then becomes the
command; limits and system call filter are inherited by all that the command starts. The helper (`Sandbox`,
`run_sandboxed`) starts the launcher in a session and a private folder of its own and ends the whole group afterwards.

Launch from a thread that lives as long as the program: the kernel ends the child when its starting *thread* ends.
"""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import errno
import os
import resource
import shutil
import signal
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_FOLDER_PREFIX = "vanban-sandbox-"
_KEPT_VARIABLES = ("PATH", "TESSDATA_PREFIX", "TZ")
_LAUNCHER_FAILED = 125
_ORPHANED = 124

_PR_SET_PDEATHSIG = 1
_PR_CAPBSET_DROP = 24
_PR_SET_NO_NEW_PRIVS = 38
_CAP_DAC_READ_SEARCH = 2
_CLONE_NEWUSER = 0x10000000

_REFUSED_CALLS = (
    # the network, and the ring that can do the same without these calls
    *("socket", "socketpair", "socketcall", "connect", "bind", "listen", "accept", "accept4"),
    *("io_uring_setup", "io_uring_enter", "io_uring_register"),
    # leaving the process group, by which the parent ends us
    *("setsid", "setpgid"),
    # looking into other processes
    *("ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp"),
    # doors into the kernel that no reader needs
    *("bpf", "perf_event_open", "userfaultfd", "add_key", "request_key", "keyctl", "personality"),
    *("mount", "umount2", "move_mount", "open_tree", "fsopen", "fsmount", "pivot_root", "chroot", "unshare", "setns"),
    *("kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "reboot", "swapon", "swapoff"),
    *("iopl", "ioperm", "acct", "quotactl", "settimeofday", "clock_settime", "sethostname", "setdomainname"),
    *("open_by_handle_at",),
)


@dataclass(frozen=True, slots=True)
class SandboxLimits:
    """Limits of each process. One that uses more than `cpu_seconds` gets SIGXCPU; it may raise that to the ceiling."""

    memory_bytes: int
    cpu_seconds: int
    file_bytes: int
    cpu_ceiling_seconds: int | None = None
    open_files: int = 256


@dataclass(frozen=True, slots=True)
class Finished:
    """What a sandboxed command left; `returncode` is negative for a signal; `timed_out` when we ended it."""

    returncode: int
    stdout: bytes
    stderr: bytes
    timed_out: bool = False

    @property
    def launcher_failed(self) -> bool:
        """Whether the sandbox itself could not be set up (`stderr` says why)."""
        return self.returncode == _LAUNCHER_FAILED


class Sandbox:
    """A running sandboxed command, the leader of its own process group, in a private folder that goes with it."""

    def __init__(self, process: Process, folder: Path) -> None:
        self.process = process
        self.folder = folder

    @classmethod
    async def launch(cls, command: Sequence[str], limits: SandboxLimits) -> Sandbox:
        """Start the command with pipes on stdin, stdout and stderr; call `end` whatever happens."""
        _sweep_folders()
        folder = Path(tempfile.mkdtemp(prefix=f"{_FOLDER_PREFIX}{os.getpid()}-"))
        try:
            process = await asyncio.create_subprocess_exec(
                *launcher_command(command, limits),
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
                cwd=folder,
                env=clean_environment(folder),
                start_new_session=True,
            )
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return cls(process, folder)

    def kill(self) -> None:
        """Kill the command and all that it started, at once."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)

    async def end(self) -> int:
        """Kill what still runs, remove the private folder and return the command's exit code."""
        self.kill()
        returncode = await self.process.wait()
        self.kill()  # whatever was started between the first kill and the leader's end
        await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)
        return returncode


async def run_sandboxed(
    command: Sequence[str], limits: SandboxLimits, *, wall_seconds: float, stdin: bytes = b""
) -> Finished:
    """Run the command to its end or for `wall_seconds`; nothing of it is alive afterwards, cancelled or not."""
    sandbox = await Sandbox.launch(command, limits)
    try:
        try:
            async with asyncio.timeout(wall_seconds):
                stdout, stderr = await sandbox.process.communicate(stdin)
        except TimeoutError:
            return Finished(-signal.SIGKILL, b"", b"", timed_out=True)
        return Finished(sandbox.process.returncode or 0, stdout, stderr)
    finally:
        await asyncio.shield(sandbox.end())


def launcher_command(command: Sequence[str], limits: SandboxLimits) -> list[str]:
    """Return the command line that runs `command` under `limits` as a child of this very process."""
    flags = {
        "--parent": os.getpid(),
        "--memory": limits.memory_bytes,
        "--cpu": limits.cpu_seconds,
        "--cpu-ceiling": limits.cpu_ceiling_seconds or limits.cpu_seconds + 5,
        "--file": limits.file_bytes,
        "--open-files": limits.open_files,
    }
    pairs = [str(part) for flag in flags.items() for part in flag]
    return [sys.executable, "-m", "services.core.sandbox", *pairs, "--", *command]


def clean_environment(folder: Path) -> dict[str, str]:
    """Return the whole environment of a sandboxed command: no secrets, no one's home, one thread for tesseract."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
        **kept,
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LANG": "C.UTF-8",
        "OMP_THREAD_LIMIT": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONPATH": str(_ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",  # cut by a file size limit, it would be broken for everyone
        "PYTHONSAFEPATH": "1",  # the private folder may hold what a hostile file made there: never import from it
    }


def _sweep_folders() -> None:
    """Remove private folders whose owner was killed before it could."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_FOLDER_PREFIX}*"):
        owner = folder.name.removeprefix(_FOLDER_PREFIX).split("-")[0]
        if owner.isdigit() and not Path(f"/proc/{owner}").exists():
            shutil.rmtree(folder, ignore_errors=True)


# --------------------------------------------------------------------------- the launcher


def main(arguments: Sequence[str] | None = None) -> None:
    """Limit this process as the flags say and become the command; exit 125 where that cannot be done."""
    parser = argparse.ArgumentParser(prog="python -m services.core.sandbox")
    for name in ("--parent", "--memory", "--cpu", "--cpu-ceiling", "--file", "--open-files"):
        parser.add_argument(name, type=int, required=True)
    parser.add_argument("command", nargs="+")
    given = parser.parse_args(arguments)
    try:
        _die_with_parent(given.parent)
        _drop_capabilities()
        _set_limits(given.memory, given.cpu, given.cpu_ceiling, given.file, given.open_files)
        _refuse_calls()
        for ignored in (signal.SIGXFSZ, signal.SIGPIPE):
            signal.signal(ignored, signal.SIG_DFL)  # Python ignores them, and exec would hand that on
        os.execvp(given.command[0], given.command)  # noqa: S606 - becoming the command is what a launcher is for
    except (OSError, RuntimeError, ValueError, ImportError) as error:
        sys.stderr.write(f"sandbox: {type(error).__name__}: {error}\n")
        sys.exit(_LAUNCHER_FAILED)


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0):
        number = ctypes.get_errno()
        raise OSError(number, f"prctl {option}: {os.strerror(number)}")


def _die_with_parent(parent: int) -> None:
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
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
    import pyseccomp  # here, because only the launcher needs libseccomp, not everyone who starts one

    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    rules = pyseccomp.SyscallFilter(defaction=pyseccomp.ALLOW)
    denied = pyseccomp.ERRNO(errno.EPERM)
    for name in _REFUSED_CALLS:
        if pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name) >= 0:  # else this kind of machine has no such call
            rules.add_rule(denied, name)
    rules.add_rule(denied, "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, _CLONE_NEWUSER, _CLONE_NEWUSER))
    rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")  # the C library falls back to clone, which we can judge
    rules.load()


if __name__ == "__main__":
    main()
