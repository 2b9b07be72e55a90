"""Which documents lie in which dossiers: what the rooms that load, move and remove documents need of it."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.database import Tx
from services.archive.outbox import chunks
from services.archive.schema import dossier_documents, dossiers
from services.core.errors import DossierLockedError
from services.core.model import DossierRef, DossierState


async def dossiers_of(conn: AsyncConnection, document_ids: Sequence[str]) -> dict[str, tuple[DossierRef, ...]]:
    """Return the dossiers that each of the documents lies in, by code; a document in none is missing."""
    found: dict[str, list[DossierRef]] = defaultdict(list)
    for part in chunks(document_ids):
        rows = await conn.execute(
            select(dossier_documents.c.document_id, dossiers.c.id, dossiers.c.code)
            .join(dossiers, dossiers.c.id == dossier_documents.c.dossier_id)
            .where(dossier_documents.c.document_id.in_(part))
            .order_by(dossiers.c.code, dossiers.c.id)
        )
        for document_id, dossier_id, code in rows:
            found[document_id].append(DossierRef(id=dossier_id, code=code))
    return {document_id: tuple(refs) for document_id, refs in found.items()}


async def refuse_locked(tx: Tx, document_ids: Sequence[str]) -> None:
    """Raise DossierLockedError when one of the documents lies in a locked dossier, whose contents must stay."""
    for part in chunks(document_ids):
        row = (
            await tx.conn.execute(
                select(dossiers.c.id, dossiers.c.code, dossier_documents.c.document_id)
                .join(dossiers, dossiers.c.id == dossier_documents.c.dossier_id)
                .where(dossier_documents.c.document_id.in_(part), dossiers.c.state == DossierState.LOCKED)
                .order_by(dossiers.c.code)
                .limit(1)
            )
        ).one_or_none()
        if row is not None:
            raise DossierLockedError(
                f"The document lies in the dossier {row.code}, which is locked. Unlock the dossier first.",
                dossier=row.code,
                id=row.id,
                document=row.document_id,
            )


async def follow(tx: Tx, old_id: str, new_id: str) -> None:
    """Let the document that another one moved to lie where that one lay."""
    already = select(dossier_documents.c.dossier_id).where(dossier_documents.c.document_id == new_id)
    await tx.conn.execute(
        update(dossier_documents)
        .where(dossier_documents.c.document_id == old_id, dossier_documents.c.dossier_id.not_in(already))
        .values(document_id=new_id)
    )
    await leave_all(tx, old_id)


async def leave_all(tx: Tx, document_id: str) -> None:
    """Take a document that is gone for good out of all dossiers."""
    await tx.conn.execute(delete(dossier_documents).where(dossier_documents.c.document_id == document_id))
