"""Webhooks over the API: the secret is shown once, what makes no sense is refused, a message arrives."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.core.settings import WebhookSettings
from tests.receiver import receiver
from tests.unit.web_support import House, open_house
from workers.webhooks import Sender

API = "/api/v1/webhooks"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path, webhook=WebhookSettings(allow="127.0.0.1")) as house:
        yield house


async def send(house: House) -> None:
    sender = Sender(house.archive, house.site.settings.webhook)
    await sender.tick()
    await sender.rest()


async def test_a_document_is_told_with_a_signature_and_listed(house: House) -> None:
    with receiver() as kept:
        made = await house.client.post(API, json={"url": kept.url, "events": ["document.ready", "search.matched"]})
        assert (made.status_code, made.headers["cache-control"]) == (201, "no-store")
        hook = made.json()
        assert made.headers["location"] == f"{API}/{hook['id']}"
        assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", hook["secret"])
        saved = await house.client.post("/api/v1/searches", json={"name": "x", "query": {"q": "vắc xin"}})
        await house.site.saved.evaluate()
        document = await house.seed(["V/v tiêm vắc xin"])
        await house.site.saved.evaluate()
        await send(house)
        assert kept.verified([hook["secret"]]) == [1, 1]
        ready, matched = sorted(kept.messages(), key=lambda m: m["type"])
        assert ready["data"]["document_id"] == document
        assert (await house.client.get(ready["data"]["href"])).json()["id"] == document
        assert matched["data"]["search_id"] == saved.json()["id"]
        found = (await house.client.get(matched["data"]["href"])).json()["items"]
        assert [item["document"]["id"] for item in found] == matched["data"]["documents"] == [document]
        listed = (await house.client.get(f"{API}/{hook['id']}/deliveries")).json()["items"]
        assert {(d["state"], d["status"], d["attempts"]) for d in listed} == {("delivered", 204, 1)}
        assert (await house.client.post(f"{API}/{hook['id']}/test")).status_code == 202
        await send(house)
        assert kept.messages()[-1]["type"] == "webhook.test"


async def test_the_secret_is_shown_once_and_again_when_it_changes(house: House) -> None:
    hook = (await house.client.post(API, json={"url": "https://kho.example/", "events": ["document.ready"]})).json()
    for address in (API, f"{API}/{hook['id']}", f"{API}/{hook['id']}/deliveries"):
        assert "whsec_" not in (await house.client.get(address)).text
    changed = await house.client.post(f"{API}/{hook['id']}/secret", json={"overlap_hours": 1})
    assert changed.json()["secret"] != hook["secret"]
    assert changed.json()["old_secret_until"] is not None
    assert (await house.client.post(f"{API}/{hook['id']}/secret")).status_code == 200
    assert (await house.client.post(f"{API}/{hook['id']}/secret", json={"overlap_hours": 1000})).status_code == 422
    events = await house.archive.events.list(house.site.archive.work._p, subject_id=hook["id"])
    assert "whsec_" not in events.model_dump_json()


async def test_what_makes_no_sense_is_refused(house: House) -> None:
    for body in (
        {"url": "https://kho.example/", "events": []},
        {"url": "https://kho.example/", "events": ["document.read"]},
        {"url": "https://10.0.0.1/", "events": ["document.ready"]},
        {"url": "http://kho.example/", "events": ["document.ready"]},
        {"url": "https://169.254.169.254/latest", "events": ["document.ready"]},
        {"events": ["document.ready"]},
    ):
        assert (await house.client.post(API, json=body)).status_code == 422, body
    hook = (await house.client.post(API, json={"url": "https://kho.example/", "events": ["document.ready"]})).json()
    patches: list[dict[str, object]] = [
        {"state": "asleep"},
        {"events": []},
        {"color": 1},
        {"url": "https://127.0.0.2/"},
    ]
    for patch in patches:
        assert (await house.client.patch(f"{API}/{hook['id']}", json=patch)).status_code == 422, patch
    disabled = await house.client.patch(f"{API}/{hook['id']}", json={"state": "disabled"})
    assert disabled.json()["state"] == "disabled"
    refused = await house.client.post(f"{API}/{hook['id']}/test")
    assert (refused.status_code, refused.json()["code"]) == (409, "webhook_disabled")
    assert (await house.client.delete(f"{API}/{hook['id']}")).status_code == 204
    assert (await house.client.get(API)).json() == {"items": []}
