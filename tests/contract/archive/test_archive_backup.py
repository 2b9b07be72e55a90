"""A backup is the archive of one instant, whole in every byte, and a second one copies what is new."""

from __future__ import annotations

import asyncio
import datetime as dt
import errno
import json
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from services.archive import Archive, open_archive, verify_backup
from services.archive.backup.folder import Folder
from services.archive.blobs import Blobs
from services.core.errors import ConflictError, InvalidInputError, NotFoundError, StorageFullError
from services.core.settings import Settings, load_settings
from tests.contract.archive.archive_play import ME, pdf, upload, work
from tests.new_data import new_data


async def fill(archive: Archive, *names: str) -> None:
    for name in names:
        await upload(archive, f"{name}.pdf", pdf(name, pages=2))
    await work(archive)


async def keys(archive: Archive) -> set[str]:
    return {each.key async for each in archive.blob_keys()}


async def test_a_second_backup_copies_what_is_new_and_both_are_whole(archive: Archive, tmp_path: Path) -> None:
    await fill(archive, "một", "hai")
    before = await keys(archive)
    first = await archive.backups.take(ME, tmp_path / "b")
    assert (first.blobs, first.copied, first.lacking) == (8, 8, ())
    await fill(archive, "ba")
    second = await archive.backups.take(ME, tmp_path / "b")
    assert second.blobs == 12
    assert 4 <= second.copied <= 10, "words of pages may be read again within the hour; originals and texts are not"
    folder = Folder(tmp_path / "b")
    assert {one.key for one in folder.listed(first.snapshot)} == before
    assert {one.key for one in folder.listed(second.snapshot)} == await keys(archive)
    assert len(list(folder.blobs.glob("*/*"))) == 12, "each content is there once"
    report = await verify_backup(tmp_path / "b")
    assert report.whole
    assert [s.blobs for s in report.snapshots] == [8, 12]
    newest, _ = await archive.long_works.list(ME)
    assert (newest.kind, newest.state, newest.done, newest.total) == ("backup", "done", 12, 12)


async def test_words_of_pages_are_copied_again_only_where_they_are_younger(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(archive, "một", "hai")
    await archive.backups.take(ME, tmp_path / "b")
    monkeypatch.setattr("services.archive.backup.copying._CLOCKS_DIFFER", dt.timedelta(hours=-1))
    again = await archive.backups.take(ME, tmp_path / "b")
    assert (again.blobs, again.copied) == (8, 0)


async def test_uploads_and_purges_during_a_backup_do_not_disturb_it(
    archive: Archive, other: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = await upload(archive, "mật.pdf", pdf("mật"))
    await fill(archive, "một")
    named = await keys(archive)
    assert item.source_id is not None
    stream = Blobs.stream
    disturbed = asyncio.Event()

    async def disturb() -> None:
        disturbed.set()
        assert item.source_id is not None
        await other.documents.trash_source(ME, item.source_id, "x")
        await other.documents.purge_source(ME, item.source_id, "x")
        await other.work.sweep()
        await fill(other, "mới")

    async def streaming(self: Blobs, key: str) -> Any:
        if not disturbed.is_set():
            await disturb()
        async for piece in stream(self, key):
            yield piece

    monkeypatch.setattr(Blobs, "stream", streaming)
    report = await archive.backups.take(ME, tmp_path / "b")
    assert report.lacking == ()
    assert {one.key for one in Folder(tmp_path / "b").listed(report.snapshot)} == named
    monkeypatch.undo()
    await archive.work.sweep()
    gone = named - await keys(archive)
    assert len(gone) == 3
    assert not any([await archive._blobs.exists(key) for key in gone])
    assert (await verify_backup(tmp_path / "b")).whole


async def test_a_flipped_byte_anywhere_is_found(archive: Archive, tmp_path: Path) -> None:
    await fill(archive, "một")
    report = await archive.backups.take(ME, tmp_path / "b")
    files = [path for path in (tmp_path / "b").rglob("*") if path.is_file()]
    kinds = {path.suffix for path in files}
    assert {".list", ".json", ".jsonl", ".sha256", ""} <= kinds
    for path in files:
        data = path.read_bytes()
        path.write_bytes(bytes([data[0] ^ 1]) + data[1:])
        if path.name == "vanban-backup.json":
            with pytest.raises(InvalidInputError, match="damaged"):
                await verify_backup(tmp_path / "b")
        else:
            assert not (await verify_backup(tmp_path / "b")).whole, path
        path.write_bytes(data)
    Folder(tmp_path / "b").content(next(iter(Folder(tmp_path / "b").listed(report.snapshot))).sha256).unlink()
    found = await verify_backup(tmp_path / "b")
    assert "is missing" in found.snapshots[0].problems[0]


async def test_what_the_archive_lacks_is_told_and_the_rest_is_there(archive: Archive, tmp_path: Path) -> None:
    await fill(archive, "một", "hai")
    originals = sorted(k for k in await keys(archive) if k.startswith("originals/"))
    assert archive._blobs.root is not None
    (archive._blobs.root / originals[0]).write_bytes(b"something else")
    await archive._blobs.delete(originals[1])
    report = await archive.backups.take(ME, tmp_path / "b")
    assert sorted(report.lacking) == originals
    assert report.blobs == 6
    assert (await verify_backup(tmp_path / "b")).whole


async def test_only_the_newest_are_kept_with_what_they_name(archive: Archive, tmp_path: Path) -> None:
    item = await upload(archive, "mật.pdf", pdf("mật"))
    await work(archive)
    first = await archive.backups.take(ME, tmp_path / "b")
    assert item.source_id is not None
    await archive.documents.trash_source(ME, item.source_id, "x")
    await archive.documents.purge_source(ME, item.source_id, "x")
    await fill(archive, "một")
    second = await archive.backups.take(ME, tmp_path / "b", keep=2)
    assert second.removed == ()
    third = await archive.backups.take(ME, tmp_path / "b", keep=2)
    assert third.removed == (first.snapshot,)
    folder = Folder(tmp_path / "b")
    assert folder.names() == [second.snapshot, third.snapshot]
    assert len(list(folder.blobs.glob("*/*"))) == 4, "what was purged is gone with the last snapshot that had it"
    assert (await verify_backup(tmp_path / "b")).whole


async def test_wrong_folders_are_refused(archive: Archive, settings: Settings, tmp_path: Path) -> None:
    inside = settings.data_dir / "backups"
    for wrong in (inside, settings.data_dir, settings.data_dir.parent):
        with pytest.raises(InvalidInputError, match="overlap"):
            await archive.backups.take(ME, wrong)
    assert not inside.exists()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.doc").write_text("mine")
    with pytest.raises(InvalidInputError, match="neither empty"):
        await archive.backups.take(ME, tmp_path / "full")
    with pytest.raises(NotFoundError):
        await verify_backup(tmp_path / "full")
    folder = Folder(tmp_path / "b")
    folder.make()
    with folder.held(alone=False), pytest.raises(ConflictError):
        await archive.backups.take(ME, tmp_path / "b")


async def test_a_full_disk_ends_a_backup_with_words_and_the_earlier_one_stays(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(archive, "một")
    first = await archive.backups.take(ME, tmp_path / "b")
    await fill(archive, "hai")

    async def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Folder, "add", full)
        with pytest.raises(StorageFullError, match="The disk of"):
            await archive.backups.take(ME, tmp_path / "b")
    assert Folder(tmp_path / "b").names() == [first.snapshot]
    assert [w.state for w in await archive.long_works.list(ME)] == ["failed", "done"]
    assert (await archive.backups.take(ME, tmp_path / "b")).blobs == 8
    assert (await verify_backup(tmp_path / "b")).whole


async def test_addresses_go_along_without_their_passwords(archive: Archive, settings: Settings, tmp_path: Path) -> None:
    stored = {"index_url": "https://admin:s3cret@search.lan:9200", "redis_url": "redis://:pw@r.lan"}
    settings.data_dir.mkdir(exist_ok=True)
    (settings.data_dir / "vanban.json").write_text(json.dumps(stored))
    report = await archive.backups.take(ME, tmp_path / "b")
    kept = Folder(tmp_path / "b").snapshots / report.snapshot / "settings" / "vanban.json"
    assert json.loads(kept.read_text()) == {
        "index_url": "https://admin:***@search.lan:9200",
        "redis_url": "redis://:***@r.lan",
    }


_KILLED = """
import asyncio, itertools, os, signal, sys
from pathlib import Path
from services.archive import open_archive
from services.archive.backup.folder import Folder
from services.core.model import local_principal
from services.core.settings import load_settings

point, data, folder = sys.argv[1:]
passed, real = itertools.count(1), getattr(Folder, point)

def passing(*given):
    if next(passed) == (3 if point == "add" else 1):
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*given)

setattr(Folder, point, passing)

async def main():
    async with await open_archive(load_settings(data_dir=Path(data))) as archive:
        await archive.backups.take(local_principal("test"), Path(folder))

asyncio.run(main())
"""


async def test_a_backup_that_is_killed_leaves_the_earlier_ones_and_the_next_goes_on(tmp_path: Path) -> None:
    settings = load_settings(data_dir=new_data(tmp_path / "data"))
    async with await open_archive(settings) as archive:
        await fill(archive, "một")
        first = await archive.backups.take(ME, tmp_path / "b")
        await fill(archive, "hai", "ba")
        for point in ("add", "finish"):
            command = [sys.executable, "-c", _KILLED, point, str(settings.data_dir), str(tmp_path / "b")]
            killed = await asyncio.create_subprocess_exec(*command)
            assert await killed.wait() == -signal.SIGKILL
            assert Folder(tmp_path / "b").names() == [first.snapshot]
            assert list((tmp_path / "b" / "snapshots").glob(".*")), "it was in the middle of one"
            assert (await verify_backup(tmp_path / "b")).whole
        second = await archive.backups.take(ME, tmp_path / "b")
        assert second.blobs == 12
        assert second.copied <= 6, "originals and texts were there already"
    assert sorted(p.name for p in (tmp_path / "b" / "snapshots").iterdir()) == [first.snapshot, second.snapshot]
    assert not list((tmp_path / "b" / "blobs").glob("*.part"))
    assert (await verify_backup(tmp_path / "b")).whole
