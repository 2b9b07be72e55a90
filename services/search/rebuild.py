"""Rebuilding the index from the archive beside the live one: the same steps on every engine.

`reindex` makes a new generation, `finish` clears up after one that was killed, `mend` compares index and catalogue.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext

from pydantic import Field

from services.archive import Archive
from services.core.errors import CorruptError, UnavailableError
from services.core.model import Model, Principal, local_principal
from services.search.document import build_index_document
from services.search.generations import parse_name
from services.search.types import IndexDocument, SearchEngine

log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
"""Is told how many documents of how many are through."""
Gate = AbstractAsyncContextManager[None]

_BATCH = 500
_COMPARED = 2000
_WAITS_SECONDS = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
_QUIET = 50  # changes left over that are quick enough to be brought along while nobody writes


class ReindexReport(Model):
    """What a rebuild did."""

    generation: str
    documents: int = Field(description="Documents in the new generation when it went live.")
    caught_up: int = Field(description="Changes that came in during the rebuild and were brought along.")
    seconds: float
    dropped: tuple[str, ...] = ()


async def reindex(
    archive: Archive, engine: SearchEngine, progress: Progress | None = None, *, gate: Gate | None = None
) -> ReindexReport:
    """Build a new generation from the archive, catch up, publish it in one step, drop the old ones.

    Search and ingestion go on meanwhile: what is written to the old generation while the new one is filled is in
    `changes`. `gate` is entered for the last of them and the switch; the caller's own writers wait there, so that
    whatever they have acknowledged stays found. Then the new generation is compared with the catalogue (`mend`), which
    finds what others wrote to the old one at that moment. Writes carry revisions: doing one twice is harmless.

    An error before the switch, or a cancellation, drops the unfinished generation and leaves the live one as it was;
    a new generation that does not answer after it gives way to the old one. Raises ConflictError (`rebuild_running`)
    when another rebuild is under way, in any process.
    """
    async with engine.rebuilding():
        started = time.monotonic()
        previous = await _drop_unfinished(engine)
        build = _Build(archive, engine, await engine.begin(), progress)
        caught_up = await build.until_live(gate or nullcontext())
        documents = await engine.count()
        caught_up += await build.answering(previous)
        dropped = await _drop_others(engine, build.generation)
        return ReindexReport(
            generation=build.generation,
            documents=documents,
            caught_up=caught_up,
            seconds=round(time.monotonic() - started, 3),
            dropped=dropped,
        )


async def finish(archive: Archive, engine: SearchEngine) -> int:
    """Clear up after a rebuild that was killed, before or after its switch; how many documents were brought along.

    Does nothing where one generation is all there is. Raises ConflictError while a rebuild is under way.
    """
    if len(await engine.generations()) < 2:
        return 0
    async with engine.rebuilding():
        mended = await mend(archive, engine)
        await _drop_unfinished(engine)
        return mended


async def mend(archive: Archive, engine: SearchEngine) -> int:
    """Bring along every document whose live entry is not what the catalogue has; how many there were."""
    return await _Source(archive, engine).mend()


class _Source:
    """The archive as a rebuild reads it."""

    def __init__(self, archive: Archive, engine: SearchEngine) -> None:
        self.documents = archive.documents
        self.engine = engine
        self.principal = _sees_all()

    async def apply(
        self, entries: Sequence[IndexDocument], gone: Sequence[tuple[str, int]] = (), generation: str | None = None
    ) -> None:
        """Write to the engine; a server that is busy or away for a moment is waited for: writing twice is harmless."""
        for wait in _WAITS_SECONDS:
            try:
                await self.engine.apply(entries, gone, generation=generation)
            except UnavailableError as error:
                log.warning("the rebuild goes on in %.0f s: %s", wait, error)
                await asyncio.sleep(wait)
            else:
                return
        await self.engine.apply(entries, gone, generation=generation)

    async def bring(self, revisions: dict[str, int], generation: str | None = None) -> None:
        """Write these documents as they are now, at least at these revisions, or take out what is not there."""
        if revisions:
            entries = await self.entries(list(revisions))
            there = {entry.id for entry in entries}
            gone = [(i, revision) for i, revision in revisions.items() if i not in there]
            await self.apply(entries, gone, generation)

    async def entries(self, ids: Sequence[str]) -> list[IndexDocument]:
        """Return the index entries of those that are there."""
        documents = await self.documents.many(self.principal, ids)
        texts = await self.documents.clean_texts(self.principal, list(documents))
        found = [(documents[i], texts[i]) for i in ids if i in documents and i in texts]
        return await asyncio.to_thread(lambda: [build_index_document(d, t) for d, t in found])

    async def mend(self) -> int:
        """See the function of this name."""
        count = 0
        after = None
        while page := await self.documents.revisions(self.principal, after=after, limit=_COMPARED):
            indexed = await self.engine.revisions([line.id for line in page])
            wrong = {
                line.id: line.revision
                for line in page
                if (indexed.get(line.id, -1) < line.revision if line.ready else line.id in indexed)
            }
            for start in range(0, len(wrong), _BATCH):
                await self.bring(dict(list(wrong.items())[start : start + _BATCH]))
            count += len(wrong)
            after = page[-1].id
        return count


class _Build(_Source):
    """A generation that is being made."""

    def __init__(self, archive: Archive, engine: SearchEngine, generation: str, progress: Progress | None) -> None:
        super().__init__(archive, engine)
        self.generation = generation
        self._progress = progress
        self._done = self._known = 0

    async def until_live(self, gate: Gate) -> int:
        """Fill the generation and publish it; how many changes were brought along."""
        try:
            cursor = await self._latest_cursor()
            self._known = await self.documents.count(self.principal)
            await self._fill()
            early, cursor = await self._catch_up(cursor, until=_QUIET)
            async with gate:
                late, _ = await self._catch_up(cursor, until=0)
                await self.engine.publish(self.generation)
        except BaseException:
            await self.engine.drop(self.generation)
            raise
        return early + late

    async def answering(self, previous: str | None) -> int:
        """Ask the new generation and compare it with the catalogue; where it is damaged, go back to the old one."""
        try:
            await self.engine.ping()
            return await self.mend()
        except CorruptError:
            if previous is not None:
                await self.engine.publish(previous)
                await self.mend()
                await self.engine.drop(self.generation)
            raise

    async def _latest_cursor(self) -> str | None:
        """Return the cursor behind every change there is now."""
        cursor = None
        while True:
            lines, cursor = await self.documents.changes(self.principal, cursor, 1000)
            if len(lines) < 1000:
                return cursor

    async def _fill(self) -> None:
        """Write every document of the archive; while some are written, the next are read."""
        writing: asyncio.Task[None] | None = None
        after = None
        try:
            while ids := await self.documents.ids(self.principal, after=after, limit=_BATCH):
                entries = await self.entries(ids)
                if writing:
                    await writing
                writing = asyncio.create_task(self._write(entries, len(ids)))
                after = ids[-1]
            if writing:
                await writing
        finally:
            if writing:
                writing.cancel()
                await asyncio.gather(writing, return_exceptions=True)

    async def _write(self, entries: Sequence[IndexDocument], ids: int) -> None:
        await self.apply(entries, generation=self.generation)
        self._done += ids
        if self._progress:
            self._progress(self._done, max(self._done, self._known))

    async def _catch_up(self, cursor: str | None, *, until: int) -> tuple[int, str | None]:
        """Bring along what changed since the cursor until at most `until` lines come at a time; how many, and where."""
        count = 0
        while True:
            lines, cursor = await self.documents.changes(self.principal, cursor, _BATCH)
            revisions = {line.document_id: line.revision for line in lines}
            await self.bring(revisions, self.generation)
            count += len(revisions)
            if len(lines) <= until:
                return count, cursor


async def _drop_unfinished(engine: SearchEngine) -> str | None:
    """Drop what a killed rebuild left behind; return the live generation.

    None where it cannot be used: then nothing is dropped before another one can be.
    """
    found = await engine.generations()
    for live in (g.name for g in found if g.live and g.documents >= 0):
        parsed = parse_name(live)
        if parsed and parsed.compatible:
            await _drop_others(engine, live)
            return live
    return None


async def _drop_others(engine: SearchEngine, keep: str) -> tuple[str, ...]:
    others = [g.name for g in await engine.generations() if g.name != keep and not g.live]
    for name in others:
        await engine.drop(name)
    return tuple(others)


def _sees_all() -> Principal:
    return local_principal("worker")
