"""Several writers, and one that is killed: the embedded index loses nothing that was acknowledged."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from services.core.errors import ConflictError
from services.search import SearchEngine
from services.search.engines.embedded.files import IndexFiles
from tests.search_servers import ENGINES, engine, index_url
from tests.search_support import engine_at, entry
from tests.servers import ROOT

__all__ = ["ENGINES", "engine", "index_url"]  # fixtures

_WRITER = """
import asyncio, sys
from pathlib import Path
from tests.search_support import engine_at, entry

async def main():
    async with engine_at(sys.argv[1], Path(sys.argv[2])) as engine:
        for number in range(100_000):
            gone = [(f"{number - 5:06}", 2)] if number % 7 == 0 else []
            await engine.apply([entry(f"{number:06}", "tiêm vắc xin")], gone)
            print(number, flush=True)

asyncio.run(main())
"""


async def test_two_writers_at_once_take_turns_and_lose_nothing(
    engine: SearchEngine, index_url: str, tmp_path: Path
) -> None:
    async def write(writer: SearchEngine, name: str) -> None:
        for number in range(5):
            await writer.apply([entry(f"{name}{number}", "tiêm vắc xin")])

    async with engine_at(index_url, tmp_path) as other:
        await asyncio.gather(write(engine, "a"), write(other, "b"))
        assert await engine.count() == await other.count() == 10


async def test_what_a_killed_writer_acknowledged_is_there_and_the_next_one_goes_on(tmp_path: Path) -> None:
    url = f"embedded://{tmp_path}/index"
    acknowledged = await asyncio.to_thread(_write_until_killed, url, tmp_path, 15)
    last = max(acknowledged)
    gone = {n - 5 for n in range(last + 1) if n % 7 == 0}
    expected = {f"{n:06}" for n in range(last + 1) if n not in gone}
    async with engine_at(url, tmp_path) as engine:
        there = await engine.revisions([f"{n:06}" for n in range(last + 1)])
        assert expected <= set(there)
        assert not {f"{n:06}" for n in gone if n >= 0} & set(there)
        await engine.apply([entry("after", "tiêm vắc xin")])
        assert "after" in await engine.revisions(["after"])


def _write_until_killed(url: str, folder: Path, after: int) -> list[int]:
    """Kill a writing process after so many documents; returns the numbers it acknowledged."""
    command = [sys.executable, "-c", _WRITER, url, str(folder)]
    acknowledged = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as writer:
        for line in writer.stdout or []:
            acknowledged.append(int(line))
            if len(acknowledged) > after:
                writer.send_signal(signal.SIGKILL)
    return acknowledged


async def test_a_writer_that_waits_too_long_says_that_another_one_is_writing(tmp_path: Path) -> None:
    files = IndexFiles(tmp_path)
    with files.writing(1.0), pytest.raises(ConflictError), IndexFiles(tmp_path).writing(0.1):
        pass
