"""The append-only log: who did what, on which thing, when and from where."""

from services.archive.paging import Page
from services.core.model import Event, Principal


class Events:
    """Read the log. Its lines are written in the transactions of the other rooms."""

    async def list(
        self, p: Principal, *, subject_id: str | None = None, cursor: str | None = None, limit: int = 100
    ) -> Page[Event]:
        """Return events in the order they became true, oldest first, of everything or of one thing."""
        raise NotImplementedError
