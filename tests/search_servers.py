"""Fixtures of searching on both engines; the OpenSearch node is a real one and a missing one fails the tests."""

import itertools
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from services.search import SearchEngine
from tests.search_support import engine_at
from tests.shared_node import shared_opensearch

ENGINES = [pytest.param("embedded"), pytest.param("opensearch", marks=pytest.mark.opensearch)]
_numbers = itertools.count()


def of_this_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that all processes of a run share (xdist gives each one of its own below it)."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def opensearch_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the run's OpenSearch node. Others use it at the same time: touch nothing but your own indices."""
    with shared_opensearch(of_this_run(tmp_path_factory) / "opensearch") as url:
        yield url


@pytest.fixture(params=ENGINES)
def index_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty index, once for each engine."""
    if request.param == "embedded":
        return f"embedded://{tmp_path}/index"
    return f"{request.getfixturevalue('opensearch_url')}/test-{os.getpid()}-{next(_numbers)}"


@pytest_asyncio.fixture
async def engine(index_url: str, tmp_path: Path) -> AsyncIterator[SearchEngine]:
    """An empty engine that may write."""
    async with engine_at(index_url, tmp_path) as opened:
        yield opened
