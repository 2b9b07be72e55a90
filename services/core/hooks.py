"""Webhooks: who is told what happens in the archive, and what became of each message."""

import datetime as dt
from enum import StrEnum

from services.core.model import Model, Reason

TEST = "webhook.test"
"""The type of a message that somebody asked for, to see whether the receiver works."""


class HookEvent(StrEnum):
    """What a webhook can be told of."""

    READY = "document.ready"
    CHANGED = "document.changed"
    DELETED = "document.deleted"
    MATCHED = "search.matched"


class HookState(StrEnum):
    """Whether a webhook is told anything: `disabled` by a person, or because its receiver failed for days."""

    ACTIVE = "active"
    DISABLED = "disabled"


class DeliveryState(StrEnum):
    """Where a delivery stands: to be sent (again), taken by the receiver, or given up."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


class Webhook(Model):
    """An address that is told what happens in the archive; its secret is shown once, when it is made or changed."""

    id: str
    url: str
    events: tuple[HookEvent, ...]
    searches: tuple[str, ...] = ()
    state: HookState
    reason: Reason | None = None
    failing_since: dt.datetime | None = None
    old_secret_until: dt.datetime | None = None
    created_at: dt.datetime
    updated_at: dt.datetime


class WebhookSecret(Webhook):
    """A webhook with the secret that signs what it is told."""

    secret: str


class Delivery(Model):
    """One message to a webhook and what became of it; `next_at` is when it is tried (again)."""

    id: str
    type: str
    state: DeliveryState
    attempts: int
    next_at: dt.datetime | None = None
    status: int | None = None
    duration_ms: int | None = None
    error: Reason | None = None
    created_at: dt.datetime
    finished_at: dt.datetime | None = None


class DeliveryWork(Model):
    """A message that is due: where it goes, what is sent, and the secrets that sign it, the newest first."""

    id: str
    webhook_id: str
    url: str
    body: str
    secrets: tuple[str, ...]


class DeliveryOutcome(Model):
    """How one try ended: taken by the receiver where there is no `error`, else why not.

    `retry_after` are the seconds for which the receiver wants to be left alone.
    """

    status: int | None = None
    duration_ms: int
    error: Reason | None = None
    retry_after: float = 0.0
