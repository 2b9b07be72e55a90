"""The jobs of texts done in this process, one after the other, without Redis and without readers."""

from collections.abc import Callable
from typing import cast

from services.archive import Archive
from services.core.model import OutboxRow, PageText, Triage
from services.fields import Taxonomy
from services.ocr import Reader
from services.search import SearchEngine
from workers import jobs

_AT_ONCE = 500


class _NoReader:
    """What a text never asks for."""

    async def triage(self, path: object, media_type: str) -> Triage:
        raise AssertionError(f"nothing is to be read here, not even {media_type}")

    async def read_page(self, path: object, media_type: str, number: int, known: object) -> PageText:
        raise AssertionError(f"nothing is to be read here, not even page {number} of {media_type}")


_NO_READER = cast(Reader, _NoReader())


async def work_off(
    archive: Archive,
    taxonomy: Taxonomy,
    engine: SearchEngine | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> list[str]:
    """Do all that is claimable until nothing is, index work only with an engine; return the jobs done."""
    done: list[str] = []
    queues = ("read", "record") if engine is None else ("read", "record", "index")
    while rows := [row for queue in queues for row in await archive.work.claim(_AT_ONCE, queue)]:
        await archive.work.sent([row.id for row in rows])
        for row in rows:
            await _do(archive, taxonomy, row)
            done.append(row.job)
        if engine is not None and any(row.job == "index" for row in rows):
            await jobs.index(archive, engine)
        progress(len(done))
    return done


async def _do(archive: Archive, taxonomy: Taxonomy, row: OutboxRow) -> None:
    if row.job == "triage":
        await jobs.triage(archive, _NO_READER, row.args["source_id"])
    elif row.job == "read_page":  # of a text whose triage was cut short
        await jobs.read_page(archive, _NO_READER, row.args["page_id"])
    elif row.job == "assemble":
        await jobs.assemble(archive, taxonomy, row.args["source_id"])
    else:
        assert row.job == "index", f"{row.job} is no work on a text"
