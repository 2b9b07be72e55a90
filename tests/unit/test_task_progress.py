"""How far tasks have come: said by people or by documents that answer; over the API, the command line, the register."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.cli.exits import EXIT_CODES
from services.cli.main import execute
from services.core.errors import NotFoundError
from services.core.ids import new_id
from services.core.symbols import parse_symbol
from tests.unit.web_support import House, open_house

LINES = ["Số: 3030/UBND-KGVX", "V/v tiêm vắc xin ưu tiên"]
TASKS = [
    {"assignees": ["Sở Y tế"], "text": "Báo cáo kết quả tiêm", "due": "2021-09-20", "clause": "1"},
    {"assignees": ["Sở Tài chính"], "text": "Bố trí kinh phí", "clause": "2"},
]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path) as house:
        yield house


async def change(house: House, document: str, path: str, body: dict[str, Any]) -> httpx.Response:
    """Patch something of a document with the ETag that it has now."""
    seen = await house.client.get(f"/api/v1/documents/{document}")
    return await house.client.patch(
        f"/api/v1/documents/{document}/{path}", json=body, headers={"if-match": seen.headers["etag"]}
    )


async def asking(house: House) -> str:
    """A document with two tasks and a symbol."""
    document = await house.seed(LINES)
    values = {"symbol": "3030/UBND-KGVX", "issuer": "UBND tỉnh Điện Biên", "issued_on": "2021-09-14", "tasks": TASKS}
    answer = await change(house, document, "record", values)
    assert answer.status_code == 200, answer.text
    return document


async def progress(house: House, document: str) -> list[dict[str, Any] | None]:
    record = (await house.client.get(f"/api/v1/documents/{document}")).json()["record"]
    return [task["progress"] for task in record["tasks"]]


async def follow_up(house: House) -> list[list[str]]:
    """The lines of the register: deadline, progress, reply, note."""
    await house.work()
    answer = await house.client.get("/api/v1/export", params={"format": "csv", "register": "follow-up"})
    assert answer.status_code == 200, answer.text
    rows = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))
    return [row[3:] for row in rows if len(row) == 7][1:]


async def test_what_a_person_says_of_a_task_stands_in_the_document_and_in_the_register(house: House) -> None:
    document = await asking(house)
    assert await progress(house, document) == [None, None]
    said = await change(house, document, "tasks/2", {"done": True, "reply": " 12/STC-NS ", "note": "đủ"})
    assert said.status_code == 200, said.text
    untouched, done = await progress(house, document)
    assert untouched is None
    assert done is not None
    assert (done["done"], done["replies"], done["note"], done["by"]) == (True, ["12/STC-NS"], "đủ", "local")
    first, second = await follow_up(house)
    assert first[1:3] == ["", ""]
    assert second[1].startswith("Đã xong (")
    assert second[2] == "12/STC-NS"
    assert "đủ" in second[3]


async def test_what_is_left_out_of_a_report_stays_and_null_takes_away(house: House) -> None:
    document = await asking(house)
    await change(house, document, "tasks/1", {"done": True, "reply": "12/SYT", "note": "đủ"})
    await change(house, document, "tasks/1", {"note": None})
    first = (await progress(house, document))[0]
    assert first is not None
    assert (first["done"], first["replies"], first["note"]) == (True, ["12/SYT"], None)
    await change(house, document, "tasks/1", {"done": False})
    assert (await follow_up(house))[0][1].startswith("Chưa xong (")


async def test_a_document_that_answers_is_the_reply_until_somebody_enters_one(house: House) -> None:
    document = await asking(house)
    before = (await house.client.get(f"/api/v1/documents/{document}")).headers["etag"]
    reply = await house.seed(["Số: 77/SYT-NVY", "V/v báo cáo kết quả tiêm"], "reply.pdf")
    symbol = parse_symbol("3030/UBND-KGVX")
    assert symbol is not None
    cited = {
        "raw": "Công văn số 3030/UBND-KGVX",
        "key": symbol.key,
        "role": "answers",
        "issuer": "UBND tỉnh Điện Biên",
        "date": {"year": 2021, "month": 9, "day": 14, "earliest": "2021-09-14", "latest": "2021-09-14"},
    }
    values = {"symbol": "77/SYT-NVY", "issuer": "Sở Y tế tỉnh Điện Biên", "issued_on": "2021-09-20"}
    answer = await change(house, reply, "record", {**values, "citations": [cited]})
    assert answer.status_code == 200, answer.text
    assert [task and task["replies"] for task in await progress(house, document)] == [["77/SYT-NVY"]] * 2
    assert (await house.client.get(f"/api/v1/documents/{document}")).headers["etag"] != before
    assert [line[1:3] for line in await follow_up(house)] == [["", "77/SYT-NVY"]] * 2
    await change(house, document, "tasks/1", {"reply": "78/SYT-NVY"})
    assert [line[2] for line in await follow_up(house)] == ["78/SYT-NVY", "77/SYT-NVY"]


async def test_what_was_said_stays_with_its_clause_when_another_task_comes_before_it(house: House) -> None:
    document = await asking(house)
    await change(house, document, "tasks/2", {"done": True})
    more = [TASKS[0], {"assignees": ["Sở Y tế"], "text": "Rà soát đối tượng tiêm", "clause": "1"}, TASKS[1]]
    await change(house, document, "record", {"tasks": more})
    assert [bool(task and task["done"]) for task in await progress(house, document)] == [False, False, True]


async def test_progress_that_comes_back_with_a_correction_is_not_stored_in_the_record(house: House) -> None:
    document = await asking(house)
    await change(house, document, "tasks/1", {"done": True})
    record = (await house.client.get(f"/api/v1/documents/{document}")).json()["record"]
    await change(house, document, "record", {"tasks": record["tasks"]})
    await change(house, document, "tasks/1", {"done": False})
    first = (await progress(house, document))[0]
    assert first is not None
    assert first["done"] is False


async def test_there_is_no_task_beyond_the_last_and_no_report_without_the_etag(house: House) -> None:
    document = await asking(house)
    assert (await change(house, document, "tasks/3", {"done": True})).status_code == 404
    address = f"/api/v1/documents/{document}/tasks/1"
    assert (await house.client.patch(address, json={"done": True})).status_code == 428
    stale = await house.client.patch(address, json={"done": True}, headers={"if-match": '"1-done"'})
    assert stale.status_code == 412
    assert await progress(house, document) == [None, None]


def test_the_command_line_wants_the_number_of_the_task(tmp_path: Path) -> None:
    data = ["--data-dir", str(tmp_path)]
    assert execute(["task", new_id(), "--done", *data]) == 2
    assert execute(["task", new_id(), "1", "--done", *data]) == EXIT_CODES[NotFoundError]
