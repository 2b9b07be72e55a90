"""Registers over the API and the command line; their rows are found by the search and shown without a scan."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.cli.exits import FILES_FAILED
from services.cli.main import execute
from tests.unit.web_support import House, open_house

API = "/api/v1/registers"
BOOK = (
    "Ngày đến,Số đến,Tác giả,Số ký hiệu,Ngày tháng,Tên loại và trích yếu,Ghi chú\n"
    "18/8/2021,6906,UBND tỉnh Kon Tum,2641/UBND-KGVX,17/8/2021,Công văn về việc tiêm vắc xin ưu tiên,hộp ba\n"
    "hôm qua,6907,Bộ Y tế,1/BYT,17/8/2021,Công văn khác,\n"
).encode("utf-8-sig")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path) as house:
        yield house


async def test_a_register_is_reported_found_and_shown(house: House) -> None:
    sent = await house.client.post(API, files={"file": ("sổ đến.csv", BOOK)})
    assert sent.status_code == 201, sent.text
    assert (sent.json()["imported"], sent.json()["failed"], sent.json()["kind"]) == (1, 1, "incoming")
    await house.work()
    report = (await house.client.get(sent.headers["location"])).json()
    assert [(r["row"], r["reason"]["code"]) for r in report["failures"]] == [(3, "register_date")]
    (row,) = report["without_scan"]
    for query in ({"q": "vắc xin ưu tiên"}, {"q": "2641/UBND-KGVX"}, {"arrival_number": "6906"}, {"q": "hộp ba"}):
        hits = (await house.client.get("/api/v1/search", params=query)).json()["hits"]
        assert [hit["id"] for hit in hits] == [row["document_id"]], query
    document = (await house.client.get(f"/api/v1/documents/{row['document_id']}")).json()
    assert (document["record"]["kind"]["code"], document["record"]["pages"]) == ("CV", 0)
    assert document["record"]["warnings"] == []
    assert document["item_state"] == "done"
    page = await house.client.get(f"/documents/{row['document_id']}")
    assert "Chưa có bản quét" in page.text
    assert [r["id"] for r in (await house.client.get(API)).json()["items"]] == [sent.json()["id"]]


async def test_what_is_no_register_is_a_problem(house: House) -> None:
    refused = await house.client.post(API, files={"file": ("x.csv", b"a,b\n1,2\n")})
    assert (refused.status_code, "Ngày đến" in refused.json()["detail"]) == (422, True)
    assert (await house.client.get(f"{API}/{'0' * 36}")).status_code == 404


def test_the_command_line_takes_a_register_in_and_tells_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "so.csv").write_bytes(BOOK)
    data = ["--data-dir", str(tmp_path / "data")]
    assert execute(["register", "import", str(tmp_path / "so.csv"), *data]) == FILES_FAILED
    said = capsys.readouterr().err
    assert "2 rows" in said
    assert "row 3: " in said
    assert execute(["register", "import", str(tmp_path / "so.csv"), "--json", *data]) == FILES_FAILED
    report = json.loads(capsys.readouterr().out)
    assert execute(["register", "show", report["id"], *data]) == 0
    assert execute(["register", "import", str(tmp_path / "none.csv"), *data]) == 2
