"""A document that is another one from now on: its id leads there, with its places in dossiers and registers."""

from typing import Any

from sqlalchemy import delete, insert, select, update

from services.archive import filing, garbage
from services.archive.database import Tx
from services.archive.schema import documents, record_revisions, redirects, register_rows
from services.archive.searches import forget_document
from services.archive.seeing import stricter
from services.archive.state import touch_document
from services.core.model import DocumentState


async def move_document(tx: Tx, old: Any, new_id: str) -> None:
    """Let a locked document lead to another one, which is at least as strict; what was read of it goes."""
    await tx.conn.execute(insert(redirects).values(old_id=old.id, new_id=new_id, at=tx.now))
    await tx.conn.execute(update(redirects).where(redirects.c.new_id == old.id).values(new_id=new_id))
    await tx.conn.execute(update(register_rows).where(register_rows.c.scan_id == old.id).values(scan_id=new_id))
    await filing.follow(tx, old.id, new_id)
    await forget_document(tx, old.id)
    await garbage.discard(tx, [old.clean_key], now=False)
    await tx.conn.execute(delete(record_revisions).where(record_revisions.c.document_id == old.id))
    await touch_document(tx, old, state=DocumentState.PURGED, record=None, evidence=None, clean_key=None)
    target = (await tx.conn.execute(select(documents).where(documents.c.id == new_id).with_for_update())).one()
    if (level := stricter(target.access, old.access)) != target.access:
        await touch_document(tx, target, access=level)
    change = "moved" if old.announced else None
    tx.event(
        "document.moved",
        "document",
        old.id,
        change=change,
        revision=old.revision + 1,
        external_id=old.external_id,
        moved_to=new_id,
    )
