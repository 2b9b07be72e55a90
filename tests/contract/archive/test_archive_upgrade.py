"""A catalogue of the first version, with documents in it, is brought to this one: all can be opened."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text

from services.archive import TaskFilter, open_archive
from services.archive.database import Database
from services.archive.migrate import BEFORE_UPGRADE, schema_needed
from services.archive.upgrade import alembic_config
from services.core.errors import SettingsError
from services.core.ids import new_id
from services.core.settings import Settings, load_settings
from tests.contract.archive.archive_play import ME
from tests.new_data import new_data

NOW = dt.datetime(2026, 11, 1, 8, tzinfo=dt.UTC)
RECORD: dict[str, Any] = {
    "symbol": "12/SYT-NV",
    "symbol_key": "12||SYT-NV",
    "number": "12",
    "notation": "SYT-NV",
    "citations": [
        {"raw": "7/KH-UBND", "key": "7||KH-UBND", "role": "basis"},
        {"raw": "8/KH-UBND", "key": "8||KH-UBND", "role": "something that nobody had forbidden"},
    ],
    "tasks": [
        {
            "assignees": ["Sở Y tế"],
            "text": "báo cáo kết quả",
            "due": {
                "year": 2021,
                "month": 9,
                "day": 20,
                "earliest": "2021-09-20",
                "latest": "2021-09-20",
                "as_written": "20/9/2021",
            },
        },
        {"text": "rà soát", "due": None},
    ],
}


def test_the_schema_that_is_needed_is_the_last_of_the_migrations() -> None:
    with create_engine("sqlite://").connect() as connection:
        assert schema_needed() == ScriptDirectory.from_config(alembic_config(connection)).get_current_head()


async def test_a_catalogue_of_the_first_version_keeps_its_documents(empty_settings: Settings) -> None:
    empty_settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(empty_settings.database_url)
    async with database.writer.begin() as conn:
        document_id = await conn.run_sync(_first_version)
    await database.close()
    async with await open_archive(empty_settings) as archive:
        document = await archive.documents.get(ME, document_id)
        source = await archive.account.source(ME, document.source_id)
        relations = await archive.documents.relations(ME, document_id)
        missing = await archive.documents.missing(ME)
        asked = await archive.documents.tasks(ME, TaskFilter(agency="y tế"))
    assert [i.name for i in source.items] == ["12.pdf"]
    assert source.signatures == ()
    assert [c.role for c in document.record.citations] == ["basis", None]
    assert [c.citation.raw for c in relations.cites] == ["7/KH-UBND", "8/KH-UBND"]
    assert {m.symbol for m in missing.items} == {"7/KH-UBND", "8/KH-UBND"}
    assert [(one.number, one.task.text, one.overdue) for one in asked.items] == [(1, "báo cáo kết quả", True)]
    dated, undated = document.record.tasks
    assert dated.due is not None
    assert dated.due.as_written == "20/9/2021"
    assert dated.due.earliest == dt.datetime.fromisoformat("2021-09-20T00:00:00+07:00")
    assert dated.due.latest == dt.datetime.fromisoformat("2021-09-20T23:59:59+07:00")
    assert undated.due is None
    kept = empty_settings.data_dir / BEFORE_UPGRADE
    if database.sqlite:
        with closing(sqlite3.connect(kept)) as before:
            assert before.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]
            assert before.execute("SELECT id FROM documents").fetchall() == [(document_id,)]
        written = kept.stat().st_mtime_ns
        async with await open_archive(empty_settings):
            assert kept.stat().st_mtime_ns == written, "only a migration makes the copy"
    else:
        assert not kept.exists()


async def test_a_catalogue_of_a_newer_version_is_left_as_it_is(tmp_path: Path) -> None:
    settings = load_settings(data_dir=new_data(tmp_path / "data"))
    catalogue = settings.data_dir / "catalogue.sqlite3"
    with closing(sqlite3.connect(catalogue)) as newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
        newer.commit()
    before = catalogue.read_bytes()
    with pytest.raises(SettingsError, match="newer"):
        await open_archive(settings)
    with closing(sqlite3.connect(catalogue)) as there:
        assert there.execute("SELECT version_num FROM alembic_version").fetchall() == [("9999",)]
    assert len(catalogue.read_bytes()) == len(before)
    assert not (settings.data_dir / BEFORE_UPGRADE).exists()


def _first_version(connection: Connection) -> str:
    """Make the catalogue as the first migration does, with one file and its document."""
    command.upgrade(alembic_config(connection), "0001")
    batch, source, item, document = (new_id() for _ in range(4))
    record = json.dumps(RECORD)
    _insert(connection, "batches", id=batch, state="active", priority=0, on_duplicate="link", created_by="a")
    _insert(
        connection,
        "sources",
        id=source,
        sha256="0" * 64,
        bytes=1,
        media_type="application/pdf",
        state="ready",
        triage="done",
        pages=1,
        signatures=2,
    )
    _insert(
        connection,
        "items",
        id=item,
        batch_id=batch,
        ordinal=0,
        name="12.pdf",
        state="done",
        source_id=source,
        created_by="a",
        updated_at=NOW,
        given=json.dumps({"tasks": RECORD["tasks"]}),
    )
    _insert(
        connection,
        "documents",
        id=document,
        source_id=source,
        first_page=1,
        last_page=1,
        state="ready",
        revision=1,
        outcome="done",
        record=record,
        evidence="{}",
        updated_at=NOW,
    )
    return document


def _insert(connection: Connection, table: str, **values: Any) -> None:
    values = {"created_at": NOW, **values}
    names = ", ".join(f'"{name}"' for name in values)
    places = ", ".join(
        f"CAST(:{name} AS JSON)" if connection.dialect.name == "postgresql" and name in _JSON else f":{name}"
        for name in values
    )
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({places})"), values)


_JSON = ("record", "evidence", "given")
