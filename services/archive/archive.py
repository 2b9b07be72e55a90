"""The archive as one object: opened once per process, closed at the end."""

import asyncio
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self

from services.archive.account import Account
from services.archive.accounts import ApiKeys, Sessions, Users
from services.archive.backup import Backups, refuse_unfinished
from services.archive.blob_keys import FOLDERS, BlobKey, blob_keys
from services.archive.blobs import Blobs
from services.archive.bulk import BulkActions
from services.archive.checking import Checks
from services.archive.database import Database
from services.archive.documents import Documents
from services.archive.dossiers import Dossiers
from services.archive.events import Events
from services.archive.intake import Intake
from services.archive.learning import Learning
from services.archive.long_works import LongWorks
from services.archive.migrate import bring_up_to_date, require_up_to_date
from services.archive.near_duplicates import Duplicates
from services.archive.registers.service import Registers
from services.archive.searches import Searches
from services.archive.spool import Spool
from services.archive.sweeping import end_dead_uploads
from services.archive.trace import Trace
from services.archive.webhooks import Webhooks
from services.archive.work import Work
from services.core.model import local_principal
from services.core.settings import Settings


class Archive:
    """The rooms of the archive over one catalogue and one blob store; an async context manager that closes itself."""

    def __init__(self, settings: Settings, database: Database, blobs: Blobs, spool: Spool) -> None:
        self._database, self._blobs = database, blobs
        self.intake = Intake(database, blobs, spool, settings.limits, settings.default_access)
        self.account = Account(database, blobs, spool)
        self.checks = Checks(database, blobs, spool)
        self.documents = Documents(database, blobs)
        self.dossiers = Dossiers(database)
        self.duplicates = Duplicates(database, blobs)
        self.registers = Registers(database, blobs, self.intake, settings.limits)
        self.work = Work(database, blobs, spool, settings)
        self.events = Events(database)
        self.trace = Trace(database)
        self.learning = Learning(database)
        self.webhooks = Webhooks(database, settings)
        self.searches = Searches(database, settings.limits.saved_searches)
        self.users = Users(database, settings.accounts)
        self.sessions = Sessions(database, settings.accounts)
        self.keys = ApiKeys(database)
        self.long_works = LongWorks(database)
        self.bulk = BulkActions(database, settings.limits.bulk_documents)
        self.backups = Backups(database, blobs, self.long_works, settings)

    async def ping(self) -> None:
        """Return when catalogue and blobs answer; raise UnavailableError when one does not."""
        await self._database.ping()
        await self._blobs.ping()

    async def blob_keys(self) -> AsyncIterator[BlobKey]:
        """Yield every blob that the catalogue names, each once: originals, words of pages, clean texts."""
        for kind in FOLDERS:
            async for each in blob_keys(self._database, kind):
                yield each

    async def close(self) -> None:
        """Write what is still to be written into the log, and give back all connections."""
        await self.trace.flush()
        await self._database.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


async def open_archive(settings: Settings, *, migrate: bool = True) -> Archive:
    """Open the archive that the settings name, creating and migrating its catalogue where needed.

    With `migrate=False` an old catalogue raises SettingsError instead. Raises ConflictError where a restore was cut
    off, UnavailableError when the database or the blob store does not answer. An archive belongs to the event loop it
    was opened in.
    """
    await asyncio.to_thread(refuse_unfinished, settings)
    spool = await asyncio.to_thread(Spool, settings.data_dir / "spool")
    blobs = await asyncio.to_thread(Blobs, settings.blobs_url)
    database = Database(settings.database_url)
    try:
        await (bring_up_to_date(database) if migrate else require_up_to_date(database))
        await end_dead_uploads(database, spool, local_principal("archive"))
    except BaseException:
        await database.close()
        raise
    return Archive(settings, database, blobs, spool)
