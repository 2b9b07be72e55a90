"""Hostile files through the archive: `python -m tests.bench.hostile`, `... --fuzz 300 --seconds 600 --seed 1`.

Every file goes the way of an upload (intake, triage, pages, record, index) with the real sandboxed reader, under tight
limits, and is then drawn and copied as the web does it. The table says, for each kind, how the files ended and the
worst of wall time, processor time and memory. The exit code is 1 where a job broke down or a state is unclear.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from services.archive import Archive, open_archive
from services.core.errors import VanbanError
from services.core.guard import family, resident
from services.core.messages import reason_sentences, say
from services.core.model import Item, OutboxRow, PageText, Reason, local_principal
from services.core.settings import Limits, ReaderSettings, Settings, load_settings
from services.ocr import Reader
from services.search import SearchEngine, open_engine
from tests.corpus.fuzz import mutants
from tests.corpus.hostile_cases import Case, cases
from workers import jobs
from workers.queue import JobSpec
from workers.run import read_jobs, record_jobs

P = local_principal("cli")
TIGHT = ReaderSettings(processes=1, page_cpu_seconds=10, page_wall_seconds=120, attempts=1)
LIMITS = Limits(file_pages=300)
_OPEN = ("received", "reading")
_SAYS_NOTHING = ("unreadable", "job_crashed", "job_timeout", "reader_lost")
"""Codes of what nobody foresaw: their sentences cannot tell the archivist what to do with this file."""
_PICTURE_WIDTH = 600
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Ended:
    """How one file ended, and what it cost: seconds, and bytes of memory of this process and of the reader's."""

    case: Case
    state: str = ""
    code: str = ""
    wall: float = 0.0
    cpu: float = 0.0
    memory: int = 0
    reader_memory: int = 0
    broken: list[str] = field(default_factory=list)

    @property
    def unclear(self) -> bool:
        """Whether an archivist would not know what became of the file, or what to do."""
        return self.state in ("", *_OPEN) or self.code in _SAYS_NOTHING or "?" in self.code


class Bench:
    """An archive with one reader, whose jobs are run here as the workers run them."""

    def __init__(self, settings: Settings, archive: Archive, engine: SearchEngine, reader: Reader) -> None:
        self.archive, self.engine, self.reader = archive, engine, reader
        specs = [*read_jobs(settings, archive, reader), *record_jobs(settings, archive)]
        self.specs = {spec.name: spec for spec in specs}

    async def send(self, case: Case) -> Ended:
        """Send one file and wait until nothing is left to be done for it."""
        ended, cost = Ended(case), Cost(self.reader)
        with cost:
            try:
                batch = await self.archive.intake.create_batch(P, on_duplicate="accept")
                item = await self.archive.intake.receive(P, batch.id, case.file_name, _pieces(case.data))
                await self._work(ended)
                item = await self.archive.account.item(P, item.id)
                ended.state, ended.code = item.state.value, _code(item.reason)
                await self._show(item, ended)
            except Exception as error:  # noqa: BLE001 - whatever comes out here is what is looked for
                ended.broken.append(f"{type(error).__name__}: {error}")
        ended.wall, ended.cpu, ended.memory, ended.reader_memory = cost.wall, cost.cpu, cost.memory, cost.reader_memory
        return ended

    async def _work(self, ended: Ended) -> None:
        while rows := await self.archive.work.claim(100):
            for row in rows:
                await self._run(row, ended)

    async def _run(self, row: OutboxRow, ended: Ended) -> None:
        if row.job == "index":
            await jobs.index(self.archive, self.engine, isolate=True)
            return
        spec: JobSpec = self.specs[row.job]
        try:
            await spec.run(**row.args)
        except Exception as error:  # noqa: BLE001 - as the queue does
            ended.broken.append(f"{row.job}: {type(error).__name__}: {error}"[:300])
            await spec.failed(row.args, Reason(code="job_crashed", params={"job": row.job, "error": str(error)}))

    async def _show(self, item: Item, ended: Ended) -> None:
        """Draw the first page and make the searchable copy, as people who look at it do."""
        if item.source_id is None:
            return
        source = await self.archive.account.source(P, item.source_id)
        if not source.media_type.startswith(("image/", "application/pdf")):
            return
        pages = [page for page in await self.archive.work.source_pages(source.id) if isinstance(page, PageText)]
        async with self.archive.account.local_file(source.id) as path:
            out = path.with_name("copy")
            for drawing in (
                self.reader.page_image(path, source.media_type, 1, _PICTURE_WIDTH),
                self.reader.searchable(path, source.media_type, pages, out),
            ):
                try:
                    await drawing
                except VanbanError as error:
                    if error.code in _SAYS_NOTHING:
                        ended.broken.append(f"shown: {error.code}: {error} {error.params}"[:300])
            out.unlink(missing_ok=True)


class Cost:
    """What happens inside the block costs: time, processor time of everything, the highest memory that was seen."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)
        self.wall = self.cpu = 0.0
        self.memory = self.reader_memory = 0

    def __enter__(self) -> None:
        self._base = resident(os.getpid())
        self._cpu, self._wall = self._spent(), time.perf_counter()
        self._watch.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watch.join()
        self.wall, self.cpu = time.perf_counter() - self._wall, self._spent() - self._cpu

    def _look(self) -> None:
        while True:
            self.memory = max(self.memory, resident(os.getpid()) - self._base)
            if pid := self._reader.pid:
                self.reader_memory = max(self.reader_memory, sum(map(resident, family(pid, 32))))
            if self._over.wait(0.05):
                return

    def _spent(self) -> float:
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        return time.process_time() + ended.ru_utime + ended.ru_stime + _of_process(self._reader.pid)


def _of_process(pid: int | None) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / _TICKS


def _code(reason: Reason | None) -> str:
    """Return the code of a reason, with a question mark where a language has no whole sentence for it."""
    if reason is None:
        return ""
    for language in ("vi", "en"):
        if reason.code not in reason_sentences(language) or "?" in say(reason, language):
            return f"{reason.code}?"
    return reason.code


async def _pieces(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def run(chosen: Iterable[Case], seconds: float = float("inf")) -> list[Ended]:
    """Send the files one after the other until the time is over; return how each ended."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vanban-hostile-")))
        settings = load_settings(data_dir=folder / "data", reader=TIGHT, limits=LIMITS)
        settings.runtime_dir.mkdir(parents=True)
        archive = await stack.enter_async_context(await open_archive(settings))
        engine = await open_engine(settings, write=True)
        stack.push_async_callback(engine.close)
        reader = await stack.enter_async_context(Reader(settings))
        bench = Bench(settings, archive, engine, reader)
        return [ended async for ended in _until(bench, chosen, time.monotonic() + seconds)]


async def _until(bench: Bench, chosen: Iterable[Case], deadline: float) -> AsyncIterator[Ended]:
    for case in chosen:
        if time.monotonic() > deadline:
            return
        ended = await bench.send(case)
        if sys.stderr.isatty() or ended.broken or ended.unclear:
            print(
                f"{case.kind}/{case.name}: {ended.state} {ended.code} {ended.cpu:.1f} s {'; '.join(ended.broken)}",
                file=sys.stderr, flush=True,
            )  # fmt: skip
        yield ended


def table(all_ended: Iterable[Ended]) -> Iterator[str]:
    """Write the table, a row for each kind."""
    kinds = defaultdict(list)
    for ended in all_ended:
        kinds[ended.case.kind].append(ended)
    yield "| kind | files | states | reasons | wall s | CPU s | reader MB | worker MB | broken | unclear |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for kind, some in [*kinds.items(), ("all", [one for several in kinds.values() for one in several])]:
        states = ", ".join(f"{count} {state}" for state, count in Counter(one.state for one in some).most_common())
        codes = Counter(one.code for one in some if one.code).most_common()
        reasons = ", ".join(f"{code} {count}" for code, count in codes)
        worst = f"{max(one.wall for one in some):.1f} | {max(one.cpu for one in some):.1f}"
        memory = f"{max(o.reader_memory for o in some) / 1e6:.0f} | {max(o.memory for o in some) / 1e6:.0f}"
        bad = f"{sum(bool(one.broken) for one in some)} | {sum(one.unclear for one in some)}"
        yield f"| {kind} | {len(some)} | {states} | {reasons} | {worst} | {memory} | {bad} |"


def main() -> None:
    """Run the bench as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.hostile", description=__doc__)
    parser.add_argument("--kind", help="only this kind")
    parser.add_argument("--only", help="only files whose names hold this")
    parser.add_argument("--fuzz", type=int, metavar="COUNT", help="instead: so many mutated files")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so many seconds")
    given = parser.parse_args()
    chosen = mutants(given.fuzz, given.seed) if given.fuzz else cases(given.kind)
    wanted = (case for case in chosen if (given.only or "") in case.name)
    all_ended = asyncio.run(run(wanted, given.seconds))
    print("\n".join(table(all_ended)))
    sys.exit(any(ended.broken or ended.unclear for ended in all_ended))


if __name__ == "__main__":
    main()
