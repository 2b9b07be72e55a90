"""Does the index hold what the catalogue says, and nothing else; and bringing it there."""

import dataclasses
from collections.abc import AsyncIterator, Sequence

from services.archive import Archive
from services.archive.checking import Finding, Indexed, Progress, finding
from services.core.errors import CorruptError
from services.core.model import local_principal
from services.search.types import EngineQuery, SearchEngine, Verifiable

REBUILT = frozenset({"index_unusable", "index_empty", "index_ahead", "index_hidden"})
"""Findings that only a rebuild mends: what is ahead would refuse what the catalogue has."""

_COMPARED = 2000
_LISTED = 1000
_LOOKS = 2  # after the first one: a write may come between looking at the index and at the catalogue


async def check_index(
    archive: Archive, engine: SearchEngine, progress: Progress, *, quick: bool = False
) -> AsyncIterator[Finding]:
    """Compare every document with its entry, and every entry with the documents; queued work is no finding.

    Unless it is `quick`, an engine that can (`Verifiable`) reads all its files. Raises UnavailableError when the engine
    does not answer.
    """
    try:
        await engine.ping()
        if not quick and isinstance(engine, Verifiable):
            await engine.verify()
        held = await engine.count()
    except CorruptError as error:
        yield finding("index_unusable", "index", "", detail=str(error))
        return
    if not held and (lacking := await _expected(archive)):
        yield finding("index_empty", "index", "", documents=lacking)
        return
    known = compared = 0
    async for lines in _documents(archive):
        revisions = await engine.revisions([line.id for line in lines])
        suspects = [line.id for line in lines if _verdict(line, revisions.get(line.id))]
        for each in await _confirmed(archive, engine, suspects):
            yield each
        known, compared = known + len(revisions), compared + len(lines)
        progress("index", compared, max(compared, held))
    if await engine.count() > known:
        async for each in _aliens(archive, engine):
            yield each


async def mend_index(archive: Archive, engine: SearchEngine, findings: Sequence[Finding]) -> None:
    """Queue what is missing or stale, take out what does not belong; for what `REBUILT` names rebuild instead."""
    ids = [found.subject_id for found in findings]
    await archive.checks.index_again(local_principal("cli"), ids)
    known = {line.id for line in await archive.checks.indexed(ids=ids)}
    gone = [(f.subject_id, int(f.params["revision"])) for f in findings if f.subject_id not in known]
    if gone:
        await engine.apply([], gone)


async def _documents(archive: Archive) -> AsyncIterator[list[Indexed]]:
    after = ""
    while lines := await archive.checks.indexed(after=after, limit=_COMPARED):
        yield lines
        after = lines[-1].id


async def _expected(archive: Archive) -> int:
    """Count the documents that an index should hold by now."""
    return sum([sum(line.ready and not line.waits for line in lines) async for lines in _documents(archive)])


def _verdict(line: Indexed, revision: int | None) -> str | None:
    """Return the code of what is wrong with an entry (None: there is none), if anything is."""
    if revision is not None and revision > line.revision:
        return "index_ahead"
    if line.waits:
        return None
    if not line.ready:
        return None if revision is None else "index_alien"
    if revision is None:
        return "index_missing"
    return "index_stale" if revision < line.revision else None


async def _confirmed(archive: Archive, engine: SearchEngine, suspects: Sequence[str]) -> list[Finding]:
    """Look again, at the index first and then at the catalogue, which is never behind it."""
    found: list[Finding] = []
    for _ in range(_LOOKS):
        if not suspects:
            return []
        revisions = await engine.revisions(suspects)
        found = []
        for line in await archive.checks.indexed(ids=suspects):
            if code := _verdict(line, revisions.get(line.id)):
                known = {"revision": line.revision, "indexed": revisions.get(line.id)}
                found.append(finding(code, "document", line.id, **known))
        suspects = [each.subject_id for each in found]
    return found


async def _aliens(archive: Archive, engine: SearchEngine) -> AsyncIterator[Finding]:
    """Go through all entries; those that no principal is shown are told by their number."""
    everything = EngineQuery(access=tuple(sorted(local_principal("cli").access)), sort="newest", limit=_LISTED)
    listed, cursor = 0, None
    while True:
        hits = await engine.search(dataclasses.replace(everything, after=cursor))
        ids = [hit.id for hit in hits.hits]
        known = {line.id for line in await archive.checks.indexed(ids=ids)}
        revisions = await engine.revisions([i for i in ids if i not in known])
        for document_id, revision in revisions.items():
            yield finding("index_alien", "document", document_id, revision=revision)
        listed, cursor = listed + len(ids), hits.next
        if cursor is None:
            break
    if (hidden := await engine.count() - listed) > 0:
        yield finding("index_hidden", "index", "", entries=hidden)
