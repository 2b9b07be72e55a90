"""What is restored is the archive of the backup, less what was purged since."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from services.archive import Archive, open_archive, restore_archive
from services.archive.backup.folder import Folder
from services.archive.blobs import Blobs, original_key
from services.core.errors import ConflictError, CorruptError, GoneError, NotFoundError, SettingsError, StorageFullError
from services.core.model import DossierForm, ItemState, Level, PageRun, Role, Scope
from services.core.settings import Settings, load_settings
from services.core.trace import LogFilter, LogKind
from tests.contract.archive.archive_play import ME, pdf, upload, work

Fresh = Callable[[], Settings]


async def make_new(fresh: Fresh) -> Settings:
    return await asyncio.to_thread(fresh)


async def read(archive: Archive) -> dict[str, tuple[str, str]]:
    """What a person sees of every document: its text and its state of reading."""
    found = {}
    for document_id in await archive.documents.ids(ME):
        document = await archive.documents.get(ME, document_id)
        found[document_id] = ((await archive.documents.clean_text(ME, document_id)).text, str(document.item_state))
    return found


async def blobs_of(archive: Archive) -> dict[str, tuple[str, int]]:
    return {each.key: await archive._blobs.digest(each.key) async for each in archive.blob_keys()}


async def test_all_comes_back_and_what_was_under_way_goes_on(
    archive: Archive, settings: Settings, fresh: Fresh, tmp_path: Path
) -> None:
    item = await upload(archive, "một.pdf", pdf("một", pages=2))
    await work(archive)
    document_id = (await archive.documents.ids(ME))[0]
    await archive.documents.correct(ME, document_id, {"subject": "đã sửa"}, if_revision=None)
    await work(archive)
    waiting = await upload(archive, "hai.pdf", pdf("hai"))
    assert await archive.work.claim(10), "somebody has taken that work when the snapshot is taken"
    hung = await archive.intake.create_batch(ME)
    begun = asyncio.Event()
    receiving = asyncio.create_task(archive.intake.receive(ME, hung.id, "dở.pdf", _never_ends(begun)))
    await begun.wait()
    before, stored = await read(archive), await blobs_of(archive)
    await archive.backups.take(ME, tmp_path / "b")
    receiving.cancel()
    new = await make_new(fresh)
    report = await restore_archive(ME, new, tmp_path / "b")
    assert (report.documents, report.blobs, report.purged, report.lacking) == (1, len(stored), 0, ())
    async with await open_archive(new) as restored:
        assert await read(restored) == before
        assert await blobs_of(restored) == stored
        assert (await restored.documents.get(ME, document_id)).record.subject == "đã sửa"
        (cut_off,) = (await restored.account.items(ME, hung.id)).items
        assert (cut_off.state, cut_off.reason and cut_off.reason.code) == (ItemState.FAILED, "interrupted")
        assert (await restored.account.item(ME, item.id)).state == ItemState.DONE
        assert [w.state for w in await restored.long_works.list(ME)] == ["stopped"]
        events = {e.seq for e in (await restored.events.list(ME)).items}
        assert (await restored.account.status(ME)).indexed == 0
        await restored.work.sweep()
        jobs = [row.job for row in await work(restored)]
        assert sorted(set(jobs)) == ["assemble", "index", "read_page", "triage"]
        assert (await restored.account.item(ME, waiting.id)).state == ItemState.DONE
        assert (await restored.account.status(ME)).indexed == 2
        again = [e for e in (await restored.events.list(ME)).items if e.seq not in events]
        assert not [e for e in again if e.subject_id in (document_id, item.id)], "nothing is announced twice"


async def test_who_was_shut_out_after_the_snapshot_stays_out(archive: Archive, fresh: Fresh, tmp_path: Path) -> None:
    await archive.users.add(ME, "Quản trị", Role.ADMINISTRATOR, Level.SECRET, password="tám chữ này đủ dài")
    for name in ("Lan", "Minh"):
        await archive.users.add(ME, name, Role.READER, Level.PUBLIC)
    made = {name: await archive.keys.make(ME, name, "x", [Scope.READ]) for name in ("Quản trị", "Lan", "Minh")}
    link = (await archive.users.invite(ME, "Minh")).token
    first = await archive.backups.take(ME, tmp_path / "b")
    await archive.users.change(ME, "Lan", disabled=True)
    await archive.keys.revoke(ME, made["Quản trị"].prefix)
    await archive.backups.take(ME, tmp_path / "b")
    new = await make_new(fresh)
    report = await restore_archive(ME, new, tmp_path / "b", name=first.snapshot)
    assert report.shut_out == ("Lan", made["Quản trị"].prefix)
    assert (report.users, report.keys) == (2, 1)
    async with await open_archive(new) as restored:
        assert (await restored.users.get(ME, "Lan")).disabled
        known = {name: await restored.keys.who(key.key) for name, key in made.items()}
        assert {name for name, p in known.items() if p is not None} == {"Minh"}
        with pytest.raises(NotFoundError):
            await restored.users.invited(link)
        told = [e.action for e in (await restored.events.search(ME, LogFilter(kind=LogKind.CHANGE), limit=3)).items]
        assert told == ["key.revoked", "user.disabled", "archive.restored"]
        assert [f async for f in restored.checks.run_log()] == []


async def _never_ends(begun: asyncio.Event) -> AsyncIterator[bytes]:
    begun.set()
    yield b"%PDF-1.4 "
    await asyncio.sleep(1000)


async def test_what_was_purged_after_the_snapshot_stays_gone_unless_it_is_asked_for(
    archive: Archive, fresh: Fresh, tmp_path: Path
) -> None:
    secret = await upload(archive, "mật.pdf", pdf("mật"))
    two = await upload(archive, "hai.pdf", pdf("hai", pages=2))
    await work(archive)
    assert secret.source_id is not None
    assert two.source_id is not None
    await archive.documents.split(ME, two.source_id, [PageRun(first_page=n, last_page=n) for n in (1, 2)])
    await work(archive)
    source = await archive.account.source(ME, two.source_id)
    (page_one, page_two) = source.document_ids
    dossier = await archive.dossiers.create(ME, DossierForm(code="01", title="Hồ sơ"))
    (secret_document,) = (await archive.account.source(ME, secret.source_id)).document_ids
    await archive.dossiers.put(ME, dossier.id, secret_document)
    await archive.dossiers.change(ME, dossier.id, {"state": "locked"})
    old = (await archive.backups.take(ME, tmp_path / "b")).snapshot
    await archive.dossiers.change(ME, dossier.id, {"state": "open"})
    await archive.dossiers.take_out(ME, dossier.id, secret_document)
    await archive.documents.trash_source(ME, secret.source_id, "nhầm")
    await archive.documents.purge_source(ME, secret.source_id, "nhầm")
    await archive.documents.trash_document(ME, page_two, "thừa")
    await archive.documents.purge_document(ME, page_two, "thừa")
    await archive.backups.take(ME, tmp_path / "b")
    new = await make_new(fresh)
    report = await restore_archive(ME, new, tmp_path / "b", name=old)
    assert (report.purged, report.returned, report.documents) == (2, 0, 1)
    async with await open_archive(new) as restored:
        await restored.work.sweep()
        await work(restored)
        assert await restored.documents.ids(ME) == [page_one]
        for gone in (secret_document, page_two):
            with pytest.raises(GoneError):
                await restored.documents.get(ME, gone)
        key = original_key(hashlib.sha256(pdf("mật")).hexdigest())
        assert key not in await blobs_of(restored)
        assert not await restored._blobs.exists(key)
        reason = (await restored.account.item(ME, secret.id)).reason
        assert reason is not None
        assert (reason.code, reason.params["why"]) == ("purged", "nhầm")
        again = await upload(restored, "mật.pdf", pdf("mật"))
        assert again.reason is not None
        assert again.reason.code == "purged_before"

    new = await make_new(fresh)
    report = await restore_archive(ME, new, tmp_path / "b", name=old, with_purged=True)
    assert (report.purged, report.returned, report.documents) == (0, 3, 3)
    async with await open_archive(new) as restored:
        assert len(await restored.documents.ids(ME)) == 3
        await restored.backups.take(ME, tmp_path / "b")
    new = await make_new(fresh)
    report = await restore_archive(ME, new, tmp_path / "b")
    assert (report.purged, report.documents) == (0, 3), "what was brought back on purpose is not purged again"


async def test_a_damaged_byte_is_found_and_the_rest_restored(archive: Archive, fresh: Fresh, tmp_path: Path) -> None:
    await upload(archive, "một.pdf", pdf("một"))
    await work(archive)
    first = (await archive.backups.take(ME, tmp_path / "b")).snapshot
    second = (await archive.backups.take(ME, tmp_path / "b")).snapshot
    folder = Folder(tmp_path / "b")
    (catalogue,) = (folder.snapshots / second).glob("catalogue.*")
    catalogue.write_bytes(b"x" + catalogue.read_bytes()[1:])
    new = await make_new(fresh)
    with pytest.raises(CorruptError, match=first):
        await restore_archive(ME, new, tmp_path / "b")
    assert not new.data_dir.exists(), "nothing was begun"
    one = next(folder.listed(first))
    folder.content(one.sha256).write_bytes(b"x" * one.size)
    report = await restore_archive(ME, new, tmp_path / "b", name=first)
    assert report.lacking == (one.key,)
    async with await open_archive(new) as restored:
        assert len(await restored.documents.ids(ME)) == 1
        assert not await restored._blobs.exists(one.key)


async def test_a_restore_that_was_cut_off_is_no_archive_and_goes_on(
    archive: Archive, fresh: Fresh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("một", "hai"):
        await upload(archive, f"{name}.pdf", pdf(name))
    await work(archive)
    before = await read(archive)
    await archive.backups.take(ME, tmp_path / "b")
    put, calls = Blobs.put, itertools.count()

    async def failing(self: Blobs, key: str, content: bytes | Path) -> None:
        if next(calls) == 3:
            raise StorageFullError("full")
        await put(self, key, content)

    new = await make_new(fresh)
    with monkeypatch.context() as patched:
        patched.setattr(Blobs, "put", failing)
        with pytest.raises(StorageFullError):
            await restore_archive(ME, new, tmp_path / "b")
    with pytest.raises(ConflictError, match="vanban restore"):
        await open_archive(new)
    await restore_archive(ME, new, tmp_path / "b")
    async with await open_archive(new) as restored:
        assert await read(restored) == before


async def test_an_archive_is_never_restored_over(
    archive: Archive, settings: Settings, fresh: Fresh, tmp_path: Path
) -> None:
    await archive.backups.take(ME, tmp_path / "b")
    with pytest.raises(ConflictError, match="not empty"):
        await restore_archive(ME, settings, tmp_path / "b")
    new = await make_new(fresh)
    with pytest.raises(NotFoundError, match="Its snapshots: 2"):
        await restore_archive(ME, new, tmp_path / "b", name="2020")
    if make_url(settings.database_url).get_backend_name() == "postgresql":
        elsewhere = load_settings(data_dir=tmp_path / "else", database_url=settings.database_url)
        with pytest.raises(ConflictError, match="createdb"):
            await restore_archive(ME, elsewhere, tmp_path / "b")
        with pytest.raises(SettingsError, match="postgresql"):
            await restore_archive(ME, load_settings(data_dir=tmp_path / "else"), tmp_path / "b")
    assert not (tmp_path / "else").exists()


async def test_a_backup_of_a_newer_version_is_refused(
    archive: Archive, fresh: Fresh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await archive.backups.take(ME, tmp_path / "b")
    monkeypatch.setattr("services.archive.backup.restoring.schema_needed", lambda: "0001")
    new = await make_new(fresh)
    with pytest.raises(SettingsError, match="newer"):
        await restore_archive(ME, new, tmp_path / "b")
    assert not new.data_dir.exists()
