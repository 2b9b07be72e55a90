"""Batches over the API: what is sent is accounted for, followed and steered."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from services.core.model import Batch, Item
from services.web import progress
from tests.unit.web_support import PDF, House, P, open_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path) as house:
        yield house


def events_of(text: str) -> list[dict[str, Any]]:
    """Parse a stream of server-sent events."""
    events = []
    for block in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            events.append({**fields, "data": json.loads(fields["data"])})
    return events


async def test_an_upload_answers_with_the_batch_and_where_it_is(house: House) -> None:
    parts = [("files", ("a.pdf", PDF + b"a")), ("files", ("b.pdf", PDF + b"b"))]
    answer = await house.client.post("/api/v1/batches", files=parts, data={"label": "Tuần 32", "priority": "3"})
    assert answer.status_code == 202
    batch = Batch.model_validate(answer.json())
    assert (batch.label, batch.priority) == ("Tuần 32", 3)
    assert answer.headers["location"] == f"/api/v1/batches/{batch.id}"
    seen = (await house.client.get(answer.headers["location"])).json()
    assert seen["id"] == batch.id
    assert [(item["name"], item["state"]) for item in seen["items"]] == [("a.pdf", "received"), ("b.pdf", "received")]
    assert (seen["files"], seen["complete"], seen["next"]) == (2, False, None)
    assert seen["counts"]["received"] == 2
    assert [b["id"] for b in (await house.client.get("/api/v1/batches")).json()["items"]] == [batch.id]


async def test_a_file_that_is_refused_is_an_item_and_the_others_go_on(house: House) -> None:
    batch = await house.send({"a.pdf": PDF, "empty.pdf": b"", "page.pdf": b"<html>no pdf</html>"})
    states = {item.name: (item.state.value, item.reason and item.reason.code) for item in await house.items(batch)}
    assert states["a.pdf"][0] == "received"
    assert states["empty.pdf"][0] == "failed"
    assert states["page.pdf"][0] == "failed"
    assert states["empty.pdf"][1] != states["page.pdf"][1]


async def test_known_values_and_ids_go_with_their_files(house: House) -> None:
    parts = [("files", ("a.pdf", PDF + b"a")), ("files", ("b.pdf", PDF + b"b"))]
    form = {"external_id": ["HS-1", ""], "record": ["", '{"symbol": "12/UBND-VX"}']}
    batch = (await house.client.post("/api/v1/batches", files=parts, data=form)).json()["id"]
    await house.work()
    first, second = await house.items(batch)
    assert (first.external_id, second.external_id) == ("HS-1", None)
    document = (await house.client.get(f"/api/v1/documents/{second.document_ids[0]}")).json()
    assert document["record"]["symbol"] == "12/UBND-VX"
    assert document["evidence"]["symbol"]["how"] == "entered"


async def test_a_missing_value_for_one_of_the_files_takes_in_nothing(house: House) -> None:
    parts = [("files", ("a.pdf", PDF + b"a")), ("files", ("b.pdf", PDF + b"b"))]
    answer = await house.client.post("/api/v1/batches", files=parts, data={"external_id": "HS-1"})
    assert answer.status_code == 422
    assert (await house.client.get("/api/v1/batches")).json()["items"] == []


async def test_items_come_in_pages(house: House) -> None:
    batch = await house.send({f"{n}.pdf": PDF + bytes([n]) for n in range(5)})
    names: list[str] = []
    cursor = None
    while True:
        params = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = (await house.client.get(f"/api/v1/batches/{batch}/items", params=params)).json()
        names += [item["name"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert names == [f"{n}.pdf" for n in range(5)]
    failed = (await house.client.get(f"/api/v1/batches/{batch}/items", params={"state": "failed"})).json()
    assert failed["items"] == []


async def test_a_batch_can_be_held_back_let_go_moved_up_given_up_and_tried_again(house: House) -> None:
    batch = await house.send({"a.pdf": PDF})
    here = f"/api/v1/batches/{batch}"
    assert (await house.client.post(f"{here}/pause")).json()["state"] == "paused"
    assert (await house.client.post(f"{here}/resume")).json()["state"] == "active"
    assert (await house.client.patch(here, json={"priority": 9})).json()["priority"] == 9
    assert (await house.client.post(f"{here}/cancel")).json()["state"] == "cancelled"
    assert (await house.client.post(f"{here}/resume")).status_code == 409
    (item,) = await house.items(batch)
    assert item.state == "failed"
    assert (await house.client.post(f"{here}/retry")).json() == {"retried": 1}
    assert (await house.client.post(f"{here}/items/{item.id}/retry")).json() == {"retried": 0}


async def test_events_tell_every_file_and_end_when_all_are_through(house: House) -> None:
    batch = await house.send({"a.pdf": PDF + b"a", "b.pdf": b""})

    async def work_later() -> None:
        await asyncio.sleep(0.2)
        await house.work()

    worker = asyncio.create_task(work_later())
    answer = await house.client.get(f"/api/v1/batches/{batch}/events")
    await worker
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = events_of(answer.text)
    assert events[-1]["event"] == "end"
    last = {e["data"]["name"]: Item.model_validate(e["data"]) for e in events if e["event"] == "item"}
    assert last["a.pdf"].state == "done"
    assert last["b.pdf"].state == "failed"
    counts = [e["data"]["counts"] for e in events if e["event"] == "batch"][-1]
    assert (counts["done"], counts["failed"]) == (1, 1)


async def test_a_broken_stream_goes_on_where_it_left_off(house: House) -> None:
    batch = await house.send({"a.pdf": PDF})
    await house.work()
    whole = events_of((await house.client.get(f"/api/v1/batches/{batch}/events")).text)
    assert [e["event"] for e in whole] == ["item", "batch", "end"]
    headers = {"Last-Event-ID": whole[-1]["id"]}
    rest = events_of((await house.client.get(f"/api/v1/batches/{batch}/events", headers=headers)).text)
    assert [e["event"] for e in rest] == ["batch", "end"]


async def test_a_change_between_two_looks_is_told_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "POLL_SECONDS", 0.01)
    batch = await house.send({"a.pdf": PDF})
    told = []
    async for event in progress.follow(house.archive.account, P, batch, None):
        if event.event == "item":
            told.append(event.data.state.value)
            if len(told) == 1:
                await house.work()
    assert told == ["received", "done"]


async def test_a_file_put_by_its_hash_is_taken_once(house: House) -> None:
    batch = (await house.client.post("/api/v1/batches")).json()["id"]
    address = f"/api/v1/batches/{batch}/files/{hashlib.sha256(PDF).hexdigest()}"
    first = await house.client.put(address, params={"name": "a.pdf", "external_id": "HS-1"}, content=PDF)
    assert first.status_code == 201
    again = await house.client.put(address, params={"name": "a.pdf"}, content=PDF)
    assert again.status_code == 200
    assert again.json()["id"] == first.json()["id"]
    assert len(await house.items(batch)) == 1


async def test_a_file_put_with_another_hash_is_refused_and_leaves_no_document(house: House) -> None:
    batch = (await house.client.post("/api/v1/batches")).json()["id"]
    answer = await house.client.put(f"/api/v1/batches/{batch}/files/{'0' * 64}", params={"name": "a.pdf"}, content=PDF)
    assert answer.status_code == 422
    (item,) = await house.items(batch)
    assert item.state == "failed"
    assert answer.json()["params"]["item"] == item.id
    assert await house.archive.account.find_source(P, hashlib.sha256(PDF).hexdigest()) is None
