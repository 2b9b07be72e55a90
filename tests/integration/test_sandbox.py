"""The sandbox holds for the command and for what the command starts, and nothing of it outlives us."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import textwrap
from pathlib import Path

import pytest

from services.core.sandbox import Finished, Sandbox, SandboxLimits, run_sandboxed

LIMITS = SandboxLimits(memory_bytes=400_000_000, cpu_seconds=2, file_bytes=100_000)

IN_A_GRANDCHILD = "import subprocess, sys; sys.exit(subprocess.run([sys.executable, '-c', {code!r}]).returncode)"


async def run_in_grandchild(code: str, limits: SandboxLimits = LIMITS) -> Finished:
    command = [sys.executable, "-c", IN_A_GRANDCHILD.format(code=textwrap.dedent(code))]
    return await run_sandboxed(command, limits, wall_seconds=60)


@pytest.mark.parametrize(
    "code",
    [
        "import socket; socket.socket(socket.AF_INET, socket.SOCK_STREAM)",
        "import socket; socket.socket(socket.AF_UNIX)",
        "import socket; socket.socketpair()",
        "import os; os.setsid()",
        "import os; os.setpgid(0, 0)",
    ],
)
async def test_a_grandchild_cannot_reach_the_network_or_leave_its_process_group(code: str) -> None:
    done = await run_in_grandchild(code)
    assert done.returncode == 1
    assert b"PermissionError" in done.stderr


async def test_io_uring_which_can_open_sockets_by_itself_is_refused() -> None:
    done = await run_in_grandchild(
        """
        import ctypes, errno, sys
        libc = ctypes.CDLL(None, use_errno=True)
        io_uring_setup = 425
        assert libc.syscall(io_uring_setup, 1, ctypes.create_string_buffer(120)) == -1
        sys.exit(0 if ctypes.get_errno() == errno.EPERM else 3)
        """
    )
    assert done.returncode == 0


async def test_a_grandchild_cannot_take_more_memory_than_the_limit() -> None:
    done = await run_in_grandchild("x = bytearray(500_000_000)")
    assert b"MemoryError" in done.stderr


async def test_a_grandchild_that_writes_too_long_a_file_is_ended_instead_of_leaving_a_cut_one() -> None:
    done = await run_sandboxed(
        ["/bin/sh", "-c", "head -c 200000 /dev/zero > long; echo $?; stat -c %s long"], LIMITS, wall_seconds=60
    )
    status, size = done.stdout.split()
    assert int(status) == 128 + signal.SIGXFSZ
    assert int(size) == LIMITS.file_bytes


async def test_a_grandchild_that_computes_too_long_is_ended() -> None:
    done = await run_in_grandchild("while True: pass")
    assert done.returncode in (-signal.SIGXCPU % 256, 256 - signal.SIGXCPU)


async def test_what_runs_longer_than_the_wall_time_is_killed_with_all_its_children(home: Path) -> None:
    script = "sh -c 'trap \"\" TERM INT HUP; echo $$ > pid; sleep 1000' & wait"
    call = asyncio.create_task(run_sandboxed(["/bin/sh", "-c", script], LIMITS, wall_seconds=5))
    pid = await pid_from(home)
    assert (await call).timed_out
    assert is_gone(pid)


async def test_a_cancelled_call_leaves_nothing_running(home: Path) -> None:
    call = asyncio.create_task(run_sandboxed(["/bin/sh", "-c", "echo $$ > pid; sleep 1000"], LIMITS, wall_seconds=1000))
    pid = await pid_from(home)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert is_gone(pid)


async def test_a_sandboxed_command_dies_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    program = """
import asyncio
from services.core.sandbox import Sandbox, SandboxLimits
async def main():
    await Sandbox.launch(["/bin/sh", "-c", "echo $$ > pid; exec sleep 1000"], SandboxLimits(10**9, 10, 10**6))
    await asyncio.sleep(1000)
asyncio.run(main())
"""
    variables = {**os.environ, "TMPDIR": str(tmp_path)}
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, cwd=Path(__file__).parents[2], env=variables
    )
    try:
        pid = await pid_from(tmp_path)
    finally:
        parent.kill()
        await parent.wait()
    await gone(pid)


async def test_the_environment_holds_no_secret_and_the_folder_is_private_and_goes_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VANBAN_DATABASE_URL", "postgresql://user:secret@host/db")
    monkeypatch.setenv("TESSDATA_PREFIX", "/usr/share/tesseract-ocr/5/tessdata")
    sandbox = await Sandbox.launch(["/bin/sh", "-c", "env; pwd"], LIMITS)
    try:
        stdout, _ = await sandbox.process.communicate()
        assert sandbox.folder.stat().st_mode & 0o077 == 0
    finally:
        await sandbox.end()
    assert b"secret" not in stdout
    assert b"TESSDATA_PREFIX=/usr/share" in stdout
    assert stdout.decode().splitlines()[-1] == str(sandbox.work)
    assert not sandbox.folder.exists()


async def test_a_folder_whose_owner_was_killed_is_removed_by_the_next_launch() -> None:
    dead = await asyncio.create_subprocess_exec("true")
    await dead.wait()
    sandbox = await Sandbox.launch(["true"], LIMITS)
    left = sandbox.folder.with_name(f"vanban-sandbox-{dead.pid}-left")
    await sandbox.end()
    left.mkdir()
    (left / "page.ppm").write_bytes(b"x")
    await run_sandboxed(["true"], LIMITS, wall_seconds=60)
    assert not left.exists()


async def test_a_command_that_is_not_there_is_told_apart_from_one_that_fails() -> None:
    assert (await run_sandboxed(["no-such-program"], LIMITS, wall_seconds=60)).launcher_failed
    assert not (await run_sandboxed(["false"], LIMITS, wall_seconds=60)).launcher_failed


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where private folders are made."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


async def pid_from(home: Path) -> int:
    """The process id that the command in the one private folder has noted."""
    for _ in range(1200):
        if written := noted_in(home):
            return int(written)
        await asyncio.sleep(0.05)
    raise TimeoutError(home)


def noted_in(home: Path) -> str:
    return "".join(note.read_text().strip() for note in home.glob("*/work/pid"))


async def gone(pid: int) -> None:
    for _ in range(200):
        if is_gone(pid):
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"process {pid} is still there")


def is_gone(pid: int) -> bool:
    """Whether a process has ended; one that nobody has waited for yet (a zombie) has."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (ProcessLookupError, FileNotFoundError):
        return True
