"""The pages of saved searches and webhooks: without scripts, in both languages, secrets shown once."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.core.settings import WebhookSettings
from tests.receiver import receiver
from tests.unit.test_web_pages import HOSTILE, Tags
from tests.unit.web_support import House, open_house
from workers.webhooks import Sender

VACCINE = ["Số: 3030/UBND-KGVX", "V/v tiêm vắc xin ưu tiên"]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path, webhook=WebhookSettings(allow="127.0.0.1")) as house:
        yield house


async def save(house: House, address: str) -> str:
    """Send the form of a search page as a browser does, and return the address of the saved search."""
    page = Tags((await house.client.get(address)).text)
    form: dict[str, list[str]] = {}
    for attrs in page.of("input", inside="details"):
        form.setdefault(attrs["name"], []).append(attrs.get("value") or "Tiêm chủng")
    answer = await house.client.post("/searches", data=form)
    assert answer.status_code == 303, answer.text
    while await house.site.saved.evaluate():
        pass
    return str(answer.headers["location"])


async def test_a_search_is_saved_from_its_page_and_tells_what_is_new(house: House) -> None:
    here = await save(house, "/search?q=v%E1%BA%AFc+xin&marks=strict&from=2021-01-01&limit=5&kind=CV&kind=QD")
    (saved,) = (await house.client.get("/api/v1/searches")).json()["items"]
    assert (saved["name"], here) == ("vắc xin", f"/searches/{saved['id']}")
    assert saved["query"] == {"q": "vắc xin", "marks": "strict", "from": "2021-01-01", "kind": ["CV", "QD"]}
    await house.client.delete(f"/api/v1/searches/{saved['id']}")
    here = await save(house, "/search?q=v%E1%BA%AFc+xin")
    assert "Chưa có gì mới" in (await house.client.get(here)).text
    document = await house.seed(VACCINE)
    await house.site.saved.evaluate()
    page = Tags((await house.client.get(here)).text)
    assert f"/documents/{document}?q=v%E1%BA%AFc+xin" in [a["href"] for a in page.of("a", inside="ol")]
    assert {link["type"] for link in page.of("link") if link["rel"] == "alternate"} == {
        "application/atom+xml",
        "application/feed+json",
    }
    assert "1 văn bản mới" in (await house.client.get("/searches")).text
    (button,) = [b for b in page.of("button") if b.get("name") == "cursor"]
    seen = await house.client.post(f"{here}/seen", data={"cursor": button["value"]})
    assert (seen.status_code, seen.headers["location"]) == (303, here)
    assert "không có gì mới" in (await house.client.get("/searches")).text
    assert "nothing new" in (await house.client.get("/searches?lang=en")).text


async def test_a_saved_search_is_renamed_and_deleted_and_shows_hostile_names_as_text(house: House) -> None:
    here = await save(house, "/search?q=x")
    assert (await house.client.post(f"{here}/name", data={"name": HOSTILE})).status_code == 303
    for address in (here, "/searches"):
        page = (await house.client.get(address)).text
        assert HOSTILE not in page
        assert "&lt;script&gt;" in page
        Tags(page)
    assert (await house.client.post(f"{here}/delete")).headers["location"] == "/searches"
    assert (await house.client.get(here)).status_code == 404


async def test_a_foreign_form_saves_nothing(house: House) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    for address in ("/searches", "/webhooks"):
        assert (await house.client.post(address, data={"name": "x"}, headers=headers)).status_code == 403
    assert (await house.client.get("/api/v1/searches")).json()["items"] == []


async def test_a_webhook_is_made_tested_and_disabled_on_its_pages(house: House) -> None:
    with receiver(500, 204) as kept:
        made = await house.client.post(
            "/webhooks", data={"url": kept.url, "events": ["document.ready", "search.matched"]}
        )
        assert (made.status_code, made.headers["cache-control"]) == (200, "no-store")
        secret = re.search(r"whsec_[A-Za-z0-9+/]{43}=", made.text)
        assert secret
        (here,) = [a["href"] for a in Tags(made.text).of("a", inside="main") if a["href"].startswith("/webhooks/")]
        for _ in range(2):
            assert (await house.client.post(f"{here}/test")).status_code == 303
            sender = Sender(house.archive, house.site.settings.webhook)
            await sender.tick()
            await sender.rest()
        page = await house.client.get(here)
        Tags(page.text)
        assert "Bên nhận trả lời 500" in page.text
        assert "đã nhận (204" in page.text
        for address in ("/webhooks", here, f"{here}?lang=en"):
            assert "whsec_" not in (await house.client.get(address)).text
        assert "taken (204" in (await house.client.get("/webhooks?lang=en")).text
        changed = await house.client.post(f"{here}/secret")
        assert "whsec_" in changed.text
        assert secret[0] not in changed.text
        await house.client.post(f"{here}/state", data={"state": "disabled"})
        assert "disabled" in (await house.client.get(f"{here}?lang=en")).text
        assert (await house.client.post(f"{here}/test", headers={"Accept": "text/html"})).status_code == 409
        await house.client.post(f"{here}/state", data={"state": "active"})
        assert (await house.client.post(f"{here}/delete")).headers["location"] == "/webhooks"
        assert "Chưa báo cho phần mềm nào" in (await house.client.get("/webhooks?lang=vi")).text


async def test_an_address_inside_is_refused_on_the_page_too(house: House) -> None:
    data = {"url": "https://10.0.0.1/", "events": "document.ready"}
    answer = await house.client.post("/webhooks", data=data, headers={"Accept": "text/html"})
    assert answer.status_code == 422
    assert "Địa chỉ dẫn vào mạng nội bộ" in answer.text


async def test_a_webhook_without_anything_to_tell_is_refused_in_words(house: House) -> None:
    data = {"url": "https://kho.example/x"}
    answer = await house.client.post("/webhooks", data=data, headers={"Accept": "text/html"})
    assert answer.status_code == 422
    assert "Hãy chọn ít nhất một việc" in answer.text
