"""One change to many documents: on the pages and over the API, looked at first, carried out once, taken back once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from services.core.bulk import BulkPlan
from services.core.model import Principal
from tests.unit.test_web_pages import page
from tests.unit.web_support import House, P, open_house

LINES = ["ỦY BAN NHÂN DÂN", "Số: {}/UBND-VX", "V/v tiêm chủng"]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path) as house:
        yield house


async def planned(house: House, **form: Any) -> dict[str, Any]:
    answer = await house.client.post("/api/v1/bulk-actions", json=form)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def post(house: House, action: dict[str, Any], what: str, status: int = 202) -> dict[str, Any]:
    answer = await house.client.post(f"{action['links']['self']}/{what}")
    assert answer.status_code == status, answer.text
    await house.work()
    return dict((await house.client.get(action["links"]["self"])).json())


async def entries(house: House, action: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    found = (await house.client.get(action["links"]["documents"])).json()["items"]
    return [(e["document_id"], e["state"], e["reason"] and e["reason"]["code"]) for e in found]


async def seeded(house: House, count: int) -> list[str]:
    return [await house.seed([line.format(n) for line in LINES], f"{n}.pdf") for n in range(1, count + 1)]


async def fields(house: House, ids: Sequence[str]) -> list[str | None]:
    return [(await house.archive.documents.get(P, each)).record.fonds for each in ids]


async def test_a_field_is_set_for_all_that_a_search_finds_and_all_of_it_is_taken_back_once(house: House) -> None:
    ids = await seeded(house, 3)
    await house.archive.documents.correct(P, ids[0], {"fonds": "Phông B"})
    await house.work()
    action = await planned(house, search={"q": "tiêm chủng"}, kind="correct", patch={"fonds": "Phông B"})
    assert (action["state"], action["counts"]) == ("planned", {"waiting": 2, "refused": 1})
    assert (ids[0], "refused", "already_so") in await entries(house, action)
    late = await house.seed(LINES, "late.pdf")  # matches the search, and was not looked at

    done = await post(house, action, "start")
    assert (done["state"], done["counts"], done["by"]) == ("done", {"done": 2, "refused": 1}, "local")
    assert await fields(house, [*ids, late]) == ["Phông B"] * 3 + [None]
    await post(house, action, "start", 409)
    works = (await house.client.get("/api/v1/works")).json()["items"]
    assert [(w["kind"], w["state"], w["done"], w["total"]) for w in works] == [("bulk", "done", 2, 2)]
    (entered,) = await house.archive.documents.corrections(P, ids[1])
    assert (entered.who, entered.withdrawn_at) == ("local", None)
    await house.archive.documents.withdraw(P, ids[2], (await house.archive.documents.corrections(P, ids[2]))[0].id)

    undone = await post(house, action, "undo")
    assert (undone["state"], undone["counts"]) == ("undone", {"undone": 1, "kept": 1, "refused": 1})
    assert await fields(house, ids) == ["Phông B", None, None]
    await post(house, action, "undo", 409)
    assert len(await house.archive.documents.corrections(P, ids[1])) == 1


async def test_dossiers_trash_and_reading_again_refuse_with_the_reason_and_go_back(house: House) -> None:
    ids = await seeded(house, 3)
    locked, open_one = [
        (await house.client.post("/api/v1/dossiers", json={"code": code, "title": "Hồ sơ"})).json()["id"]
        for code in ("01.KHOA", "02.MO")
    ]
    await house.archive.dossiers.put(P, locked, ids[0])
    await house.archive.dossiers.change(P, locked, {"state": "locked"})
    action = await planned(house, documents=ids, kind="file", dossier_id=locked)
    assert action["counts"] == {"refused": 3}
    assert (await house.client.post(f"{action['links']['self']}/start")).status_code == 409

    filed = await post(house, await planned(house, documents=ids, kind="file", dossier_id=open_one), "start")
    listed = (await house.archive.dossiers.documents(P, open_one)).items
    assert [d.id for d in listed] == ids
    trash = await planned(house, documents=[*ids, "0198f3a2-0000-7000-8000-000000000000"], kind="trash", why="thử")
    assert [r for _, _, r in await entries(house, trash)] == ["dossier_locked", None, None, "not_found"]
    trash = await post(house, trash, "start")
    assert (await house.client.get(f"/api/v1/documents/{ids[1]}")).status_code == 410
    await post(house, trash, "undo")
    assert (await house.client.get(f"/api/v1/documents/{ids[1]}")).status_code == 200
    await post(house, filed, "undo")
    assert not (await house.archive.dossiers.documents(P, open_one)).items

    again = await post(house, await planned(house, documents=ids[:1], kind="reread"), "start")
    assert again["counts"] == {"done": 1}
    await post(house, again, "undo", 409)


async def test_what_one_may_not_see_is_refused_as_if_it_were_not_there(house: House) -> None:
    ids = await seeded(house, 2)
    await house.archive.documents.set_access(P, ids[0], "secret")
    reader = Principal("lan", scopes=frozenset({"read", "correct"}))
    chosen = await house.archive.bulk.choose(reader, ids)
    with pytest.raises(Exception, match="forbidden"):
        await house.archive.bulk.plan(reader, chosen.id, BulkPlan(kind="trash"))
    planned = await house.archive.bulk.plan(reader, chosen.id, BulkPlan(kind="correct", patch={"shelf": "K2"}))
    assert planned.counts == {"refused": 1, "waiting": 1}
    await house.archive.bulk.start(reader, chosen.id)
    await house.archive.documents.set_access(P, ids[1], "secret")  # after it was looked at
    await house.work()
    found = (await house.archive.bulk.entries(reader, chosen.id)).items
    assert [(e.state, e.reason and e.reason.code, e.subject) for e in found] == [("refused", "not_found", None)] * 2
    assert (await house.client.get(f"/api/v1/bulk-actions/{chosen.id}")).status_code == 404


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_the_pages_lead_from_ticked_hits_to_the_undo_without_a_script(house: House, language: str) -> None:
    ids = await seeded(house, 2)
    hits = await page(house, "/search?q=tiêm", language=language)
    ticks = [box["value"] for box in hits.of("input") if box.get("name") == "document"]
    assert set(ticks) == set(ids)
    assert (await house.client.post("/bulk", data={"q": "tiêm"})).status_code == 422
    answer = await house.client.post("/bulk", data={"q": "tiêm", "everything": "1"})
    address = answer.headers["location"]
    asked = await page(house, address, language=language)
    assert len(asked.of("form", inside="main")) == 4
    await house.client.post(f"{address}/plan", data={"kind": "correct", "field": "kind", "value": "Quyết định"})
    preview = await page(house, address, language=language)
    assert preview.text("ins") == ["Quyết định"] * 2
    await house.client.post(f"{address}/start")
    running = await page(house, address, language=language)
    assert [d["data-renew"] for d in running.of("div") if d.get("id") == "live"] == ["2"]
    await house.work()
    done = await page(house, address, language=language)
    assert f"{address}/undo" in [f.get("action") for f in done.of("form")]
    assert address in [a["href"] for a in (await page(house, "/bulk", language=language)).of("a", inside="main")]
