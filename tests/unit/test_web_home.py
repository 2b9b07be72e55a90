"""The first page as an overview: what came in, what is missing, and counts that lead to what they count."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.test_api_citations import LETTER, taken_in
from tests.unit.test_web_pages import page
from tests.unit.web_support import open_house

CITING = "Thực hiện Công điện số 1356/CĐ-BYT ngày 08/9/2021 của Bộ Y tế về tiêm chủng."


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_the_first_page_tells_what_came_in_what_lacks_and_how_much_there_is(
    tmp_path: Path, language: str
) -> None:
    async with open_house(tmp_path) as house:
        empty = await page(house, "/", language=language)
        assert not empty.of("svg", inside="main")
        first = await taken_in(house, {**LETTER, "issued_on": "2021-09-14"}, CITING)
        second = await taken_in(
            house, {"symbol": "12/QĐ-SYT", "issuer": "Sở Y tế tỉnh Lai Châu", "issued_on": "2021-07-02"}, "Quyết định."
        )
        tags = await page(house, "/", language=language)
    links = [a["href"] for a in tags.of("a", inside="main")]
    shown = [link for link in links if link.startswith("/documents/")]
    assert shown == [f"/documents/{second}", f"/documents/{first}"], "the newest first, whatever its date of issue"
    assert "/symbols/1356%7C%7CCD-BYT" in links
    assert "/missing" in links
    by_month = [a["aria-label"] for a in tags.of("a", inside="svg")]
    assert [label.split(":")[0] for label in by_month] == ["07/2021", "09/2021"]
    assert tags.text("th")[-2:] == ["07/2021", "09/2021"], "the same as a table"
    assert [link for link in links if "issuer=" in link], "bars lead to their documents"
    widths = [float(bar["width"]) for bar in tags.of("rect") if "x" not in bar]
    assert widths
    assert max(widths) == 100
