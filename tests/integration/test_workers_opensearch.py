"""Ingestion on a real OpenSearch node that goes away and comes back."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from services.core.model import ItemState
from tests.integration.workers_support import house, settings_for, text_file, until
from tests.servers import RedisServer, free_port, opensearch_node, redis_server

DONE = {ItemState.DONE, ItemState.NEEDS_REVIEW}


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with redis_server() as running:
        yield running


@pytest.mark.opensearch
@pytest.mark.timeout(900)
async def test_a_node_that_is_stopped_and_started_again_delays_the_end_and_nothing_is_lost(
    tmp_path: Path, server: RedisServer
) -> None:
    port = free_port()
    nodes = ExitStack()
    await asyncio.to_thread(nodes.enter_context, opensearch_node(tmp_path / "node", port=port))
    settings = settings_for(tmp_path, server, index_url=f"http://127.0.0.1:{port}")
    try:
        async with house(settings) as h:
            await h.finished(await h.send([("before.txt", text_file(1))]), 300)
            await asyncio.to_thread(nodes.close)
            (tmp_path / "node" / "node-1" / "address").unlink()  # else the next start is taken for ready too early
            batch = await h.send([("meanwhile.txt", text_file(2))])

            async def waits_for_the_index() -> bool:
                return bool((await h.items(batch))[0].document_ids)

            await until(waits_for_the_index, 300)
            await asyncio.sleep(5)
            assert [item.state for item in await h.items(batch)] == [ItemState.READING]
            await asyncio.to_thread(nodes.enter_context, opensearch_node(tmp_path / "node", port=port))
            assert {item.state for item in await h.finished(batch, 300)} <= DONE
            assert await h.engine.count() == 2
    finally:
        await asyncio.to_thread(nodes.close)
