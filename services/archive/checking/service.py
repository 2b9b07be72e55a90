"""`Archive.checks`: look at everything the archive holds, and mend what can be made again."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from sqlalchemy import exists, select

from services.archive.blobs import Blobs
from services.archive.checking import mending
from services.archive.checking.accounts import check_accounts, check_lone_items
from services.archive.checking.catalogue import check_database, check_log, check_references
from services.archive.checking.contents import check_blobs, check_left_over, check_unnamed_words
from services.archive.checking.finding import Check, Finding, Look, Progress, Severity, finding, silent
from services.archive.checking.jobs import check_jobs
from services.archive.checking.records import check_fingerprints, check_records
from services.archive.database import Database
from services.archive.outbox import chunks
from services.archive.schema import documents, outbox
from services.archive.spool import Spool
from services.core.errors import CorruptError
from services.core.model import DocumentState, Principal

CHECKS: list[Check] = [
    check_references,
    check_log,
    check_accounts,
    check_lone_items,
    check_jobs,
    check_blobs,
    check_unnamed_words,
    check_records,
    check_fingerprints,
    check_left_over,
]
"""In this order, after the look at the catalogue's own file: later findings are mended on top of earlier ones."""


@dataclass(frozen=True, slots=True)
class Indexed:
    """What the catalogue says of a document's index entry; `waits`: index work on it is queued."""

    id: str
    revision: int
    ready: bool
    waits: bool


class Checks:
    """Find what is not as it should be. Works beside running workers; what changes meanwhile gives no finding."""

    def __init__(self, database: Database, blobs: Blobs, spool: Spool) -> None:
        self._database, self._blobs, self._spool = database, blobs, spool
        self._whole: set[str] = set()

    async def run(self, *, quick: bool = False, progress: Progress = silent) -> AsyncIterator[Finding]:
        """Yield every finding but those of the index; `quick` reads no blob and no record.

        A damaged catalogue ends it: what such a one says of anything else proves nothing.
        """
        look = self._look(quick=quick, progress=progress)
        for check in (check_database, *CHECKS):
            damaged = False
            async for found in _guarded(check, look):
                yield found
                damaged |= found.code == "catalogue_damaged"
            if damaged:
                return

    async def run_log(self, *, progress: Progress = silent) -> AsyncIterator[Finding]:
        """Yield the findings of the log alone: is its chain whole."""
        async for found in _guarded(check_log, self._look(progress=progress)):
            yield found

    async def mend(self, p: Principal, found: Finding, *, orphans: bool = False) -> bool:
        """Mend one finding, or put the work that mends it to the queue; return whether that could be done.

        What is left over is deleted only with `orphans`. Idempotent; originals are never touched.
        """
        mend = mending.MENDS.get(found.code)
        if mend is None or (found.severity is Severity.ORPHAN and not orphans):
            return False
        return await mend(self._look(), p, found)

    async def index_again(self, p: Principal, ids: Sequence[str]) -> None:
        """Have documents brought into the index anew, or out of it where they left; those it does not know are left."""
        await mending.index_again(self._look(), p, ids)

    async def indexed(self, *, after: str = "", limit: int = 1000, ids: Sequence[str] | None = None) -> list[Indexed]:
        """Return what the index should hold: of the documents behind `after` in id order, or of those named."""
        waits = exists().where(outbox.c.job == "index", outbox.c.subject_id == documents.c.id).label("waits")
        query = select(documents.c.id, documents.c.revision, documents.c.state, waits).order_by(documents.c.id)
        found: list[Indexed] = []
        async with self._database.read() as conn:
            for part in [None] if ids is None else chunks(ids):
                own = documents.c.id > after if part is None else documents.c.id.in_(part)
                rows = await conn.execute(query.where(own).limit(limit))
                found += [Indexed(r.id, r.revision, r.state == DocumentState.READY, bool(r.waits)) for r in rows]
        return found

    def _look(self, *, quick: bool = False, progress: Progress = silent) -> Look:
        return Look(self._database, self._blobs, self._spool, quick, progress, self._whole)


async def _guarded(check: Check, look: Look) -> AsyncIterator[Finding]:
    """Run a check; what it stumbles over in the catalogue is a finding like others."""
    try:
        async for found in check(look):
            yield found
    except (CorruptError, json.JSONDecodeError) as error:
        yield finding("catalogue_damaged", "catalogue", "", detail=str(error))
