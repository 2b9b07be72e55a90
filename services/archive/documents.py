"""Documents: their records, texts and pages, people's corrections, the trash and what left it."""

import asyncio
import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, null, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive import correcting, garbage, removal, splitting
from services.archive.blobs import Blobs
from services.archive.changes import read_changes
from services.archive.cited_symbols import find_symbol
from services.archive.codec import decode_boxes, decode_page, decode_text, decode_texts
from services.archive.correcting import changeable, log_change
from services.archive.database import Database
from services.archive.missing import find_missing
from services.archive.outbox import chunks
from services.archive.paging import Page, build_cursor, parse_cursor
from services.archive.progress import report, with_progress
from services.archive.questions import asked_of
from services.archive.records import shape
from services.archive.relations import find_relations, resolve_citations, with_ids
from services.archive.removal import lock_document, lock_visible_source
from services.archive.rows import load_documents, load_pages
from services.archive.schema import documents, pages, redirects, sources
from services.archive.seeing import chosen_collection, chosen_level, may_see, seen, seen_source, stricter
from services.archive.splitting import load_split
from services.archive.state import follow_documents, touch_document
from services.archive.tasks import COUNTED, TaskFilter, TaskPage, count_tasks, cursor_of, find_rows, followed_task
from services.archive.undoing import history
from services.core.errors import ForbiddenError, GoneError, InvalidInputError, NotFoundError
from services.core.model import (
    JSON,
    Change,
    CitedSymbol,
    CleanText,
    Correction,
    Document,
    DocumentRevision,
    DocumentState,
    MissingDocument,
    PageRun,
    PageText,
    Principal,
    Reason,
    Relations,
    ReviewTask,
    Scope,
    SourceSplit,
)
from services.core.page_boxes import PageBoxes

_TRIES = 3  # a blob that is replaced between the look at its row and its reading
_SHOWN = (*(c for c in documents.c if c.name not in ("evidence", "review")), null().label("evidence"))


class Documents:
    """Read and correct documents, throw them away and get them back."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._database, self._blobs = database, blobs

    async def get(self, p: Principal, document_id: str) -> Document:
        """Return a document with its pages, from the trash too (`state` says so); its citations have the ids of what
        they mean, as of now (decision 7).

        An id that moved leads to the document it moved to, whose `id` then differs from the one asked for. Raises
        NotFoundError (also when `p` may not see it) and GoneError when it was purged.
        """
        async with self._database.read() as conn:
            row = await find_document(conn, p, document_id)
            document = (await load_documents(conn, [row], live_state=True))[0]
            record = with_ids(document.record, await resolve_citations(conn, p, row.id))
            document = document.model_copy(update={"pages": await load_pages(conn, row), "record": record})
            return (await with_progress(conn, p, [document]))[0]

    async def followed(self, p: Principal, found: Sequence[Document]) -> list[Document]:
        """Return the documents with the progress of their tasks, as of now."""
        async with self._database.read() as conn:
            return await with_progress(conn, p, found)

    async def relations(self, p: Principal, document_id: str, *, limit: int = 100) -> Relations:
        """Return what a document cites and what cites it, as of now (at most `limit` of those); errors as `get`."""
        async with self._database.read() as conn:
            row = await find_document(conn, p, document_id)
            document = (await load_documents(conn, [row], live_state=False))[0]
            return await find_relations(conn, p, document, limit)

    async def missing(
        self, p: Principal, *, among: Sequence[str] | None = None, limit: int = 100, cursor: str | None = None
    ) -> Page[MissingDocument]:
        """Return the documents that are cited and cannot be in the archive, the most cited first.

        With `among` only what these documents cite, and counted over them.
        """
        async with self._database.read() as conn:
            return await find_missing(conn, p, limit, cursor, among=among)

    async def tasks(self, p: Principal, wanted: TaskFilter, *, limit: int = 100, cursor: str | None = None) -> TaskPage:
        """Return tasks of all documents that `p` may see, the earliest deadline first, with how far they have come."""
        now = dt.datetime.now(dt.UTC)
        async with self._database.read() as conn:
            rows = await find_rows(conn, p, wanted, now, limit + 1, cursor)
            shown = rows[:limit]
            asking = await self._ready(conn, p, sorted({row.document_id for row in shown}))
            loaded = await with_progress(conn, p, await load_documents(conn, asking, live_state=False))
            by_id = {document.id: document for document in loaded}
            count = await count_tasks(conn, p, wanted, now)
            return TaskPage(
                items=tuple(followed_task(by_id[row.document_id], row.ordinal, now) for row in shown),
                next=cursor_of(shown[-1]) if len(rows) > limit else None,
                total=min(count, COUNTED),
                more=count > COUNTED,
            )

    async def symbol(self, p: Principal, key: str, *, limit: int = 100, cursor: str | None = None) -> CitedSymbol:
        """Return which documents have a symbol (by its key, core.symbols) and which cite it; empty where none does."""
        async with self._database.read() as conn:
            return await find_symbol(conn, p, key, limit, cursor)

    async def many(self, p: Principal, ids: Sequence[str]) -> dict[str, Document]:
        """Return those of the documents that are READY and that `p` may see, without their `pages`.

        For indexing and hit lists: `item_state` is the outcome of the reading (done or needs_review), not "reading"
        while the index still has to catch up.
        """
        async with self._database.read() as conn:
            rows = await self._ready(conn, p, ids)
            return {d.id: d for d in await load_documents(conn, rows, live_state=False)}

    async def shown(self, p: Principal, ids: Sequence[str], known: Mapping[str, Document]) -> dict[str, Document]:
        """Return what `many` does, without evidence, for lists of hits; those of `known` that are still so as they are.

        What is known costs one look at the catalogue, as whatever a document shows has a revision (or an outcome).
        """
        now = (documents.c.id, documents.c.revision, documents.c.updated_at, documents.c.outcome)
        async with self._database.read() as conn:
            rows = await self._ready(conn, p, ids, *now)
            found = {row.id: known[row.id] for row in rows if row.id in known and _is_still(known[row.id], row)}
            missing = await self._ready(conn, p, [row.id for row in rows if row.id not in found], *_SHOWN)
            return found | {d.id: d for d in await load_documents(conn, missing, live_state=False)}

    async def clean_text(self, p: Principal, document_id: str) -> CleanText:
        """Return the clean text of one document; errors as `get`."""
        for _ in range(_TRIES):
            async with self._database.read() as conn:
                row = await find_document(conn, p, document_id)
            try:
                return decode_text(await self._blobs.get(row.clean_key))
            except NotFoundError as error:
                missing = error
        raise missing

    async def clean_texts(self, p: Principal, ids: Sequence[str]) -> dict[str, CleanText]:
        """Return the clean texts of those documents that are READY and that `p` may see."""
        async with self._database.read() as conn:
            rows = await self._ready(conn, p, ids, documents.c.id, documents.c.clean_key)
        # What is missing was purged or read again at this moment, or is damaged: one text must not take others along.
        blobs = await self._blobs.get_those([row.clean_key for row in rows])
        return await asyncio.to_thread(
            decode_texts, {row.id: blobs[row.clean_key] for row in rows if row.clean_key in blobs}
        )

    async def page(self, p: Principal, document_id: str, number: int) -> PageText:
        """Return page `number` (of the source) of a document; NotFoundError when it was not read (yet)."""
        found = await self.pages(p, document_id, [number])
        if number not in found:
            raise NotFoundError(f"The document has no words for page {number} (yet).", id=document_id, page=number)
        return found[number]

    async def pages(self, p: Principal, document_id: str, numbers: Sequence[int]) -> dict[int, PageText]:
        """Return those of the pages that were read; errors as `get`."""
        async with self._database.read() as conn:
            row = await find_document(conn, p, document_id)
            wanted = [n for n in numbers if row.first_page <= n <= row.last_page]
            rows = (
                await conn.execute(
                    select(pages).where(
                        pages.c.source_id == row.source_id, pages.c.number.in_(wanted), pages.c.blob_key.is_not(None)
                    )
                )
            ).all()
        blobs = await self._page_blobs(rows)
        return {r.number: replace(decode_page(blobs[r.id]), number=r.number) for r in rows if r.id in blobs}

    async def boxes(self, p: Principal, wanted: Mapping[str, Sequence[int]]) -> dict[str, dict[int, PageBoxes]]:
        """Return the boxes of the words of some pages of documents, by document and page.

        Documents that are not READY or that `p` may not see, and pages that were not read, are left out.
        """
        rows: list[Row[Any]] = []
        async with self._database.read() as conn:
            for part in chunks(list(wanted)):
                rows += await conn.execute(_pages_of(p, part, {n for i in part for n in wanted[i]}))
        rows = [row for row in rows if row.number in wanted[row.document_id]]
        blobs = await self._page_blobs(rows)
        found: dict[str, dict[int, PageBoxes]] = {}
        for row in rows:
            if row.id in blobs:
                found.setdefault(row.document_id, {})[row.number] = decode_boxes(blobs[row.id])
        return found

    async def correct(
        self, p: Principal, document_id: str, patch: Mapping[str, JSON], *, if_revision: int | None = None
    ) -> Document:
        """Lay a person's correction (RFC 7396 merge patch over Record's keys) over what was read.

        Plain strings are taken for `kind`, `issuer`, `issued_on` and `signer` as in `import_line`. `symbol` carries
        `number`, `notation` and `symbol_key` along. Raises InvalidInputError naming the key that makes no sense, and
        ConflictError when the document is no longer at `if_revision` or lies in the trash.
        """
        shaped = shape(patch)
        async with self._database.write(p) as tx:
            await correcting.correct(tx, document_id, shaped, if_revision=if_revision)
        return await self.get(p, document_id)

    async def corrections(self, p: Principal, document_id: str) -> list[Correction]:
        """Return what people entered over what was read, the newest first, withdrawn ones too; errors as `get`."""
        async with self._database.read() as conn:
            return await history(conn, await find_document(conn, p, document_id))

    async def withdraw(
        self, p: Principal, document_id: str, correction_id: int, *, if_revision: int | None = None
    ) -> Document:
        """Take a correction back: what was read, with what else was entered, is in force again.

        Raises NotFoundError where there is no such correction, ConflictError as `correct` and where there is nothing to
        take back.
        """
        async with self._database.write(p) as tx:
            await correcting.withdraw(tx, document_id, correction_id, if_revision=if_revision)
        return await self.get(p, document_id)

    async def to_review(self, p: Principal, *, limit: int = 50, cursor: str | None = None) -> Page[ReviewTask]:
        """Return the documents that people have to look at, those with most to look at first (archive.questions)."""
        async with self._database.read() as conn:
            rows = (await conn.execute(_doubtful(p, cursor).limit(limit + 1))).all()
            loaded = await load_documents(conn, rows[:limit], live_state=False)
        tasks = [
            ReviewTask(document=document, questions=tuple(map(Reason.model_validate, asked_of(row))))
            for document, row in zip(loaded, rows, strict=False)
        ]
        more = len(rows) > limit
        return Page[ReviewTask](items=tuple(tasks), next=review_cursor(rows[limit - 1]) if more else None)

    async def count_to_review(self, p: Principal) -> int:
        """Count the documents that people have to look at."""
        async with self._database.read() as conn:
            return int(await conn.scalar(select(func.count()).select_from(_doubtful(p, None).subquery())) or 0)

    async def review_task(self, p: Principal, document_id: str) -> ReviewTask:
        """Return a document with what is open about it and its place in the queue; errors as `get`."""
        async with self._database.read() as conn:
            row = await find_document(conn, p, document_id)
        document = await self.get(p, row.id)
        questions = tuple(map(Reason.model_validate, asked_of(row)))
        return ReviewTask(document=document, questions=questions, place=review_cursor(row))

    async def report_task(
        self,
        p: Principal,
        document_id: str,
        number: int,
        said: Mapping[str, bool | str | None],
        *,
        if_revision: int | None = None,
    ) -> Document:
        """Say of task `number` (from 1) whether it is `done`, by which document (`reply`, its symbol) and a `note`.

        What is not in `said` stays as it was, None takes it away. Raises NotFoundError where there is no such task,
        and ConflictError as `correct`.
        """
        async with self._database.write(p) as tx:
            row = await changeable(tx, document_id, if_revision)
            await report(tx, row, number, said)
            await touch_document(tx, row)
            log_change(tx, row, "document.task", task=number, **said)
        return await self.get(p, document_id)

    async def set_access(
        self,
        p: Principal,
        document_id: str,
        access: str | None = None,
        *,
        collection: str | None = None,
        if_revision: int | None = None,
    ) -> Document:
        """Put a document on another access level, into another collection, or both: ones that `p` has too.

        Only an administrator makes a level less strict (ForbiddenError). The file follows its documents: it is as
        strict as the strictest. Errors as `correct`.
        """
        wanted = None if access is None else chosen_level(p, access)
        async with self._database.write(p) as tx:
            row = await changeable(tx, document_id, if_revision)
            level = wanted or row.access
            if stricter(level, row.access) != level and not p.may(Scope.ADMIN):
                raise ForbiddenError(scope=Scope.ADMIN.value)
            into = row.collection if collection is None else chosen_collection(p, collection)
            if (level, into) != (row.access, row.collection):
                await touch_document(tx, row, access=level, collection=into)
                await follow_documents(tx, row.source_id)
                log_change(tx, row, "document.access", access=level, collection=into, before=row.access)
        return await self.get(p, document_id)

    async def reread(self, p: Principal, *, document_id: str | None = None, source_id: str | None = None) -> None:
        """Have a source (or the source of a document) read again from its original; document ids stay."""
        async with self._database.write(p) as tx:
            if document_id is not None:
                source, _ = await lock_document(tx, document_id)
            elif source_id is not None:
                source = await lock_visible_source(tx, source_id)
            else:
                raise InvalidInputError("Name the document or the source to read again.")
            await correcting.reread(tx, source)

    async def split_of(self, p: Principal, source_id: str) -> SourceSplit:
        """Return how a source is cut into documents; NotFoundError, GoneError when it was purged."""
        async with self._database.read() as conn:
            return await load_split(conn, p, await find_source(conn, p, source_id))

    async def split(
        self, p: Principal, source_id: str, runs: Sequence[PageRun] | None, *, if_version: int | None = None
    ) -> SourceSplit:
        """Cut a source into documents by hand, or with None as the machine finds them; reading again keeps to it.

        The documents are made anew by the workers: each keeps the id of the one it shares most pages with, ids that are
        left over lead there. Raises InvalidInputError where the runs do not cover every page once, ConflictError when
        the source is no longer at `if_version`, lies in the trash, or its pages are not known.
        """
        async with self._database.write(p) as tx:
            await splitting.split(tx, source_id, runs, if_version=if_version)
        return await self.split_of(p, source_id)

    async def trash_document(self, p: Principal, document_id: str, why: str = "") -> Document:
        """Move a document to the trash: it leaves the index and lists, and can come back. Idempotent."""
        async with self._database.write(p) as tx:
            await removal.trash_document(tx, document_id, why)
        return await self.get(p, document_id)

    async def trash_source(self, p: Principal, source_id: str, why: str = "") -> None:
        """Move a source and all its documents to the trash; work on it stops. Idempotent."""
        async with self._database.write(p) as tx:
            await removal.trash_source(tx, source_id, why)

    async def restore_document(self, p: Principal, document_id: str) -> Document:
        """Take a document out of the trash; ConflictError when its source lies there (restore that)."""
        async with self._database.write(p) as tx:
            await removal.restore_document(tx, document_id)
        return await self.get(p, document_id)

    async def restore_source(self, p: Principal, source_id: str) -> None:
        """Take a source, and the documents that went with it, out of the trash; unfinished work goes on."""
        async with self._database.write(p) as tx:
            await removal.restore_source(tx, source_id)

    async def purge_document(self, p: Principal, document_id: str, why: str = "") -> None:
        """Destroy a trashed document for good; with the last document of a source the source goes too.

        While other documents of the source live, the original stays (its bytes are never changed) and keeps the
        pages' pictures; words, record, text and index entry of this document go. ConflictError when not in the trash.
        """
        async with self._database.write(p) as tx:
            await removal.purge_document(tx, document_id, why)
        await garbage.collect(self._database, self._blobs, p)

    async def purge_source(self, p: Principal, source_id: str, why: str = "") -> None:
        """Destroy a trashed source for good: original, page results, texts, records. ConflictError when not trashed."""
        async with self._database.write(p) as tx:
            await removal.purge_source(tx, source_id, why)
        await garbage.collect(self._database, self._blobs, p)

    async def changes(self, p: Principal, cursor: str | None = None, limit: int = 100) -> tuple[list[Change], str]:
        """Return what became of documents after `cursor`, oldest first, and the cursor to ask with next time."""
        async with self._database.read() as conn:
            return await read_changes(conn, p, cursor, limit)

    async def ids(self, p: Principal, *, after: str | None = None, limit: int = 1000) -> list[str]:
        """Return the ids of READY documents that follow `after`, in id order (what a reindex walks over)."""
        query = (
            select(documents.c.id)
            .where(documents.c.state == DocumentState.READY, seen(p))
            .order_by(documents.c.id)
            .limit(limit)
        )
        async with self._database.read() as conn:
            rows = await conn.execute(query if after is None else query.where(documents.c.id > after))
            return list(rows.scalars())

    async def latest_ids(self, p: Principal, limit: int) -> list[str]:
        """Return the ids of the READY documents that came in last, the newest first."""
        ready = documents.c.state == DocumentState.READY, seen(p)
        query = select(documents.c.id).where(*ready).order_by(documents.c.id.desc()).limit(limit)
        async with self._database.read() as conn:
            return list((await conn.execute(query)).scalars())

    async def count(self, p: Principal) -> int:
        """Return how many documents are READY."""
        query = select(func.count()).where(documents.c.state == DocumentState.READY, seen(p))
        async with self._database.read() as conn:
            return int(await conn.scalar(query) or 0)

    async def revisions(self, p: Principal, *, after: str | None = None, limit: int = 1000) -> list[DocumentRevision]:
        """Return the revisions of documents that follow `after`, in id order, those that left the archive included."""
        query = (
            select(documents.c.id, documents.c.revision, documents.c.state)
            .where(seen(p))
            .order_by(documents.c.id)
            .limit(limit)
        )
        async with self._database.read() as conn:
            rows = await conn.execute(query if after is None else query.where(documents.c.id > after))
            return [DocumentRevision(r.id, r.revision, r.state == DocumentState.READY) for r in rows]

    async def trashed(self, p: Principal, *, limit: int = 100, cursor: str | None = None) -> Page[Document]:
        """Return what lies in the trash, in id order, without the documents' pages."""
        query = (
            select(documents)
            .where(documents.c.state == DocumentState.TRASHED, seen(p))
            .order_by(documents.c.id)
            .limit(limit + 1)
        )
        if cursor is not None:
            query = query.where(documents.c.id > parse_cursor(cursor, str)[0])
        async with self._database.read() as conn:
            rows = (await conn.execute(query)).all()
            loaded = await load_documents(conn, rows[:limit], live_state=True)
        return Page[Document](items=tuple(loaded), next=build_cursor(loaded[-1].id) if len(rows) > limit else None)

    async def _ready(
        self, conn: AsyncConnection, p: Principal, ids: Sequence[str], *columns: ColumnElement[Any]
    ) -> list[Row[Any]]:
        """Return the rows, or some columns of them, of those that are READY and that `p` may see."""
        found: list[Row[Any]] = []
        for part in chunks(ids):
            found += await conn.execute(
                select(*(columns or (documents,))).where(
                    documents.c.id.in_(part),
                    documents.c.state == DocumentState.READY,
                    seen(p),
                )
            )
        return found

    async def _page_blobs(self, rows: Sequence[Row[Any]]) -> dict[str, bytes]:
        """Return the words of pages as they are kept, by page id; those that are gone are left out."""
        there = await self._blobs.get_those([row.blob_key for row in rows])
        found = {row.id: there[row.blob_key] for row in rows if row.blob_key in there}
        for row in rows:
            if row.id not in found and (replaced := await self._page_blob(row.id)) is not None:
                found[row.id] = replaced
        return found

    async def _page_blob(self, page_id: str) -> bytes | None:
        """Return a page's words, also when they are replaced at this moment; None when they are gone."""
        for _ in range(_TRIES):
            async with self._database.read() as conn:
                key = await conn.scalar(select(pages.c.blob_key).where(pages.c.id == page_id))
            if key is None:
                return None
            try:
                return await self._blobs.get(key)
            except NotFoundError as error:
                missing = error
        raise missing


def _doubtful(p: Principal, cursor: str | None) -> Select[Any]:
    """Select the documents that people have to look at, behind a place in the queue."""
    queue = (documents.c.doubt.desc(), documents.c.id)
    visible = (documents.c.state == DocumentState.READY, documents.c.doubt > 0, seen(p))
    query = select(documents).where(*visible).order_by(*queue)
    if cursor is None:
        return query
    doubt, document_id = parse_cursor(cursor, int, str)
    less = documents.c.doubt < doubt
    return query.where(less | ((documents.c.doubt == doubt) & (documents.c.id > document_id)))


def review_cursor(row: Row[Any]) -> str:
    """Return the place of a document in the queue of those to look at."""
    return build_cursor(row.doubt, row.id)


def _is_still(document: Document, row: Row[Any]) -> bool:
    return (document.revision, document.updated_at, document.item_state) == (row.revision, row.updated_at, row.outcome)


def _pages_of(p: Principal, ids: Sequence[str], numbers: Collection[int]) -> Select[Any]:
    """Select what was read of some pages of READY documents that `p` may see."""
    return (
        select(documents.c.id.label("document_id"), pages.c.id, pages.c.number, pages.c.blob_key)
        .join(pages, pages.c.source_id == documents.c.source_id)
        .where(
            documents.c.id.in_(ids),
            documents.c.state == DocumentState.READY,
            seen(p),
            pages.c.number.in_(numbers),
            pages.c.number.between(documents.c.first_page, documents.c.last_page),
            pages.c.blob_key.is_not(None),
        )
    )


async def find_source(conn: AsyncConnection, p: Principal, source_id: str) -> Row[Any]:
    """Return a source's row; NotFoundError, also where not all of it may be seen, GoneError when it was purged."""
    row = (await conn.execute(select(sources).where(sources.c.id == source_id, seen_source(p)))).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no source {source_id}.", id=source_id)
    if row.state == DocumentState.PURGED:
        raise GoneError(f"The source {source_id} was purged.", id=source_id)
    return row


async def find_document(conn: AsyncConnection, p: Principal, document_id: str) -> Row[Any]:
    """Return the row of a document, or of the one it moved to; NotFoundError, GoneError."""
    target = await conn.scalar(select(redirects.c.new_id).where(redirects.c.old_id == document_id))
    row = (await conn.execute(select(documents).where(documents.c.id == (target or document_id)))).one_or_none()
    if row is None or not may_see(p, row):
        raise NotFoundError(f"There is no document {document_id}.", id=document_id)
    if row.state == DocumentState.PURGED:
        raise GoneError(f"The document {document_id} was purged.", id=document_id)
    return row
