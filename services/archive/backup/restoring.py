"""Putting an archive back out of a folder of backups, into a data directory and a store that hold none.

The order: a file says that a restore is under way; the catalogue, brought to this version's schema and freed of what
was going on in it; purges that came after the snapshot; the blobs that the catalogue then names, each held against its
hash; the file goes. While it is there nobody opens the archive, and the same command goes on.
"""

import asyncio
import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from shutil import copyfile

from sqlalchemy import delete, func, inspect, select, update

from services.archive.attach import fail
from services.archive.backup import postgres, shut_out, tombstones
from services.archive.backup.copying import AT_ONCE, chunked
from services.archive.backup.files import digest, sync, translated, write_durably
from services.archive.backup.folder import Folder, Listed, Manifest
from services.archive.backup.taking import OFFICE_FILES, SETTINGS
from services.archive.blob_keys import FOLDERS, blob_keys
from services.archive.blobs import Blobs
from services.archive.database import Database, Tx
from services.archive.migrate import BEFORE_UPGRADE, bring_up_to_date, schema_needed
from services.archive.removal import purge_again
from services.archive.schema import (
    api_keys,
    documents,
    invitations,
    items,
    long_works,
    outbox,
    sessions,
    sources,
    users,
)
from services.core.errors import ConflictError, CorruptError, SettingsError
from services.core.ids import new_id
from services.core.model import DocumentState, ItemState, Model, Principal, Reason
from services.core.settings import DIRECTORY_FILE, Settings

UNFINISHED = "restore-under-way"
Progress = Callable[[int, int], None]


class RestoreReport(Model):
    """What was put back.

    Of the sources and documents purged after the snapshot `purged` were purged again, `returned` brought back because
    that was asked for. `shut_out` are users and keys (their beginnings) disabled or revoked after it, and so again;
    `users` and `keys` count those that can come in. `lacking` are blobs that the backup has not whole; `settings` are
    the files that the office wrote itself, in the data directory now.
    """

    snapshot: str
    taken_at: dt.datetime
    documents: int
    blobs: int
    bytes: int
    purged: int
    returned: int
    shut_out: tuple[str, ...]
    users: int
    keys: int
    lacking: tuple[str, ...]
    settings: tuple[str, ...]


async def restore_archive(
    p: Principal,
    settings: Settings,
    path: Path,
    *,
    name: str | None = None,
    with_purged: bool = False,
    progress: Progress | None = None,
) -> RestoreReport:
    """Put back a snapshot, the newest unless one is named; all documents are then to be indexed again.

    What was purged after it stays gone, as far as the folder knows of it, unless `with_purged`. ConflictError where
    there is an archive already; NotFoundError, CorruptError and InvalidInputError of the folder; SettingsError for a
    snapshot of another kind of database or a newer version. Blobs that are damaged in the backup are left out and told.
    """
    folder = Folder(path)
    with folder.held(alone=False):
        manifest = await asyncio.to_thread(_choose, folder, name)
        _refuse_other(manifest, settings)
        tombs = await asyncio.to_thread(tombstones.read, folder.root)
        shut = await asyncio.to_thread(shut_out.read, folder.root)
        database = Database(settings.database_url)
        try:
            await _begin(settings, database, manifest)
            await _put_catalogue(settings, database, folder, manifest)
            await bring_up_to_date(database)
            (settings.data_dir / BEFORE_UPGRADE).unlink(missing_ok=True)  # the backup is that copy
            async with database.write(p) as tx:
                await _free(tx, manifest)
                again = await shut_out.shut_out_again(tx, shut)
            purged, returned = await _purge_later(database, p, tombs, with_purged=with_purged)
            lacking, count, size = await _put_blobs(settings, database, folder, manifest, progress)
            kept = await asyncio.to_thread(_put_settings, settings, folder, manifest)
            there, live_users, live_keys = await _count(database)
        finally:
            await database.close()
        await asyncio.to_thread(_end, settings)
    return RestoreReport(
        snapshot=manifest.name,
        taken_at=manifest.taken_at,
        documents=there,
        blobs=count,
        bytes=size,
        purged=purged,
        returned=returned,
        shut_out=tuple(again),
        users=live_users,
        keys=live_keys,
        lacking=tuple(lacking),
        settings=tuple(kept),
    )


def refuse_unfinished(settings: Settings) -> None:
    """Raise ConflictError where a restore was stopped before its end: what is there is no archive yet."""
    note = settings.data_dir / UNFINISHED
    if note.exists():
        name = note.read_text(encoding="utf-8")
        raise ConflictError(
            f"The restore into {settings.data_dir} did not come to its end. Run it again: "
            f"vanban restore DIR --snapshot {name}",
            snapshot=name,
        )


def _choose(folder: Folder, name: str | None) -> Manifest:
    names = folder.names()
    manifest = folder.manifest(name or (names[-1] if names else ""))
    if damaged := folder.damaged(manifest):
        others = ", ".join(n for n in names if n != manifest.name) or "none"
        raise CorruptError(f"{damaged[0]} is damaged. Restore another snapshot with --snapshot; there are: {others}.")
    return manifest


def _refuse_other(manifest: Manifest, settings: Settings) -> None:
    """Refuse a snapshot that this version or this kind of database cannot take, before anything is touched."""
    if manifest.schema_revision > schema_needed():
        raise SettingsError(
            f"The snapshot has schema {manifest.schema_revision}, this version knows up to {schema_needed()}. "
            f"Install vanban {manifest.version} or a newer one."
        )
    here = "sqlite" if settings.database_url.startswith("sqlite") else "postgresql"
    if manifest.catalogue != here:
        raise SettingsError(
            f"The snapshot is of a catalogue in {manifest.catalogue}, and VANBAN_DATABASE_URL names {here}. "
            f"Set it to a new, empty database of {manifest.catalogue}."
        )


async def _begin(settings: Settings, database: Database, manifest: Manifest) -> None:
    """Note in the data directory that this snapshot is being restored; ConflictError where something else is there."""
    home, note = settings.data_dir, settings.data_dir / UNFINISHED
    with translated(home):
        if note.exists() and note.read_text(encoding="utf-8") == manifest.name:
            return  # the same command, stopped or killed before
        there = sorted(path.name for path in home.iterdir() if path.name != DIRECTORY_FILE) if home.exists() else []
    if there:
        raise ConflictError(
            f"{home} is not empty ({there[0]}). Name a new directory with --data-dir, or move this one away."
        )
    if not database.sqlite:
        async with database.read() as conn:
            if await conn.run_sync(lambda c: inspect(c).get_table_names()):
                raise ConflictError(
                    "The database of VANBAN_DATABASE_URL is not empty. Make a new one (createdb) and name that."
                )
    with translated(home):
        home.mkdir(parents=True, exist_ok=True)
        write_durably(note, manifest.name.encode())
        sync(home.parent)


async def _put_catalogue(settings: Settings, database: Database, folder: Folder, manifest: Manifest) -> None:
    (file,) = (f.path for f in manifest.files if f.path.startswith("catalogue."))
    path = folder.snapshots / manifest.name / file
    if not database.sqlite:
        await postgres.load(settings.database_url, path)
        return
    target = Path(str(database.writer.url.database))
    with translated(target.parent):
        for rest in ("-wal", "-shm"):
            target.with_name(target.name + rest).unlink(missing_ok=True)
        await asyncio.to_thread(copyfile, path, target)
        sync(target)
        sync(target.parent)


async def _free(tx: Tx, manifest: Manifest) -> None:
    """Free the catalogue of what was going on when the snapshot was taken, and have every document indexed.

    Whoever was logged in has to log in again, and one-time links are over: what was ended or used since must not come
    back.
    """
    await tx.conn.execute(update(outbox).values(claimed_at=None, sent_at=None))
    await tx.conn.execute(
        update(long_works).where(long_works.c.state == "running").values(state="stopped", ended_at=tx.now)
    )
    await tx.conn.execute(delete(sessions))
    await tx.conn.execute(delete(invitations))
    open_uploads = select(items.c.id).where(items.c.state == ItemState.RECEIVED, items.c.source_id.is_(None))
    for item_id in list((await tx.conn.execute(open_uploads)).scalars()):
        await fail(tx, item_id, Reason(code="interrupted"))
    through = documents.c.indexed_revision >= documents.c.awaited_revision  # nobody waits for these once more
    await tx.conn.execute(update(documents).where(through).values(awaited_revision=0))
    await tx.conn.execute(update(documents).values(indexed_revision=0))
    tx.event("archive.restored", "archive", new_id(), snapshot=manifest.name, taken_at=manifest.taken_at.isoformat())


async def _purge_later(
    database: Database, p: Principal, tombs: list[tombstones.Tombstone], *, with_purged: bool
) -> tuple[int, int]:
    """Purge again what was purged after the snapshot, or note that it was brought back; count both."""
    async with database.read() as conn:
        later = await tombstones.later(conn, tombs)
    purged = returned = 0
    for one in later:
        async with database.write(replace(p, name=one.who)) as tx:
            if not with_purged:
                purged += await purge_again(tx, one.kind, one.id, one.why)
            elif await _is_here(tx, one):
                tx.event(f"{one.kind}.returned", one.kind, one.id, why=one.why)
                returned += 1
    return purged, returned


async def _is_here(tx: Tx, one: tombstones.Tombstone) -> bool:
    table = sources if one.kind == "source" else documents
    there = select(table.c.id).where(table.c.id == one.id, table.c.state != DocumentState.PURGED)
    return await tx.conn.scalar(there) is not None


async def _put_blobs(
    settings: Settings, database: Database, folder: Folder, manifest: Manifest, progress: Progress | None
) -> tuple[list[str], int, int]:
    """Put back the blobs that the catalogue names; return those that the backup lacks, and count the others."""
    blobs = await asyncio.to_thread(Blobs, settings.blobs_url)
    named: set[str] = set()
    for kind in FOLDERS:
        named |= {each.key async for each in blob_keys(database, kind)}
    listed = [one for one in folder.listed(manifest.name) if one.key in named]
    lacking, count, size, done = [], 0, 0, 0
    for part in chunked(listed, AT_ONCE):
        for one, whole in zip(part, await asyncio.gather(*(_put(blobs, folder, one) for one in part)), strict=True):
            named.discard(one.key)
            if whole:
                count, size = count + 1, size + one.size
            else:
                lacking.append(one.key)
        done += len(part)
        if progress is not None:
            progress(done, len(listed))
    return sorted([*lacking, *named]), count, size


async def _put(blobs: Blobs, folder: Folder, one: Listed) -> bool:
    """Put one blob back; False where its content is missing or damaged in the backup."""
    path = folder.content(one.sha256)
    if not path.is_file() or await asyncio.to_thread(digest, path) != (one.sha256, one.size):
        return False
    if await blobs.exists(one.key) and await blobs.digest(one.key) != (one.sha256, one.size):
        await blobs.delete(one.key)  # what a power cut left of an earlier try
    await blobs.put(one.key, path)
    return True


def _put_settings(settings: Settings, folder: Folder, manifest: Manifest) -> list[str]:
    """Lay what the office wrote itself into the data directory; return the files."""
    kept = []
    for file in manifest.files:
        path = Path(file.path)
        if path.parent == Path(SETTINGS) and path.stem in OFFICE_FILES:
            target = settings.data_dir / SETTINGS / path.name
            target.parent.mkdir(exist_ok=True)
            write_durably(target, (folder.snapshots / manifest.name / path).read_bytes())
            kept.append(str(target))
    return kept


async def _count(database: Database) -> tuple[int, int, int]:
    """Count the documents, and the users and keys that can come in."""
    now = dt.datetime.now(dt.UTC)
    enabled = users.c.disabled_at.is_(None)
    wanted = (
        select(func.count()).select_from(documents).where(documents.c.state == DocumentState.READY),
        select(func.count()).select_from(users).where(enabled),
        select(func.count())
        .select_from(api_keys.join(users, users.c.id == api_keys.c.user_id))
        .where(enabled, api_keys.c.revoked_at.is_(None), api_keys.c.expires_at > now),
    )
    async with database.read() as conn:
        ready, live_users, live_keys = [int(await conn.scalar(query) or 0) for query in wanted]
    return ready, live_users, live_keys


def _end(settings: Settings) -> None:
    with translated(settings.data_dir):
        (settings.data_dir / UNFINISHED).unlink()
        sync(settings.data_dir)
