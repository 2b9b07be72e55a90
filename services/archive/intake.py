"""The way in: bytes become items, sources and work."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from services.core.model import JSON, Batch, Item, OnDuplicate, Principal


class Intake:
    """Take in files and lines, and say how fast, in which order and whether at all they are worked on."""

    async def create_batch(
        self, p: Principal, *, label: str | None = None, on_duplicate: OnDuplicate = "link", priority: int = 0
    ) -> Batch:
        """Open a batch. Higher `priority` is read earlier; `on_duplicate` holds for every file of the batch."""
        raise NotImplementedError

    async def receive(
        self,
        p: Principal,
        batch_id: str,
        name: str,
        chunks: AsyncIterator[bytes],
        *,
        external_id: str | None = None,
        given: Mapping[str, JSON] | None = None,
        sha256: str | None = None,
    ) -> Item:
        """Take one file as it streams in.

        What is wrong with the file makes the returned item `failed` with its reason and never raises, so that the
        other files of an upload go on. `given` are values of the record that the uploader knows (Record's keys, plain
        strings allowed as in `import_line`); they become an entered layer on the document. With `sha256` the bytes
        must have that hash. With `on_duplicate` = accept a known content gives an item that shares the source and its
        document: nothing is read twice.

        Raises NotFoundError for the batch, ConflictError when it is cancelled, StorageFullError when the disk is full
        (the item is then recorded as failed where that is still possible), and whatever `chunks` raises (the item is
        then failed with reason `interrupted`).
        """
        raise NotImplementedError

    async def receive_path(
        self,
        p: Principal,
        batch_id: str,
        path: Path,
        *,
        name: str | None = None,
        external_id: str | None = None,
        given: Mapping[str, JSON] | None = None,
    ) -> Item:
        """Take one file from this machine's disk; as `receive`, and a file that cannot be opened is a failed item."""
        raise NotImplementedError

    async def import_line(self, p: Principal, batch_id: str, line: str | Mapping[str, JSON]) -> Item:
        """Take one line of `vanban import`; a line that makes no sense is a failed item with its reason.

        The given `id` is the identity: the same id again is a new revision of the same document (the line received
        last wins), equal texts under two ids are two documents.
        """
        raise NotImplementedError

    async def pause(self, p: Principal, batch_id: str) -> Batch:
        """Hold back what is not yet being worked on; ConflictError when the batch is cancelled."""
        raise NotImplementedError

    async def resume(self, p: Principal, batch_id: str) -> Batch:
        """Let a paused batch go on; ConflictError when it is cancelled (retry it instead)."""
        raise NotImplementedError

    async def cancel(self, p: Principal, batch_id: str) -> Batch:
        """Give up every file that is not yet read: it becomes failed with reason `cancelled`, and can be retried.

        A file that another batch also brought goes on there.
        """
        raise NotImplementedError

    async def set_priority(self, p: Principal, batch_id: str, priority: int) -> Batch:
        """Give the batch another place in the order of work, for what is not yet claimed."""
        raise NotImplementedError

    async def retry(self, p: Principal, *, batch_id: str | None = None, item_id: str | None = None) -> int:
        """Try again what failed and return how many items are worked on again; all of them without arguments.

        Only what failed is done again: the triage, or the failed pages. Files refused at intake (empty, wrong type,
        too large ...) have no bytes here and are not counted: they must be sent again. A cancelled batch becomes
        active.
        """
        raise NotImplementedError
