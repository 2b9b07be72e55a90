"""The way in: bytes become items, sources and work."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, update

from services.archive import steering
from services.archive.attach import Content, attach, fail, find_live
from services.archive.blobs import Blobs
from services.archive.database import Database, Tx
from services.archive.imports import IMPORT_MEDIA_TYPE, ImportLine, parse_line
from services.archive.keeping import keep_original
from services.archive.records import apply, shape
from services.archive.removal import lock_document
from services.archive.rows import load_batches, load_items
from services.archive.schema import batches, items, sources
from services.archive.seeing import chosen_collection, chosen_level, seen_batch, seen_item
from services.archive.spool import Received, Spool, shown_name, storable
from services.archive.state import lock_source
from services.archive.steering import find_batch
from services.core.errors import ConflictError, InvalidInputError, StorageFullError, TooLargeError, VanbanError
from services.core.ids import new_id
from services.core.model import (
    JSON,
    Batch,
    BatchState,
    DocumentState,
    Item,
    ItemState,
    OnDuplicate,
    Principal,
    Reason,
)
from services.core.settings import Limits

_READ_BYTES = 1 << 20


class Intake:
    """Take in files and lines, and say how fast, in which order and whether at all they are worked on."""

    def __init__(self, database: Database, blobs: Blobs, spool: Spool, limits: Limits, default_access: str) -> None:
        self._database, self._blobs, self._spool, self._limits = database, blobs, spool, limits
        self._default_access = default_access

    async def create_batch(
        self,
        p: Principal,
        *,
        label: str | None = None,
        on_duplicate: OnDuplicate = "link",
        priority: int = 0,
        access: str | None = None,
        collection: str | None = None,
    ) -> Batch:
        """Open a batch. Higher `priority` is read earlier; `on_duplicate` holds for every file of the batch.

        Its documents begin on the level `access` (the default of the settings where none is named) and in
        `collection`; InvalidInputError for what `p` has not got.
        """
        if on_duplicate not in ("link", "reject", "accept"):
            raise InvalidInputError(
                f"on_duplicate is link, reject or accept, not {on_duplicate!r}.", key="on_duplicate"
            )
        level = self._default_access if access is None else chosen_level(p, access)
        batch_id = new_id()
        async with self._database.write(p) as tx:
            await tx.conn.execute(
                insert(batches).values(
                    id=batch_id,
                    label=None if label is None else storable(label),
                    state=BatchState.ACTIVE,
                    priority=steering.valid_priority(priority),
                    on_duplicate=on_duplicate,
                    access=level,
                    collection=chosen_collection(p, collection),
                    created_at=tx.now,
                    created_by=p.name,
                )
            )
            tx.event("batch.created", "batch", batch_id, label=label, on_duplicate=on_duplicate, priority=priority)
            return (await load_batches(tx.conn, p, [await find_batch(tx.conn, p, batch_id)]))[0]

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
        shaped, reason = _given(given)
        async with self._database.write(p) as tx:
            item_id = await begin_item(tx, batch_id, name, external_id, shaped)
            if reason is not None:
                await fail(tx, item_id, reason)
        if reason is None:
            await self._take(p, item_id, name, chunks, sha256)
        return await self._item(p, item_id)

    async def replace(
        self, p: Principal, document_id: str, name: str, chunks: AsyncIterator[bytes], *, sha256: str | None = None
    ) -> Item:
        """Take a better scan of a document, in a batch of its own.

        Once all its pages are read, the document moves to it with its id, corrections and links; the old scan stays
        under its source and is found no more. Until then, and when the new file fails, the old scan is in force. A
        file that holds several documents gives its first one the id. A content that the archive has already is a
        duplicate and replaces nothing. Errors as `receive`; NotFoundError and GoneError for the document,
        ConflictError when it lies in the trash.
        """
        async with self._database.write(p) as tx:
            _, row = await lock_document(tx, document_id)
            if row.state != DocumentState.READY:
                raise ConflictError("The document lies in the trash. Restore it first.", id=document_id)
        batch = await self.create_batch(p, access=row.access, collection=row.collection)
        async with self._database.write(p) as tx:
            item_id = await begin_item(tx, batch.id, name, None, None, replaces=document_id)
        await self._take(p, item_id, name, chunks, sha256)
        return await self._item(p, item_id)

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
        try:
            return await self.receive(p, batch_id, name or path.name, _read(path), external_id=external_id, given=given)
        except _FileUnreadableError as error:
            return await self._item(p, error.item_id)

    async def replace_path(self, p: Principal, document_id: str, path: Path) -> Item:
        """Take a better scan from this machine's disk; as `replace`; one that cannot be opened is a failed item."""
        try:
            return await self.replace(p, document_id, path.name, _read(path))
        except _FileUnreadableError as error:
            return await self._item(p, error.item_id)

    async def receive_enclosed(
        self,
        p: Principal,
        batch_id: str,
        source_id: str,
        number: int,
        path: Path,
        *,
        name: str,
        external_id: str | None = None,
        given: Mapping[str, JSON] | None = None,
    ) -> None:
        """Take attachment `number` of the message `source_id` as a file of its batch, once, however often it is called.

        `given` are values of the message's header, in the record's own shapes. Errors as `receive`.
        """
        async with self._database.write(p) as tx:
            if await lock_source(tx, source_id) is None:
                return
            known = (
                await tx.conn.execute(
                    select(items).where(items.c.enclosed_in == source_id, items.c.enclosed_no == number)
                )
            ).one_or_none()
            if known is not None and (known.source_id is not None or self._spool.alive(known.id, 0)):
                return
            if known is None:
                item_id = await begin_item(tx, batch_id, name, external_id, given or None, "edxml")
                place = {"enclosed_in": source_id, "enclosed_no": number}
                await tx.conn.execute(update(items).where(items.c.id == item_id).values(**place))
            else:
                item_id = known.id
        await self._take(p, item_id, name, _read(path), None)

    async def import_line(self, p: Principal, batch_id: str, line: str | Mapping[str, JSON]) -> Item:
        """Take one line of `vanban import`; a line that makes no sense is a failed item with its reason.

        The given `id` is the identity: the same id again is a new revision of the same document (the line received
        last wins), equal texts under two ids are two documents.
        """
        parsed = parse_line(line, self._limits.import_line_bytes)
        content = None
        if isinstance(parsed, ImportLine):
            content = await self._stored(Content.of_bytes(parsed.data, IMPORT_MEDIA_TYPE, import_id=parsed.id))
        async with self._database.write(p) as tx:
            if isinstance(parsed, ImportLine) and content is not None:
                given = dict(parsed.record) or None
                await find_live(tx, content.sha256)  # locks are taken source first, then batch
                item_id = await begin_item(tx, batch_id, parsed.id, parsed.id, given)
                await attach(tx, self._blobs, item_id, content)
            else:
                assert isinstance(parsed, Reason)
                item_id = await begin_item(tx, batch_id, "", None, None)
                await fail(tx, item_id, parsed)
        return await self._item(p, item_id)

    async def pause(self, p: Principal, batch_id: str) -> Batch:
        """Hold back what is not yet being worked on; ConflictError when the batch is cancelled."""
        return await steering.hold(self._database, p, batch_id, BatchState.PAUSED)

    async def resume(self, p: Principal, batch_id: str) -> Batch:
        """Let a paused batch go on; ConflictError when it is cancelled (retry it instead)."""
        return await steering.hold(self._database, p, batch_id, BatchState.ACTIVE)

    async def cancel(self, p: Principal, batch_id: str) -> Batch:
        """Give up every file that is not yet read: it becomes failed with reason `cancelled`, and can be retried.

        A file that another batch also brought goes on there.
        """
        return await steering.cancel(self._database, p, batch_id)

    async def set_priority(self, p: Principal, batch_id: str, priority: int) -> Batch:
        """Give the batch another place in the order of work, for what is not yet claimed."""
        return await steering.set_priority(self._database, p, batch_id, priority)

    async def retry(self, p: Principal, *, batch_id: str | None = None, item_id: str | None = None) -> int:
        """Try again what failed and return how many items are worked on again; all of them without arguments.

        Only what failed is done again: the triage, or the failed pages. Files refused at intake (empty, wrong type,
        too large ...) have no bytes here and are not counted: they must be sent again. A cancelled batch becomes
        active.
        """
        return await steering.retry(self._database, p, batch_id=batch_id, item_id=item_id)

    async def _take(
        self, p: Principal, item_id: str, name: str, chunks: AsyncIterator[bytes], sha256: str | None
    ) -> None:
        """Bring the bytes in; whatever happens, the item ends with a source or a reason."""
        try:
            with self._spool.file(item_id, name, self._limits.file_bytes) as file:
                async for chunk in chunks:
                    await asyncio.to_thread(file.write, chunk)
                received = file.finish()
                if received.reason is None and sha256 is not None and sha256.lower() != received.sha256:
                    await self._fail(p, item_id, Reason(code="hash_mismatch", params={"sha256": received.sha256}))
                else:
                    await self._keep(p, item_id, received)
        except TooLargeError:
            reason = Reason(code="file_too_large", params={"limit": self._limits.file_bytes})
            await self._fail(p, item_id, reason)
        except StorageFullError as error:
            await self._fail(p, item_id, error.reason)
            raise
        except _UnreadablePathError as error:
            await self._fail(p, item_id, Reason(code="cannot_open", params={"detail": str(error)}))
            raise _FileUnreadableError(item_id) from error
        except BaseException:
            await asyncio.shield(self._fail(p, item_id, Reason(code="interrupted")))
            raise

    async def _keep(self, p: Principal, item_id: str, received: Received) -> None:
        """Make the bytes durable, then the rows that say so."""
        if received.reason is not None:
            await self._fail(p, item_id, received.reason)
            return
        assert received.media_type is not None
        if received.media_type == "text/plain" and received.bytes > self._limits.text_bytes:
            await self._fail(p, item_id, Reason(code="file_too_large", params={"limit": self._limits.text_bytes}))
            return
        content = await self._stored(Content(received.sha256, received.bytes, received.media_type, received.path))
        async with self._database.write(p) as tx:
            await attach(tx, self._blobs, item_id, content)

    async def _stored(self, content: Content) -> Content:
        """Make the bytes durable; where a source has them already, say whether its own were missing or damaged."""
        same = sources.c.sha256 == content.sha256, sources.c.state != DocumentState.PURGED
        async with self._database.read() as conn:
            known = await conn.scalar(select(sources.c.id).where(*same)) is not None
        put_right = await keep_original(self._blobs, content.sha256, content.size, content.spare)
        return replace(content, restores=known and put_right)

    async def _fail(self, p: Principal, item_id: str, reason: Reason) -> None:
        """Record why an item failed, if that is still possible; else the sweeper ends it as interrupted."""
        try:
            async with self._database.write(p) as tx:
                await fail(tx, item_id, reason)
        except VanbanError:
            if reason.code not in ("disk_full", "interrupted"):
                raise

    async def _item(self, p: Principal, item_id: str) -> Item:
        """Return the item of a file that was sent; who may not see the content learns no more than that it came."""
        query = select(items, seen_item(p).label("seen")).where(items.c.id == item_id)
        async with self._database.read() as conn:
            row = (await conn.execute(query)).one()
            item = (await load_items(conn, p, [row]))[0]
        if row.seen:
            return item
        hidden = dict.fromkeys(("reason", "source_id", "duplicate_of", "pages"))
        return item.model_copy(update={**hidden, "state": ItemState.RECEIVED, "pages_done": 0, "document_ids": ()})


async def begin_item(
    tx: Tx,
    batch_id: str,
    name: str,
    external_id: str | None,
    given: Mapping[str, JSON] | None,
    given_from: str | None = None,
    *,
    replaces: str | None = None,
) -> str:
    """Record an item before anything is known of it.

    `given_from` says what the given values were taken from, `replaces` which document it is a better scan of.
    """
    row = (
        await tx.conn.execute(
            update(batches)
            .where(batches.c.id == batch_id, seen_batch(tx.p))
            .values(next_ordinal=batches.c.next_ordinal + 1)
            .returning(batches.c.next_ordinal, batches.c.state)
        )
    ).one_or_none()
    if row is None:
        await find_batch(tx.conn, tx.p, batch_id)  # raises
    assert row is not None
    if row.state == BatchState.CANCELLED:
        raise ConflictError("The batch is cancelled. Open a new one, or retry this one first.", batch_id=batch_id)
    shown = shown_name(name) if name else f"dòng {row.next_ordinal}"
    item_id = new_id()
    await tx.conn.execute(
        insert(items).values(
            id=item_id,
            batch_id=batch_id,
            ordinal=row.next_ordinal - 1,
            name=shown,
            raw_name=storable(name) if name and storable(name) != shown else None,
            external_id=None if external_id is None else storable(external_id),
            given=given,
            given_from=given_from if given else None,
            replaces=replaces,
            state=ItemState.RECEIVED,
            created_by=tx.p.name,
            created_at=tx.now,
            updated_at=tx.now,
        )
    )
    return item_id


class _UnreadablePathError(Exception):
    """A path of this machine cannot be opened or read."""


class _FileUnreadableError(Exception):
    """Carries the item that was recorded for a path that cannot be read."""

    def __init__(self, item_id: str) -> None:
        super().__init__(item_id)
        self.item_id = item_id


async def _read(path: Path) -> AsyncIterator[bytes]:
    try:
        file = await asyncio.to_thread(path.open, "rb")
        with file:
            while chunk := await asyncio.to_thread(file.read, _READ_BYTES):
                yield chunk
    except OSError as error:
        raise _UnreadablePathError(error.strerror or str(error)) from error


def _given(given: Mapping[str, JSON] | None) -> tuple[dict[str, Any] | None, Reason | None]:
    """Shape what the uploader knows of the record; the second is the reason when it makes no sense."""
    if not given:
        return None, None
    try:
        shaped = shape(given)
        apply({}, shaped)
    except InvalidInputError as error:
        return None, Reason(code="invalid_record", params=error.params)
    return shaped, None
