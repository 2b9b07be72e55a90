"""A restored archive gives the answers, with the scores, of the one that was backed up while it took files in."""

from __future__ import annotations

import asyncio
from pathlib import Path

from services.archive import Archive, open_archive, restore_archive
from services.core.settings import Settings, load_settings
from services.fields import Taxonomy
from services.search import SearchQuery, SearchService, open_engine
from tests.contract.archive.archive_play import ME
from tests.inline_work import work_off
from tests.new_data import new_data

QUERIES = ("tiêm vắc xin", "tiem vac xin", "3/UBND-VX", "kinh phí")


async def take_in(archive: Archive, numbers: range, text: str) -> None:
    batch = await archive.intake.create_batch(ME)
    for n in numbers:
        line = {"id": str(n), "text": text.format(n=n), "record": {"symbol": f"{n}/UBND-VX"}}
        await archive.intake.import_line(ME, batch.id, line)


async def answers(settings: Settings) -> list[tuple[int, list[tuple[str, float]]]]:
    """Index what is to be indexed, and search."""
    engine = await open_engine(settings, write=True)
    try:
        async with await open_archive(settings) as archive:
            await archive.work.sweep()
            await work_off(archive, Taxonomy.load(), engine)
            service = SearchService(engine, archive, settings)
            pages = [await service.search(ME, SearchQuery(q=q, limit=100)) for q in QUERIES]
            return [(page.total, sorted((hit.id, round(hit.score, 4)) for hit in page.hits)) for page in pages]
    finally:
        await engine.close()


async def test_the_answers_are_the_same(tmp_path: Path) -> None:
    settings = load_settings(data_dir=new_data(tmp_path / "data"))
    async with await open_archive(settings) as archive:
        await take_in(archive, range(8), "Công văn {n}/UBND-VX về việc tiêm vắc xin đợt {n}, kinh phí {n} triệu đồng.")
    before = await answers(settings)
    async with await open_archive(settings) as archive:
        more = asyncio.create_task(take_in(archive, range(100, 108), "Quyết định {n} về giao thông."))
        await archive.backups.take(ME, tmp_path / "b")
        await more
    new = load_settings(data_dir=tmp_path / "new")
    report = await restore_archive(ME, new, tmp_path / "b")
    assert (report.documents, report.lacking) == (8, ())
    after = await answers(new)
    assert [total for total, _ in before] == [8, 8, 1, 8]
    assert after == before
