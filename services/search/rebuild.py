"""Rebuilding the index from the archive beside the live one: the same steps on every engine."""

from collections.abc import Callable

from pydantic import Field

from services.archive import Archive
from services.core.model import Model
from services.search.types import SearchEngine

Progress = Callable[[int, int], None]


class ReindexReport(Model):
    """What a rebuild did."""

    generation: str
    documents: int = Field(description="Documents in the new generation when it went live.")
    caught_up: int = Field(description="Changes that came in during the rebuild and were brought along.")
    seconds: float
    dropped: tuple[str, ...] = ()


async def reindex(archive: Archive, engine: SearchEngine, progress: Progress | None = None) -> ReindexReport:
    """Build a new generation from the archive, catch up, publish it in one step, catch up again, drop the old ones.

    Search and ingestion go on meanwhile. `progress` is called with (documents done, documents known so far). An error
    leaves the live generation as it was and drops the unfinished one.
    """
    raise NotImplementedError
