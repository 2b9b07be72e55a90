"""One archive per test on each kind of catalogue; PostgreSQL is a real server of the session, a database per test."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from services.archive import Archive, open_archive
from services.core.settings import Settings, load_settings
from tests.new_data import new_data
from tests.servers import postgres_server

KINDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
_databases = itertools.count()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    with postgres_server() as url:
        yield url


@pytest.fixture(scope="session")
def migrated_database(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A migrated PostgreSQL database to copy, by its name."""
    url = asyncio.run(create_database(postgres))
    asyncio.run(_migrate(load_settings(data_dir=tmp_path_factory.mktemp("template") / "data", database_url=url)))
    return str(make_url(url).database)


@pytest.fixture(params=KINDS)
def empty_settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings of an archive whose catalogue has no tables yet."""
    if request.param == "sqlite":
        return load_settings(data_dir=tmp_path / "data")
    url = asyncio.run(create_database(request.getfixturevalue("postgres")))
    return load_settings(data_dir=tmp_path / "data", database_url=url)


@pytest.fixture(params=KINDS)
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings of an empty archive; two archives opened with them are two processes on one catalogue."""
    if request.param == "sqlite":
        return load_settings(data_dir=new_data(tmp_path / "data"))
    template = request.getfixturevalue("migrated_database")
    url = asyncio.run(create_database(request.getfixturevalue("postgres"), template))
    return load_settings(data_dir=tmp_path / "data", database_url=url)


@pytest.fixture
async def archive(settings: Settings) -> AsyncIterator[Archive]:
    async with await open_archive(settings) as opened:
        yield opened


@pytest.fixture
async def other(archive: Archive, settings: Settings) -> AsyncIterator[Archive]:
    """The same archive as another process has it open."""
    async with await open_archive(settings) as opened:
        yield opened


@pytest.fixture
def fresh(settings: Settings, request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Settings]:
    """Make settings of a new, empty place for an archive of the same kind."""
    count = itertools.count()

    def make() -> Settings:
        data_dir = tmp_path / f"new-{next(count)}"
        if settings.database_url.startswith("sqlite"):
            return load_settings(data_dir=data_dir)
        server = request.getfixturevalue("postgres")
        return load_settings(data_dir=data_dir, database_url=asyncio.run(create_database(server)))

    return make


async def create_database(server: str, template: str = "template1") -> str:
    """Make a database and return its address."""
    url: URL = make_url(server)
    name = f"archive_{next(_databases)}"
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as conn:
        await conn.execute(text(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY"))
    await engine.dispose()
    return url.set(database=name).render_as_string(hide_password=False)


async def _migrate(settings: Settings) -> None:
    async with await open_archive(settings):
        pass
