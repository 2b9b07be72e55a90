"""Records made again from the words that were read: by an edited taxonomy, by other grammars, stopped and taken up."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from services.archive import Archive, open_archive
from services.archive.schema import documents, pages
from services.cli import execute
from services.cli.exits import DONE, FILES_FAILED, INTERRUPTED
from services.core.errors import UnavailableError
from services.core.model import ItemState, local_principal
from services.core.settings import Settings, load_settings
from services.fields import Taxonomy, followed_taxonomy
from services.search import SearchQuery, SearchService, open_engine
from tests.inline_work import work_off
from tests.integration.workers_support import house, settings_for, text_file, until
from tests.servers import redis_server
from workers import jobs
from workers.refreshing import refresh
from workers.run import record_jobs

P = local_principal("cli")
GOATS = "topics:\n  - {id: de, vi: Dê núi, en: Goats, cues: {đàn dê: 3}}\n"
VACCINES = GOATS + "  - {id: tiem, vi: Tiêm, en: Vaccination, cues: {tiêm vắc xin: 3}}\n"


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The taxonomy file of an office, which knows of goats only."""
    path = tmp_path / "own.yaml"
    path.write_text(GOATS, encoding="utf-8")
    monkeypatch.setenv("VANBAN_TAXONOMY_FILE", str(path))
    monkeypatch.setenv("VANBAN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("VANBAN_LOCALE", "en")
    return path


@pytest.fixture
def settings(own: Path) -> Settings:
    return load_settings()


@pytest.fixture
async def archive(settings: Settings) -> AsyncIterator[Archive]:
    """An archive of four texts, read and indexed by nobody yet."""
    async with await open_archive(settings) as opened:
        await filled(opened, settings, 4)
        yield opened


async def filled(archive: Archive, settings: Settings, count: int) -> None:
    batch = await archive.intake.create_batch(P)
    for number in range(count):
        text = text_file(number).decode()
        await archive.intake.import_line(P, batch.id, json.dumps({"id": str(number), "text": text}))
    await work_off(archive, Taxonomy.load(settings.taxonomy_file))


def edited(own: Path, text: str = VACCINES) -> Taxonomy:
    own.write_text(text, encoding="utf-8")
    return Taxonomy.load(own)


async def rows(archive: Archive, table: Any) -> list[Any]:
    async with archive._database.read() as conn:
        return list((await conn.execute(select(table).order_by(table.c.id))).all())


async def topics(archive: Archive) -> list[list[str]]:
    ids = await archive.documents.ids(P)
    return [[t.id for t in (await archive.documents.get(P, i)).record.topics] for i in ids]


async def test_an_edited_taxonomy_reaches_the_facets_and_nothing_is_read_again(
    archive: Archive, settings: Settings, own: Path
) -> None:
    engine = await open_engine(settings, write=True)
    await work_off(archive, Taxonomy.load(own), engine)
    search = SearchService(engine, archive, settings)
    corrected, *others = await archive.documents.ids(P)
    read, made = await rows(archive, pages), await rows(archive, documents)
    before = await search.search(P, SearchQuery())
    assert (before.total, before.facets["topic"]) == (4, ())

    await archive.documents.correct(P, corrected, {"topics": [{"id": "de", "label": "Dê núi"}]})
    report = await refresh(archive, edited(own), asyncio.Event())
    assert (report.done, report.failed, report.left) == (4, (), 0)
    assert set(await work_off(archive, Taxonomy.load(own), engine)) == {"index"}
    found = (await search.search(P, SearchQuery())).facets["topic"]
    await engine.close()

    assert [(v.value, v.label, v.count) for v in found] == [("tiem", "Tiêm", 3), ("de", "Dê núi", 1)]
    assert await rows(archive, pages) == read
    revisions = {row.id: row.revision + 1 for row in made if row.id in others}
    assert {row.id: row.revision for row in await rows(archive, documents) if row.id in others} == revisions
    kept = await archive.documents.get(P, corrected)
    assert [t.id for t in kept.record.topics] == ["de"]
    assert kept.evidence["topics"].by == P.name


async def test_what_comes_out_the_same_changes_nothing_and_is_not_indexed_again(archive: Archive, own: Path) -> None:
    made = [(row.id, row.revision, row.record) for row in await rows(archive, documents)]
    queued = (await archive.account.status(P)).outbox
    taxonomy = edited(own, GOATS + "# the same with a remark\n")
    assert await archive.work.count_outdated(jobs.made_by(taxonomy)) == 4
    assert (await refresh(archive, taxonomy, asyncio.Event())).done == 4
    assert [(row.id, row.revision, row.record) for row in await rows(archive, documents)] == made
    assert (await archive.account.status(P)).outbox == queued
    assert await archive.work.count_outdated(jobs.made_by(taxonomy)) == 0
    assert (await refresh(archive, taxonomy, asyncio.Event())).done == 0


async def test_no_file_is_being_read_while_its_record_is_made_again(
    archive: Archive, settings: Settings, own: Path
) -> None:
    engine = await open_engine(settings, write=True)
    await work_off(archive, Taxonomy.load(own), engine)
    await engine.close()
    await refresh(archive, edited(own), asyncio.Event())
    counts = (await archive.account.status(P)).sources
    assert counts[ItemState.READING] == 0
    changed = await archive.events.list(P, actions=("document.refreshed",))
    assert len(changed.items) == 4
    lines, _ = await archive.documents.changes(P)
    assert [line.action for line in lines] == ["ready"] * 4 + ["changed"] * 4


async def test_a_stopped_run_is_taken_up_where_it_was(archive: Archive, own: Path) -> None:
    taxonomy, stop = edited(own), asyncio.Event()
    seen: list[tuple[int, int]] = []

    def progress(done: int, total: int) -> None:
        seen.append((done, total))
        if done == 2:
            stop.set()

    first = await refresh(archive, taxonomy, stop, progress=progress)
    assert (first.done, first.left, seen) == (2, 2, [(1, 4), (2, 4)])
    assert await topics(archive) == [["tiem"], ["tiem"], [], []]
    second = await refresh(archive, taxonomy, asyncio.Event())
    assert (second.done, second.left) == (2, 0)
    assert await topics(archive) == [["tiem"]] * 4
    noted = [(w.kind, w.state, w.done, w.total) for w in await archive.long_works.list(P)]
    assert noted == [("refresh", "done", 2, 2), ("refresh", "stopped", 2, 4)]


async def test_a_source_of_which_no_record_can_be_made_keeps_the_one_it_has(
    archive: Archive, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taxonomy = edited(own)
    broken = (await archive.work.outdated(jobs.made_by(taxonomy)))[1]
    make = jobs.make_drafts

    def failing(source: Any, *rest: Any) -> Any:
        if source.id == broken:
            raise RuntimeError("nobody foresaw this")
        return make(source, *rest)

    monkeypatch.setattr(jobs, "make_drafts", failing)
    report = await refresh(archive, taxonomy, asyncio.Event())
    assert (report.done, report.failed) == (3, (broken,))
    assert sorted(map(len, await topics(archive))) == [0, 1, 1, 1]
    assert await archive.work.outdated(jobs.made_by(taxonomy)) == [broken]


async def test_a_server_that_is_away_ends_the_run_and_says_so(
    archive: Archive, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise UnavailableError("The blobs do not answer.")

    monkeypatch.setattr(jobs, "assemble", away)
    with pytest.raises(UnavailableError):
        await refresh(archive, edited(own), asyncio.Event())
    assert [w.state for w in await archive.long_works.list(P)] == ["failed"]


def test_the_command_does_all_named_or_outdated_documents(
    settings: Settings, own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def begin() -> list[str]:
        async with await open_archive(settings) as opened:
            await filled(opened, settings, 3)
            return await opened.documents.ids(P)

    ids = asyncio.run(begin())
    assert run(capsys, "refresh", "--json")["done"] == 0
    assert run(capsys, "refresh", ids[0], "--json")["done"] == 1
    assert run(capsys, "refresh", "--all", "--json")["done"] == 3
    assert execute(["refresh", ids[0], "--all"]) == 2
    own.write_text(VACCINES, encoding="utf-8")
    assert execute(["status"]) == DONE
    assert "3 files have records made by older rules" in capsys.readouterr().out
    assert execute(["refresh"]) == DONE
    shown = capsys.readouterr().err
    assert "Records were made again: 3 files at" in shown
    assert "once `vanban up` runs" in shown
    assert execute(["status"]) == DONE
    assert "Outdated" not in capsys.readouterr().out


def test_the_command_says_which_files_kept_their_record(
    settings: Settings, own: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def begin() -> None:
        async with await open_archive(settings) as opened:
            await filled(opened, settings, 1)

    asyncio.run(begin())
    monkeypatch.setattr(jobs, "make_drafts", None)
    own.write_text(VACCINES, encoding="utf-8")
    assert execute(["refresh"]) == FILES_FAILED
    assert "no record could be made; the one it has stays" in capsys.readouterr().err


def test_ctrl_c_stops_the_command_and_the_next_one_goes_on(
    settings: Settings, own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def begin() -> None:
        async with await open_archive(settings) as opened:
            await filled(opened, settings, 120)

    asyncio.run(begin())
    own.write_text(VACCINES, encoding="utf-8")
    command = [sys.executable, "-m", "services.cli", "refresh"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    asyncio.run(_until_some_are_made(settings, own))
    process.send_signal(signal.SIGINT)
    _, shown = process.communicate()
    assert process.returncode == INTERRUPTED, shown
    assert "files are left. `vanban refresh` takes them up." in shown
    left = run(capsys, "refresh", "--json")
    assert 0 < left["done"] < 120
    assert left["left"] == 0


async def _until_some_are_made(settings: Settings, own: Path) -> None:
    rules = jobs.made_by(Taxonomy.load(own))
    async with await open_archive(settings) as opened:

        async def begun() -> bool:
            return await opened.work.count_outdated(rules) < 120

        await until(begun)


async def test_workers_follow_the_file_and_the_command_works_beside_them(tmp_path: Path, own: Path) -> None:
    with redis_server() as server:
        settings = settings_for(tmp_path, server)
        async with house(settings) as h:
            await h.finished(await h.send([(f"{n}.txt", text_file(n)) for n in range(3)]))
            taxonomy = edited(own)
            await h.finished(await h.send([("later.txt", text_file(9))]))
            report = await refresh(h.archive, taxonomy, asyncio.Event())
            assert report.done == 3, "the one that came after the edit was made by it"

            async def indexed() -> bool:
                status = await h.archive.account.status(P)
                return status.indexed == status.documents

            await until(indexed)
            assert await topics(h.archive) == [["tiem"]] * 4


def test_a_broken_edit_leaves_the_last_readable_taxonomy(own: Path) -> None:
    followed = followed_taxonomy(own)
    own.write_text(": : :", encoding="utf-8")
    assert list(followed.current().entries) == ["de"]
    own.write_text(VACCINES, encoding="utf-8")
    assert list(followed.current().entries) == ["de", "tiem"]
    own.unlink()
    assert list(followed.current().entries) == ["de", "tiem"]


async def test_a_record_worker_takes_the_edited_file(archive: Archive, settings: Settings, own: Path) -> None:
    assemble = next(job for job in record_jobs(settings, archive) if job.name == "assemble")
    edited(own)
    batch = await archive.intake.create_batch(P)
    await archive.intake.import_line(P, batch.id, json.dumps({"id": "x", "text": text_file(77).decode()}))
    (row,) = await archive.work.claim(10, "read")
    await jobs.triage(archive, None, row.args["source_id"])  # type: ignore[arg-type]  # a text needs no reader
    await assemble.run(source_id=row.args["source_id"])
    assert (await topics(archive))[-1] == ["tiem"]


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    capsys.readouterr()
    assert execute(arguments) == DONE
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer
