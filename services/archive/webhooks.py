"""Webhooks: who is told what happens, the messages made of the log of events, and what became of each.

A message is made once, in the transaction that moves its webhook on in the log; it is sent at least once. The log is
never cut, so messages are made only as far as those before them went out: a receiver that is away fills up nothing.
"""

import base64
import datetime as dt
import json
import os
import random
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.database import Database, Tx
from services.archive.outbox import chunks
from services.archive.paging import Page, build_cursor, parse_cursor
from services.archive.rows import reason_of, stored
from services.archive.schema import documents, events, saved_searches, webhook_deliveries, webhooks
from services.archive.seeing import Clearance, clearances, kept_clearance, seen
from services.core.errors import ConflictError, InvalidInputError, NotFoundError
from services.core.hook_addresses import AllowedHosts, checked_url
from services.core.hooks import (
    TEST,
    Delivery,
    DeliveryOutcome,
    DeliveryState,
    DeliveryWork,
    HookEvent,
    HookState,
    Webhook,
    WebhookSecret,
)
from services.core.ids import new_id
from services.core.model import JSON, Principal, Reason, local_principal
from services.core.settings import Settings

EVENTS_AT_ONCE = 500
MOST_PENDING = 1_000
"""Messages of one webhook that wait to be sent; more are made when these went out."""
SENDING_SECONDS = 120.0
"""How long a message that is being sent is left alone; then its sender is taken for dead."""
FIRST_RETRY_SECONDS, RETRY_FACTOR, LONGEST_RETRY_SECONDS = 5.0, 4.0, 12 * 3600.0
OVERLAP_HOURS = 24.0
_SECRET_BYTES = 32
_TELLS = or_(events.c.change.is_not(None), events.c.action == HookEvent.MATCHED)
"""What messages are made of; the log has much else, such as who looks at what."""
_CHANGES: dict[str, HookEvent] = {
    "ready": HookEvent.READY,
    "changed": HookEvent.CHANGED,
    "moved": HookEvent.DELETED,
    "deleted": HookEvent.DELETED,
}


class Webhooks:
    """Keep webhooks, and the account of what they were told."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._most = settings.limits.webhooks
        self._hours = settings.webhook
        self._allowed = AllowedHosts.parse(settings.webhook.allow)
        self._p = local_principal("worker")

    async def create(
        self, p: Principal, url: str, on: Collection[HookEvent], searches: Collection[str] = ()
    ) -> WebhookSecret:
        """Tell an address what happens from now on; the secret is shown this once.

        Raises InvalidInputError for an address that could never be used, ConflictError (`too_many_webhooks`),
        NotFoundError for a saved search that is not the caller's.
        """
        values = {"url": checked_url(url, self._allowed), "events": _events(on)}
        webhook_id, secret = new_id(), _new_secret()
        async with self._database.write(p) as tx:
            await tx.lock_name(f"webhooks {p.name}")
            own = select(func.count()).select_from(webhooks).where(webhooks.c.owner == p.name)
            if (await tx.conn.scalar(own) or 0) >= self._most:
                message = f"There are {self._most} webhooks already. Delete one first."
                raise ConflictError(message, why="too_many_webhooks", limit=self._most)
            await tx.conn.execute(
                insert(webhooks).values(
                    id=webhook_id,
                    searches=await _own_searches(tx.conn, p, searches),
                    owner=p.name,
                    **kept_clearance(p),
                    secret=secret,
                    state=HookState.ACTIVE,
                    planned_seq=int(await tx.conn.scalar(select(func.max(events.c.seq))) or 0),
                    created_at=tx.now,
                    updated_at=tx.now,
                    **values,
                )
            )
            tx.event("webhook.created", "webhook", webhook_id, url=values["url"])
        return await self._shown(p, webhook_id, secret)

    async def get(self, p: Principal, webhook_id: str) -> Webhook:
        """Return a webhook; NotFoundError, also for one of somebody else."""
        async with self._database.read() as conn:
            return _webhook(await _own(conn, p, webhook_id))

    async def list(self, p: Principal) -> Sequence[Webhook]:
        """Return the caller's webhooks, the oldest first."""
        query = select(webhooks).where(webhooks.c.owner == p.name).order_by(webhooks.c.id)
        async with self._database.read() as conn:
            return [_webhook(row) for row in await conn.execute(query)]

    async def change(
        self,
        p: Principal,
        webhook_id: str,
        *,
        url: str | None = None,
        on: Collection[HookEvent] | None = None,
        searches: Collection[str] | None = None,
        state: HookState | None = None,
    ) -> Webhook:
        """Change what is given; None leaves a thing. One that is enabled again is told what it missed.

        Errors as `create`.
        """
        async with self._database.write(p) as tx:
            row = await _own(tx.conn, p, webhook_id, lock=True)
            values: dict[str, Any] = {}
            if url is not None:
                values["url"] = checked_url(url, self._allowed)
            if on is not None:
                values["events"] = _events(on)
            if searches is not None:
                values["searches"] = await _own_searches(tx.conn, p, searches)
            if state is not None and state != row.state:
                values |= {"state": state, "reason": None, "failing_since": None}
            changed = sorted(key for key, value in values.items() if value != getattr(row, key))
            if changed:
                values["updated_at"] = tx.now
                await tx.conn.execute(update(webhooks).where(webhooks.c.id == webhook_id).values(**values))
                tx.event("webhook.changed", "webhook", webhook_id, keys=changed)
        return await self.get(p, webhook_id)

    async def rotate(self, p: Principal, webhook_id: str, overlap_hours: float = OVERLAP_HOURS) -> WebhookSecret:
        """Give a webhook a new secret, shown this once; the old one signs beside it for so many hours."""
        secret = _new_secret()
        async with self._database.write(p) as tx:
            row = await _own(tx.conn, p, webhook_id, lock=True)
            until = tx.now + dt.timedelta(hours=overlap_hours)
            await tx.conn.execute(
                update(webhooks)
                .where(webhooks.c.id == webhook_id)
                .values(secret=secret, old_secret=row.secret, old_secret_until=until, updated_at=tx.now)
            )
            tx.event("webhook.rotated", "webhook", webhook_id)
        return await self._shown(p, webhook_id, secret)

    async def remove(self, p: Principal, webhook_id: str) -> None:
        """Forget a webhook and all messages to it; NotFoundError."""
        async with self._database.write(p) as tx:
            row = await _own(tx.conn, p, webhook_id, lock=True)
            await tx.conn.execute(delete(webhook_deliveries).where(webhook_deliveries.c.webhook_id == webhook_id))
            await tx.conn.execute(delete(webhooks).where(webhooks.c.id == webhook_id))
            tx.event("webhook.removed", "webhook", webhook_id, url=row.url)

    async def test(self, p: Principal, webhook_id: str) -> Delivery:
        """Have a message sent that says nothing, tried once; a disabled webhook must be enabled first."""
        async with self._database.write(p) as tx:
            row = await _own(tx.conn, p, webhook_id, lock=True)
            if row.state != HookState.ACTIVE:
                raise ConflictError("The webhook is disabled. Enable it first.", why="webhook_disabled")
            message = _message(webhook_id, TEST, tx.now, tx.now, {"webhook_id": webhook_id})
            await tx.conn.execute(insert(webhook_deliveries), [message])
            query = select(webhook_deliveries).where(webhook_deliveries.c.id == message["id"])
            return _delivery((await tx.conn.execute(query)).one())

    async def deliveries(
        self, p: Principal, webhook_id: str, *, limit: int = 100, cursor: str | None = None
    ) -> Page[Delivery]:
        """Return the messages to a webhook, the newest first."""
        query = select(webhook_deliveries).where(webhook_deliveries.c.webhook_id == webhook_id)
        if cursor is not None:
            query = query.where(webhook_deliveries.c.id < str(parse_cursor(cursor, str)[0]))
        async with self._database.read() as conn:
            await _own(conn, p, webhook_id)
            rows = (await conn.execute(query.order_by(webhook_deliveries.c.id.desc()).limit(limit + 1))).all()
        more = build_cursor(rows[limit - 1].id) if len(rows) > limit else None
        return Page[Delivery](items=tuple(map(_delivery, rows[:limit])), next=more)

    async def _shown(self, p: Principal, webhook_id: str, secret: str) -> WebhookSecret:
        return WebhookSecret(**dict(await self.get(p, webhook_id)), secret=secret)

    # ------------------------------------------------------------------------- sending, by the worker

    async def plan(self) -> int:
        """Make the messages of the next events for every active webhook; return how many were made."""
        newest = select(func.max(events.c.seq)).where(_TELLS).scalar_subquery()
        behind = select(webhooks.c.id).where(webhooks.c.state == HookState.ACTIVE, webhooks.c.planned_seq < newest)
        async with self._database.read() as conn:
            ids = sorted((await conn.execute(behind)).scalars())
        made = 0
        for webhook_id in ids:
            async with self._database.write(self._p) as tx:
                made += await _plan_one(tx, webhook_id)
        return made

    async def due(self) -> Sequence[str]:
        """Return the active webhooks that have messages to send now."""
        query = (
            select(webhook_deliveries.c.webhook_id)
            .join(webhooks, webhooks.c.id == webhook_deliveries.c.webhook_id)
            .where(
                webhooks.c.state == HookState.ACTIVE,
                webhook_deliveries.c.state == DeliveryState.PENDING,
                webhook_deliveries.c.next_at <= dt.datetime.now(dt.UTC),
            )
            .distinct()
        )
        async with self._database.read() as conn:
            return sorted((await conn.execute(query)).scalars())

    async def claim(self, webhook_id: str, limit: int) -> Sequence[DeliveryWork]:
        """Take messages that are due, the longest waiting first; two senders never take the same at once."""
        async with self._database.write(self._p) as tx:
            hook = (await tx.conn.execute(select(webhooks).where(webhooks.c.id == webhook_id))).one_or_none()
            if hook is None or hook.state != HookState.ACTIVE:
                return []
            chosen = (
                select(webhook_deliveries)
                .where(
                    webhook_deliveries.c.webhook_id == webhook_id,
                    webhook_deliveries.c.state == DeliveryState.PENDING,
                    webhook_deliveries.c.next_at <= tx.now,
                )
                .order_by(webhook_deliveries.c.next_at, webhook_deliveries.c.id)
                .limit(limit)
                .with_for_update(skip_locked=True)
            )
            rows = (await tx.conn.execute(chosen)).all()
            await tx.conn.execute(
                update(webhook_deliveries)
                .where(webhook_deliveries.c.id.in_([r.id for r in rows]))
                .values(next_at=tx.now + dt.timedelta(seconds=SENDING_SECONDS))
            )
            secrets = [hook.secret]
            if hook.old_secret is not None and hook.old_secret_until > tx.now:
                secrets.append(hook.old_secret)
            return [
                DeliveryWork(id=r.id, webhook_id=hook.id, url=hook.url, body=r.body, secrets=tuple(secrets))
                for r in rows
            ]

    async def ended(self, work: DeliveryWork, outcome: DeliveryOutcome) -> None:
        """Record how a try ended: done, to be tried again, or given up; a webhook that only fails is disabled."""
        async with self._database.write(self._p) as tx:
            hook = (
                await tx.conn.execute(select(webhooks).where(webhooks.c.id == work.webhook_id).with_for_update())
            ).one_or_none()
            pending = webhook_deliveries.c.id == work.id, webhook_deliveries.c.state == DeliveryState.PENDING
            row = (await tx.conn.execute(select(webhook_deliveries).where(*pending).with_for_update())).one_or_none()
            if hook is None or row is None:
                return
            values: dict[str, Any] = {
                "attempts": row.attempts + 1,
                "status": outcome.status,
                "duration_ms": outcome.duration_ms,
                "error": stored(outcome.error),
            }
            if outcome.error is None:
                values |= {"state": DeliveryState.DELIVERED, "finished_at": tx.now, "next_at": None}
            elif (again := self._again(tx.now, row, outcome)) is None:
                values |= {"state": DeliveryState.FAILED, "finished_at": tx.now, "next_at": None}
            else:
                values["next_at"] = again
            await tx.conn.execute(update(webhook_deliveries).where(webhook_deliveries.c.id == work.id).values(**values))
            if outcome.error is None or row.type != TEST:
                await self._judge(tx, hook, outcome)

    def _again(self, now: dt.datetime, row: Any, outcome: DeliveryOutcome) -> dt.datetime | None:
        """Return when a message is tried again; None when it is given up."""
        wait = max(retry_seconds(row.attempts + 1, random.random()), outcome.retry_after)  # noqa: S311 - no secret hangs on it
        again: dt.datetime = now + dt.timedelta(seconds=wait)
        last = row.created_at + dt.timedelta(hours=self._hours.retry_hours)
        return None if row.type == TEST or again > last else again

    async def _judge(self, tx: Tx, hook: Any, outcome: DeliveryOutcome) -> None:
        """Keep since when a webhook fails, and disable one that is gone or has failed for too long."""
        if outcome.error is None:
            if hook.failing_since is not None:
                await tx.conn.execute(update(webhooks).where(webhooks.c.id == hook.id).values(failing_since=None))
            return
        since = hook.failing_since or tx.now
        values: dict[str, Any] = {"failing_since": since}
        too_long = tx.now - since >= dt.timedelta(hours=self._hours.disable_hours)
        if hook.state == HookState.ACTIVE and (outcome.status == 410 or too_long):
            code = "webhook_gone" if outcome.status == 410 else "webhook_failing"
            reason = Reason(code=code, params={"since": since.isoformat(timespec="minutes"), "url": hook.url})
            values |= {"state": HookState.DISABLED, "reason": stored(reason), "updated_at": tx.now}
            tx.event("webhook.disabled", "webhook", hook.id, reason=stored(reason))
        await tx.conn.execute(update(webhooks).where(webhooks.c.id == hook.id).values(**values))

    async def forget_old(self) -> int:
        """Forget deliveries that ended longer ago than the settings keep them; return how many."""
        async with self._database.write(self._p) as tx:
            before = tx.now - dt.timedelta(days=self._hours.keep_days)
            old = delete(webhook_deliveries).where(webhook_deliveries.c.finished_at < before)
            return int((await tx.conn.execute(old)).rowcount)


def retry_seconds(attempts: int, chance: float) -> float:
    """Return how long to wait after so many tries: 5 s, 20 s ... 12 h, a quarter more or less by `chance` (0..1)."""
    wait = min(FIRST_RETRY_SECONDS * RETRY_FACTOR ** min(attempts - 1, 20), LONGEST_RETRY_SECONDS)
    return wait * (0.75 + 0.5 * chance)


async def _plan_one(tx: Tx, webhook_id: str) -> int:
    hook = (await tx.conn.execute(select(webhooks).where(webhooks.c.id == webhook_id).with_for_update())).one_or_none()
    if hook is None or hook.state != HookState.ACTIVE:
        return 0
    waiting = select(func.count()).select_from(webhook_deliveries).where(
        webhook_deliveries.c.webhook_id == webhook_id, webhook_deliveries.c.state == DeliveryState.PENDING
    )  # fmt: skip
    if (await tx.conn.scalar(waiting) or 0) >= MOST_PENDING:
        return 0
    (clearance,) = await clearances(tx.conn, [hook])
    rows = (
        await tx.conn.execute(
            select(events, documents.c.id.label("document_id"), seen(clearance).label("seen"))
            .outerjoin(documents, documents.c.id == events.c.subject_id)
            .where(events.c.seq > hook.planned_seq, _TELLS)
            .order_by(events.c.seq)
            .limit(EVENTS_AT_ONCE)
        )
    ).all()
    if not rows:
        return 0
    messages = [message for row in rows if (message := await _message_of(tx, hook, clearance, row)) is not None]
    if messages:
        await tx.conn.execute(insert(webhook_deliveries), messages)
    await tx.conn.execute(update(webhooks).where(webhooks.c.id == webhook_id).values(planned_seq=rows[-1].seq))
    return len(messages)


async def _message_of(tx: Tx, hook: Any, clearance: Clearance, event: Any) -> dict[str, Any] | None:
    """Return the message that an event is for a webhook, None where it is none of its business."""
    if event.change is not None:
        kind = _CHANGES[event.change]
        visible = event.document_id is None or event.seen
        if kind not in hook.events or not visible:
            return None
        said: dict[str, JSON] = {"document_id": event.subject_id, "revision": event.details["revision"]}
        said |= {key: event.details[key] for key in ("external_id",) if event.details.get(key)}
        if await _may_know(tx, clearance, [moved_to := event.details.get("moved_to")]):
            said["moved_to"] = moved_to
        said["href"] = f"/api/v1/documents/{event.subject_id}"
        return _message(hook.id, kind, event.at, tx.now, said)
    if event.action != HookEvent.MATCHED or HookEvent.MATCHED not in hook.events or event.who != hook.owner:
        return None
    if hook.searches and event.subject_id not in hook.searches:
        return None
    found = [str(i) for i in event.details["documents"]]
    visible_ids = await _may_know(tx, clearance, found)
    said = {
        "search_id": event.subject_id,
        "name": event.details["name"],
        "count": event.details["count"] if len(visible_ids) == len(found) else len(visible_ids),
        "documents": [i for i in found if i in visible_ids],
        "since": event.details["since"],
        "href": f"/api/v1/searches/{event.subject_id}/new?since={event.details['since']}",
    }
    return _message(hook.id, HookEvent.MATCHED, event.at, tx.now, said) if visible_ids else None


async def _may_know(tx: Tx, clearance: Clearance, ids: Sequence[str | None]) -> set[str]:
    """Return those of the documents that the owner of a webhook may see."""
    may = select(documents.c.id).where(documents.c.id.in_([i for i in ids if i]), seen(clearance))
    return set((await tx.conn.execute(may)).scalars())


def _message(webhook_id: str, kind: str, at: dt.datetime, now: dt.datetime, said: dict[str, JSON]) -> dict[str, Any]:
    body = {"type": str(kind), "timestamp": at.astimezone(dt.UTC).isoformat().replace("+00:00", "Z"), "data": said}
    return {
        "id": new_id(),
        "webhook_id": webhook_id,
        "type": str(kind),
        "body": json.dumps(body, ensure_ascii=True, separators=(",", ":")),
        "state": DeliveryState.PENDING,
        "next_at": now,
        "created_at": now,
    }


async def _own(conn: AsyncConnection, p: Principal, webhook_id: str, *, lock: bool = False) -> Any:
    query = select(webhooks).where(webhooks.c.id == webhook_id, webhooks.c.owner == p.name)
    row = (await conn.execute(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no webhook {webhook_id}.", id=webhook_id)
    return row


async def _own_searches(conn: AsyncConnection, p: Principal, ids: Collection[str]) -> list[str]:
    wanted = sorted(set(ids))
    known: set[str] = set()
    for part in chunks(wanted):
        query = select(saved_searches.c.id).where(saved_searches.c.id.in_(part), saved_searches.c.owner == p.name)
        known |= set((await conn.execute(query)).scalars())
    for search_id in wanted:
        if search_id not in known:
            raise NotFoundError(f"There is no saved search {search_id}.", id=search_id)
    return wanted


def _events(on: Collection[HookEvent]) -> list[str]:
    if not on:
        raise InvalidInputError("A webhook needs at least one event.", why="webhook_events", key="events")
    return [event.value for event in HookEvent if event in on]


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(os.urandom(_SECRET_BYTES)).decode()


def _webhook(row: Any) -> Webhook:
    return Webhook(
        id=row.id,
        url=row.url,
        events=tuple(map(HookEvent, row.events)),
        searches=tuple(row.searches),
        state=HookState(row.state),
        reason=reason_of(row.reason),
        failing_since=row.failing_since,
        old_secret_until=row.old_secret_until,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _delivery(row: Any) -> Delivery:
    keys = Delivery.model_fields.keys() - {"state", "error"}
    error = reason_of(row.error)
    return Delivery(**{key: getattr(row, key) for key in keys}, state=DeliveryState(row.state), error=error)
