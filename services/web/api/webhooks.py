"""Webhooks: make them, see what they were told, change their secrets."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Response

from services.archive import Page
from services.core.hooks import Delivery, Webhook, WebhookSecret
from services.web.admission import DeclaredRoute
from services.web.api.common import CONFLICT, Cursor, Limit, WebhookId
from services.web.schemas import Rotation, WebhookForm, WebhookPatch, Webhooks
from services.web.site import KeepsWebhooks, OurSite

router = APIRouter(route_class=DeclaredRoute, prefix="/webhooks", tags=["webhooks"])


@router.post("", status_code=201, responses=CONFLICT)
async def create_webhook(site: OurSite, p: KeepsWebhooks, response: Response, form: WebhookForm) -> WebhookSecret:
    """Have an address told what happens from now on; the answer shows the secret, this once."""
    hook = await site.archive.webhooks.create(p, form.url, form.events, form.searches)
    response.headers["Location"] = f"/api/v1/webhooks/{hook.id}"
    response.headers["Cache-Control"] = "no-store"
    return hook


@router.get("")
async def list_webhooks(site: OurSite, p: KeepsWebhooks) -> Webhooks:
    """List the webhooks, the oldest first, without their secrets."""
    return Webhooks(items=tuple(await site.archive.webhooks.list(p)))


@router.get("/{webhook_id}")
async def get_webhook(site: OurSite, p: KeepsWebhooks, webhook_id: WebhookId) -> Webhook:
    """Return a webhook without its secret."""
    return await site.archive.webhooks.get(p, webhook_id)


@router.patch("/{webhook_id}")
async def change_webhook(
    site: OurSite,
    p: KeepsWebhooks,
    webhook_id: WebhookId,
    patch: Annotated[
        WebhookPatch,
        Body(
            media_type="application/merge-patch+json",
            description="Any of `url`, `events`, `searches` and `state` (active, disabled).",
            examples=[{"state": "active"}],
        ),
    ],
) -> Webhook:
    """Change a webhook, disable it, or enable it again; it is then told what it missed."""
    return await site.archive.webhooks.change(
        p, webhook_id, url=patch.url, on=patch.events, searches=patch.searches, state=patch.state
    )


@router.delete("/{webhook_id}", status_code=204)
async def remove_webhook(site: OurSite, p: KeepsWebhooks, webhook_id: WebhookId) -> None:
    """Forget a webhook and what it was told."""
    await site.archive.webhooks.remove(p, webhook_id)


@router.get("/{webhook_id}/deliveries")
async def list_deliveries(
    site: OurSite, p: KeepsWebhooks, webhook_id: WebhookId, limit: Limit = 100, cursor: Cursor = None
) -> Page[Delivery]:
    """List what a webhook was told, or is to be told, the newest first."""
    return await site.archive.webhooks.deliveries(p, webhook_id, limit=limit, cursor=cursor)


@router.post("/{webhook_id}/test", status_code=202, responses=CONFLICT)
async def test_webhook(site: OurSite, p: KeepsWebhooks, webhook_id: WebhookId) -> Delivery:
    """Have a message of the type `webhook.test` sent, tried once; the list of deliveries says what became of it."""
    return await site.archive.webhooks.test(p, webhook_id)


@router.post("/{webhook_id}/secret")
async def rotate_secret(
    site: OurSite, p: KeepsWebhooks, response: Response, webhook_id: WebhookId, rotation: Rotation | None = None
) -> WebhookSecret:
    """Give a webhook a new secret, shown this once; for some hours messages bear signatures of both."""
    hook = await site.archive.webhooks.rotate(p, webhook_id, (rotation or Rotation()).overlap_hours)
    response.headers["Cache-Control"] = "no-store"
    return hook
