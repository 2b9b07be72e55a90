"""Dossiers over the API and on the pages, and the search that filters by them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.web_support import House, open_house

LINES = ["Số: 3030/UBND-KGVX", "V/v tiêm vắc xin ưu tiên"]
API = "/api/v1/dossiers"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path) as house:
        yield house


async def created(house: House, **values: Any) -> dict[str, Any]:
    answer = await house.client.post(API, json={"code": "01.TCCB", "title": "Tuyển dụng", **values})
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"{API}/{answer.json()['id']}"
    return dict(answer.json())


async def hits(house: House, **params: str) -> list[str]:
    await house.work()
    return [hit["id"] for hit in (await house.client.get("/api/v1/search", params=params)).json()["hits"]]


async def test_a_document_is_found_by_the_dossier_it_was_put_into(house: House) -> None:
    inside, outside = await house.seed(LINES), await house.seed([*LINES, "khác"], "b.pdf")
    dossier = await created(house)
    put = await house.client.put(f"{API}/{dossier['id']}/documents/{inside}")
    assert (put.status_code, put.json()["documents"]) == (200, 1)
    assert set(await hits(house)) == {inside, outside}
    for value in ("01.TCCB", "01.tccb", dossier["id"]):
        assert await hits(house, dossier=value) == [inside]
    document = (await house.client.get(f"/api/v1/documents/{inside}")).json()
    assert document["dossiers"] == [{"id": dossier["id"], "code": "01.TCCB"}]
    assert (await house.client.delete(f"{API}/{dossier['id']}/documents/{inside}")).status_code == 200
    assert await hits(house, dossier="01.TCCB") == []


async def test_a_change_needs_the_etag_of_what_was_read(house: House) -> None:
    dossier = await created(house)
    here = f"{API}/{dossier['id']}"
    etag = (await house.client.get(here)).headers["etag"]
    assert (await house.client.get(here, headers={"If-None-Match": etag})).status_code == 304
    assert (await house.client.patch(here, json={"title": "x"})).status_code == 428
    done = await house.client.patch(here, json={"title": "x"}, headers={"If-Match": etag})
    assert (done.status_code, done.json()["title"]) == (200, "x")
    assert done.headers["etag"] != etag
    late = await house.client.patch(here, json={"title": "y"}, headers={"If-Match": etag})
    assert late.status_code == 412
    document = await house.seed(LINES)
    stale = await house.client.put(f"{here}/documents/{document}", headers={"If-Match": etag})
    assert stale.status_code == 412
    assert (await house.client.get(f"{here}/documents")).json()["items"] == []


async def test_a_locked_dossier_answers_409_and_says_what_to_do(house: House) -> None:
    dossier, document = await created(house), await house.seed(LINES)
    here = f"{API}/{dossier['id']}"
    locked = await house.client.patch(here, json={"state": "locked"}, headers={"If-Match": "*"})
    assert locked.json()["state"] == "locked"
    refused = await house.client.put(f"{here}/documents/{document}")
    assert (refused.status_code, refused.json()["code"]) == (409, "dossier_locked")
    assert "mở khóa hồ sơ" in refused.json()["detail"]


async def test_bad_requests_are_refused_with_the_place_that_is_wrong(house: House) -> None:
    dossier = await created(house)
    assert (await house.client.post(API, json={"code": "01.TCCB", "title": "x"})).status_code == 409
    blank = await house.client.post(API, json={"code": "", "title": "x"})
    assert (blank.status_code, blank.json()["errors"][0]["where"]) == (422, ["body", "code"])
    wrong = await house.client.patch(f"{API}/{dossier['id']}", json={"colour": "red"}, headers={"If-Match": "*"})
    assert (wrong.status_code, wrong.json()["params"]["key"]) == (422, "colour")
    assert (await house.client.get(f"{API}/{'0' * 36}")).status_code == 404


async def test_documents_keep_their_place_over_the_api(house: House) -> None:
    dossier = await created(house)
    here = f"{API}/{dossier['id']}/documents"
    a, b = await house.seed(LINES), await house.seed([*LINES, "khác"], "b.pdf")
    await house.client.put(f"{here}/{a}")
    await house.client.put(f"{here}/{b}", json={"position": 1})
    first = (await house.client.get(here, params={"limit": 1})).json()
    assert [d["id"] for d in first["items"]] == [b]
    second = (await house.client.get(here, params={"limit": 1, "cursor": first["next"]})).json()
    assert ([d["id"] for d in second["items"]], second["next"]) == ([a], None)


async def test_people_open_lock_and_browse_dossiers_without_javascript(house: House) -> None:
    document = await house.seed(LINES)
    sent = await house.client.post("/dossiers", data={"code": "07.VX", "title": "Tiêm chủng"})
    page = sent.headers["location"]
    assert sent.status_code == 303
    await house.client.put(f"/api/v1{page}/documents/{document}")
    shown = (await house.client.get(page)).text
    assert f'href="/documents/{document}"' in shown
    assert f'href="{page}"' in (await house.client.get(f"/documents/{document}")).text
    assert f'href="{page}"' in (await house.client.get("/dossiers")).text
    await house.client.post(f"{page}/state", data={"state": "locked"})
    assert "Đã khóa" in (await house.client.get(page)).text


async def test_people_put_a_document_into_a_dossier_by_its_code_and_take_it_out_again(house: House) -> None:
    document, dossier = await house.seed(LINES), await created(house)
    form = f"/documents/{document}/dossiers"
    sent = await house.client.post(form, data={"code": " 01.tccb "})
    assert (sent.status_code, sent.headers["location"]) == (303, f"/documents/{document}")
    here = f"/dossiers/{dossier['id']}"
    assert f'value="{document}"' in (await house.client.get(here)).text
    out = await house.client.post(f"{here}/take-out", data={"document_id": document})
    assert (out.status_code, out.headers["location"]) == (303, here)
    assert "Hồ sơ chưa có văn bản" in (await house.client.get(here)).text
    unknown = await house.client.post(form, data={"code": "99.X"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "dossier_unknown")
    await created(house, year=2020)
    several = await house.client.post(form, data={"code": "01.TCCB"})
    assert (several.status_code, several.json()["code"]) == (409, "dossier_ambiguous")
