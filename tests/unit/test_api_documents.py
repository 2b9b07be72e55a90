"""Documents and sources over the API: records, texts, words, pictures, originals, corrections, the trash, changes."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from services.core.errors import UnavailableError
from services.core.model import DocumentDraft
from services.ocr import Reader
from services.web.pictures import Pictures
from tests.unit.web_support import PDF, House, P, open_house
from workers import jobs
from workers.jobs import make_drafts

LINES = ["Số: 3030/UBND-KGVX", "V/v tiêm vắc xin ưu tiên", "Khẩn trương tổ chức tiêm vắc xin phòng dịch."]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path) as house:
        yield house


@pytest.fixture
async def document(house: House) -> dict[str, Any]:
    found: dict[str, Any] = (await house.client.get(f"/api/v1/documents/{await house.seed(LINES)}")).json()
    return found


async def test_a_document_comes_with_evidence_links_and_a_strong_etag(house: House, document: dict[str, Any]) -> None:
    answer = await house.client.get(document["links"]["self"])
    assert answer.headers["etag"].startswith('"')
    assert answer.json()["file_name"] == "scan.pdf"
    assert answer.json()["pages"][0]["state"] == "done"
    for link in document["links"].values():
        assert (await house.client.get(link)).status_code == 200, link
    again = await house.client.get(document["links"]["self"], headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_the_text_and_the_words_are_those_that_were_read(house: House, document: dict[str, Any]) -> None:
    text = await house.client.get(document["links"]["text"])
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    assert "tiêm vắc xin ưu tiên" in text.text
    page = (await house.client.get(f"{document['links']['self']}/pages/1")).json()
    assert (page["width"], page["height"]) == (595.0, 842.0)
    assert page["words"][0] == {
        "text": "Số:",
        "box": [50.0, 60.0, 90.0, 76.0],
        "confidence": 0.9,
        "line": 0,
        "paragraph": 0,
        "zone": None,
        "raw": None,
        "cost": None,
    }
    assert (await house.client.get(f"{document['links']['self']}/pages/2")).status_code == 404


async def test_a_correction_needs_the_etag_of_what_was_read(house: House, document: dict[str, Any]) -> None:
    here = document["links"]["self"] + "/record"
    patch = {"subject": "Về việc tiêm vắc xin"}
    assert (await house.client.patch(here, json=patch)).status_code == 428
    stale = await house.client.patch(here, json=patch, headers={"If-Match": '"0-done"'})
    assert stale.status_code == 412
    assert stale.json()["params"]["revision"] == document["revision"]
    etag = (await house.client.get(document["links"]["self"])).headers["etag"]
    done = await house.client.patch(here, json=patch, headers={"If-Match": etag})
    assert done.status_code == 200
    assert done.json()["record"]["subject"] == "Về việc tiêm vắc xin"
    assert done.json()["evidence"]["subject"]["how"] == "entered"
    assert done.headers["etag"] != etag
    late = await house.client.patch(here, json={"subject": "x"}, headers={"If-Match": etag})
    assert late.status_code == 412


async def test_a_correction_is_a_merge_patch_by_its_media_type_too(house: House, document: dict[str, Any]) -> None:
    answer = await house.client.patch(
        document["links"]["self"] + "/record",
        content='{"urgency": "hỏa tốc"}'.encode(),
        headers={"If-Match": "*", "Content-Type": "application/merge-patch+json"},
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["record"]["urgency"] == "hỏa tốc"


async def test_a_correction_of_an_unknown_key_is_refused(house: House, document: dict[str, Any]) -> None:
    answer = await house.client.patch(
        document["links"]["self"] + "/record", json={"colour": "red"}, headers={"If-Match": "*"}
    )
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_input"


async def test_a_picture_is_drawn_once_and_then_kept(house: House, document: dict[str, Any]) -> None:
    here = f"{document['links']['self']}/pages/1/image"
    first = await house.client.get(here, params={"width": 300})
    assert first.headers["content-type"] == "image/jpeg"
    assert first.content.startswith(b"\xff\xd8")
    assert "max-age" in first.headers["cache-control"]
    second = await house.client.get(here, params={"width": 300})
    assert second.content == first.content
    kept = await house.client.get(here, params={"width": 300}, headers={"If-None-Match": first.headers["etag"]})
    assert kept.status_code == 304
    assert house.reader.drawn == [(1, 300)]
    other = await house.client.get(here, params={"width": 400})
    assert other.headers["etag"] != first.headers["etag"]
    assert (await house.client.get(here, params={"width": 99_999})).status_code == 422


async def test_a_page_that_the_document_does_not_have_has_no_picture(house: House, document: dict[str, Any]) -> None:
    answer = await house.client.get(f"{document['links']['self']}/pages/7/image")
    assert answer.status_code == 404
    assert house.reader.drawn == []


async def test_pictures_kept_stay_within_their_bytes_and_too_many_waiting_are_refused(
    house: House, document: dict[str, Any]
) -> None:
    def make() -> Reader:
        return house.reader  # type: ignore[return-value] # the canned reader has the reader's methods

    whole = await house.archive.documents.get(P, document["id"])
    small = Pictures(house.archive, make, cache_bytes=1)
    await small.get(whole, 1, 100)
    await small.get(whole, 1, 100)
    assert house.reader.drawn == [(1, 100), (1, 100)]
    full = Pictures(house.archive, make, max_waiting=0)
    with pytest.raises(UnavailableError):
        await full.get(whole, 1, 100)


async def test_a_searchable_copy_is_made_from_the_words_that_were_read(house: House, document: dict[str, Any]) -> None:
    address = f"/api/v1/sources/{document['source_id']}/searchable.pdf"
    answer = await house.client.get(address)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith("attachment")
    words = sum(len(line.split()) for line in LINES)
    assert answer.content.startswith(PDF)
    assert answer.content.endswith(str(words).encode())
    again = await house.client.get(address, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(("form", "media_type"), [("alto", "application/alto+xml"), ("hocr", "application/xhtml+xml")])
async def test_the_words_come_as_alto_and_hocr(
    house: House, document: dict[str, Any], form: str, media_type: str
) -> None:
    answer = await house.client.get(f"/api/v1/documents/{document['id']}/{form}")
    assert answer.headers["content-type"].split(";")[0] == media_type
    ET.fromstring(answer.content)
    for word in " ".join(LINES).split():
        assert word in answer.text
    same = {"If-None-Match": answer.headers["etag"]}
    assert (await house.client.get(f"/api/v1/documents/{document['id']}/{form}", headers=same)).status_code == 304


async def test_the_original_comes_back_whole_in_ranges_and_safely(house: House, document: dict[str, Any]) -> None:
    here = document["links"]["original"]
    whole = await house.client.get(here)
    assert whole.headers["etag"] == f'"{hashlib.sha256(whole.content).hexdigest()}"'
    assert whole.headers["content-disposition"].startswith("attachment")
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert whole.headers["content-type"] == "application/pdf"
    assert int(whole.headers["content-length"]) == len(whole.content)
    part = await house.client.get(here, headers={"Range": "bytes=5-9"})
    assert (part.status_code, part.content) == (206, whole.content[5:10])
    assert part.headers["content-range"] == f"bytes 5-9/{len(whole.content)}"
    tail = await house.client.get(here, headers={"Range": "bytes=-4"})
    assert tail.content == whole.content[-4:]
    beyond = await house.client.get(here, headers={"Range": "bytes=999999-"})
    assert beyond.status_code == 416
    assert beyond.headers["content-range"] == f"bytes */{len(whole.content)}"
    changed = await house.client.get(here, headers={"Range": "bytes=5-9", "If-Range": '"other"'})
    assert changed.status_code == 200
    assert (await house.client.get(here, headers={"If-None-Match": whole.headers["etag"]})).status_code == 304
    assert (await house.client.get(here, params={"inline": "true"})).headers["content-disposition"].startswith("inline")


async def test_an_id_that_moved_leads_to_the_document_it_moved_to(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def split(*arguments: Any) -> tuple[DocumentDraft, ...]:
        (whole,) = make_drafts(*arguments)
        return replace(whole, first_page=1, last_page=1), replace(whole, first_page=2, last_page=2)

    with monkeypatch.context() as patched:
        patched.setattr(jobs, "make_drafts", split)
        first = await house.seed(LINES, pages=2)
    source = (await house.client.get(f"/api/v1/documents/{first}")).json()["source_id"]
    ids = (await house.client.get(f"/api/v1/sources/{source}")).json()["document_ids"]
    await house.archive.documents.reread(P, source_id=source)
    await house.work()
    (left,) = (await house.client.get(f"/api/v1/sources/{source}")).json()["document_ids"]
    (gone,) = set(ids) - {left}
    for path in ("", "/text", "/pages/1", "/pages/1/image?width=100"):
        answer = await house.client.get(f"/api/v1/documents/{gone}{path}")
        assert (answer.status_code, answer.headers["location"]) == (308, f"/api/v1/documents/{left}{path}")
    shown = await house.client.get(f"/documents/{gone}?q=a%26b")
    assert (shown.status_code, shown.headers["location"]) == (308, f"/documents/{left}?q=a%26b")


async def test_head_tells_what_get_would_without_the_bytes(house: House, document: dict[str, Any]) -> None:
    for address in (document["links"]["original"], document["links"]["self"], document["links"]["html"]):
        await house.client.get(address)
        await house.archive.trace.flush()  # the page says how often it was looked at; within minutes that is one look
        whole, head = await house.client.get(address), await house.client.head(address)
        assert (head.status_code, head.content) == (200, b"")
        for name in ("content-type", "content-length", "etag"):
            assert head.headers.get(name) == whole.headers.get(name), (address, name)
    assert (await house.client.head("/nowhere")).status_code == 404


async def test_a_source_is_found_by_its_hash(house: House, document: dict[str, Any]) -> None:
    source = (await house.client.get(document["links"]["source"])).json()
    found = await house.client.get("/api/v1/sources", params={"sha256": source["sha256"].upper()})
    assert found.json()["id"] == source["id"]
    assert found.json()["document_ids"] == [document["id"]]
    assert (await house.client.get("/api/v1/sources", params={"sha256": "0" * 64})).status_code == 404
    assert (await house.client.get("/api/v1/sources", params={"sha256": "zz"})).status_code == 422


async def test_a_document_goes_to_the_trash_comes_back_and_goes_for_good(
    house: House, document: dict[str, Any]
) -> None:
    here = document["links"]["self"]
    deleted = await house.client.request("DELETE", here, json={"reason": "Tải nhầm"})
    assert deleted.status_code == 204
    for address in (here, f"{here}/text", f"{here}/pages/1", f"{here}/pages/1/image"):
        gone = await house.client.get(address)
        assert (gone.status_code, gone.json()["code"]) == (410, "gone"), address
    await house.work()
    assert (await house.client.get("/api/v1/search", params={"q": "vắc xin"})).json()["total"] == 0
    assert (await house.client.post(f"{here}/purge")).status_code in (204, 409)
    events = await house.archive.events.list(P, subject_id=document["id"])
    assert any("Tải nhầm" in str(event.details) for event in events.items)


async def test_a_restored_document_is_found_again(house: House, document: dict[str, Any]) -> None:
    here = document["links"]["self"]
    await house.client.delete(here)
    await house.work()
    assert (await house.client.post(f"{here}/restore")).json()["state"] == "ready"
    await house.work()
    assert (await house.client.get("/api/v1/search", params={"q": "vắc xin"})).json()["total"] == 1


async def test_what_is_not_in_the_trash_cannot_be_destroyed(house: House, document: dict[str, Any]) -> None:
    assert (await house.client.post(f"{document['links']['self']}/purge")).status_code == 409
    assert (await house.client.post(f"{document['links']['source']}/purge")).status_code == 409


async def test_a_purged_source_takes_bytes_documents_and_pictures_with_it(
    house: House, document: dict[str, Any]
) -> None:
    source, here = document["links"]["source"], document["links"]["self"]
    await house.client.get(f"{here}/pages/1/image")
    assert (await house.client.request("DELETE", source, json={"reason": "mật"})).status_code == 204
    assert (await house.client.get(document["links"]["original"])).status_code == 410
    assert (await house.client.post(f"{source}/purge", json={"reason": "mật"})).status_code == 204
    await house.work()
    for address in (here, document["links"]["original"]):
        assert (await house.client.get(address)).status_code == 410
    assert not house.site.pictures._kept


async def test_the_change_list_tells_what_a_copy_must_do(house: House, document: dict[str, Any]) -> None:
    first = (await house.client.get("/api/v1/changes")).json()
    assert [(c["action"], c["document_id"]) for c in first["items"]] == [("ready", document["id"])]
    nothing = (await house.client.get("/api/v1/changes", params={"cursor": first["next"]})).json()
    assert nothing["items"] == []
    await house.client.delete(document["links"]["self"])
    await house.work()
    then = (await house.client.get("/api/v1/changes", params={"cursor": nothing["next"]})).json()
    assert [c["action"] for c in then["items"]] == ["deleted"]


async def test_a_search_answers_in_the_shape_of_the_design(house: House, document: dict[str, Any]) -> None:
    answer = await house.client.get("/api/v1/search", params={"q": "tiem vac xin uu tien"})
    found = answer.json()
    assert set(found) == {"query", "total", "took_ms", "hits", "facets", "next"}
    hit = found["hits"][0]
    assert hit["id"] == document["id"]
    (page,) = hit["pages"]
    assert any(piece["hit"] for piece in page["snippet"])
    words = (await house.client.get(f"{document['links']['self']}/pages/1")).json()["words"]
    places = [word["box"] for word in words if word["text"] == "tiêm"]
    assert any(box[0] <= place[0] and box[2] >= place[2] - 1 for box in page["boxes"] for place in places)


async def test_a_duplicate_upload_is_linked(house: House, document: dict[str, Any]) -> None:
    data = (await house.client.get(document["links"]["original"])).content
    batch = await house.send({"again.pdf": data})
    (item,) = await house.items(batch)
    assert item.state == "duplicate"
    assert PDF in data
