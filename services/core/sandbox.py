"""The sandbox: how every program that touches a stranger's file is started.

`Sandbox` and `run_sandboxed` start the launcher (`core.launcher`, which limits itself and becomes the command) in a
session and a private folder of its own, watch what all of it uses together, and end the whole group afterwards.

Launch from a thread that lives as long as the program: the kernel ends the child when its starting *thread* ends.
"""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import signal
import stat
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from services.core.guard import Excess, watch
from services.core.launcher import CODE, FAILED, INBOX, WORK

_PRODUCT = Path(__file__).resolve().parents[1]
_FOLDER_PREFIX = "vanban-sandbox-"
_KEPT_VARIABLES = ("PATH", "TESSDATA_PREFIX", "TZ")
_LENT = "file"


@dataclass(frozen=True, slots=True)
class SandboxLimits:
    """Limits of each process. One that uses more than `cpu_seconds` gets SIGXCPU; it may raise that to the ceiling.

    All processes together may be `processes`, hold `memory_bytes` and write twice `file_bytes`.
    """

    memory_bytes: int
    cpu_seconds: int
    file_bytes: int
    cpu_ceiling_seconds: int | None = None
    open_files: int = 256
    processes: int = 32


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
        return self.returncode == FAILED


class Sandbox:
    """A running sandboxed command, the leader of its own process group, in a private folder that goes with it.

    The command works in `work` and writes nowhere else; it reads what was lent to it, and of the rest of the machine
    only programs and their data (`launcher.file_rules`).
    """

    def __init__(self, process: Process, folder: Path, limits: SandboxLimits) -> None:
        self.process = process
        self.folder = folder
        self.exceeded: Excess | None = None
        self._guard = asyncio.create_task(self._end_at_excess(limits))

    @classmethod
    async def launch(
        cls,
        command: Sequence[str],
        limits: SandboxLimits,
        *,
        home: Path | None = None,
        readable: Sequence[Path] = (),
    ) -> Sandbox:
        """Start the command with pipes on stdin, stdout and stderr; call `end` whatever happens.

        Its folder is made in `home`, else among the temporary files: what is lent is linked on the same file system and
        copied from others. `readable` are files or folders that it may read besides.
        """
        folder = _private_folder(home)
        try:
            process = await asyncio.create_subprocess_exec(
                *launcher_command(command, limits, folder, readable),
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
                cwd=folder / WORK,
                env=clean_environment(folder),
                start_new_session=True,
            )
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return cls(process, folder, limits)

    @property
    def work(self) -> Path:
        """The command's working directory, the one place where it may write."""
        return self.folder / WORK

    @asynccontextmanager
    async def lend(self, path: Path) -> AsyncIterator[Path]:
        """Let the command read a file for a while, under the path that this yields; OSError where it cannot be read."""
        lent = self.folder / INBOX / _LENT
        await asyncio.to_thread(_link_or_copy, path, lent)
        try:
            yield lent
        finally:
            lent.unlink(missing_ok=True)

    async def take(self, name: str, target: Path) -> None:
        """Copy to `target` a file that the command wrote in `work`; OSError for anything but a plain file."""
        await asyncio.to_thread(_copy_plain, self.work / name, target)

    def kill(self) -> None:
        """Kill the command and all that it started, at once."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)

    async def end(self) -> int:
        """Kill what still runs, remove the private folder and return the command's exit code."""
        self._guard.cancel()
        self.kill()
        returncode = await self.process.wait()
        self.kill()  # whatever was started between the first kill and the leader's end
        await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)
        return returncode

    async def _end_at_excess(self, limits: SandboxLimits) -> None:
        self.exceeded = await watch(
            self.process.pid,
            self.work,
            processes=limits.processes,
            memory_bytes=limits.memory_bytes,
            output_bytes=2 * limits.file_bytes,
        )
        self.kill()


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


def launcher_command(
    command: Sequence[str], limits: SandboxLimits, folder: Path, readable: Sequence[Path] = ()
) -> list[str]:
    """Return the command line that runs `command` under `limits` as a child of this very process."""
    flags = {
        "--parent": os.getpid(),
        "--memory": limits.memory_bytes,
        "--cpu": limits.cpu_seconds,
        "--cpu-ceiling": limits.cpu_ceiling_seconds or limits.cpu_seconds + 5,
        "--file": limits.file_bytes,
        "--open-files": limits.open_files,
        "--folder": folder,
    }
    pairs = [str(part) for flag in [*flags.items(), *(("--read", path) for path in readable)] for part in flag]
    return [sys.executable, "-m", "services.core.launcher", *pairs, "--", *command]


def clean_environment(folder: Path) -> dict[str, str]:
    """Return the whole environment of a sandboxed command: no secrets, no one's home, one thread for tesseract."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
        **kept,
        "HOME": str(folder / WORK),
        "TMPDIR": str(folder / WORK),
        "LANG": "C.UTF-8",
        "OMP_THREAD_LIMIT": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONPATH": str(folder / CODE),
        "PYTHONDONTWRITEBYTECODE": "1",  # cut by a file size limit, it would be broken for everyone
        "PYTHONSAFEPATH": "1",  # the private folder may hold what a hostile file made there: never import from it
    }


def _private_folder(home: Path | None) -> Path:
    """Make a private folder with its parts; where Python looks for the product, nothing beside the product shows."""
    home = home if home and home.is_dir() else Path(tempfile.gettempdir())
    _sweep_folders(home)
    folder = Path(tempfile.mkdtemp(prefix=f"{_FOLDER_PREFIX}{os.getpid()}-", dir=home))
    for part in (CODE, INBOX, WORK):
        (folder / part).mkdir()
    (folder / CODE / _PRODUCT.name).symlink_to(_PRODUCT)
    return folder


def _link_or_copy(path: Path, lent: Path) -> None:
    """Link a file, which costs nothing; copy it from another file system, or where links are not allowed."""
    try:
        os.link(path, lent, follow_symlinks=True)
    except OSError:
        shutil.copyfile(path, lent)


def _copy_plain(source: Path, target: Path) -> None:
    """Copy a file written by someone not trusted: no link of theirs is followed, no pipe waited for."""
    opened = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(opened, "rb") as file, target.open("wb") as out:
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            raise OSError(errno.EINVAL, "not a plain file", str(source))
        shutil.copyfileobj(file, out, 1 << 20)


def _sweep_folders(home: Path) -> None:
    """Remove private folders whose owner was killed before it could."""
    for folder in home.glob(f"{_FOLDER_PREFIX}*"):
        owner = folder.name.removeprefix(_FOLDER_PREFIX).split("-")[0]
        if owner.isdigit() and not Path(f"/proc/{owner}").exists():
            shutil.rmtree(folder, ignore_errors=True)
