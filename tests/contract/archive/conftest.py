"""One archive per test on each kind of catalogue; PostgreSQL is a real server of the session, a database per test."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from services.archive import Archive, open_archive
from services.core.settings import Settings, load_settings
from tests.servers import postgres_server

KINDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
_databases = itertools.count()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    with postgres_server() as url:
        yield url


@pytest.fixture(params=KINDS)
async def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings of an empty archive; two archives opened with them are two processes on one catalogue."""
    if request.param == "sqlite":
        return load_settings(data_dir=tmp_path / "data")
    url = make_url(request.getfixturevalue("postgres"))
    name = f"archive_{next(_databases)}"
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as conn:
        await conn.execute(text(f"CREATE DATABASE {name}"))
    await engine.dispose()
    database_url = url.set(database=name).render_as_string(hide_password=False)
    return load_settings(data_dir=tmp_path / "data", database_url=database_url)


@pytest.fixture
async def archive(settings: Settings) -> AsyncIterator[Archive]:
    async with await open_archive(settings) as opened:
        yield opened


@pytest.fixture
async def other(archive: Archive, settings: Settings) -> AsyncIterator[Archive]:
    """The same archive as another process has it open."""
    async with await open_archive(settings) as opened:
        yield opened
