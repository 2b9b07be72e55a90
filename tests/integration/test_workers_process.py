"""The supervisor's hold on one process, with real processes."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.servers import ROOT
from workers.process import Keeper, Program

# Starts a child of its own, says both ids, ignores SIGTERM when told to.
PARENT = """
import os, signal, subprocess, sys, time
if "deaf" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "600"])
print("pids", os.getpid(), child.pid, flush=True)
time.sleep(600)
"""

LONG_LINE = r"""
import sys, time
sys.stdout.buffer.write(b"x" * 3_000_000 + b"\n\xff\xfe\nend\n")
sys.stdout.flush()
time.sleep(600)
"""

SUPERVISOR = """
import asyncio, sys
from workers.process import Keeper, Program

async def main():
    Keeper(Program("p", (sys.executable, "-c", sys.argv[1]))).start()
    await asyncio.sleep(600)

asyncio.run(main())
"""


class Lines:
    """The lines that kept processes wrote."""

    def __init__(self) -> None:
        self.all: list[str] = []

    def __call__(self, name: str, line: str) -> None:
        self.all.append(f"{name}: {line}")

    def pids(self) -> list[list[int]]:
        return [[int(pid) for pid in line.split()[2:]] for line in self.all if line.startswith("p: pids")]


async def _until(true: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        await asyncio.sleep(0.02)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _keeper(lines: Lines, *arguments: str, grace: float = 1.0) -> Keeper:
    return Keeper(Program("p", (sys.executable, "-c", PARENT, *arguments), grace_seconds=grace), lines)


async def test_a_killed_process_is_started_again_and_its_children_are_gone() -> None:
    lines = Lines()
    keeper = _keeper(lines)
    keeper.start()
    await _until(lines.pids)
    parent, child = lines.pids()[0]
    os.kill(parent, signal.SIGKILL)
    await _until(lambda: len(lines.pids()) == 2)
    await _until(lambda: not _alive(child))
    assert any("SIGKILL" in line for line in lines.all)
    await keeper.stop()
    await _until(lambda: not any(_alive(pid) for pids in lines.pids() for pid in pids))


async def test_a_process_that_does_not_hear_is_killed_with_its_children_after_its_grace() -> None:
    lines = Lines()
    keeper = _keeper(lines, "deaf", grace=0.3)
    keeper.start()
    await _until(lines.pids)
    await keeper.stop()
    await _until(lambda: not any(_alive(pid) for pid in lines.pids()[0]))
    assert len(lines.pids()) == 1, "it must not be started again"


async def test_a_program_that_is_not_there_says_so_and_can_still_be_stopped() -> None:
    lines = Lines()
    keeper = Keeper(Program("p", ("/no/such/program",)), lines)
    keeper.start()
    await _until(lambda: any("cannot be started" in line for line in lines.all))
    await keeper.stop()


async def test_a_line_longer_than_any_buffer_and_bytes_that_are_no_text_do_not_stop_the_log() -> None:
    lines = Lines()
    keeper = Keeper(Program("p", (sys.executable, "-c", LONG_LINE)), lines)
    keeper.start()
    await _until(lambda: "p: end" in lines.all)
    await keeper.stop()
    assert sum(line.count("x") for line in lines.all) == 3_000_000


async def test_nothing_outlives_a_supervisor_that_is_killed() -> None:
    process = await asyncio.create_subprocess_exec(
        *[sys.executable, "-c", SUPERVISOR, PARENT.replace('"sleep", "600"', '"true"')],
        stderr=subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stderr is not None
    line = await process.stderr.readline()
    pid = int(line.decode().split("pids ")[1].split()[0])
    assert _alive(pid)
    process.kill()
    await process.wait()
    await _until(lambda: not _alive(pid))
