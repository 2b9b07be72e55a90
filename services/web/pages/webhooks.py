"""Webhooks for people: make them, and see what they were told."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from services.core.hooks import HookEvent, HookState, WebhookSecret
from services.web.admission import DeclaredRoute
from services.web.api.common import Cursor, WebhookId
from services.web.site import KeepsWebhooks, OurSite, Site

router = APIRouter(route_class=DeclaredRoute)
SHOWN = 50


@router.get("/webhooks")
async def show_webhooks(site: OurSite, p: KeepsWebhooks, request: Request) -> Response:
    """List the webhooks, each with the last message to it, and a form for a new one."""
    found = await site.archive.webhooks.list(p)
    last = {hook.id: (await site.archive.webhooks.deliveries(p, hook.id, limit=1)).items for hook in found}
    return site.views.render(request, "webhooks.html", found=found, last=last, kinds=list(HookEvent))


@router.post("/webhooks")
async def create_webhook(
    site: OurSite,
    p: KeepsWebhooks,
    request: Request,
    url: Annotated[str, Form(max_length=2000)],
    events: Annotated[list[HookEvent] | None, Form()] = None,
) -> Response:
    """Make a webhook and show its secret, this once."""
    return _with_secret(site, request, await site.archive.webhooks.create(p, url, events or ()))


@router.get("/webhooks/{webhook_id}")
async def show_webhook(
    site: OurSite, p: KeepsWebhooks, request: Request, webhook_id: WebhookId, cursor: Cursor = None
) -> Response:
    """Show a webhook with what it was told, the newest first."""
    hook = await site.archive.webhooks.get(p, webhook_id)
    found = await site.archive.webhooks.deliveries(p, webhook_id, limit=SHOWN, cursor=cursor)
    return site.views.render(request, "webhook.html", hook=hook, found=found)


@router.post("/webhooks/{webhook_id}/test")
async def test_webhook(site: OurSite, p: KeepsWebhooks, webhook_id: WebhookId) -> Response:
    """Have a message sent that says nothing."""
    await site.archive.webhooks.test(p, webhook_id)
    return RedirectResponse(f"/webhooks/{webhook_id}", 303)


@router.post("/webhooks/{webhook_id}/state")
async def set_state(
    site: OurSite, p: KeepsWebhooks, webhook_id: WebhookId, state: Annotated[HookState, Form()]
) -> Response:
    """Disable a webhook, or enable it again."""
    await site.archive.webhooks.change(p, webhook_id, state=state)
    return RedirectResponse(f"/webhooks/{webhook_id}", 303)


@router.post("/webhooks/{webhook_id}/secret")
async def rotate_secret(site: OurSite, p: KeepsWebhooks, request: Request, webhook_id: WebhookId) -> Response:
    """Make a new secret and show it, this once."""
    return _with_secret(site, request, await site.archive.webhooks.rotate(p, webhook_id))


@router.post("/webhooks/{webhook_id}/delete")
async def remove_webhook(site: OurSite, p: KeepsWebhooks, webhook_id: WebhookId) -> Response:
    """Forget a webhook."""
    await site.archive.webhooks.remove(p, webhook_id)
    return RedirectResponse("/webhooks", 303)


def _with_secret(site: Site, request: Request, hook: WebhookSecret) -> Response:
    """Show a secret on the page that answers the form: an address that could be opened again must not have it."""
    page = site.views.render(request, "webhook_secret.html", hook=hook)
    page.headers["Cache-Control"] = "no-store"
    return page
