"""`kill -9` at every commit boundary of the job chain: afterwards everything is as if nothing had happened.

The points are learned from an undisturbed run, so that a new commit in the chain is tested without a word here. Each
disturbed file meets one kill: of the process that commits, of Redis, of the reader in the middle of a page, of the
web server in the middle of an upload; and once Redis is wiped. The dispatcher commits the same for every job of a file:
it is killed at the first.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.archive import Archive, open_archive
from services.core.model import ItemState, PageText, Record, local_principal
from services.core.settings import Settings, load_settings
from services.search import SearchEngine, SearchQuery, SearchService, open_engine
from tests.corpus import ScanSpec, make_scan
from tests.integration.chaos_points import Armed, Points
from tests.running import RunningArchive, running_archive
from tests.storm.verdict import every_item

SITE = Path(__file__).parent / "chaos_site"
P = local_principal("cli")
PATIENCE_SECONDS = 300.0
WORK = {"claim", "sent", "triaged", "page_read", "assembled", "indexed"}
INTAKE = {"create_batch", "receive"}
DISPATCHER = {"claim", "sent"}
QUERIES = ("tiêm vắc xin", "uy ban nhan dan", "phòng chống dịch")


@dataclass(frozen=True)
class Case:
    """One disturbed file: what is killed where. `armed` is made when the processes are known."""

    name: str
    armed: Callable[[RunningArchive, Settings], Armed]
    scanned: bool = False


@dataclass(frozen=True)
class Read:
    """All that came of one file, ids and times left out."""

    state: ItemState
    pages: tuple[PageText, ...]
    records: tuple[Record, ...]
    texts: tuple[str, ...]
    ready_lines: int
    indexed: bool


@pytest.mark.timeout(3600)
def test_kills_at_every_commit_boundary_leave_words_records_and_index_as_an_undisturbed_run_does(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "points"
    folder.mkdir()
    points = Points(folder)
    points.arm(None)
    environment = {"VANBAN_CHAOS": str(folder), "PYTHONPATH": str(SITE), "VANBAN_READER_PROCESSES": "1"}
    with running_archive(tmp_path / "disturbed", environment=environment) as archive:
        cases = _cases(_boundaries(archive, points))
        files = {case.name: _file(number, scanned=case.scanned) for number, case in enumerate(cases, start=1)}
        missed = [case.name for case in cases if not _disturb(archive, points, case, files[case.name])]
        points.arm(None)
    with running_archive(tmp_path / "undisturbed") as archive:
        archive.read(*_pilots().items(), *files.items(), seconds=600)

    assert missed == [], "these points were not passed, so nothing was tested there"
    disturbed = _read_all(tmp_path / "disturbed", set(files))
    undisturbed = _read_all(tmp_path / "undisturbed", set(files))
    assert disturbed.keys() == undisturbed.keys() == set(files)
    for name, expected in undisturbed.items():
        assert disturbed[name] == expected, name
        assert expected.ready_lines == 1
        assert expected.indexed
    assert _found(tmp_path / "disturbed") == _found(tmp_path / "undisturbed")


def _boundaries(archive: RunningArchive, points: Points) -> list[tuple[str, int]]:
    """Return the commit boundaries that one file of two pages passes: the point's name, and the how-manieth it is."""
    warm_up, pilot = _pilots().items()
    archive.read(warm_up)
    points.arm(None)
    archive.read(pilot)
    time.sleep(1)
    counts: Counter[str] = Counter()
    found: list[tuple[str, int]] = []
    for point in points.passed():
        counts[point] += 1
        call = point.split(".")[0]
        if call in WORK | INTAKE and not (call in DISPATCHER and counts[point] > 1):
            found.append((point, counts[point]))
    both_sides = {f"{call}.1.{side}" for call in WORK | INTAKE for side in ("before", "after")}
    assert {point for point, _ in found} >= both_sides
    return found


def _cases(boundaries: Sequence[tuple[str, int]]) -> list[Case]:
    dispatcher: list[Case] = []
    others: list[Case] = []
    for point, nth in boundaries:
        case = Case(f"{point}-{nth}.pdf", _myself(point, nth))
        (dispatcher if point.split(".")[0] in DISPATCHER else others).append(case)
    afters = [
        point for point, nth in boundaries if nth == 1 and point.endswith("after") and point.split(".")[0] in WORK
    ]
    others += [Case(f"redis-{point}.pdf", _redis(point, 1)) for point in afters]
    others.append(Case("wiped.pdf", _wipe("page_read.1.after", 1)))
    others.append(Case("reader.pdf", _reader(), scanned=True))
    others.append(Case("scan-page_read.pdf", _myself("page_read.1.before", 1), scanned=True))
    # those that kill the dispatcher stand between others: the supervisor waits longer for what dies again at once
    mixed = chain.from_iterable(zip_longest(dispatcher, others))
    return [case for case in mixed if case is not None]


def _myself(point: str, nth: int) -> Callable[[RunningArchive, Settings], Armed]:
    return lambda archive, settings: Armed(point, nth)


def _redis(point: str, nth: int) -> Callable[[RunningArchive, Settings], Armed]:
    return lambda archive, settings: Armed(point, nth, kill=_only(archive.pids("redis-server")))


def _wipe(point: str, nth: int) -> Callable[[RunningArchive, Settings], Armed]:
    return lambda archive, settings: Armed(point, nth, flush=settings.redis_url)


def _reader() -> Callable[[RunningArchive, Settings], Armed]:
    return lambda archive, settings: Armed("reader.begins", 1, kill=min(archive.pids("services.ocr.child")), after=0.3)


def _only(pids: Sequence[int]) -> int:
    assert len(pids) == 1, pids
    return pids[0]


def _disturb(archive: RunningArchive, points: Points, case: Case, data: bytes) -> bool:
    """Send one file, with a kill on its way; return whether the kill came."""
    settings = load_settings(data_dir=archive.data_dir)
    _until(lambda: len(archive.pids("redis-server")) == 1 and bool(archive.pids("services.ocr.child")))
    points.arm(case.armed(archive, settings))
    batch = _send(archive, (case.name, data))
    try:
        _until(lambda: _through(archive, batch))
    except AssertionError as error:
        raise AssertionError(f"{case.name} did not get through: {archive.items(batch)}") from error
    return points.fired()


def _send(archive: RunningArchive, file: tuple[str, bytes]) -> str:
    """Send a file as a careful client does: again, until the server says that it has it."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return archive.upload(file)
        except httpx.HTTPError:
            assert time.monotonic() < deadline, "the web server did not come back"
            time.sleep(0.3)


def _through(archive: RunningArchive, batch: str) -> bool:
    try:
        return all(item["state"] not in {"received", "reading"} for item in archive.items(batch))
    except httpx.HTTPError:
        return False


def _until(true: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def _file(seed: int, *, scanned: bool = False) -> bytes:
    """Make a small dispatch: two pages of born-digital text, or one page that must be recognised."""
    if scanned:
        return make_scan(ScanSpec("chaos", issuer="lai-chau", topic="tiem-chung", dpi=200, clauses=2), seed).data
    return make_scan(ScanSpec("chaos", issuer="dien-bien", topic="tiem-chung", medium="pdf_born", clauses=8), seed).data


@cache
def _pilots() -> dict[str, bytes]:
    return {"warm-up.pdf": _file(8001), "pilot.pdf": _file(8002)}


def _read_all(data_dir: Path, names: set[str]) -> dict[str, Read]:
    return asyncio.run(_collect(load_settings(data_dir=data_dir), names))


async def _collect(settings: Settings, names: set[str]) -> dict[str, Read]:
    engine = await open_engine(settings)
    try:
        async with await open_archive(settings) as archive:
            ready = await _ready_lines(archive)
            found: dict[str, Read] = {}
            async for item in every_item(archive):
                # an upload that was cut off with the web server leaves an item without content, which the sweeper ends
                if item.name not in names or item.source_id is None or item.state is ItemState.DUPLICATE:
                    continue
                assert item.name not in found, f"{item.name} was read twice"
                found[item.name] = await _read_of(archive, engine, item, ready)
            return found
    finally:
        await engine.close()


async def _ready_lines(archive: Archive) -> Counter[str]:
    lines: Counter[str] = Counter()
    cursor: str | None = None
    while True:
        changes, cursor = await archive.documents.changes(P, cursor, 100)
        if not changes:
            return lines
        lines.update(change.document_id for change in changes)


async def _read_of(archive: Archive, engine: SearchEngine, item: Any, ready: Counter[str]) -> Read:
    documents = [await archive.documents.get(P, each) for each in item.document_ids]
    pages = await archive.work.source_pages(item.source_id)
    revisions = await engine.revisions([document.id for document in documents])
    texts = [await archive.documents.clean_text(P, document.id) for document in documents]
    return Read(
        state=item.state,
        pages=tuple(page for page in pages if isinstance(page, PageText)),
        records=tuple(document.record for document in documents),
        texts=tuple(clean.text for clean in texts),
        ready_lines=sum(ready[document.id] for document in documents),
        indexed=revisions == {document.id: document.revision for document in documents},
    )


def _found(data_dir: Path) -> list[tuple[int, list[tuple[str, float]]]]:
    """Return what searches find: totals, and files with their scores by name (ids differ)."""
    return asyncio.run(_search(load_settings(data_dir=data_dir)))


async def _search(settings: Settings) -> list[tuple[int, list[tuple[str, float]]]]:
    engine = await open_engine(settings)
    try:
        async with await open_archive(settings) as archive:
            service = SearchService(engine, archive, settings)
            answers = []
            for q in QUERIES:
                page = await service.search(P, SearchQuery(q=q, limit=100))
                documents = await archive.documents.many(P, [hit.id for hit in page.hits])
                hits = [(documents[hit.id].file_name, round(hit.score, 4)) for hit in page.hits]
                answers.append((page.total, sorted(hits)))
            return answers
    finally:
        await engine.close()
