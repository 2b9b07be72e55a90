"""Cutting a file into documents by hand: through the API, from the document page, on the command line."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.archive import open_archive
from services.cli import execute
from services.cli.exits import DONE
from services.core.settings import load_settings
from tests.contract.archive.archive_play import ME, pdf, upload, work
from tests.unit.web_support import PDF, House, open_house

LINES = ["Tổ chức tiêm vắc xin phòng dịch cho người cao tuổi"]
BY_HAND = [{"first_page": 1, "last_page": 2}, {"first_page": 3, "last_page": 5}]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path) as house:
        yield house


async def seeded(house: House) -> tuple[str, str]:
    """Return the document of a file of five pages, and the address of its split."""
    document = await house.seed(LINES, pages=5)
    source = (await house.client.get(f"/api/v1/documents/{document}")).json()["source_id"]
    return document, f"/api/v1/sources/{source}/documents"


async def test_a_file_is_cut_and_given_back_to_the_machine(house: House) -> None:
    document, address = await seeded(house)
    before = await house.client.get(address)
    assert before.json()["documents"] == [{"id": document, "first_page": 1, "last_page": 5}]
    put = await house.client.put(address, json=BY_HAND, headers={"If-Match": before.headers["etag"]})
    assert (put.status_code, put.json()["runs"], put.json()["pending"]) == (200, BY_HAND, True)
    await house.work()
    after = await house.client.get(address)
    assert put.headers["etag"] != after.headers["etag"] != before.headers["etag"]
    assert (after.json()["pending"], after.json()["by"]) == (False, "local")
    first, second = after.json()["documents"]
    assert second == {"id": document, "first_page": 3, "last_page": 5}
    found = (await house.client.get("/api/v1/search", params={"q": "vắc xin"})).json()
    assert {hit["id"] for hit in found["hits"]} == {first["id"], document}
    assert {page["number"] for hit in found["hits"] if hit["id"] == first["id"] for page in hit["pages"]} <= {1, 2}
    back = await house.client.delete(address, headers={"If-Match": after.headers["etag"]})
    assert (back.status_code, back.json()["runs"]) == (200, None)
    await house.work()
    assert (await house.client.get(address)).json()["documents"] == before.json()["documents"]
    moved = await house.client.get(f"/api/v1/documents/{first['id']}")
    assert (moved.status_code, moved.headers["location"]) == (308, f"/api/v1/documents/{document}")


async def test_a_split_needs_the_version_that_it_is_made_on(house: House) -> None:
    _, address = await seeded(house)
    etag = (await house.client.get(address)).headers["etag"]
    assert (await house.client.put(address, json=BY_HAND)).status_code == 428
    assert (await house.client.put(address, json=BY_HAND, headers={"If-Match": '"0-settled"'})).status_code == 412
    assert (await house.client.put(address, json=BY_HAND, headers={"If-Match": etag})).status_code == 200
    assert (await house.client.put(address, json=BY_HAND, headers={"If-Match": etag})).status_code == 412
    assert (await house.client.put(address, json=BY_HAND, headers={"If-Match": "*"})).status_code == 200


@pytest.mark.parametrize(
    ("runs", "code"),
    [
        ([], "runs_none"),
        ([{"first_page": 1, "last_page": 4}], "runs_left_out"),
        ([{"first_page": 5, "last_page": 1}], "runs_reversed"),
        ([{"first_page": 1, "last_page": 9}], "runs_beyond"),
        ([{"first_page": 1, "last_page": 3}, {"first_page": 3, "last_page": 5}], "runs_twice"),
        ([{"first_page": 0, "last_page": 5}], "invalid_input"),
    ],
)
async def test_runs_that_are_not_the_file_are_refused(house: House, runs: list[dict[str, int]], code: str) -> None:
    _, address = await seeded(house)
    answer = await house.client.put(address, json=runs, headers={"If-Match": "*"})
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert (await house.client.get(address)).json()["runs"] is None


async def test_the_document_page_shows_the_documents_of_its_file_and_cuts_it(house: House) -> None:
    document, address = await seeded(house)
    page = (await house.client.get(f"/documents/{document}")).text
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version is not None
    assert 'name="runs" value="1-5"' in page
    form = {"version": version[1], "runs": "1-2, 3-5"}
    sent = await house.client.post(f"/documents/{document}/split", data=form)
    assert (sent.status_code, sent.headers["location"]) == (303, f"/documents/{document}")
    assert "Đang tách lại" in (await house.client.get(f"/documents/{document}")).text
    await house.work()
    first, _ = (await house.client.get(address)).json()["documents"]
    page = (await house.client.get(f"/documents/{document}")).text
    assert f'<a href="/documents/{first["id"]}">trang 1-2</a>' in page
    assert "<b>trang 3-5</b>" in page
    stale = await house.client.post(f"/documents/{document}/split", data=form)
    assert stale.status_code == 409
    wrong = await house.client.post(f"/documents/{document}/split", data={**form, "runs": "1-2 x"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "runs_unclear")
    assert "“x” không phải là dãy trang" in wrong.json()["detail"]
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version is not None
    undo = {"version": version[1], "runs": "1-2, 3-5", "automatic": "true"}
    assert (await house.client.post(f"/documents/{document}/split", data=undo)).status_code == 303
    await house.work()
    assert (await house.client.get(address)).json()["documents"] == [{"id": document, "first_page": 1, "last_page": 5}]


def test_vanban_split_shows_cuts_and_gives_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--data-dir", str(tmp_path / "data")]

    async def on_archive(data: bytes | None) -> str | None:
        async with await open_archive(load_settings(data_dir=tmp_path / "data")) as archive:
            source = (await upload(archive, "a.pdf", data)).source_id if data else None
            await work(archive)
            return source

    source = asyncio.run(on_archive(pdf("một", 5)))
    assert source is not None
    assert execute(["split", source, "1-2", "3-5", *where]) == DONE
    assert "being made anew: 1-2, 3-5" in capsys.readouterr().out
    asyncio.run(on_archive(None))
    assert execute(["split", source, "--json", *where]) == DONE
    shown = json.loads(capsys.readouterr().out)
    assert [(d["first_page"], d["last_page"]) for d in shown["documents"]] == [(1, 2), (3, 5)]
    assert execute(["split", source, *where]) == DONE
    assert "split by local" in capsys.readouterr().out
    assert execute(["split", source, "1-2", "3-6", *where]) != DONE
    assert "there is no page 6" in capsys.readouterr().err
    assert execute(["split", source, "1-5", "--automatic", *where]) != DONE
    assert execute(["split", source, "--automatic", *where]) == DONE
    assert "being made anew: as the machine finds them" in capsys.readouterr().out


async def test_a_better_scan_takes_the_place_of_the_old_one(house: House) -> None:
    document, _ = await seeded(house)
    before = (await house.client.get(f"/api/v1/documents/{document}")).json()
    etag = (await house.client.get(f"/api/v1/documents/{document}")).headers["etag"]
    corrected = await house.client.patch(
        f"/api/v1/documents/{document}/record", json={"place": "Kon Tum"}, headers={"If-Match": etag}
    )
    assert corrected.status_code == 200
    await house.work()
    house.reader.lines, house.reader.pages = ["Danh sách trạm cân xe quá tải"], 2
    sent = await house.client.post(f"/api/v1/documents/{document}/replace", files={"file": ("rõ.pdf", PDF)})
    assert (sent.status_code, sent.json()["replaces"]) == (202, document)
    assert sent.headers["location"] == f"/api/v1/batches/{sent.json()['batch_id']}"
    assert (await house.client.get(f"/api/v1/documents/{document}")).json()["source_id"] == before["source_id"]
    await house.work()
    after = (await house.client.get(f"/api/v1/documents/{document}")).json()
    assert after["source_id"] == sent.json()["source_id"] != before["source_id"]
    assert (after["file_name"], after["last_page"], after["record"]["place"]) == ("rõ.pdf", 2, "Kon Tum")
    for query, found in (("trạm cân", [document]), ("vắc xin", [])):
        hits = (await house.client.get("/api/v1/search", params={"q": query})).json()["hits"]
        assert [hit["id"] for hit in hits] == found
    house.reader.lines = ["Danh sách cầu yếu"]
    form = await house.client.post(f"/documents/{document}/rescan", files={"file": ("rõ nữa.pdf", PDF + b"2")})
    assert form.status_code == 303
    assert (await house.client.get(form.headers["location"])).status_code == 200
    await house.work()
    assert (await house.client.get(f"/api/v1/documents/{document}")).json()["file_name"] == "rõ nữa.pdf"
    original = await house.client.get(f"/api/v1/sources/{before['source_id']}/original")
    assert original.status_code == 200, "the old scan is kept"


async def test_a_better_scan_that_is_no_scan_is_refused(house: House) -> None:
    document, _ = await seeded(house)
    sent = await house.client.post(f"/api/v1/documents/{document}/replace", files={"file": ("a.pdf", b"MZ\x00\x01")})
    assert (sent.status_code, sent.json()["code"]) == (422, "wrong_type")
    await house.client.delete(f"/api/v1/documents/{document}")
    gone = await house.client.post(f"/api/v1/documents/{document}/replace", files={"file": ("a.pdf", PDF)})
    assert gone.status_code == 410


def test_vanban_replace_sends_a_better_scan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--data-dir", str(tmp_path / "data")]
    better = tmp_path / "rõ.pdf"
    better.write_bytes(pdf("hai", 3))

    async def read(data: bytes | None = None) -> tuple[str, str]:
        async with await open_archive(load_settings(data_dir=tmp_path / "data")) as archive:
            if data is not None:
                await upload(archive, "a.pdf", data)
            await work(archive)
            (document_id,) = await archive.documents.ids(ME)
            document = await archive.documents.get(ME, document_id)
            return document.id, document.file_name

    document, _ = asyncio.run(read(pdf("một", 5)))
    assert execute(["replace", document, str(better), *where]) == DONE
    assert "vanban up" in capsys.readouterr().err
    assert asyncio.run(read()) == (document, "rõ.pdf")
    assert execute(["replace", document, str(tmp_path / "none.pdf"), *where]) != DONE
    assert "is no file" in capsys.readouterr().err
