"""The history of a record: what people entered, one line after the other, and taking one of them back."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.database import Tx
from services.archive.entered import entries, layer_of, machine_layer
from services.archive.learning import learn
from services.archive.records import lay
from services.archive.schema import corrections
from services.core.errors import ConflictError, NotFoundError
from services.core.model import JSON, CorrectedValue, Correction


async def history(conn: AsyncConnection, document: Any) -> list[Correction]:
    """Return what people entered of a document, the newest first, each with the values before and after it.

    Of one that was withdrawn `before` is what stands there without it.
    """
    record, evidence = await machine_layer(conn, document.id)
    found: list[Correction] = []
    for row in await entries(conn, document.id, document.source_id):
        after, seen = lay(record, evidence, [layer_of(row)])
        changes = [CorrectedValue(key=key, before=record.get(key), after=after.get(key)) for key in sorted(row.patch)]
        found.append(
            Correction(
                id=row.id,
                who=row.who,
                at=row.at,
                witness=row.witness,
                given=row.item_id is not None,
                changes=tuple(changes),
                withdrawn_at=row.withdrawn_at,
                withdrawn_by=row.withdrawn_by,
            )
        )
        if row.withdrawn_at is None:
            record, evidence = after, seen
    return found[::-1]


async def withdraw(tx: Tx, document: Any, correction_id: int) -> Mapping[str, JSON]:
    """Take a correction of a locked document back, with what it taught, and return its patch; it stays in the history.

    Raises NotFoundError where the document has no such correction, and ConflictError where it is withdrawn already or
    came with an upload.
    """
    rows = await entries(tx.conn, document.id, document.source_id)
    row = next((row for row in rows if row.id == correction_id), None)
    if row is None:
        raise NotFoundError(f"The document has no correction {correction_id}.", id=str(correction_id))
    if row.withdrawn_at is not None or row.item_id is not None:
        raise ConflictError("This correction was taken back already, or came with the upload.", why="not_to_withdraw")
    await tx.conn.execute(
        update(corrections).where(corrections.c.id == correction_id).values(withdrawn_at=tx.now, withdrawn_by=tx.p.name)
    )
    left = [one for one in rows if one.withdrawn_at is None and one.id != correction_id and one.item_id is None]
    for key in row.patch.keys() & {"issuer", "signer"}:
        await learn(tx, document.id, {key: next((one.patch[key] for one in left[::-1] if key in one.patch), None)})
    return dict(row.patch)
