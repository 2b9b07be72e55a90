"""Disk full, Redis away, OpenSearch away: promises are kept, what cannot be promised is refused with a reason."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from services.core.messages import reason_sentences
from tests.corpus import hostile
from tests.running import RunningArchive, running_archive
from tests.search_support import engine_at, entry
from tests.servers import OpenSearchNodes, opensearch_node, redis_server

pytestmark = pytest.mark.timeout(1200)  # whole archives start and read; machines may be busy

_GOOD = ("done", "needs_review")
_DISK_BYTES = 96_000_000
AWAY_SECONDS = 5.0


# --------------------------------------------------------------------------- disk


@contextmanager
def _small_disk(folder: Path) -> Iterator[None]:
    """Mount a small file system on the folder."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_DISK_BYTES}", "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _can_mount() -> bool:
    """Whether this user may mount (root in a container may not)."""
    if os.geteuid() != 0:
        return False
    probe = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module")
def full_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningArchive, Callable[[bool], None]]]:
    """A running archive and a switch that fills its disk and frees it again.

    Where nothing can be mounted, the web server may write no file longer than 64 KiB instead: to a program that is
    the same error at the same call.
    """
    folder = tmp_path_factory.mktemp("disk")
    if not _can_mount():
        with running_archive(folder / "data") as archive:
            yield archive, lambda full: _limit_files(archive, 1 << 16 if full else resource.RLIM_INFINITY)
        return
    with _small_disk(folder / "small"), running_archive(folder / "small" / "data") as archive:
        ballast = folder / "small" / "ballast"
        yield archive, lambda full: _fill(ballast) if full else ballast.unlink(missing_ok=True)


def _limit_files(archive: RunningArchive, size: int) -> None:
    for pid in archive.pids("uvicorn"):
        hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))


def _fill(ballast: Path) -> None:
    """Leave the disk with less room than the next upload needs."""
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(65_536))
        except OSError:
            pass


def test_a_full_disk_refuses_the_upload_with_its_reason_and_loses_nothing(
    full_house: tuple[RunningArchive, Callable[[bool], None]],
) -> None:
    archive, switch = full_house
    before = archive.read(("truoc.pdf", hostile.healthy(1)))[0]
    assert before["state"] in _GOOD
    workers = archive.pids("workers.run")
    switch(True)
    try:
        answer = archive.http.post(
            "/api/v1/batches", files=[("files", ("day-dia.pdf", hostile.healthy(2) + bytes(3_000_000)))]
        )
        if answer.status_code == 202:  # the account of the file could still be written
            item = archive.wait(answer.json()["id"])[0]
            assert item["state"] == "failed", item
            assert item["reason"]["code"] == "disk_full", item
        else:
            assert answer.status_code == 507, answer.text
            assert answer.json()["code"] == "disk_full"
        page = archive.http.get("/", timeout=30)
        assert page.status_code == 200, "people can still search and read"
    finally:
        switch(False)
    after = archive.read(("sau.pdf", hostile.healthy(3)))[0]
    assert after["state"] in _GOOD, after
    assert archive.get(f"/documents/{before['document_ids'][0]}")["id"] == before["document_ids"][0]
    assert archive.http.get(f"/api/v1/sources/{before['source_id']}/original").content == hostile.healthy(1)
    assert archive.pids("workers.run") == workers, "no worker died of it"


def test_work_that_met_the_full_disk_is_done_once_there_is_room(
    full_house: tuple[RunningArchive, Callable[[bool], None]],
) -> None:
    archive, switch = full_house
    batch = archive.upload(*((f"giua-{n}.pdf", hostile.healthy(10 + n)) for n in range(3)))
    switch(True)
    time.sleep(4)
    switch(False)
    items = archive.wait(batch)
    retried = [item for item in items if item["state"] == "failed"]
    for item in retried:
        assert item["reason"]["code"] in reason_sentences("vi"), item
        archive.post(f"/batches/{batch}/items/{item['id']}/retry")
    assert all(item["state"] in _GOOD for item in archive.wait(batch))


# --------------------------------------------------------------------------- Redis


def test_redis_may_be_away_and_come_back_empty_and_every_file_is_read_once(tmp_path: Path) -> None:
    with redis_server() as redis, running_archive(tmp_path / "data", environment={"VANBAN_REDIS_URL": redis.url}) as up:
        first = up.upload(("mot.pdf", hostile.healthy(1)), ("hai.pdf", hostile.healthy(2)))
        redis.kill()
        second = up.upload(("ba.pdf", hostile.healthy(3)))
        assert up.get(f"/batches/{second}")["id"] == second, "files are taken in while Redis is away"
        assert up.http.get("/api/v1/search", params={"q": "tiêm vắc xin"}).status_code == 200, "and searching goes on"
        time.sleep(AWAY_SECONDS)
        for left in redis.directory.glob("appendonlydir/*"):
            left.unlink()
        redis.restart()
        items = [*up.wait(first), *up.wait(second)]
        assert [item["state"] in _GOOD for item in items] == [True] * 3
        documents = {document for item in items for document in item["document_ids"]}
        assert len(documents) == 3
        assert up.get("/search", q="")["total"] == 3


# --------------------------------------------------------------------------- OpenSearch


@pytest.fixture(scope="module")
def own_node() -> Iterator[OpenSearchNodes]:
    """A node that no other test uses."""
    with opensearch_node() as node:
        yield node


@pytest.mark.opensearch
async def test_a_batch_that_the_cluster_refuses_as_a_whole_is_sent_again(
    own_node: OpenSearchNodes, tmp_path: Path
) -> None:
    async def requests_of_at_most(size: str | None) -> None:
        limit = {"transient": {"network.breaker.inflight_requests.limit": size}}
        async with httpx.AsyncClient() as http:
            (await http.put(f"{own_node.url}/_cluster/settings", json=limit)).raise_for_status()

    documents = [entry(f"{number}", "tiêm vắc xin " * 200) for number in range(20)]
    async with engine_at(f"{own_node.url}/refused", tmp_path) as engine:
        await engine.apply([entry("small", "tiêm vắc xin")])
        await requests_of_at_most("10kb")
        try:
            writing = asyncio.create_task(engine.apply(documents))
            await asyncio.sleep(1)
            assert not writing.done()
        finally:
            await requests_of_at_most(None)
        await writing
        assert await engine.count() == 1 + len(documents)


@pytest.mark.opensearch
def test_opensearch_may_hang_and_come_back_and_every_document_is_found(
    own_node: OpenSearchNodes, tmp_path: Path
) -> None:
    node = own_node
    environment = {"VANBAN_INDEX_URL": node.url, "VANBAN_LIMIT_SEARCH_SECONDS": "3"}
    with running_archive(tmp_path / "data", engine="opensearch", environment=environment) as up:
        before = up.read(("truoc.pdf", hostile.healthy(1)))[0]
        assert before["state"] in _GOOD
        os.kill(node.pids[0], signal.SIGSTOP)
        try:
            batch = up.upload(("trong-luc.pdf", hostile.healthy(2)))
            answer = up.http.get("/api/v1/search", params={"q": "tiêm vắc xin"}, timeout=120)
            assert answer.status_code == 503, answer.text[:300]
            problem = answer.json()
            assert problem["code"] == "search_too_slow"
            assert problem["detail"]
            page = up.http.get("/search", params={"q": "tiêm vắc xin"}, timeout=120)
            assert page.status_code == 503
            assert "Traceback" not in page.text
            text = up.http.get(f"/api/v1/documents/{before['document_ids'][0]}/text")
            assert "Kính gửi" in text.text, "reading does not need the index"
            time.sleep(AWAY_SECONDS)
        finally:
            os.kill(node.pids[0], signal.SIGCONT)
        during = up.wait(batch)[0]
        assert during["state"] in _GOOD, during
        deadline = time.monotonic() + 60
        while up.http.get("/readyz").status_code != 200 and time.monotonic() < deadline:
            time.sleep(0.5)
        hits = {hit["id"] for hit in up.search("tiêm vắc xin")["hits"]}
        assert {*before["document_ids"], *during["document_ids"]} <= hits
