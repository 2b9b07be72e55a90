"""Real disasters: a disk that is full, and processes that are killed in the middle of their work."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from services.archive import open_archive
from services.core.model import ItemState
from services.core.settings import load_settings
from tests.contract.archive.archive_play import ME, work

ROOT = Path(__file__).resolve().parents[3]

FILE_LIMIT = """
import asyncio, json, resource, sys
from pathlib import Path
from services.archive import open_archive
from services.core.errors import StorageFullError
from services.core.settings import load_settings
from tests.contract.archive.archive_play import ME, chunks, pdf, upload

async def main(data_dir):
    async with await open_archive(load_settings(data_dir=Path(data_dir))) as archive:
        batch = await archive.intake.create_batch(ME)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))
        raised = []
        for name, size in (("nhỏ.pdf", 10), ("to.pdf", 3_000_000), ("sau.pdf", 20)):
            try:
                await archive.intake.receive(ME, batch.id, name, chunks(pdf("x" * size), 100_000))
            except StorageFullError as error:
                raised.append([name, error.code])
        items = (await archive.account.items(ME, batch.id)).items
        print(json.dumps([raised, [[i.name, i.state, i.reason and i.reason.code] for i in items]]))

asyncio.run(main(sys.argv[1]))
"""

BLOBS_ON_A_SMALL_DISK = """
import asyncio, json, subprocess, sys
from pathlib import Path
from services.archive import open_archive
from services.core.errors import StorageFullError
from services.core.settings import load_settings
from tests.contract.archive.archive_play import ME, chunks, pdf

async def main(data_dir):
    blobs = Path(data_dir) / "blobs"
    blobs.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(blobs)], check=True)
    async with await open_archive(load_settings(data_dir=Path(data_dir))) as archive:
        batch = await archive.intake.create_batch(ME)
        raised = []
        for name, size in (("nhỏ.pdf", 10), ("to.pdf", 900_000), ("sau.pdf", 20)):
            try:
                await archive.intake.receive(ME, batch.id, name, chunks(pdf("x" * size), 100_000))
            except StorageFullError as error:
                raised.append([name, error.code])
        items = (await archive.account.items(ME, batch.id)).items
        print(json.dumps([raised, [[i.name, i.state, i.reason and i.reason.code] for i in items]]))

asyncio.run(main(sys.argv[1]))
"""

SLOW_UPLOAD = """
import asyncio, sys
from pathlib import Path
from services.archive import open_archive
from services.core.settings import load_settings
from tests.contract.archive.archive_play import ME

async def slow():
    yield b"%PDF-1.4 "
    print("started", flush=True)
    await asyncio.sleep(600)

async def main(data_dir):
    async with await open_archive(load_settings(data_dir=Path(data_dir))) as archive:
        batch = await archive.intake.create_batch(ME)
        await archive.intake.receive(ME, batch.id, "a.pdf", slow())

asyncio.run(main(sys.argv[1]))
"""

INGEST = """
import asyncio, sys
from pathlib import Path
from services.archive import open_archive
from services.core.settings import load_settings
from tests.contract.archive.archive_play import ME, pdf, upload, work

async def main(data_dir):
    async with await open_archive(load_settings(data_dir=Path(data_dir))) as archive:
        batch = await archive.intake.create_batch(ME)
        await archive.work.sweep(claimed_seconds=0, sent_seconds=0)
        print("started", flush=True)
        for n in range(12):
            await upload(archive, f"{n}.pdf", pdf(f"số {n}", pages=3), batch)
        await work(archive, limit=5)

asyncio.run(main(sys.argv[1]))
"""

EXPECTED = [
    [["to.pdf", "disk_full"]],
    [["nhỏ.pdf", "received", None], ["to.pdf", "failed", "disk_full"], ["sau.pdf", "received", None]],
]


def run(script: str, data_dir: Path, *before: str) -> subprocess.CompletedProcess[str]:
    command = [*before, sys.executable, "-c", script, str(data_dir)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=250, check=False)


def start(script: str, data_dir: Path) -> subprocess.Popen[str]:
    """Start a script and wait until it says that it works."""
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(data_dir)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    return process


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_a_full_disk_while_a_file_comes_in_fails_that_file_only(tmp_path: Path) -> None:
    done = run(FILE_LIMIT, tmp_path / "data")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == EXPECTED
    assert list((tmp_path / "data" / "spool").iterdir()) == []


def test_a_full_blob_disk_fails_that_file_only(tmp_path: Path) -> None:
    alone = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]
    if subprocess.run([*alone, "mount", "-t", "tmpfs", "tmpfs", tmp_path], check=False, capture_output=True).returncode:
        pytest.skip("this machine allows no mounts, not even in a namespace of their own")
    done = run(BLOBS_ON_A_SMALL_DISK, tmp_path / "data", *alone)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == EXPECTED


def test_an_upload_whose_process_was_killed_is_accounted_for_and_cleaned_up(tmp_path: Path) -> None:
    process = start(SLOW_UPLOAD, tmp_path / "data")
    (part,) = (tmp_path / "data" / "spool").iterdir()

    async def state() -> tuple[str, str | None]:
        async with await open_archive(load_settings(data_dir=tmp_path / "data")) as archive:
            await archive.work.sweep()
            (item,) = (await archive.account.items(ME)).items
            return item.state, item.reason.code if item.reason else None

    long_ago = time.time() - 7200
    os.utime(part, (long_ago, long_ago))
    assert asyncio.run(state()) == (ItemState.RECEIVED, None), "its process lives: a slow upload is no dead one"
    kill(process)
    assert asyncio.run(state()) == (ItemState.FAILED, "interrupted")
    assert not part.exists()


def test_after_kills_at_any_moment_every_file_is_read_once(tmp_path: Path) -> None:
    for seconds in (0.1, 0.6, 1.5):
        process = start(INGEST, tmp_path / "data")
        time.sleep(seconds)
        kill(process)
    finish = run(INGEST, tmp_path / "data")
    assert finish.returncode == 0, finish.stderr

    async def look() -> None:
        settings = load_settings(data_dir=tmp_path / "data")
        async with await open_archive(settings) as archive:
            await archive.work.sweep(claimed_seconds=0, sent_seconds=0)
            await work(archive)
            status = await archive.account.status(ME)
            assert (status.documents, status.indexed, status.pages, status.pages_done) == (12, 12, 36, 36)
            assert status.outbox == 0
            assert status.sources[ItemState.DONE] == 12
            assert status.sources[ItemState.FAILED] == status.sources[ItemState.READING] == 0
            lines, _ = await archive.documents.changes(ME, None, 1000)
            ready = [line.document_id for line in lines if line.action == "ready"]
            assert sorted(ready) == await archive.documents.ids(ME), "each announced once"
            texts = await archive.documents.clean_texts(ME, ready)
            assert sorted(t.text for t in texts.values()) == sorted(
                " ".join(f"số {n} trang {page}" for page in (1, 2, 3)) for n in range(12)
            )

    asyncio.run(look())
