"""Near duplicates: documents that may be other scans of the same paper, found by their texts and never dropped.

They are looked up when somebody asks, so that whatever comes first, is corrected, thrown away or hidden, what is shown
holds as of now.
"""

import asyncio
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Row, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.blobs import Blobs
from services.archive.codec import decode_text
from services.archive.database import Database, Tx
from services.archive.documents import find_document
from services.archive.fingerprinting import count_without, find_candidates, put_fingerprint, without_fingerprint
from services.archive.outbox import chunks, insert_new
from services.archive.relations import load_refs
from services.archive.removal import lock_document
from services.archive.rows import load_documents
from services.archive.same_paper import Known, are_one, may_be_one
from services.archive.schema import documents, told_apart
from services.archive.seeing import seen
from services.core.alignment import Comparison, compare, words_of
from services.core.errors import ConflictError, InvalidInputError
from services.core.fingerprint import fingerprint
from services.core.model import (
    Batch,
    DifferingPassage,
    Document,
    DocumentRef,
    DocumentState,
    Item,
    ItemState,
    NearDuplicate,
    NearDuplicates,
    Principal,
    local_principal,
)

PASSAGES_SHOWN = 5
_AT_ONCE = 200  # texts whose fingerprints are made in one transaction


class Duplicates:
    """Look for other scans of a paper; keep what people say of them."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._database, self._blobs = database, blobs

    async def of(self, p: Principal, document_id: str) -> NearDuplicates:
        """Return what may be the same paper as a document; errors as `Documents.get`."""
        async with self._database.read() as conn:
            row = await find_document(conn, p, document_id)
            apart = await load_refs(conn, p, await _told_apart_from(conn, row.id))
        found = (await self.of_those(p, [row.id])).get(row.id, ())
        pages = row.last_page - row.first_page + 1
        return NearDuplicates(
            document_id=row.id, pages=pages, added_at=row.created_at, items=found, apart=tuple(apart.values())
        )

    async def of_those(self, p: Principal, ids: Sequence[str]) -> dict[str, tuple[NearDuplicate, ...]]:
        """Return it for those of the documents that are READY, that `p` may see and of which there is anything."""
        async with self._database.read() as conn:
            pairs = await _pairs(conn, ids)
            known, keys = await _ready(conn, p, sorted({*ids, *(other for pair in pairs for other in pair)}))
            pairs = [(a, b) for a, b in pairs if a in known and b in known and _may_be_one(known[a], known[b])]
            refs = await load_refs(conn, p, {other for _, other in pairs})
        wanted = {document_id for pair in pairs for document_id in pair}
        blobs = await self._blobs.get_those([keys[document_id] for document_id in wanted])
        texts = {i: blobs[keys[i]] for i in wanted if keys[i] in blobs}  # one read anew at this moment is not
        return await asyncio.to_thread(_compared, pairs, known, refs, texts)

    async def of_batch(self, p: Principal, batch: Batch, items: Sequence[Item]) -> dict[str, tuple[NearDuplicate, ...]]:
        """Return it for the documents of files of a batch, nothing before all of it is through.

        It takes some 20 ms a file, too long for those who look again and again. A file that is a duplicate byte for
        byte says so itself.
        """
        if not batch.finished:
            return {}
        brought = [i for item in items if item.state is not ItemState.DUPLICATE for i in item.document_ids]
        return await self.of_those(p, brought)

    async def tell_apart(self, p: Principal, document_id: str, other_id: str, *, apart: bool = True) -> None:
        """Keep that two documents are not one paper, so that they are not shown again; with False take it back.

        Raises NotFoundError and GoneError for either, ConflictError when one lies in the trash, and InvalidInputError
        for one document.
        """
        if document_id == other_id:
            raise InvalidInputError("A document is the same paper as itself: name another one.", id=document_id)
        async with self._database.write(p) as tx:
            first, second = sorted((document_id, other_id))
            for each in (first, second):
                await _lock_ready(tx, each)
            pair = (told_apart.c.first_id == first) & (told_apart.c.second_id == second)
            said = await tx.conn.scalar(select(told_apart.c.first_id).where(pair)) is not None
            if said == apart:
                return
            if apart:
                values = {"first_id": first, "second_id": second, "who": p.name, "at": tx.now}
                await tx.conn.execute(insert_new(tx.conn, told_apart).values(values))
            else:
                await tx.conn.execute(delete(told_apart).where(pair))
            action = "document.told_apart" if apart else "document.not_told_apart"
            tx.event(action, "document", document_id, other_id=other_id)

    async def count_without(self) -> int:
        """Count the documents without a fingerprint by the rules in force: those of an archive from before."""
        async with self._database.read() as conn:
            return await count_without(conn)

    async def fill(self) -> int:
        """Make the fingerprints of some of those documents from their texts; return how many, 0 when none is left."""
        async with self._database.read() as conn:
            rows = await without_fingerprint(conn, _AT_ONCE)
        blobs = await self._blobs.get_those([key for _, key in rows])
        made = await asyncio.to_thread(
            lambda: {key: fingerprint(decode_text(blobs[key]).text) if key in blobs else () for _, key in rows}
        )
        async with self._database.write(local_principal("archive")) as tx:
            for document_id, key in rows:
                own = documents.c.id == document_id
                if await tx.conn.scalar(select(documents.c.clean_key).where(own).with_for_update()) == key:
                    await put_fingerprint(tx, document_id, key, made[key])
        return len(rows)


async def _pairs(conn: AsyncConnection, ids: Sequence[str]) -> list[tuple[str, str]]:
    """Return (document, candidate) without those that were told apart, in the documents' order."""
    pairs = [(i, other) for i in dict.fromkeys(ids) for other in await find_candidates(conn, i)]
    apart: set[tuple[str, str]] = set()
    for part in chunks(sorted({i for i, _ in pairs})):
        named = told_apart.c.first_id.in_(part) | told_apart.c.second_id.in_(part)
        apart.update((r.first_id, r.second_id) for r in await conn.execute(select(told_apart).where(named)))
    return [(i, other) for i, other in pairs if (min(i, other), max(i, other)) not in apart]


async def _told_apart_from(conn: AsyncConnection, document_id: str) -> set[str]:
    named = (told_apart.c.first_id == document_id) | (told_apart.c.second_id == document_id)
    rows = await conn.execute(select(told_apart.c.first_id, told_apart.c.second_id).where(named))
    return {each for row in rows for each in row if each != document_id}


async def _ready(conn: AsyncConnection, p: Principal, ids: Sequence[str]) -> tuple[dict[str, Document], dict[str, str]]:
    """Return the documents that are READY and that `p` may see, and the keys of their texts."""
    rows: list[Row[Any]] = []
    for part in chunks(ids):
        query = select(documents).where(documents.c.id.in_(part), documents.c.state == DocumentState.READY, seen(p))
        rows += (await conn.execute(query)).all()
    loaded = await load_documents(conn, rows, live_state=False)
    return {d.id: d for d in loaded}, {row.id: row.clean_key for row in rows}


async def _lock_ready(tx: Tx, document_id: str) -> None:
    _, row = await lock_document(tx, document_id)
    if row.state != DocumentState.READY:
        raise ConflictError("The document lies in the trash. Restore it first.", id=document_id)


def _may_be_one(a: Document, b: Document) -> bool:
    return may_be_one(Known.of(a), Known.of(b))


def _compared(
    pairs: Sequence[tuple[str, str]],
    known: Mapping[str, Document],
    refs: Mapping[str, DocumentRef],
    texts: Mapping[str, bytes],
) -> dict[str, tuple[NearDuplicate, ...]]:
    """Lay the texts of each pair side by side and keep the pairs that are readings of one paper."""
    words = {document_id: words_of(decode_text(blob).text) for document_id, blob in texts.items()}
    found = {}
    for document_id, group in groupby(pairs, key=lambda pair: pair[0]):
        own, near = known[document_id], []
        for _, other_id in group:
            if document_id not in words or other_id not in words or other_id not in refs:
                continue
            compared = compare(words[document_id], words[other_id])
            if are_one(Known.of(own), Known.of(known[other_id]), compared):
                near.append(_item(own, known[other_id], refs[other_id], compared))
        if near:
            found[document_id] = tuple(sorted(near, key=lambda each: (-each.shared, each.document.id)))
    return found


def _item(own: Document, other: Document, ref: DocumentRef, compared: Comparison) -> NearDuplicate:
    pages = other.last_page - other.first_page + 1
    differs = {
        "symbol": own.record.symbol_key != other.record.symbol_key,
        "issued_on": _days(own) != _days(other),
        "pages": own.last_page - own.first_page + 1 != pages,
    }
    return NearDuplicate.model_validate(
        {
            "document": ref,
            "file_name": other.file_name,
            "pages": pages,
            "added_at": other.created_at,
            "shared": round(compared.shared, 4),
            "only_here": compared.only_here,
            "only_there": compared.only_there,
            "differs": tuple(name for name, does in differs.items() if does),
            "passages": tuple(
                DifferingPassage(here=one.here, there=one.there) for one in compared.passages[:PASSAGES_SHOWN]
            ),
        }
    )


def _days(document: Document) -> tuple[object, object] | None:
    date = document.record.issued_on
    return (date.earliest, date.latest) if date else None
