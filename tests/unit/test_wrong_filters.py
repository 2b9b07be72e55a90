"""A filter that cannot be met says so with a code and what is allowed: API, page, table of queries, command line."""

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.core.errors import InvalidInputError
from services.search import MOST_VALUES, Filters, day_given
from services.search.filters import normal_values, picked_and_filters
from tests.unit.web_support import House, open_house

WRONG = [
    ("year=21", "bad_year", "year"),
    ("year=2021/13", "bad_year", "year"),
    ("level=vua", "bad_level", "ministry"),
    ("state=xanh", "bad_state", "needs_review"),
    ("from=31/2/2021", "bad_day", "from"),
    ("due_to=mai", "bad_day", "due_to"),
    ("from=2021-09-02&to=2021-09-01", "bad_interval", "2021-09-02"),
    ("due_from=2/9/2021&due_to=1/9/2021", "bad_interval", "due"),
    ("arrived_from=2021-09-02&arrived_to=2021-09-01", "bad_interval", "arrived"),
    ("&".join(f"kind=K{n}" for n in range(MOST_VALUES + 1)), "too_many_values", str(MOST_VALUES)),
]
RIGHT = ["year=2021/09&year=unknown", "level=tỉnh&level=ministry", "state=Xong", "from=1/9/2021&to=2021-09-01", "to="]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path) as house:
        yield house


@pytest.mark.parametrize(("asked", "code", "said"), WRONG)
async def test_the_api_and_the_page_say_what_is_wrong(house: House, asked: str, code: str, said: str) -> None:
    for path in ("/api/v1/search", "/api/v1/export"):
        answer = await house.client.get(f"{path}?q=oxy&format=csv&{asked}")
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (422, code)
        assert said in str(problem["params"].values())
    page = await house.client.get(f"/search?q=oxy&{asked}", headers={"accept": "text/html"})
    assert page.status_code == 422
    assert problem["detail"] not in ("", code)
    assert "{" not in problem["detail"]


@pytest.mark.parametrize("asked", RIGHT)
async def test_what_is_allowed_is_taken(house: House, asked: str) -> None:
    for path in ("/api/v1/search", "/search"):
        assert (await house.client.get(f"{path}?{asked}")).status_code == 200


async def test_a_table_of_queries_has_the_code_in_the_line_of_the_query(house: House) -> None:
    table = "q,year,from,to\noxy,21,,\noxy,,hôm qua,\noxy,,2021-09-02,2021-09-01\noxy,2021,,\n"
    answer = await house.client.post("/api/v1/search/batch", content=table.encode())
    errors = [row["error"].split(":")[0] for row in csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")))]
    assert errors == ["bad_year", "bad_day", "bad_interval", ""]


def test_days_are_read_in_both_ways_of_writing() -> None:
    assert day_given("to", "14/9/2021") == day_given("to", " 2021-09-14 ")
    assert day_given("to", "  ") is None
    with pytest.raises(InvalidInputError) as error:
        day_given("to", "14.9.2021")
    assert error.value.params == {"name": "to", "value": "14.9.2021"}


def test_values_in_words_are_the_values_of_the_index() -> None:
    assert normal_values("level", ("Bộ", "province")) == ("ministry", "province")
    assert normal_values("province", ("tỉnh Bắc Kạn", "bac-kan", "TP. Hồ Chí Minh")) == ("bac-kan", "ho-chi-minh")
    assert len(picked_and_filters(Filters(level=("Bộ",), state=("xong",), year=("unknown",)))) == 2
