"""Fixtures of searching on both engines; the OpenSearch node is a real one and a missing one fails the tests."""

import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from services.search import SearchEngine
from tests.search_support import engine_at
from tests.servers import opensearch_node

ENGINES = [pytest.param("embedded"), pytest.param("opensearch", marks=pytest.mark.opensearch)]
_numbers = itertools.count()


@pytest.fixture(scope="session")
def opensearch_url() -> Iterator[str]:
    """The address of an OpenSearch node of this session's own."""
    with opensearch_node() as node:
        yield node.url


@pytest.fixture(params=ENGINES)
def index_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty index, once for each engine."""
    if request.param == "embedded":
        return f"embedded://{tmp_path}/index"
    return f"{request.getfixturevalue('opensearch_url')}/test-{next(_numbers)}"


@pytest_asyncio.fixture
async def engine(index_url: str, tmp_path: Path) -> AsyncIterator[SearchEngine]:
    """An empty engine that may write."""
    async with engine_at(index_url, tmp_path) as opened:
        yield opened
