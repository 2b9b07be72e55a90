"""Changes to one document inside a transaction: what people correct, take back, and have read again."""

from collections.abc import Mapping
from typing import Any

from services.archive import undoing
from services.archive.database import Tx
from services.archive.entered import enter, in_force
from services.archive.learning import learn
from services.archive.reading import forget_reading
from services.archive.registers.meeting import meet_again
from services.archive.removal import lock_document
from services.archive.state import lock_source, requeue, settle, touch_document
from services.core.errors import ConflictError
from services.core.model import JSON, DocumentState


async def changeable(tx: Tx, document_id: str, if_revision: int | None = None) -> Any:
    """Return a locked document that may be changed; ConflictError when it lies in the trash or has moved on."""
    _, row = await lock_document(tx, document_id)
    if row.state != DocumentState.READY:
        raise ConflictError("The document lies in the trash. Restore it first.", id=document_id)
    if if_revision is not None and if_revision != row.revision:
        raise ConflictError(
            f"The document is at revision {row.revision} now. Load it again and repeat the change.",
            id=document_id,
            revision=row.revision,
        )
    return row


def log_change(tx: Tx, row: Any, action: str, **details: JSON) -> None:
    """Log a change of a document; /changes has it only if it knows of the document."""
    change = "changed" if row.announced else None
    tx.event(
        action, "document", row.id, change=change, revision=row.revision + 1, external_id=row.external_id, **details
    )


async def correct(tx: Tx, document_id: str, patch: Mapping[str, JSON], *, if_revision: int | None = None) -> int:
    """Lay a shaped patch over a document, and return the id of the correction; errors as `Documents.correct`."""
    row = await changeable(tx, document_id, if_revision)
    correction_id = await enter(tx, row, patch)
    await learn(tx, row.id, patch)
    await touch_document(tx, row, **await in_force(tx.conn, row.id, row.source_id))
    log_change(tx, row, "document.corrected", keys=sorted(patch))
    await meet_again(tx, row.id)
    await settle(tx, row.source_id)
    return correction_id


async def withdraw(tx: Tx, document_id: str, correction_id: int, *, if_revision: int | None = None) -> None:
    """Take a correction back; errors as `Documents.withdraw`."""
    row = await changeable(tx, document_id, if_revision)
    patch = await undoing.withdraw(tx, row, correction_id)
    await touch_document(tx, row, **await in_force(tx.conn, row.id, row.source_id))
    log_change(tx, row, "document.withdrawn", keys=sorted(patch))
    await meet_again(tx, row.id)
    await settle(tx, row.source_id)


async def reread(tx: Tx, source: Any) -> None:
    """Have a locked source read again from its original; ConflictError where it lies in the trash."""
    if source.state != DocumentState.READY:
        raise ConflictError("The file lies in the trash. Restore it first.", source_id=source.id)
    await forget_reading(tx, source)
    tx.event("source.reread", "source", source.id)
    await requeue(tx, await lock_source(tx, source.id))
    await settle(tx, source.id)
