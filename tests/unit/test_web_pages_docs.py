"""The pages of the API say everything that its OpenAPI document says, and what they show runs."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from tests.unit.test_web_pages import LINES, Tags, page
from tests.unit.web_support import HOST, House, open_house

LARGEST = 150_000
OPEN = {"/healthz", "/readyz"}


async def test_every_operation_is_described_and_every_get_that_is_shown_answers(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        described = (await house.client.get("/api/v1/openapi.json")).json()["paths"]
        wanted = {f"{m.upper()} {path}": one for path, methods in described.items() for m, one in methods.items()}
        assert {name.split(" ")[1] for name, one in wanted.items() if "x-scope" not in one} == OPEN
        empty = await shown(house, wanted)
        assert "/api/v1/changes" in empty
        await house.seed(LINES)
        saved = {"name": "Tiêm chủng", "query": {"q": "vắc xin"}}
        for name, body in (("dossiers", {"code": "01.TCCB", "title": "Tiêm chủng"}), ("searches", saved)):
            (await house.client.post(f"/api/v1/{name}", json=body)).raise_for_status()
        addresses = await shown(house, wanted)
        nothing_of = ("{register_id}", "{webhook_id}", "{action_id}", "/users/{name}")
        gets = [name for name in wanted if name.startswith("GET") and not any(part in name for part in nothing_of)]
        assert len(addresses) == len(gets)
        assert (await house.client.get("/docs/nothing")).status_code == 404


async def shown(house: House, wanted: dict[str, Any]) -> set[str]:
    """Read all pages of the API; return the addresses that their examples of a GET ask for."""
    index = await page(house, "/docs", language="en")
    links = [a["href"] for a in index.of("a", inside="main") if a["href"].startswith("/docs/")]
    found, followed = set[str](), set[str]()
    for group in {link.partition("#")[0] for link in links}:
        answer = await house.client.get(group)
        assert len(answer.content) < LARGEST, group
        tags = Tags(answer.text)
        ids = {attrs["id"] for _, attrs, _ in tags.found if "id" in attrs}
        links = [a["href"] for a in tags.of("a", inside="main")]
        assert not {link[1:] for link in links if link.startswith("#")} - ids, "links that lead nowhere"
        found |= {text for text in tags.text("code") if text in wanted}
        curls = {shlex.split(text)[-1] for text in tags.text("code") if text.startswith("curl ")}
        for text in tags.text("code"):
            if text.startswith("import httpx"):
                compile(text, group, "exec")
        for address in (link for link in links if link.startswith(("/api/", "/iiif/", "/metrics", *OPEN))):
            assert HOST + address in curls
            answer = await house.client.get(address)
            assert answer.status_code < 400, (address, answer.text)
            followed.add(address)
    assert found == set(wanted)
    return followed
