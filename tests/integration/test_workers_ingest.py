"""From the upload to the index: the real archive, a real Redis, real readers, the embedded engine."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from services.core.errors import ReaderLimitError, ReaderLostError, UnavailableError
from services.core.model import BatchState, ItemState, PageInfo, PageText, Reason, Triage
from services.core.settings import ReaderSettings
from services.fields import Taxonomy
from services.ocr import Reader
from services.search import IndexDocument, SearchEngine, open_engine
from tests.corpus import ScanSpec, make_scan
from tests.integration.workers_support import P, house, settings_for, text_file, until
from tests.servers import RedisServer, redis_server
from workers import jobs
from workers.dispatch import dispatch
from workers.queue import INDEX, READ, RECORD, JobSpec, connect, queue_key
from workers.reindexing import Rebuilder, rebuild_index
from workers.run import index_jobs, record_jobs

DONE = {ItemState.DONE, ItemState.NEEDS_REVIEW}


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with redis_server() as running:
        yield running


async def test_scans_and_texts_go_from_upload_to_the_index(tmp_path: Path, server: RedisServer) -> None:
    scan = make_scan(ScanSpec("scan", issuer="lai-chau", topic="tiem-chung", clauses=2), 1)
    born = make_scan(ScanSpec("born", issuer="dien-bien", medium="pdf_born", clauses=8), 2)
    async with house(settings_for(tmp_path, server)) as h:
        batch = await h.send([(scan.name, scan.data), (born.name, born.data), ("a.txt", text_file(1, pages=3))])
        items = {item.name: item for item in await h.finished(batch)}
        assert {item.state for item in items.values()} <= DONE
        assert items["a.txt"].pages == items["a.txt"].pages_done == 3
        ids = [each for item in items.values() for each in item.document_ids]
        assert len(ids) == 3
        assert await h.engine.count() == 3
        assert set(await h.engine.revisions(ids)) == set(ids)
        document = await h.archive.documents.get(P, items["a.txt"].document_ids[0])
        assert document.record.symbol == "1/UBND-VX"


async def test_a_file_at_fault_fails_with_its_reason_and_the_others_go_on(tmp_path: Path, server: RedisServer) -> None:
    async with house(settings_for(tmp_path, server)) as h:
        batch = await h.send([("broken.pdf", b"%PDF-1.7\nnothing\n%%EOF"), ("a.txt", text_file(2))])
        items = {item.name: item for item in await h.finished(batch)}
        assert items["broken.pdf"].state is ItemState.FAILED
        assert items["broken.pdf"].reason is not None
        assert items["a.txt"].state in DONE


async def test_a_restart_of_redis_during_ingestion_loses_and_doubles_nothing(
    tmp_path: Path, server: RedisServer
) -> None:
    async with house(settings_for(tmp_path, server)) as h:
        batch = await h.send([(f"{n}.txt", text_file(n)) for n in range(40)])
        await until(lambda: _some_done(h, batch.id))
        server.kill()
        await asyncio.sleep(1)
        server.restart()
        items = await h.finished(batch)
        assert {item.state for item in items} <= DONE
        assert await h.engine.count() == 40


async def test_a_wiped_redis_is_filled_again_from_the_catalogue(tmp_path: Path, server: RedisServer) -> None:
    async with house(settings_for(tmp_path, server)) as h:
        batch = await h.send([(f"{n}.txt", text_file(n)) for n in range(40)])
        await until(lambda: _some_done(h, batch.id))
        redis = await connect(server.url)
        await redis.flushall()
        await redis.aclose()
        items = await h.finished(batch)
        assert {item.state for item in items} <= DONE
        assert await h.engine.count() == 40


async def test_jobs_that_redis_alone_forgot_are_sent_again(tmp_path: Path, server: RedisServer) -> None:
    settings = settings_for(tmp_path, server)
    async with house(settings, workers=False) as h:
        h.start("dispatch", dispatch(h.archive, settings.redis_url))
        redis = await connect(server.url)
        await h.send([("a.txt", text_file(1))])
        await until(lambda: _queued(redis, READ, 1))
        await redis.delete(queue_key(READ))  # the epoch stays: only the periodic look can notice
        await until(lambda: _queued(redis, READ, 1), 30)
        await redis.aclose()


async def test_an_upload_of_one_overtakes_a_backlog_of_ten_thousand(tmp_path: Path, server: RedisServer) -> None:
    settings = settings_for(tmp_path, server)
    async with house(settings, workers=False) as h:
        backlog = await h.send([(f"{n}.txt", text_file(n)) for n in range(101)], label="backlog")
        infos = tuple(PageInfo(number=n, width=595, height=842) for n in range(1, 101))
        sources = [item.source_id for item in await h.items(backlog) if item.source_id]
        for source in sources:
            await h.archive.work.triaged(source, Triage(pages=infos))
        assert (await h.archive.account.status(P)).outbox >= 10_000

        order: list[str] = []

        async def read(page_id: str, source_id: str, **_: str) -> None:
            await asyncio.sleep(0.02)
            order.append(source_id)
            page = await h.archive.work.page(page_id)
            assert page is not None
            await h.archive.work.page_read(page_id, PageText(page.number, 595, 842, ()))

        async def triage(source_id: str) -> None:
            await h.archive.work.triaged(source_id, Triage(pages=infos[:1]))

        h.serve(READ, [JobSpec("read_page", read, _never, 60), JobSpec("triage", triage, _never, 60)])
        h.start("dispatch", dispatch(h.archive, settings.redis_url))
        await until(lambda: _longer(order, 120))  # past the first file of the backlog, whose turn is as early
        single = await h.send([("urgent.txt", text_file(999))], label="single")
        urgent = (await h.items(single))[0].source_id
        sent = len(order)
        await until(lambda: _contains(order, urgent))
        assert order.index(str(urgent)) - sent < 20, "it must come next, not after ten thousand pages"


async def test_a_paused_batch_waits_while_others_go_on_and_resumes(tmp_path: Path, server: RedisServer) -> None:
    async with house(settings_for(tmp_path, server)) as h:
        batch = await h.archive.intake.create_batch(P)
        await h.archive.intake.pause(P, batch.id)
        await h.archive.intake.receive_path(P, batch.id, _written(tmp_path / "a.txt", text_file(1)))
        other = await h.send([("b.txt", text_file(2))])
        await h.finished(other)
        assert [item.state for item in await h.items(batch)] == [ItemState.RECEIVED]
        await h.archive.intake.resume(P, batch.id)
        assert {item.state for item in await h.finished(batch)} <= DONE


async def test_a_cancelled_batch_ends_at_once_and_a_retry_reads_it(tmp_path: Path, server: RedisServer) -> None:
    async with house(settings_for(tmp_path, server)) as h:
        batch = await h.archive.intake.create_batch(P)
        await h.archive.intake.pause(P, batch.id)
        await h.archive.intake.receive_path(P, batch.id, _written(tmp_path / "a.txt", text_file(1)))
        assert (await h.archive.intake.cancel(P, batch.id)).state is BatchState.CANCELLED
        (item,) = await h.finished(batch)
        assert item.state is ItemState.FAILED
        assert item.reason is not None
        assert item.reason.code == "cancelled"
        assert await h.archive.intake.retry(P, batch_id=batch.id) == 1
        assert {item.state for item in await h.finished(batch)} <= DONE


class FlakyEngine:
    """An engine whose server is away for a while."""

    def __init__(self, engine: SearchEngine) -> None:
        self._engine = engine
        self.away = True
        self.refused = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._engine, name)

    async def apply(
        self,
        upserts: Sequence[IndexDocument],
        deletes: Sequence[tuple[str, int]] = (),
        *,
        generation: str | None = None,
    ) -> None:
        if self.away:
            self.refused += 1
            raise UnavailableError("the engine is away", server="engine")
        await self._engine.apply(upserts, deletes, generation=generation)


async def test_an_engine_that_is_away_delays_the_end_and_nothing_fails(tmp_path: Path, server: RedisServer) -> None:
    settings = settings_for(tmp_path, server)
    inner = await open_engine(settings, write=True)
    engine = FlakyEngine(inner)
    async with house(settings, engine=engine) as h:  # type: ignore[arg-type]
        batch = await h.send([("a.txt", text_file(1))])
        await until(lambda: _true(engine.refused >= 3))
        assert [item.state for item in await h.items(batch)] == [ItemState.READING]
        engine.away = False
        assert {item.state for item in await h.finished(batch)} <= DONE
        assert await inner.count() == 1
    await inner.close()


class PickyEngine(FlakyEngine):
    """An engine that breaks on one document."""

    async def apply(
        self,
        upserts: Sequence[IndexDocument],
        deletes: Sequence[tuple[str, int]] = (),
        *,
        generation: str | None = None,
    ) -> None:
        if self.away and any("13/UBND-VX" in document.texts["symbol"] for document in upserts):
            raise ValueError("not this one")
        await self._engine.apply(upserts, deletes, generation=generation)


async def test_a_document_that_the_engine_refuses_says_so_and_does_not_hold_up_the_others(
    tmp_path: Path, server: RedisServer
) -> None:
    settings = settings_for(tmp_path, server)
    inner = await open_engine(settings, write=True)
    engine = PickyEngine(inner)
    async with house(settings, engine=engine) as h:  # type: ignore[arg-type]
        batch = await h.send([(f"{n}.txt", text_file(n)) for n in (11, 12, 13, 14)])
        items = {item.name: item for item in await h.finished(batch)}
        reason = items["13.txt"].reason
        assert reason is not None
        assert (items["13.txt"].state, reason.code) == (ItemState.NEEDS_REVIEW, "not_indexed")
        assert await inner.count() == 3
        engine.away = False
        await h.finished(await h.send([("15.txt", text_file(15))]))
        assert await inner.count() == 5, "it is tried again with the next document"
    await inner.close()


class LimitedReader(Reader):
    """A reader whose child dies on every page but those of `good` numbers, of its limits or of a kill from outside."""

    def __init__(self, error: Exception, good: int | None = None, times: int = 1000) -> None:
        self.calls = 0
        self._error = error
        self._good = good
        self._times = times

    async def triage(self, path: Path, media_type: str) -> Triage:
        return Triage(pages=tuple(PageInfo(number=n, width=595, height=842) for n in (1, 2)))

    async def read_page(self, path: Path, media_type: str, number: int, known: object = None) -> PageText:
        if number != self._good:
            self.calls += 1
            if self.calls <= self._times:
                raise self._error
        return _words(number)


@pytest.mark.parametrize("attempts", [1, 3])
async def test_a_page_over_the_limits_fails_after_its_attempts_and_the_document_goes_on(
    tmp_path: Path, server: RedisServer, attempts: int
) -> None:
    settings = settings_for(tmp_path, server, reader=ReaderSettings(processes=1, attempts=attempts))
    reader = LimitedReader(ReaderLimitError(limit="memory"), good=1)
    async with house(settings, workers=False) as h:
        _start_all(h, reader)
        batch = await h.send([("a.pdf", make_scan(ScanSpec("x", medium="pdf_born"), 3).data)])
        (item,) = await h.finished(batch)
        assert item.state is ItemState.NEEDS_REVIEW
        assert reader.calls == attempts
        document = await h.archive.documents.get(P, item.document_ids[0])
        assert [page.state.value for page in document.pages] == ["done", "failed"]
        assert document.pages[1].reason is not None
        assert document.pages[1].reason.code == "reader_limit"


async def test_kills_from_outside_never_make_a_page_fail(tmp_path: Path, server: RedisServer) -> None:
    settings = settings_for(tmp_path, server, reader=ReaderSettings(processes=1, attempts=1))
    reader = LimitedReader(ReaderLostError(), times=5)
    async with house(settings, workers=False) as h:
        _start_all(h, reader)
        batch = await h.send([("a.pdf", make_scan(ScanSpec("x", medium="pdf_born"), 4).data)])
        (item,) = await h.finished(batch)
        assert item.state in DONE
        assert item.attempts == 0


async def test_a_damaged_index_is_rebuilt_by_the_index_worker(tmp_path: Path, server: RedisServer) -> None:
    settings = settings_for(tmp_path, server)
    async with house(settings) as h:
        await h.finished(await h.send([(f"{n}.txt", text_file(n)) for n in range(3)]))
    for path in (settings.data_dir / "index").rglob("*.store"):
        path.write_bytes(b"damaged")
    async with house(settings) as h:
        await h.finished(await h.send([("new.txt", text_file(77))]))
        assert await h.engine.count() == 4


async def test_a_lost_index_is_rebuilt_by_the_index_worker(tmp_path: Path, server: RedisServer) -> None:
    import shutil

    settings = settings_for(tmp_path, server)
    async with house(settings) as h:
        await h.finished(await h.send([(f"{n}.txt", text_file(n)) for n in range(3)]))
    shutil.rmtree(settings.data_dir / "index")
    async with house(settings) as h:
        await h.finished(await h.send([("new.txt", text_file(77))]))
        assert await h.engine.count() == 4


@pytest.mark.parametrize("alive", [True, False])
async def test_a_rebuild_on_request_is_run_by_whoever_owns_the_writer(
    tmp_path: Path, server: RedisServer, alive: bool
) -> None:
    settings = settings_for(tmp_path, server)
    async with house(settings) as h:
        await h.finished(await h.send([(f"{n}.txt", text_file(n)) for n in range(3)]))
        before = [generation.name for generation in await h.engine.generations()]
        if alive:
            report = await rebuild_index(settings, h.archive)
            assert [generation.name for generation in await h.engine.generations()] != before
            assert report.documents == 3
    if not alive:
        async with house(settings, workers=False, engine=_NoEngine()) as h:  # type: ignore[arg-type]
            report = await rebuild_index(settings, h.archive)
            assert report.documents == 3
            assert report.generation not in before


async def test_a_job_that_is_done_already_or_whose_thing_is_gone_returns_at_once(
    tmp_path: Path, server: RedisServer
) -> None:
    nobody = "01900000-0000-7000-8000-000000000000"
    reader = LimitedReader(AssertionError("nothing is left to read"))
    async with house(settings_for(tmp_path, server)) as h:
        (item,) = await h.finished(await h.send([("a.txt", text_file(1))]))
        assert item.source_id is not None
        for source in (nobody, item.source_id):
            await jobs.triage(h.archive, reader, source)
            await jobs.assemble(h.archive, Taxonomy.load(), source)
        await jobs.read_page(h.archive, reader, nobody)
        await jobs.index(h.archive, h.engine)
        assert reader.calls == 0
        assert len((await h.items(await h.archive.account.batch(P, item.batch_id)))[0].document_ids) == 1


class _NoEngine:
    """Holds no writer, so that another process may."""


def _start_all(h: object, reader: Reader) -> None:
    from tests.integration.workers_support import House
    from workers.run import read_jobs

    assert isinstance(h, House)
    h.start("dispatch", dispatch(h.archive, h.settings.redis_url))
    h.serve(READ, read_jobs(h.settings, h.archive, reader))
    h.serve(RECORD, record_jobs(h.settings, h.archive))
    h.serve(INDEX, index_jobs(Rebuilder(h.archive, h.engine, h.settings.redis_url)))


def _words(number: int) -> PageText:
    from services.ocr import text_pages

    page = text_pages(text_file(number))[0]
    return PageText(number, 595, 842, page.words, image_hash=f"hash-{number}")


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


async def _never(_: Mapping[str, str], reason: Reason) -> None:
    raise AssertionError(reason)


async def _true(value: bool) -> bool:
    return value


async def _longer(values: list[str], count: int) -> bool:
    return len(values) > count


async def _contains(values: list[str], value: object) -> bool:
    return value in values


async def _queued(redis: object, queue: str, count: int) -> bool:
    from arq.connections import ArqRedis

    assert isinstance(redis, ArqRedis)
    return int(await redis.zcard(queue_key(queue))) == count


async def _some_done(h: object, batch_id: str) -> bool:
    from tests.integration.workers_support import House

    assert isinstance(h, House)
    counts = (await h.archive.account.batch(P, batch_id)).counts
    return sum(counts.get(state, 0) for state in DONE) >= 3
