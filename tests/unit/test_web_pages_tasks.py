"""The page of tasks: who must do what by when, narrowed down, marked as done, taken along as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.test_task_progress import asking
from tests.unit.test_web_pages import Tags, page
from tests.unit.test_web_pages_lists import links, said
from tests.unit.web_support import House, open_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path) as house:
        yield house


def rows(tags: Tags) -> int:
    """Count the rows below the head of a table."""
    return max(0, len(tags.of("tr")) - 1)


@pytest.mark.parametrize("state", ["open", "overdue", "done", "all"])
@pytest.mark.parametrize("language", ["vi", "en"])
async def test_the_page_is_well_formed_and_an_empty_list_leads_on(house: House, state: str, language: str) -> None:
    empty = await page(house, f"/tasks?state={state}", language=language)
    assert len(empty.of("h1")) == 1
    assert not empty.of("table")
    assert links(empty), "no way on from here"
    await asking(house)
    full = await page(house, f"/tasks?state={state}", language=language)
    assert rows(full) == {"open": 2, "overdue": 1, "done": 0, "all": 2}[state]
    assert not [a for _, attrs, _ in full.found for a in attrs if a.startswith("on") or a == "style"]


async def test_a_task_says_in_words_that_it_is_overdue_and_leads_to_its_clause(house: House) -> None:
    document = await asking(house)
    tags = await page(house, "/tasks", language="en")
    assert tags.text("span").count("Overdue") == 1
    assert f"/documents/{document}?clause=1" in links(tags)
    assert "Sở Y tế" in said(tags, "td")
    assert "20 Sep" in said(tags, "span")


async def test_the_list_narrows_down_and_keeps_what_was_chosen(house: House) -> None:
    await asking(house)
    tags = await page(house, "/tasks?agency=tai+chinh&due_from=&due_to=&state=all")
    assert rows(tags) == 1
    assert [i["value"] for i in tags.of("input") if i.get("name") == "agency"] == ["tai chinh"]
    assert "/tasks?agency=tai+chinh&state=overdue" in links(tags)
    nobody = await page(house, "/tasks?agency=tai+chinh&due_from=2021-01-01")
    assert rows(nobody) == 0
    assert "/tasks?state=all" in links(nobody)
    backwards = await page(house, "/tasks?due_from=2021-10-01&due_to=2021-09-01")
    assert [p for p in backwards.of("p") if p.get("role") == "alert"]


@pytest.mark.parametrize("query", ["state=x", "due_from=yesterday", "cursor=x", "agency=" + "x" * 501])
async def test_what_is_no_list_is_refused_with_a_page(house: House, query: str) -> None:
    assert (await page(house, f"/tasks?{query}", 422)).of("h1")


async def test_marking_as_done_keeps_the_list_and_says_who_and_when(house: House) -> None:
    document = await asking(house)
    tags = await page(house, "/tasks?agency=y+te&state=all")
    (form,) = tags.of("form", inside="td")
    revision = next(i["value"] for i in tags.of("input", inside="td"))
    done = await house.client.post(form["action"], data={"revision": revision, "done": "true"})
    assert (done.status_code, done.headers["location"]) == (303, "/tasks?agency=y+te&state=all")
    shown = await page(house, done.headers["location"], language="en")
    assert any(text.startswith("local · ") for text in shown.text("span"))
    assert "Overdue" not in shown.text("span")
    progress = (await house.client.get(f"/api/v1/documents/{document}")).json()["record"]["tasks"][0]["progress"]
    assert (progress["done"], progress["by"]) == (True, "local")
    stale = await house.client.post(form["action"], data={"revision": revision, "done": "false"})
    assert stale.status_code == 409


async def test_a_report_from_a_foreign_page_is_refused(house: House) -> None:
    document = await asking(house)
    answer = await house.client.post(
        f"/tasks/{document}/1", data={"revision": "1", "done": "true"}, headers={"Origin": "https://other.example"}
    )
    assert answer.status_code == 403
    assert (await house.client.get("/api/v1/tasks?state=done")).json()["total"] == 0


async def test_the_file_has_the_tasks_of_the_list(house: House) -> None:
    await asking(house)
    tags = await page(house, "/tasks?agency=y+te")
    address = next(link for link in links(tags) if "format=csv" in link)
    answer = await house.client.get(address)
    assert answer.headers["content-type"].startswith("text/csv")
    table = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert [row[1:4] for row in table[1:]] == [["Sở Y tế", "Báo cáo kết quả tiêm", "20/09/2021 (2021-09-20)"]]
    assert table[1][4] == "Quá hạn"
    assert table[1][6] == "3030/UBND-KGVX"
    workbook = await house.client.get(address.replace("csv", "xlsx"))
    assert workbook.content.startswith(b"PK")
    assert (await house.client.get("/api/v1/tasks/export?format=edxml")).status_code == 422
