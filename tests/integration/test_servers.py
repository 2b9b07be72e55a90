"""The servers that tests stand on start, answer and leave nothing behind."""

import json
import os
import urllib.request
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest
import redis

from tests.servers import opensearch_node, postgres_server, redis_server


def alive(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def get(url: str) -> dict[str, object]:
    with urllib.request.urlopen(url, timeout=10) as answer:
        loaded: dict[str, object] = json.load(answer)
        return loaded


@pytest.mark.opensearch
def test_an_opensearch_node_answers_from_a_directory_with_blanks_and_is_gone_afterwards(tmp_path: Path) -> None:
    with opensearch_node(tmp_path / "a b") as node:
        about = get(node.url)
        assert isinstance(about["version"], dict)
        assert about["version"]["number"] == "3.8.0"
        assert node.url.startswith("http://127.0.0.1:")
        pids = node.pids
        assert all(alive(pid) for pid in pids)
    assert not any(alive(pid) for pid in pids)


def test_redis_keeps_its_data_over_a_kill() -> None:
    with redis_server() as server:
        redis.Redis(unix_socket_path=str(server.socket)).set("a", "b")
        server.kill()  # the write is in the kernel already: only a machine's crash could lose it
        server.restart()
        assert redis.Redis(unix_socket_path=str(server.socket)).get("a") == b"b"
        pid = server.process.pid
    assert not alive(pid)


@pytest.mark.postgres
async def test_a_postgres_of_our_own_answers() -> None:
    with postgres_server() as url:
        host = url.partition("host=")[2]
        connection = await asyncpg.connect(user="vanban", database="postgres", host=host)
        assert await connection.fetchval("show server_encoding") == "UTF8"
        await connection.close()
