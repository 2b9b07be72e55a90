"""What an index holds against the catalogue: every difference is found and mended, on both engines."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import update

from services.archive import Archive, open_archive
from services.archive.checking import Finding, finding
from services.archive.checking.finding import silent
from services.archive.schema import documents
from services.core.settings import load_settings
from services.search import SearchEngine, reindex
from services.search.checking import REBUILT, check_index, mend_index
from services.search.engines.embedded import EmbeddedEngine
from services.search.engines.embedded.sums import committed_files
from tests.contract.archive.archive_play import ME, pdf, upload, work
from tests.new_data import new_data
from tests.search_servers import ENGINES, engine, index_url, opensearch_url
from tests.search_support import entry
from workers import jobs

__all__ = ["ENGINES", "engine", "index_url", "opensearch_url"]  # fixtures


@pytest.fixture
async def archive(tmp_path: Path) -> AsyncIterator[Archive]:
    async with await open_archive(load_settings(data_dir=new_data(tmp_path / "data"))) as opened:
        yield opened


async def findings(archive: Archive, engine: SearchEngine, *, quick: bool = False) -> list[Finding]:
    return [each async for each in check_index(archive, engine, silent, quick=quick)]


async def codes(archive: Archive, engine: SearchEngine) -> list[tuple[str, str]]:
    return [(each.code, each.subject_id) for each in await findings(archive, engine)]


async def read(archive: Archive, count: int) -> list[str]:
    for n in range(count):
        await upload(archive, f"{n}.pdf", pdf(f"số {n}"))
    await work(archive, only="read")
    await work(archive, only="record")
    return await archive.documents.ids(ME)


async def index(archive: Archive, engine: SearchEngine) -> None:
    while rows := await archive.work.claim(100, "index"):
        await archive.work.sent([row.id for row in rows])
        await jobs.index(archive, engine)


async def mend(archive: Archive, engine: SearchEngine) -> None:
    found = await findings(archive, engine)
    if any(each.code in REBUILT for each in found):
        await reindex(archive, engine)
    else:
        await mend_index(archive, engine, found)


async def test_every_difference_between_index_and_catalogue_is_found_and_mended(
    archive: Archive, engine: SearchEngine
) -> None:
    first, second, third, fourth = await read(archive, 4)
    assert await codes(archive, engine) == [], "what is queued is no finding"
    await index(archive, engine)
    assert await codes(archive, engine) == []

    await archive.documents.correct(ME, first, {"place": "Lai Châu"})
    assert await codes(archive, engine) == [], "an index that lags catches up by itself"
    await index(archive, engine)

    await archive.documents.trash_document(ME, second)
    await index(archive, engine)
    gone = (await archive.documents.revisions(ME, limit=10))[1].revision
    await engine.apply([dataclasses.replace(entry(second), revision=gone), entry("never-was")], [(third, 1)])
    async with archive._database.writer.begin() as conn:
        newer = update(documents).where(documents.c.id == fourth).values(revision=5, indexed_revision=5)
        await conn.execute(newer)
    wrong = {("index_alien", second), ("index_alien", "never-was"), ("index_missing", third), ("index_stale", fourth)}
    assert set(await codes(archive, engine)) == wrong
    await mend(archive, engine)
    await index(archive, engine)
    assert await codes(archive, engine) == []
    assert await engine.revisions([first, second, third, fourth, "never-was"]) == {first: 2, third: 1, fourth: 5}


async def test_an_index_from_before_a_backup_was_restored_is_told_and_rebuilt(
    archive: Archive, engine: SearchEngine
) -> None:
    first, second = await read(archive, 2)
    await index(archive, engine)
    await engine.apply([dataclasses.replace(entry(first), revision=9)])
    assert await codes(archive, engine) == [("index_ahead", first)]
    await mend(archive, engine)
    assert await codes(archive, engine) == []
    assert await engine.revisions([first, second]) == {first: 1, second: 1}


async def test_an_empty_index_is_one_finding_however_many_documents_it_lacks(
    archive: Archive, engine: SearchEngine
) -> None:
    await read(archive, 3)
    await index(archive, engine)
    await engine.publish(await engine.begin())
    (found,) = await findings(archive, engine)
    assert found == finding("index_empty", "index", "", documents=3)
    await mend(archive, engine)
    assert await codes(archive, engine) == []


async def test_entries_that_no_search_shows_are_told_by_their_number(archive: Archive, engine: SearchEngine) -> None:
    (first,) = await read(archive, 1)
    await index(archive, engine)
    hidden = entry("hidden")
    await engine.apply([dataclasses.replace(hidden, keywords={**hidden.keywords, "access": ("nobody",)})])
    assert await codes(archive, engine) == [("index_hidden", "")]
    await mend(archive, engine)
    assert await engine.revisions([first, "hidden"]) == {first: 1}


async def test_a_bit_that_turned_in_any_file_of_the_embedded_index_is_found(archive: Archive, tmp_path: Path) -> None:
    engine = EmbeddedEngine(tmp_path / "index", write=True)
    await engine.prepare()
    ids = await read(archive, 3)
    await index(archive, engine)
    await engine.apply([], [(ids[0], 2)])
    await archive.checks.index_again(ME, [ids[0]])
    assert await codes(archive, engine) == []
    (generation,) = [path for path in (tmp_path / "index").iterdir() if path.is_dir()]
    meta = generation / "meta.json"
    files = committed_files(generation, meta.read_bytes())
    assert {path.suffix for path in files} >= {".idx", ".term", ".store", ".fast", ".pos", ".del"}
    for path in (*files, meta):
        whole, middle = path.read_bytes(), 4
        path.write_bytes(whole[:middle] + (b"" if path == meta else bytes([whole[middle] ^ 1]) + whole[middle + 1 :]))
        other = EmbeddedEngine(tmp_path / "index", write=False)
        assert [code for code, _ in await codes(archive, other)] == ["index_unusable"], path.name
        await other.close()
        path.write_bytes(whole)
    assert await codes(archive, engine) == []
    await engine.close()
