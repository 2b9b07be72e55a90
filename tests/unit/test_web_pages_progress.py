"""The page of progress: how far long works are, with pace and time left; what was killed; what is still being read."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.archive.long_works import LongWorks
from services.core.ids import new_id
from services.core.model import LongWork
from tests.unit.test_web_pages import LINES, page
from tests.unit.test_web_pages_lists import links, said
from tests.unit.web_support import PDF, House, P, open_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path) as house:
        yield house


def running(ago: dt.timedelta) -> LongWork:
    """A quarter of a refresh, done in ten seconds, that said so some time ago."""
    last = dt.datetime.now(dt.UTC) - ago
    return LongWork(
        id=new_id(),
        kind="refresh",
        state="running",
        done=30,
        total=120,
        by="local",
        started_at=last - dt.timedelta(seconds=10),
        updated_at=last,
    )


def have(monkeypatch: pytest.MonkeyPatch, *works: LongWork) -> None:
    """Have these works in the list."""

    async def listed(*_: object, **__: object) -> list[LongWork]:
        return list(works)

    monkeypatch.setattr(LongWorks, "list", listed)


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_an_idle_archive_says_so_and_does_not_renew(house: House, language: str) -> None:
    for _ in range(2):
        tags = await page(house, "/progress", language=language)
        assert len(tags.of("h1")) == 1
        assert not tags.of("meta", inside="noscript")
        assert not [d for d in tags.of("div") if "data-renew" in d]
        assert "vanban reindex" in said(tags, "p")
        assert all(bar["aria-label"] and float(bar["value"]) <= float(bar["max"]) for bar in tags.of("progress"))
        await house.seed(LINES)


async def test_what_waits_to_be_read_is_counted_and_the_page_renews_itself(house: House) -> None:
    await house.send({"a.pdf": PDF})
    tags = await page(house, "/progress", language="en")
    assert "1 file being read" in said(tags, "p")
    assert [m["content"] for m in tags.of("meta", inside="noscript")] == ["4"]
    assert [d["data-renew"] for d in tags.of("div") if d.get("id") == "live"] == ["3"]
    script = next(s["src"] for s in tags.of("script") if "live.js" in s["src"])
    assert (await house.client.get(script)).status_code == 200


async def test_a_running_work_shows_percent_pace_and_what_is_left(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    have(monkeypatch, running(dt.timedelta()))
    tags = await page(house, "/progress", language="en")
    assert "25 %" in said(tags, "p")
    assert "30 of 120 files · 3 files a second · about 30 seconds left" in said(tags, "p")
    assert tags.of("progress")[0] == {"max": "120", "value": "30", "aria-label": "Records made again"}


async def test_a_work_that_was_killed_is_not_shown_as_running(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    have(monkeypatch, running(dt.timedelta(minutes=5)))
    tags = await page(house, "/progress", language="en")
    assert "no word since" in said(tags, "span")
    assert not tags.of("meta", inside="noscript")


async def test_what_ended_is_listed_and_over_the_api(house: House) -> None:
    async with house.archive.long_works.watched(P, "refresh") as tally:
        tally.update(4, 4)
    async with house.archive.long_works.watched(P, "reindex") as tally:
        tally.stopped = True
    tags = await page(house, "/progress", language="en")
    assert {"Done", "stopped before its end"} <= set(tags.text("span"))
    items = (await house.client.get("/api/v1/works")).json()["items"]
    assert [(w["kind"], w["state"], w["done"]) for w in items] == [("reindex", "stopped", 0), ("refresh", "done", 4)]


async def test_the_first_page_leads_to_what_is_over_the_whole_archive(house: House) -> None:
    await house.seed(LINES)
    assert {"/tasks", "/registers", "/missing", "/progress"} <= set(links(await page(house, "/")))
    menu = {a["href"] for a in (await page(house, "/upload")).of("a", inside="details")}
    assert {"/tasks", "/registers", "/missing", "/aliases", "/progress"} <= menu
    current = [a["href"] for a in (await page(house, "/tasks")).of("a", inside="details") if a.get("aria-current")]
    assert current == ["/tasks"]
