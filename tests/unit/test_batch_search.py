"""Many searches at once: a table of queries in, a CSV of hits out, through both front doors."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from openpyxl import Workbook

from services.cli.main import execute
from services.core.settings import Limits
from services.export.batch_search import COLUMNS
from tests.unit.test_api_export import GIVEN, put
from tests.unit.web_support import House, open_house

BATCH = "/api/v1/search/batch"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path, limits=Limits(batch_queries=6)) as house:
        yield house


def rows(data: bytes) -> list[dict[str, str]]:
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


async def ask(house: House, table: str | bytes) -> list[dict[str, str]]:
    data = table.encode() if isinstance(table, str) else table
    answer = await house.client.post(BATCH, content=data, headers={"Content-Type": "text/csv"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    return rows(answer.content)


async def test_each_query_has_a_line_for_each_hit_with_its_id_and_its_place(house: House) -> None:
    a = await put(house, "a", GIVEN)
    b = await put(house, "b", {**GIVEN, "symbol": "7/KH-UBND", "kind": "KH", "issued_on": "2020-05-01"})
    found = await ask(
        house, "id,q,kind,limit\n1,tiêm vắc xin,,\n2,tiêm vắc xin,KH,5\n3,tiêm vắc xin,TT,\n4,vac xin,,1\n"
    )
    assert tuple(found[0]) == COLUMNS
    assert [(row["id"], row["rank"], row["total"]) for row in found] == [
        ("1", "1", "2"), ("1", "2", "2"), ("2", "1", "1"), ("3", "", "0"), ("4", "1", "2"),
    ]  # fmt: skip
    assert {row["document_id"] for row in found[:2]} == {a, b}
    only = found[2]
    assert (only["document_id"], only["symbol"], only["issued_on"], only["page"]) == (b, "7/KH-UBND", "01/05/2020", "1")
    assert "tiêm vắc xin" in only["snippet"]
    assert only["subject"].startswith("'=V/v")  # no spreadsheet runs it


async def test_tables_are_taken_as_vietnamese_excel_writes_them(house: House) -> None:
    await put(house, "a", GIVEN)
    line = "Q;from;year\r\ntiêm vắc xin;01/08/2021;2020|2021\r\n"
    book = Workbook()
    book.active.append(["q", "from"])  # type: ignore[union-attr]  # a new workbook has a sheet
    book.active.append(["tiêm vắc xin", "2021-08-01"])  # type: ignore[union-attr]
    packed = io.BytesIO()
    book.save(packed)
    for table in (line.encode("utf-8-sig"), line.encode("utf-16"), line.replace(";", "\t").encode(), packed.getvalue()):
        (found,) = await ask(house, table)
        assert (found["q"], found["total"], found["error"]) == ("tiêm vắc xin", "1", "")


async def test_what_is_wrong_with_a_query_stands_in_its_line_and_the_others_are_answered(house: House) -> None:
    await put(house, "a", GIVEN)
    wrong = ["x,31/2/2021,,,", "x,,0,,", "x,,vài,,", "x,,,tháng,", "x,,,,luôn"]
    found = await ask(house, "\n".join(["q,from,limit,sort,marks", *wrong, "tiêm,,,,"]))
    assert [bool(row["error"]) for row in found] == [True] * 5 + [False]
    assert found[0]["error"] == "bad_day: from wants a day, YYYY-MM-DD or DD/MM/YYYY, not '31/2/2021'."
    assert found[1]["error"].startswith("bad_limit: ")
    assert found[5]["total"] == "1"


@pytest.mark.parametrize(
    ("table", "code"),
    [("", "bad_batch"), ("a,b\n1,2\n", "bad_batch"), ("q,màu\nx,đỏ\n", "bad_batch"),
     ("q\n" + "x\n" * 7, "too_many_queries")],
)  # fmt: skip
async def test_a_table_that_cannot_be_asked_is_refused_with_what_to_do(house: House, table: str, code: str) -> None:
    answer = await house.client.post(BATCH, content=table.encode(), headers={"Accept-Language": "vi"})
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert "tệp" in answer.json()["detail"].lower()


def test_the_command_writes_the_same_table(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    table = "q\ntiêm vắc xin\n"

    async def filled() -> list[dict[str, str]]:
        async with open_house(tmp_path) as house:
            await put(house, "a", GIVEN)
            return await ask(house, table)

    answer = asyncio.run(filled())
    (tmp_path / "queries.csv").write_text(table)
    here = ["--data-dir", str(tmp_path / "data")]
    assert execute(["search", "--queries", str(tmp_path / "queries.csv"), *here]) == 0
    assert rows(capfdbinary.readouterr().out) == answer
    assert execute(["search", "x", "--queries", str(tmp_path / "queries.csv"), *here]) == 2
    assert execute(["search", "--queries", str(tmp_path / "none.csv"), *here]) == 2
