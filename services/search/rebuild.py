"""Rebuilding the index from the archive beside the live one: the same steps on every engine."""

import asyncio
import time
from collections.abc import Callable, Sequence

from pydantic import Field

from services.archive import Archive
from services.core.model import Model, Principal, local_principal
from services.search.document import build_index_document
from services.search.types import IndexDocument, SearchEngine

Progress = Callable[[int, int], None]

_BATCH = 500
_QUIET = 50  # changes left over that are quick enough to be caught up after going live


class ReindexReport(Model):
    """What a rebuild did."""

    generation: str
    documents: int = Field(description="Documents in the new generation when it went live.")
    caught_up: int = Field(description="Changes that came in during the rebuild and were brought along.")
    seconds: float
    dropped: tuple[str, ...] = ()


async def reindex(archive: Archive, engine: SearchEngine, progress: Progress | None = None) -> ReindexReport:
    """Build a new generation from the archive, catch up, publish it in one step, catch up again, drop the old ones.

    Search and ingestion go on meanwhile. What is written to the old generation while the new one is filled is in
    `changes`, and what is written between the last look and the switch is found by the look after it: writes carry
    revisions, so doing one twice is harmless. `progress` is called with (documents done, documents known so far). An
    error leaves the live generation as it was and drops the unfinished one.
    """
    started = time.monotonic()
    build = _Build(archive, engine, await engine.begin(), progress)
    try:
        cursor = await build.latest_cursor()
        await build.fill()
        caught_up, cursor = await build.catch_up(cursor, until=_QUIET)
        await engine.publish(build.generation)
    except BaseException:
        await engine.drop(build.generation)
        raise
    documents = await engine.count()
    late, _ = await build.catch_up(cursor, until=0, live=True)
    dropped = await _drop_others(engine, build.generation)
    return ReindexReport(
        generation=build.generation,
        documents=documents,
        caught_up=caught_up + late,
        seconds=round(time.monotonic() - started, 3),
        dropped=dropped,
    )


class _Build:
    """A generation that is being made."""

    def __init__(self, archive: Archive, engine: SearchEngine, generation: str, progress: Progress | None) -> None:
        self.generation = generation
        self._documents = archive.documents
        self._engine = engine
        self._progress = progress
        self._principal = _sees_all()
        self._done = 0

    async def latest_cursor(self) -> str | None:
        """Return the cursor behind every change there is now."""
        cursor = None
        while True:
            lines, cursor = await self._documents.changes(self._principal, cursor, 1000)
            if len(lines) < 1000:
                return cursor

    async def fill(self) -> None:
        """Write every document of the archive; while some are written, the next are read."""
        writing: asyncio.Task[None] | None = None
        after = None
        try:
            while ids := await self._documents.ids(self._principal, after=after, limit=_BATCH):
                entries = await self._entries(ids)
                if writing:
                    await writing
                writing = asyncio.create_task(self._write(entries, len(ids)))
                after = ids[-1]
            if writing:
                await writing
        finally:
            if writing:
                writing.cancel()

    async def _write(self, entries: Sequence[IndexDocument], ids: int) -> None:
        await self._engine.apply(entries, generation=self.generation)
        self._tell(ids)

    async def catch_up(self, cursor: str | None, *, until: int, live: bool = False) -> tuple[int, str | None]:
        """Bring along what changed since the cursor until at most `until` lines come at a time; how many, and where."""
        count = 0
        while True:
            lines, cursor = await self._documents.changes(self._principal, cursor, _BATCH)
            revisions = {line.document_id: line.revision for line in lines}
            if revisions:
                entries = await self._entries(list(revisions))
                there = {entry.id for entry in entries}
                gone = [(i, revision) for i, revision in revisions.items() if i not in there]
                await self._engine.apply(entries, gone, generation=None if live else self.generation)
            count += len(revisions)
            if len(lines) <= until:
                return count, cursor

    async def _entries(self, ids: Sequence[str]) -> list[IndexDocument]:
        documents = await self._documents.many(self._principal, ids)
        texts = await self._documents.clean_texts(self._principal, list(documents))
        found = [(documents[i], texts[i]) for i in ids if i in documents and i in texts]
        return await asyncio.to_thread(lambda: [build_index_document(d, t) for d, t in found])

    def _tell(self, more: int) -> None:
        self._done += more
        if self._progress:
            self._progress(self._done, self._done)


async def _drop_others(engine: SearchEngine, keep: str) -> tuple[str, ...]:
    others = [g.name for g in await engine.generations() if g.name != keep and not g.live]
    for name in others:
        await engine.drop(name)
    return tuple(others)


def _sees_all() -> Principal:
    return local_principal("worker")
