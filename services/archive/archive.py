"""The archive as one object: opened once per process, closed at the end."""

from types import TracebackType
from typing import Self

from services.archive.account import Account
from services.archive.documents import Documents
from services.archive.events import Events
from services.archive.intake import Intake
from services.archive.work import Work
from services.core.settings import Settings


class Archive:
    """The rooms of the archive over one catalogue and one blob store; an async context manager that closes itself."""

    intake: Intake
    account: Account
    documents: Documents
    work: Work
    events: Events

    async def ping(self) -> None:
        """Return when catalogue and blobs answer; raise UnavailableError when one does not."""
        raise NotImplementedError

    async def close(self) -> None:
        """Give back all connections."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


async def open_archive(settings: Settings, *, migrate: bool = True) -> Archive:
    """Open the archive that the settings name, creating and migrating its catalogue where needed.

    With `migrate=False` an old catalogue raises SettingsError instead. Raises UnavailableError when the database or
    the blob store does not answer. An archive belongs to the event loop it was opened in.
    """
    raise NotImplementedError
