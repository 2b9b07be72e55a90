"""A whole house in one process: the real archive, Redis, readers and workers, without the web."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from services.archive import Archive, open_archive
from services.core.model import Batch, Item, local_principal
from services.core.settings import ReaderSettings, Settings, load_settings
from services.ocr import Reader
from services.search import SearchEngine, open_engine
from tests.new_data import new_data
from tests.servers import RedisServer
from workers.dispatch import dispatch
from workers.queue import INDEX, READ, RECORD, JobSpec
from workers.reindexing import Rebuilder
from workers.run import index_jobs, read_jobs, record_jobs, serve

P = local_principal("cli")


def settings_for(folder: Path, server: RedisServer, **values: object) -> Settings:
    """Return the settings of an archive in `folder` that works through `server`."""
    os.environ["OMP_THREAD_LIMIT"] = "1"
    reader = values.pop("reader", None) or ReaderSettings(processes=1)
    return load_settings(data_dir=new_data(folder / "data"), redis_url=server.url, reader=reader, **values)


@dataclass
class House:
    """The open archive and engine, and the workers' tasks by name."""

    settings: Settings
    archive: Archive
    engine: SearchEngine
    tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def send(self, files: Sequence[tuple[str, bytes]], *, label: str | None = None, priority: int = 0) -> Batch:
        """Take in files as one batch."""
        batch = await self.archive.intake.create_batch(P, label=label, priority=priority)
        for name, data in files:
            await self.archive.intake.receive(P, batch.id, name, _stream(data))
        return batch

    async def items(self, batch: Batch) -> tuple[Item, ...]:
        """Return the items of a batch."""
        return (await self.archive.account.items(P, batch.id, limit=1000)).items

    async def finished(self, batch: Batch, seconds: float = 120) -> tuple[Item, ...]:
        """Wait until nothing of the batch is still to be worked on and return its items."""

        async def done() -> bool:
            return (await self.archive.account.batch(P, batch.id)).finished

        await until(done, seconds)
        return await self.items(batch)

    def start(self, name: str, work: Awaitable[None]) -> None:
        """Run something in the background until the house closes."""
        self.tasks[name] = asyncio.ensure_future(work)

    async def stop(self, name: str) -> None:
        """Stop one of the background tasks."""
        task = self.tasks.pop(name)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    def serve(self, queue: str, specs: list[JobSpec], *, max_jobs: int = 1, name: str | None = None) -> None:
        """Start a worker of a queue."""
        self.start(name or queue, serve(self.settings.redis_url, queue, f"{queue}.1", specs, max_jobs=max_jobs))


@asynccontextmanager
async def house(
    settings: Settings, *, engine: SearchEngine | None = None, workers: bool = True
) -> AsyncIterator[House]:
    """Open a house; with `workers` a dispatcher and one worker of each queue are at work."""
    async with AsyncExitStack() as stack:
        archive = await stack.enter_async_context(await open_archive(settings))
        if engine is None:
            engine = await open_engine(settings, write=True)
            stack.push_async_callback(engine.close)
        built = House(settings, archive, engine)
        stack.push_async_callback(_stop_all, built)
        if workers:
            reader = await stack.enter_async_context(Reader(settings))
            stack.push_async_callback(_stop_all, built)  # before the reader goes
            built.start("dispatch", dispatch(archive, settings.redis_url))
            built.serve(READ, read_jobs(settings, archive, reader))
            built.serve(RECORD, record_jobs(settings, archive), max_jobs=2)
            built.serve(INDEX, index_jobs(Rebuilder(archive, engine, settings.redis_url)), max_jobs=2)
        yield built


async def until(true: Callable[[], Awaitable[bool]], seconds: float = 60) -> None:
    """Wait until something is true; fail when it is not after `seconds`."""
    deadline = time.monotonic() + seconds
    while not await true():
        assert time.monotonic() < deadline, "it did not happen"
        await asyncio.sleep(0.05)


def text_file(number: int, pages: int = 1) -> bytes:
    """Return a small official document as text, different for each number."""
    page = (
        f"ỦY BAN NHÂN DÂN\nTỈNH LAI CHÂU\nSố: {number}/UBND-VX\nLai Châu, ngày 14 tháng 9 năm 2021\n"
        f"V/v tiêm vắc xin phòng Covid-19 đợt {number}\nKính gửi: Sở Y tế\n"
        f"Ủy ban nhân dân tỉnh yêu cầu Sở Y tế tổ chức tiêm vắc xin cho các đối tượng ưu tiên đợt {number}."
    )
    return "\f".join(f"{page}\nTrang {n}" for n in range(1, pages + 1)).encode()


async def _stop_all(built: House) -> None:
    for name in list(built.tasks):
        await built.stop(name)


async def _stream(data: bytes) -> AsyncIterator[bytes]:
    yield data
