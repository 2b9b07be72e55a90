"""One change to many documents: chosen, looked at, carried out by a worker, and taken back as one.

What is carried out is what was looked at: the ids are kept, not the search. Each document has a line of its own, which
changes in the transaction that changes the document, so a job that is lost or comes twice does nothing twice.
"""

import asyncio
import datetime as dt
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, delete, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive import correcting, dossiers, outbox, removal
from services.archive.database import Database, Tx
from services.archive.long_works import begin_work, tell_work
from services.archive.outbox import Route, chunks
from services.archive.paging import Page, build_cursor, parse_cursor
from services.archive.records import apply, shape
from services.archive.rows import load_documents, reason_of, stored
from services.archive.schema import bulk_actions, bulk_entries, documents, dossier_documents, sources, users
from services.archive.schema import dossiers as dossier_rows
from services.archive.schema import outbox as jobs
from services.archive.seeing import clearances, kept_clearance, seen
from services.archive.state import WAITING as TRIAGE_WAITING
from services.core.bulk import BulkAction, BulkEntry, BulkKind, BulkPlan, BulkState, EntryState
from services.core.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    StorageFullError,
    UnavailableError,
    VanbanError,
)
from services.core.ids import new_id
from services.core.model import JSON, Document, DocumentState, DossierRef, DossierState, Principal, Reason, Role, Scope
from services.core.permits import ROLE_SCOPES, require

log = logging.getLogger(__name__)

DRAFT_LIFE = dt.timedelta(days=1)
"""How long a choice that was not carried out is kept."""
DONE_AT_ONCE = 500
"""Documents of one job; the next one goes on."""
_TOLD_EVERY = 25
_WORKING = {BulkState.RUNNING: EntryState.WAITING, BulkState.UNDOING: EntryState.DONE}
_ALREADY_SO = "already_so"


class BulkActions:
    """Choose documents, look at what would become of them, have it done and undone."""

    def __init__(self, database: Database, most: int) -> None:
        self._database, self._most = database, most

    async def choose(self, p: Principal, document_ids: Sequence[str]) -> BulkAction:
        """Keep which documents are meant, in their order.

        Raises InvalidInputError for none (`nothing_chosen`) and for more than `limits.bulk_documents`.
        """
        ids = list(dict.fromkeys(document_ids))
        if not ids:
            raise _invalid("No document was chosen. Choose some, or all results.", "nothing_chosen")
        if len(ids) > self._most:
            message = f"{len(ids)} documents were chosen, {self._most} are the most. Narrow the search down."
            raise _invalid(message, "too_many_documents", found=len(ids), limit=self._most)
        action_id = new_id()
        async with self._database.write(p) as tx:
            await _forget_drafts(tx)
            values = {"id": action_id, "state": BulkState.CHOSEN, "owner": p.name, **kept_clearance(p)}
            await tx.conn.execute(insert(bulk_actions).values(created_at=tx.now, **values))
            await tx.conn.execute(
                insert(bulk_entries),
                [
                    {"action_id": action_id, "ordinal": n, "document_id": each, "state": EntryState.WAITING}
                    for n, each in enumerate(ids)
                ],
            )
        return await self.get(p, action_id)

    async def plan(self, p: Principal, action_id: str, plan: BulkPlan) -> BulkAction:
        """Say what is to be done and find out for which documents it would be refused, and why.

        Raises ConflictError (`bulk_begun`) once it is carried out, InvalidInputError where the patch makes no sense,
        NotFoundError for a dossier that there is not, ForbiddenError where the trash is not the caller's.
        """
        require(p, _scope(plan.kind))
        patch = _shaped(plan)
        async with self._database.read() as conn:
            await _own(conn, p, action_id)
            dossier = await _dossier(conn, plan)
            entries = (
                await conn.execute(
                    select(bulk_entries.c.ordinal, bulk_entries.c.document_id)
                    .where(bulk_entries.c.action_id == action_id)
                    .order_by(bulk_entries.c.ordinal)
                )
            ).all()
            refused = await _refused(conn, p, plan.kind, patch, dossier, [row.document_id for row in entries])
        states = [
            {
                "at_ordinal": row.ordinal,
                "state": EntryState.REFUSED if row.document_id in refused else EntryState.WAITING,
                "reason": stored(refused.get(row.document_id)),
            }
            for row in entries
        ]
        async with self._database.write(p) as tx:
            values = {"kind": plan.kind, "patch": patch, "dossier_id": dossier and dossier.id, "why": plan.why}
            await _move(tx, action_id, (BulkState.CHOSEN, BulkState.PLANNED), BulkState.PLANNED, "bulk_begun", **values)
            line = bulk_entries.c.action_id == action_id, bulk_entries.c.ordinal == bindparam("at_ordinal")
            await tx.conn.execute(update(bulk_entries).where(*line), states)
        return await self.get(p, action_id)

    async def start(self, p: Principal, action_id: str) -> BulkAction:
        """Have it done, once; ConflictError where it is done already, was not planned, or nothing is to be done."""
        action = await self.get(p, action_id)
        if action.kind is not None:
            require(p, _scope(action.kind))
        if not action.can_start:
            raise _conflict("bulk_begun")
        async with self._database.write(p) as tx:
            values = {"started_at": tx.now, **kept_clearance(p)}
            await _move(tx, action_id, (BulkState.PLANNED,), BulkState.RUNNING, "bulk_begun", **values)
            await _set_going(tx, action_id, action.left)
            tx.event("bulk.started", "bulk", action_id, kind=action.kind, documents=action.left)
        return await self.get(p, action_id)

    async def undo(self, p: Principal, action_id: str) -> BulkAction:
        """Have all of it taken back, once; ConflictError (`bulk_not_undone`) where there is nothing to take back."""
        action = await self.get(p, action_id)
        if not action.can_undo:
            raise _conflict("bulk_not_undone")
        assert action.kind is not None
        require(p, _scope(action.kind))
        count = action.counts[EntryState.DONE]
        async with self._database.write(p) as tx:
            values = {"ended_at": None, **kept_clearance(p)}
            await _move(tx, action_id, (BulkState.DONE,), BulkState.UNDOING, "bulk_not_undone", **values)
            await _set_going(tx, action_id, count)
            tx.event("bulk.undone", "bulk", action_id, kind=action.kind, documents=count)
        return await self.get(p, action_id)

    async def get(self, p: Principal, action_id: str) -> BulkAction:
        """Return an action with its counts; NotFoundError, also for one of somebody else."""
        async with self._database.read() as conn:
            return (await _load(conn, [await _own(conn, p, action_id)]))[0]

    async def list(self, p: Principal, *, limit: int = 50, cursor: str | None = None) -> Page[BulkAction]:
        """Return the caller's actions that were planned, the newest first."""
        query = (
            select(bulk_actions)
            .where(bulk_actions.c.owner == p.name, bulk_actions.c.state != BulkState.CHOSEN)
            .order_by(bulk_actions.c.id.desc())
            .limit(limit + 1)
        )
        if cursor is not None:
            query = query.where(bulk_actions.c.id < parse_cursor(cursor, str)[0])
        async with self._database.read() as conn:
            rows = (await conn.execute(query)).all()
            found = await _load(conn, rows[:limit])
        return Page[BulkAction](items=tuple(found), next=build_cursor(found[-1].id) if len(rows) > limit else None)

    async def entries(
        self,
        p: Principal,
        action_id: str,
        *,
        state: EntryState | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> Page[BulkEntry]:
        """Return what becomes, or became, of the documents of an action, in the order in which they were chosen."""
        query = (
            select(bulk_entries)
            .where(bulk_entries.c.action_id == action_id)
            .order_by(bulk_entries.c.ordinal)
            .limit(limit + 1)
        )
        if state is not None:
            query = query.where(bulk_entries.c.state == state)
        if cursor is not None:
            query = query.where(bulk_entries.c.ordinal > parse_cursor(cursor, int)[0])
        async with self._database.read() as conn:
            action = await _own(conn, p, action_id)
            rows = (await conn.execute(query)).all()
            shown = rows[:limit]
            named = await conn.execute(_seen_rows(p, [row.document_id for row in shown]))
            loaded = {d.id: d for d in await load_documents(conn, named.all(), live_state=False)}
        found = tuple(_entry(row, loaded.get(row.document_id), action.patch or {}) for row in shown)
        return Page[BulkEntry](items=found, next=build_cursor(shown[-1].ordinal) if len(rows) > limit else None)

    async def carry_on(self, action_id: str) -> None:
        """Do, or take back, the next documents of an action; where some are left there is a new job for them.

        Safe to call twice, late or at once from two workers. What a document refuses stands in its line.
        """
        async with self._database.read() as conn:
            row = (await conn.execute(select(bulk_actions).where(bulk_actions.c.id == action_id))).one_or_none()
            if row is None or row.state not in _WORKING:
                return
            p = await _doer(conn, row)
            wanted = _WORKING[BulkState(row.state)]
            open_lines = bulk_entries.c.action_id == action_id, bulk_entries.c.state == wanted
            lines = (
                await conn.execute(
                    select(bulk_entries.c.ordinal)
                    .where(*open_lines)
                    .order_by(bulk_entries.c.ordinal)
                    .limit(DONE_AT_ONCE)
                )
            ).scalars()
            ordinals = list(lines)
        for part in (ordinals[i : i + _TOLD_EVERY] for i in range(0, len(ordinals), _TOLD_EVERY)):
            for ordinal in part:
                await self._one(p, row, ordinal, wanted)
            await self._tell(p, action_id, wanted)
        await self._go_on(p, row, wanted)

    async def failed(self, action_id: str) -> None:
        """Have the rest of an action taken up by a new job, because the one before it broke off."""
        async with self._database.write(_worker()) as tx:
            await outbox.put(tx, "bulk", action_id, Route(), source_id=None, again=True)

    async def _one(self, p: Principal, action: Any, ordinal: int, wanted: EntryState) -> None:
        line = bulk_entries.c.action_id == action.id, bulk_entries.c.ordinal == ordinal
        undoing = wanted is EntryState.DONE
        try:
            async with self._database.write(p) as tx:
                entry = (await tx.conn.execute(select(bulk_entries).where(*line).with_for_update())).one_or_none()
                if entry is None or entry.state != wanted:
                    return
                values: dict[str, Any] = {"state": EntryState.UNDONE if undoing else EntryState.DONE, "at": tx.now}
                if undoing:
                    await _take_back(tx, action, entry)
                else:
                    values["correction_id"] = await _do(tx, action, entry.document_id)
                await tx.conn.execute(update(bulk_entries).where(*line).values(**values))
        except (UnavailableError, StorageFullError):
            raise
        except VanbanError as error:
            reason = error.reason
        except Exception as error:  # one document that nobody foresaw must not stop all others
            log.exception("bulk action %s: document %s of it failed", action.id, ordinal)
            reason = Reason(code="bulk_crashed", params={"error": type(error).__name__})
        else:
            return
        async with self._database.write(p) as tx:
            values = {"state": EntryState.KEPT if undoing else EntryState.REFUSED, "reason": stored(reason)}
            await tx.conn.execute(
                update(bulk_entries).where(*line, bulk_entries.c.state == wanted).values(at=tx.now, **values)
            )

    async def _tell(self, p: Principal, action_id: str, wanted: EntryState) -> None:
        async with self._database.write(p) as tx:
            await tell_work(tx, action_id, left=await _count(tx.conn, action_id, wanted))

    async def _go_on(self, p: Principal, action: Any, wanted: EntryState) -> None:
        """End an action of which nothing is left, else make the job that goes on."""
        async with self._database.write(p) as tx:
            row = (
                await tx.conn.execute(select(bulk_actions).where(bulk_actions.c.id == action.id).with_for_update())
            ).one()
            if row.state != action.state:
                return
            if await _count(tx.conn, action.id, wanted):
                await outbox.put(tx, "bulk", action.id, Route(), source_id=None, again=True)
                return
            ended = BulkState.DONE if row.state == BulkState.RUNNING else BulkState.UNDONE
            await _move(tx, action.id, (BulkState(row.state),), ended, "bulk_begun", ended_at=tx.now)
            await tell_work(tx, action.id, left=0, state="done")
            await outbox.drop(tx, "bulk", action.id)


async def put_back(tx: Tx) -> int:
    """Give every action that is being carried out its job, where that was lost; return how many there were."""
    ids = list((await tx.conn.execute(lost_jobs())).scalars())
    for action_id in ids:
        await outbox.put(tx, "bulk", action_id, Route(), source_id=None)
    return len(ids)


def lost_jobs() -> Select[Any]:
    """Select the actions that are being carried out and that lack a job."""
    row = exists().where(jobs.c.job == "bulk", jobs.c.subject_id == bulk_actions.c.id).correlate(bulk_actions)
    return select(bulk_actions.c.id).where(is_carried_out(), ~row)


def is_carried_out() -> ColumnElement[bool]:
    """Return the condition that a row of bulk_actions has work to do."""
    return bulk_actions.c.state.in_(_WORKING)


def _worker() -> Principal:
    return Principal("local", origin="worker")


def _scope(kind: BulkKind) -> Scope:
    return Scope.REMOVE if kind is BulkKind.TRASH else Scope.CORRECT


def _shaped(plan: BulkPlan) -> dict[str, JSON] | None:
    if plan.kind is not BulkKind.CORRECT:
        return None
    patch = shape(plan.patch or {})
    if not patch:
        raise _invalid("The patch names no value. Say what is to be set.", "nothing_to_set")
    return patch


async def _dossier(conn: AsyncConnection, plan: BulkPlan) -> Any | None:
    if plan.kind is not BulkKind.FILE:
        return None
    row = (await conn.execute(select(dossier_rows).where(dossier_rows.c.id == plan.dossier_id))).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no dossier {plan.dossier_id}.", id=plan.dossier_id)
    return row


async def _forget_drafts(tx: Tx) -> None:
    old = select(bulk_actions.c.id).where(
        bulk_actions.c.state.in_((BulkState.CHOSEN, BulkState.PLANNED)), bulk_actions.c.created_at < tx.now - DRAFT_LIFE
    )
    ids = list((await tx.conn.execute(old)).scalars())
    for part in chunks(ids):
        await tx.conn.execute(delete(bulk_entries).where(bulk_entries.c.action_id.in_(part)))
        await tx.conn.execute(delete(bulk_actions).where(bulk_actions.c.id.in_(part)))


async def _own(conn: AsyncConnection, p: Principal, action_id: str) -> Any:
    own = bulk_actions.c.id == action_id, bulk_actions.c.owner == p.name
    row = (await conn.execute(select(bulk_actions).where(*own))).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no bulk action {action_id}.", id=action_id)
    return row


async def _move(
    tx: Tx, action_id: str, before: Sequence[BulkState], after: BulkState, refusal: str, **values: Any
) -> None:
    """Bring an action from one of these states to another; ConflictError where somebody was first."""
    own = bulk_actions.c.id == action_id, bulk_actions.c.state.in_(before)
    moved = await tx.conn.execute(update(bulk_actions).where(*own).values(state=after, **values))
    if not moved.rowcount:
        raise _conflict(refusal)


async def _set_going(tx: Tx, action_id: str, count: int) -> None:
    await begin_work(tx, action_id, "bulk", total=count)
    await outbox.put(tx, "bulk", action_id, Route(), source_id=None, again=True)


async def _count(conn: AsyncConnection, action_id: str, state: EntryState) -> int:
    lines = bulk_entries.c.action_id == action_id, bulk_entries.c.state == state
    return int(await conn.scalar(select(func.count()).select_from(bulk_entries).where(*lines)) or 0)


async def _load(conn: AsyncConnection, rows: Sequence[Any]) -> list[BulkAction]:
    counts: dict[str, dict[EntryState, int]] = {row.id: {} for row in rows}
    counted = await conn.execute(
        select(bulk_entries.c.action_id, bulk_entries.c.state, func.count())
        .where(bulk_entries.c.action_id.in_(list(counts)))
        .group_by(bulk_entries.c.action_id, bulk_entries.c.state)
    )
    for action_id, state, number in counted:
        counts[action_id][EntryState(state)] = number
    filed = await conn.execute(
        select(dossier_rows.c.id, dossier_rows.c.code).where(
            dossier_rows.c.id.in_([row.dossier_id for row in rows if row.dossier_id])
        )
    )
    codes = {row.id: DossierRef(id=row.id, code=row.code) for row in filed}
    return [
        BulkAction(
            id=row.id,
            kind=row.kind,
            state=row.state,
            patch=row.patch,
            dossier=codes.get(row.dossier_id),
            why=row.why,
            by=row.owner,
            counts=counts[row.id],
            created_at=row.created_at,
            started_at=row.started_at,
            ended_at=row.ended_at,
        )
        for row in rows
    ]


def _entry(row: Any, document: Document | None, patch: Mapping[str, JSON]) -> BulkEntry:
    record = document.record.model_dump(mode="json") if document else {}
    return BulkEntry(
        document_id=row.document_id,
        state=row.state,
        reason=reason_of(row.reason),
        at=row.at,
        symbol=record.get("symbol"),
        subject=record.get("subject"),
        file_name=document.file_name if document else None,
        values={key: record.get(key) for key in patch} if document else {},
    )


def _seen_rows(p: Principal, ids: Sequence[str]) -> Any:
    return select(documents).where(documents.c.id.in_(ids), documents.c.state != DocumentState.PURGED, seen(p))


async def _doer(conn: AsyncConnection, action: Any) -> Principal:
    """Return whose action it is, with what they may see and do as of now."""
    account = (await conn.execute(select(users).where(users.c.name == action.owner))).one_or_none()
    scopes = frozenset(Scope) if account is None else ROLE_SCOPES[Role(account.role)]
    (sight,) = await clearances(conn, [action])
    return Principal(
        action.owner, access=sight.access, collections=sight.collections, origin="worker", scopes=frozenset(scopes)
    )


# ------------------------------------------------------------------------ what would be refused


async def _refused(
    conn: AsyncConnection,
    p: Principal,
    kind: BulkKind,
    patch: Mapping[str, JSON] | None,
    dossier: Any | None,
    ids: Sequence[str],
) -> dict[str, Reason]:
    """Return why the change would be refused, for those documents where it would be."""
    found: dict[str, Reason] = {}
    if dossier is not None and dossier.state == DossierState.LOCKED:
        return dict.fromkeys(ids, Reason(code="dossier_locked", params={"dossier": dossier.code}))
    files: set[str] = set()
    for part in chunks(ids):
        rows = {row.id: row for row in await conn.execute(_seen_rows(p, part))}
        found |= {each: Reason(code="not_found") for each in part if each not in rows}
        for row in rows.values():
            if row.state == DocumentState.TRASHED:
                found[row.id] = Reason(code=_ALREADY_SO if kind is BulkKind.TRASH else "in_trash")
        here = [rows[each] for each in part if each in rows and each not in found]
        if kind is BulkKind.CORRECT:
            assert patch is not None
            found |= await asyncio.to_thread(_not_to_correct, here, patch)
        elif kind is BulkKind.FILE:
            assert dossier is not None
            inside = dossier_documents.c.dossier_id == dossier.id
            found |= dict.fromkeys(await _filed(conn, [row.id for row in here], inside), Reason(code=_ALREADY_SO))
        elif kind is BulkKind.TRASH:
            found |= await _locked(conn, [row.id for row in here])
        else:
            found |= await _not_to_read(conn, here, files)
    return found


def _not_to_correct(rows: Sequence[Any], patch: Mapping[str, JSON]) -> dict[str, Reason]:
    found = {}
    for row in rows:
        record, evidence = row.record or {}, row.evidence or {}
        try:
            result, touched = apply(record, patch)
        except InvalidInputError as error:
            found[row.id] = error.reason
            continue
        same = all((record.get(key) or None) == (result[key] or None) for key in touched)
        if same and all(evidence.get(key, {}).get("confirmed", True) for key in patch):
            found[row.id] = Reason(code=_ALREADY_SO)
    return found


async def _filed(conn: AsyncConnection, ids: Sequence[str], where: ColumnElement[bool]) -> list[str]:
    query = select(dossier_documents.c.document_id).where(dossier_documents.c.document_id.in_(ids), where)
    return list((await conn.execute(query)).scalars())


async def _locked(conn: AsyncConnection, ids: Sequence[str]) -> dict[str, Reason]:
    rows = await conn.execute(
        select(dossier_documents.c.document_id, dossier_rows.c.code)
        .join(dossier_rows, dossier_rows.c.id == dossier_documents.c.dossier_id)
        .where(dossier_documents.c.document_id.in_(ids), dossier_rows.c.state == DossierState.LOCKED)
    )
    return {row.document_id: Reason(code="dossier_locked", params={"dossier": row.code}) for row in rows}


async def _not_to_read(conn: AsyncConnection, rows: Sequence[Any], files: set[str]) -> dict[str, Reason]:
    """Return why documents are not read again; `files` are those that others of the choice have read again."""
    wanted = sorted({row.source_id for row in rows})
    states = {row.id: row for row in await conn.execute(select(sources).where(sources.c.id.in_(wanted)))}
    found = {}
    for row in rows:
        source = states[row.source_id]
        if source.state != DocumentState.READY:
            found[row.id] = Reason(code="in_trash")
        elif _is_being_read(source):
            found[row.id] = Reason(code=_ALREADY_SO)
        elif source.id in files:
            found[row.id] = Reason(code="same_file")
        files.add(source.id)
    return found


def _is_being_read(source: Any) -> bool:
    return bool(source.triage == TRIAGE_WAITING or source.pages_done + source.pages_failed < (source.pages or 0))


# ------------------------------------------------------------------------ doing and undoing one


async def _do(tx: Tx, action: Any, document_id: str) -> int | None:
    """Change one document; return the correction that this made, where it made one."""
    kind = BulkKind(action.kind)
    require(tx.p, _scope(kind))
    if kind is BulkKind.CORRECT:
        return await correcting.correct(tx, document_id, action.patch)
    if kind is BulkKind.FILE:
        if not await dossiers.append(tx, action.dossier_id, document_id):
            raise _conflict(_ALREADY_SO)
        return None
    source, row = await removal.lock_document(tx, document_id)
    if kind is BulkKind.TRASH:
        if row.state == DocumentState.TRASHED:
            raise _conflict(_ALREADY_SO)
        await removal.trash_document(tx, document_id, action.why)
    else:
        if _is_being_read(source):
            raise _conflict(_ALREADY_SO)
        await correcting.reread(tx, source)
    return None


async def _take_back(tx: Tx, action: Any, entry: Any) -> None:
    kind = BulkKind(action.kind)
    require(tx.p, _scope(kind))
    if kind is BulkKind.CORRECT:
        await correcting.withdraw(tx, entry.document_id, entry.correction_id)
    elif kind is BulkKind.FILE:
        if not await dossiers.take_out(tx, action.dossier_id, entry.document_id):
            raise _conflict(_ALREADY_SO)
    else:
        _, row = await removal.lock_document(tx, entry.document_id)
        if row.state != DocumentState.TRASHED:
            raise _conflict(_ALREADY_SO)
        await removal.restore_document(tx, entry.document_id)


def _conflict(why: str) -> ConflictError:
    messages = {
        "bulk_begun": "It was carried out already, or there is nothing to carry out. Load the page again.",
        "bulk_not_undone": "There is nothing to take back, or somebody is at it already. Load the page again.",
        _ALREADY_SO: "It is so already.",
    }
    return ConflictError(messages[why], why=why)


def _invalid(message: str, why: str, **params: JSON) -> InvalidInputError:
    return InvalidInputError(message, why=why, **params)
