"""The catalogue itself: migrations, transactions, and what happens when it is away."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import insert, inspect, select, text, update

from services.archive import Archive, open_archive
from services.archive.database import Database
from services.archive.schema import batches, events, metadata
from services.core.errors import SettingsError, StorageFullError, UnavailableError
from services.core.ids import new_id
from services.core.settings import Settings, load_settings
from tests.contract.archive.archive_play import ME


async def test_the_migrations_build_exactly_the_tables_of_the_schema(archive: Archive) -> None:
    async with archive._database.read() as conn:
        differences = await conn.run_sync(
            lambda c: compare_metadata(MigrationContext.configure(c, opts={"compare_type": True}), metadata)
        )
        indexes = await conn.run_sync(
            lambda c: {i["name"] for table in metadata.tables for i in inspect(c).get_indexes(table)}
        )
        if archive._database.sqlite:  # which does not reflect an index over an expression
            found = await conn.execute(text("SELECT name FROM sqlite_master WHERE type = 'index'"))
            indexes |= set(found.scalars())
    claimable = [d for d in differences if "ix_outbox_claimable" not in str(d)]
    assert claimable == []
    assert {i.name for table in metadata.tables.values() for i in table.indexes} <= indexes


async def test_two_processes_that_start_at_once_migrate_once(empty_settings: Settings) -> None:
    with pytest.raises(SettingsError, match="vanban up"):
        await open_archive(empty_settings, migrate=False)
    archives = await asyncio.gather(*(open_archive(empty_settings) for _ in range(3)))
    for opened in archives:
        await opened.ping()
        await opened.close()
    async with await open_archive(empty_settings, migrate=False) as opened:
        assert (await opened.account.status(ME)).documents == 0


async def test_a_catalogue_of_a_newer_version_is_refused(archive: Archive, settings: Settings) -> None:
    async with archive._database.writer.begin() as conn:
        await conn.execute(text("UPDATE alembic_version SET version_num = 'from the future'"))
    for migrate in (True, False):
        with pytest.raises(SettingsError):
            await open_archive(settings, migrate=migrate)


async def test_reading_and_then_writing_at_once_loses_no_update(archive: Archive, other: Archive) -> None:
    batch = await archive.intake.create_batch(ME)

    async def count(one: Archive) -> None:
        async with one._database.write(ME) as tx:
            query = select(batches.c.priority).where(batches.c.id == batch.id).with_for_update()
            before = await tx.conn.scalar(query)
            await asyncio.sleep(0)
            await tx.conn.execute(update(batches).where(batches.c.id == batch.id).values(priority=(before or 0) + 1))

    await asyncio.gather(*(count(one) for _ in range(20) for one in (archive, other)))
    assert (await archive.account.batch(ME, batch.id)).priority == 40


async def test_a_transaction_that_fails_leaves_neither_rows_nor_events(archive: Archive) -> None:
    async def break_off() -> None:
        async with archive._database.write(ME) as tx:
            tx.event("never", "batch", new_id())
            await tx.conn.execute(insert(batches).values(_batch_values(tx.now)))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await break_off()
    assert (await archive.account.batches(ME)).items == ()
    assert (await archive.events.list(ME)).items == ()


async def test_a_transaction_that_is_cancelled_anywhere_holds_up_nobody(archive: Archive, other: Archive) -> None:
    async def write() -> None:
        async with archive._database.write(ME) as tx:
            for _ in range(3):
                await tx.conn.execute(insert(batches).values(_batch_values(tx.now)))
                await tx.conn.scalar(select(batches.c.id).limit(1))

    cancelled = []
    for step in range(60):
        writers = [asyncio.create_task(write()) for _ in range(2)]
        await asyncio.sleep(step * 0.0002)
        for writer in writers:
            writer.cancel()
        cancelled += writers  # their errors keep what they were at, as a log does
        await asyncio.wait(writers)
        async with asyncio.timeout(10), other._database.write(ME) as tx:
            await tx.conn.execute(insert(batches).values(_batch_values(tx.now)))
    assert any(writer.cancelled() for writer in cancelled)


async def test_events_are_seen_in_the_order_of_their_numbers_while_many_write(archive: Archive, other: Archive) -> None:
    async def write(one: Archive, n: int) -> None:
        async with one._database.write(ME) as tx:
            tx.event("counted", "batch", str(n))
            await asyncio.sleep(0.001 * (n % 3))

    writers = asyncio.gather(*(write(one, n) for n in range(20) for one in (archive, other)))
    seen: list[int] = []
    cursor = None
    while not writers.done():
        page = await archive.events.list(ME, cursor=cursor)
        seen += [e.seq for e in page.items]
        cursor = page.next
        await asyncio.sleep(0.005)
    await writers
    seen += [e.seq for e in (await archive.events.list(ME, cursor=cursor)).items]
    async with archive._database.read() as conn:
        all_of_them = list((await conn.execute(select(events.c.seq).order_by(events.c.seq))).scalars())
    assert seen == all_of_them, "a cursor that passed a number never has to go back for a smaller one"
    assert len(seen) == 40


async def test_times_come_back_as_the_same_instant_in_utc(archive: Archive) -> None:
    hanoi = dt.datetime(2021, 9, 14, 8, 30, tzinfo=dt.timezone(dt.timedelta(hours=7)))
    async with archive._database.write(ME) as tx:
        await tx.conn.execute(insert(batches).values(_batch_values(hanoi)))
    (batch,) = (await archive.account.batches(ME)).items
    assert batch.created_at == hanoi
    assert batch.created_at.utcoffset() == dt.timedelta(0)


async def test_readers_cannot_write(archive: Archive) -> None:
    with pytest.raises(Exception, match=r"read-?only"):
        async with archive._database.read() as conn:
            await conn.execute(insert(batches).values(_batch_values(dt.datetime.now(dt.UTC))))


async def test_sqlite_keeps_commits_over_a_power_cut_and_checks_foreign_keys(tmp_path: Path) -> None:
    async with (
        await open_archive(load_settings(data_dir=tmp_path)) as archive,
        archive._database.writer.connect() as conn,
    ):
        pragmas = {
            name: await conn.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


@pytest.mark.parametrize("url", ["mysql://x/y", "not an address", "postgresql+psycopg2://x/y"])
def test_an_address_of_no_known_kind_is_a_settings_error(url: str) -> None:
    with pytest.raises(SettingsError):
        Database(url)


@pytest.mark.parametrize(
    "url", ["sqlite+aiosqlite:////nowhere/at/all.sqlite3", "postgresql+asyncpg://vanban@/x?host=/nowhere"]
)
async def test_a_database_that_does_not_answer_is_called_unavailable(tmp_path: Path, url: str) -> None:
    settings = load_settings(data_dir=tmp_path / "data", database_url=url)
    with pytest.raises(UnavailableError):
        await open_archive(settings)


async def test_a_full_catalogue_is_called_a_full_disk(tmp_path: Path) -> None:
    async with await open_archive(load_settings(data_dir=tmp_path)) as archive:
        async with archive._database.writer.connect() as conn:
            pages = await conn.scalar(text("PRAGMA page_count"))
            await conn.execute(text(f"PRAGMA max_page_count = {pages}"))
        with pytest.raises(StorageFullError):
            await archive.intake.create_batch(ME, label="x" * 100_000)


def _batch_values(at: dt.datetime) -> dict[str, object]:
    return {
        "id": new_id(),
        "state": "active",
        "priority": 0,
        "on_duplicate": "link",
        "created_at": at,
        "created_by": "test",
    }
