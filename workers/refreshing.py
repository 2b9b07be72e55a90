"""Making the records of an archive again from the words that were read: for new grammars, or an edited taxonomy.

It goes the way of every record (`jobs.assemble`): corrections stay a layer above, and what comes out the same changes
nothing. Each source is one transaction, and a record that was made says by which rules, so a run that was stopped is
taken up by the next one.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence

from services.archive import Archive
from services.core.model import Model, local_principal
from services.fields import Taxonomy
from workers import jobs
from workers.queue import TRANSIENT

log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
_AT_ONCE = 500


class RefreshReport(Model):
    """What a run did: sources whose records were made again, those that could not be, those that are still to do.

    `fingerprints` of texts were made that had none by the rules in force (near duplicates are found by them).
    """

    done: int
    fingerprints: int = 0
    failed: tuple[str, ...] = ()
    left: int
    seconds: float


async def refresh(
    archive: Archive,
    taxonomy: Taxonomy,
    stop: asyncio.Event,
    *,
    sources: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> RefreshReport:
    """Make the records of these sources again, of all that other rules made by default, until `stop` is set.

    Nothing is read again. `progress` is called with (sources done, sources in all). A source of which no record can be
    made keeps the one it has; what is wrong around it (a server away, the disk full) is raised.
    """
    async with archive.long_works.watched(local_principal("worker"), "refresh") as tally:
        report = await _refresh(archive, taxonomy, stop, sources, (tally.update, *([progress] if progress else [])))
        tally.stopped = report.left > 0
    return report


async def _refresh(
    archive: Archive,
    taxonomy: Taxonomy,
    stop: asyncio.Event,
    sources: Sequence[str] | None,
    told: Sequence[Progress],
) -> RefreshReport:
    began = time.monotonic()
    rules = jobs.made_by(taxonomy, await archive.learning.learnt())
    total = await archive.work.count_outdated(rules) if sources is None else len(sources)
    done, failed = 0, []
    async for source_id in _each(archive, rules, sources):
        if stop.is_set():
            break
        if not await _made_again(archive, taxonomy, source_id):
            failed.append(source_id)
        done += 1
        for tell in told:
            tell(done, total)
    return RefreshReport(
        done=done - len(failed),
        fingerprints=await _fingerprints(archive, stop) if sources is None else 0,
        failed=tuple(failed),
        left=max(0, total - done),
        seconds=round(time.monotonic() - began, 3),
    )


async def _fingerprints(archive: Archive, stop: asyncio.Event) -> int:
    made = 0
    while not stop.is_set() and (some := await archive.duplicates.fill()):
        made += some
    return made


async def _each(archive: Archive, rules: str, sources: Sequence[str] | None) -> AsyncIterator[str]:
    if sources is not None:
        for source_id in sources:
            yield source_id
        return
    after: str | None = None
    while found := await archive.work.outdated(rules, after=after, limit=_AT_ONCE):
        for source_id in found:
            yield source_id
        after = found[-1]


async def _made_again(archive: Archive, taxonomy: Taxonomy, source_id: str) -> bool:
    try:
        await jobs.assemble(archive, taxonomy, source_id, again=True)
    except TRANSIENT:
        raise
    except Exception:  # one source that nobody foresaw must not stop all others
        log.exception("no record could be made of the source %s", source_id)
        return False
    return True
