"""The blob store on every implementation.

The S3 row needs `moto_server` on PATH (pip install "moto[s3,server]" in an environment of its own: moto and
opensearch-py pin different versions of python-dateutil) and skips, saying so, without it.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.archive.blobs import SINGLE_PUT_BYTES, Blobs, original_key, page_key, text_key
from services.archive.spool import Spool
from services.core.errors import NotFoundError, SettingsError, UnavailableError
from tests.servers import free_port


@pytest.fixture(params=["file", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    if request.param == "file":
        return Blobs(f"file://{tmp_path}/kho lưu trữ/blobs")
    return Blobs(f"{request.getfixturevalue('s3')}/{tmp_path.name}")


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    program = shutil.which("moto_server")
    if program is None:
        pytest.skip("moto_server is not on PATH; see this module's first lines")
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    keys = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_REGION": "us-east-1"}
    with pytest.MonkeyPatch.context() as patched:
        for name, value in {**keys, "AWS_ENDPOINT_URL": address, "AWS_ALLOW_HTTP": "true"}.items():
            patched.setenv(name, value)
        server = subprocess.Popen([program, "-H", "127.0.0.1", "-p", str(port)], stderr=subprocess.DEVNULL)
        try:
            _make_bucket(f"{address}/vanban")
            yield "s3://vanban"
        finally:
            server.kill()
            server.wait()


def _make_bucket(address: str) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(urllib.request.Request(address, method="PUT"), timeout=5).close()
        except urllib.error.URLError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("moto_server does not answer")


async def test_a_blob_is_put_once_got_streamed_and_deleted(blobs: Blobs) -> None:
    await blobs.put("originals/ab/abc", "nguyên bản".encode())
    await blobs.put("originals/ab/abc", "nguyên bản".encode())
    assert await blobs.exists("originals/ab/abc")
    assert await blobs.get("originals/ab/abc") == "nguyên bản".encode()
    assert b"".join([c async for c in blobs.stream("originals/ab/abc")]) == "nguyên bản".encode()
    await blobs.delete("originals/ab/abc")
    await blobs.delete("originals/ab/abc")
    assert not await blobs.exists("originals/ab/abc")
    for call in (blobs.get("originals/ab/abc"), anext(blobs.stream("originals/ab/abc"))):
        with pytest.raises(NotFoundError):
            await call
    await blobs.ping()


async def test_what_is_there_is_never_overwritten(blobs: Blobs) -> None:
    await blobs.put("a/b", b"first")
    await blobs.put("a/b", b"other")
    assert await blobs.get("a/b") == b"first"


async def test_several_are_got_at_once_and_missing_ones_are_left_out(blobs: Blobs) -> None:
    await blobs.put("a/d", b"d")
    await blobs.put("a/e", b"e")
    assert await blobs.get_those(["a/d", "a/none", "a/e"]) == {"a/d": b"d", "a/e": b"e"}


async def test_many_puts_of_one_blob_at_once_agree(blobs: Blobs) -> None:
    await asyncio.gather(*(blobs.put("a/c", b"x" * 100_000) for _ in range(8)))
    assert await blobs.get("a/c") == b"x" * 100_000


async def test_large_files_go_up_in_parts_and_are_lent_as_a_path(blobs: Blobs, tmp_path: Path) -> None:
    data = os.urandom(SINGLE_PUT_BYTES + 4_000_000)
    big, spool = tmp_path / "big", Spool(tmp_path / "spool")
    await asyncio.to_thread(big.write_bytes, data)
    await blobs.put("big", big)
    await blobs.put("big", big)
    async with blobs.local_file("big", spool.spare) as path:
        assert await asyncio.to_thread(path.read_bytes) == data
    with pytest.raises(NotFoundError):
        async with blobs.local_file("nothing", spool.spare):
            pass
    assert list(spool.folder.iterdir()) == []


async def test_local_blobs_and_all_new_folders_above_them_are_synced_before_put_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    real = os.fsync

    def fsync(fd: int) -> None:
        synced.append(Path(f"/proc/self/fd/{fd}").readlink())
        real(fd)

    monkeypatch.setattr(os, "fsync", fsync)
    root = tmp_path / "new" / "blobs"
    store = Blobs(f"file://{root}")
    assert {tmp_path, tmp_path / "new"} <= set(synced)
    synced.clear()
    await store.put("pages/ab/abc", b"x")
    assert set(synced) == {root / "pages/ab/abc", root / "pages/ab", root / "pages", root}
    synced.clear()
    await store.put("pages/ab/abc", b"x")
    assert root / "pages/ab/abc" in synced, "the one who finds it there cannot know that it is durable"


def test_keys_name_content_pipeline_and_geometry() -> None:
    size = (595.0, 842.0, 0)
    assert original_key("ab12") == "originals/ab/ab12"
    same = page_key("hash", "p1", size, b"")
    assert page_key("hash", "p1", size, b"other") == same
    turned = (842.0, 595.0, 0)
    others = {page_key("hash", "p2", size, b""), page_key("hash", "p1", turned, b""), page_key("h", "p1", size, b"")}
    assert same not in others
    assert len(others) == 3
    assert page_key("", "p1", size, b"a") != page_key("", "p1", size, b"b")
    assert text_key(b"a") != text_key(b"b")


def test_an_address_of_no_known_kind_is_a_settings_error() -> None:
    with pytest.raises(SettingsError):
        Blobs("ftp://example")


async def test_a_store_that_does_not_answer_is_called_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "k",
        "AWS_SECRET_ACCESS_KEY": "s",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}",
        "AWS_ALLOW_HTTP": "true",
    }.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UnavailableError):
        await Blobs("s3://vanban").ping()
