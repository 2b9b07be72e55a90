"""A program put where tesseract or pdftoppm would be cannot get out, whoever runs the archive; outside it can."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.core import landlock
from services.core.errors import VanbanError
from services.core.guard import Excess
from services.core.sandbox import Sandbox, SandboxLimits, run_sandboxed
from services.core.settings import ReaderSettings, Settings
from services.ocr import Reader
from tests.corpus import hostile

ROOT = Path(__file__).resolve().parents[2]
ATTEMPTS = Path(__file__).parent / "escapes" / "attempts.py"
LIMITS = SandboxLimits(memory_bytes=400_000_000, cpu_seconds=20, file_bytes=100_000)
NOBODY = 65534
_ALL_SCOPES = 6

pytestmark = pytest.mark.skipif(
    landlock.abi() < _ALL_SCOPES, reason="this kernel's Landlock does not cover all that is tried here"
)


@dataclass(frozen=True)
class Place:
    """An archive with its neighbours, and the folder of programs to put first in PATH."""

    data: Path
    programs: Path

    @property
    def path(self) -> str:
        """The variable PATH with the hostile programs first."""
        return f"{self.programs}{os.pathsep}{os.environ['PATH']}"

    def put(self, name: str) -> None:
        """Put the hostile program where `name` would be."""
        program = self.programs / name
        program.write_text(f"#!{sys.executable}\n" + ATTEMPTS.read_text(encoding="utf-8"), encoding="utf-8")
        program.chmod(0o755)


@pytest.fixture
def place() -> Iterator[Place]:
    """A place that every user of the machine could reach, were it not for the sandbox."""
    root = Path(tempfile.mkdtemp(prefix="vanban-escapes-"))
    bystander = subprocess.Popen(["sleep", "600"], user=NOBODY if os.geteuid() == 0 else None)
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as queue:
        queue.bind(str(root / "queue"))
        queue.listen()
        with socket.socket(socket.AF_UNIX) as hidden:
            hidden.bind(f"\0{root}")
            hidden.listen()
            try:
                yield _furnished(root, bystander.pid, tcp.getsockname()[1])
            finally:
                bystander.kill()
                bystander.wait()
                shutil.rmtree(root)


def _furnished(root: Path, bystander: int, port: int) -> Place:
    data, programs, other = root / "data", root / "bin", root / "data" / "run" / "vanban-sandbox-other" / "work"
    for folder in (data / "blobs", programs, other, root / "outside"):
        folder.mkdir(parents=True)
    for file in (data / "catalogue.sqlite", data / "blobs" / "document", data / "blobs" / "spare", other / "page"):
        file.write_bytes(b"nobody else's business")
    targets = {
        "data": data, "outside": root / "outside", "other": other, "parent": bystander, "port": port,
        "socket": root / "queue", "abstract": root,
    }  # fmt: skip
    (programs / "targets.json").write_text(json.dumps(targets, default=str), encoding="utf-8")
    for path in (root, *root.rglob("*")):
        path.chmod(0o777)
    return Place(data, programs)


def came_through(account: str | bytes) -> list[str]:
    """Return the attempts that nothing stopped."""
    ended = json.loads(account)
    assert len(ended) >= 40
    return [name for name, error in ended.items() if error is None]


def test_outside_the_sandbox_the_attempts_come_through(place: Place, tmp_path: Path) -> None:
    place.put("tesseract")
    done = subprocess.run(
        [place.programs / "tesseract"], cwd=tmp_path, env={"HOME": str(tmp_path)}, capture_output=True, check=False
    )
    beyond_any_user = {  # what the kernel or the machine may refuse to everyone
        "find_open_files_of_the_parent", "use_a_ring_of_the_kernel", "leave_the_group_by_a_session",
        "become_root_of_a_user_namespace", "take_a_network_of_its_own", "mount_something", "change_the_root",
        "make_a_device", "trace_the_parent", "take_a_descriptor_of_the_parent", "share_memory_with_others",
        "read_the_memory_of_the_parent", "read_the_environment_of_the_parent", "put_an_attribute_on_the_catalogue",
        "limit_the_parent", "slow_the_parent_down", "signal_the_parent", "signal_the_parent_by_descriptor",
        "remove_the_lent_file", "link_the_lent_file_where_it_could_be_changed", "change_the_mode_of_the_lent_file",
    }  # fmt: skip
    assert {*came_through(done.stdout), *beyond_any_user} == set(json.loads(done.stdout))


async def test_a_program_in_the_place_of_tesseract_cannot_get_out(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.put("tesseract")
    monkeypatch.setenv("PATH", place.path)
    done = await run_sandboxed(["tesseract"], LIMITS, wall_seconds=120)
    assert came_through(done.stdout) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_nor_can_it_where_a_plain_user_runs_the_archive(place: Place) -> None:
    place.put("tesseract")
    program = """
import asyncio, sys
from services.core.sandbox import SandboxLimits, run_sandboxed
done = asyncio.run(run_sandboxed(["tesseract"], SandboxLimits(400_000_000, 20, 100_000), wall_seconds=120))
sys.stdout.buffer.write(done.stdout or done.stderr)
"""
    become = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    reach_the_checkout = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]  # it may be root's
    done = subprocess.run(
        [*become, *reach_the_checkout, sys.executable, "-c", program],
        cwd=ROOT, env={"PATH": place.path}, capture_output=True, check=True,
    )  # fmt: skip
    assert came_through(done.stdout) == []


@pytest.mark.parametrize(("program", "media_type"), [("tesseract", "image/png"), ("pdftoppm", "application/pdf")])
async def test_nor_can_it_when_the_reader_calls_it_with_a_document_lent(
    place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str, media_type: str
) -> None:
    place.put(program)
    monkeypatch.setenv("PATH", place.path)
    scan = tmp_path / "scan"
    scan.write_bytes(hostile.plain_png() if media_type == "image/png" else hostile.healthy(1))
    before = scan.stat()
    settings = Settings(data_dir=place.data, reader=ReaderSettings(recogniser="pytesseract"))
    async with Reader(settings) as reader:
        with pytest.raises(VanbanError):
            await reader.read_page(scan, media_type, 1)
        (account,) = (place.data / "run").glob(f"vanban-sandbox-*/work/account-{program}.json")
        assert came_through(account.read_text()) == []
    assert (scan.stat().st_mode, scan.stat().st_mtime_ns, scan.stat().st_size) == (
        before.st_mode, before.st_mtime_ns, before.st_size,
    )  # fmt: skip


# --------------------------------------------------------------------------- filling the machine

_HOLD = "import os, time; held = {}; time.sleep(60)"


@pytest.mark.parametrize(
    ("script", "excess"),
    [
        ("i=0; while [ $i -lt 200 ]; do sleep 60 & i=$((i+1)); done; wait", Excess.PROCESSES),
        (f"for i in 1 2 3 4 5 6; do '{sys.executable}' -c \"{_HOLD.format('bytearray(90_000_000)')}\" & done; wait",
         Excess.MEMORY),
        ("for i in 1 2 3 4 5 6; do head -c 90000 /dev/zero > $i; done; sleep 60", Excess.OUTPUT),
        ("for i in 1 2 3 4 5 6; do (head -c 90000 /dev/zero; rm $i; sleep 60) > $i & done; wait", Excess.OUTPUT),
    ],
    ids=["many processes", "memory of many processes", "many files", "many files without a name"],
)  # fmt: skip
async def test_what_fills_the_machine_piece_by_piece_is_ended(script: str, excess: Excess) -> None:
    sandbox = await Sandbox.launch(["/bin/sh", "-c", script], LIMITS)
    try:
        async with asyncio.timeout(60):
            await sandbox.process.wait()
        assert sandbox.exceeded is excess
    finally:
        await sandbox.end()


async def test_what_a_sandbox_hands_over_is_never_what_a_link_points_to(tmp_path: Path) -> None:
    sandbox = await Sandbox.launch(["true"], LIMITS)
    try:
        secret = tmp_path / "secret"
        secret.write_text("secret")
        (sandbox.work / "copy.pdf").symlink_to(secret)
        with pytest.raises(OSError, match=r"copy\.pdf"):
            await sandbox.take("copy.pdf", tmp_path / "out")
        assert not (tmp_path / "out").exists()
    finally:
        await sandbox.end()
