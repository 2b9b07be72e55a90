"""`vanban searches` on an archive on which nothing runs."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from services.cli import execute
from services.cli.exits import DONE
from services.core.ids import new_id
from tests.unit.web_support import open_house


async def fill(folder: Path) -> tuple[str, str]:
    async with open_house(folder) as house:
        answer = await house.client.post("/api/v1/searches", json={"name": "Tiêm chủng", "query": {"q": "vắc xin"}})
        document = await house.seed(["Số: 3030/UBND-KGVX", "V/v tiêm vắc xin ưu tiên"])
        while await house.site.saved.evaluate():
            pass
        return str(answer.json()["id"]), document


def test_the_searches_and_what_they_found_are_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here = ("--data-dir", str(tmp_path / "data"))
    search, document = asyncio.run(fill(tmp_path))
    capsys.readouterr()
    assert execute(["searches", *here]) == DONE
    assert f"{search}      1 new of 1  Tiêm chủng" in capsys.readouterr().out
    assert execute(["searches", "--json", *here]) == DONE
    assert [s["id"] for s in json.loads(capsys.readouterr().out)] == [search]
    assert execute(["searches", search, *here]) == DONE
    printed = capsys.readouterr()
    assert document in printed.out
    assert "3030/UBND-KGVX" in printed.out
    since = printed.err.strip().rsplit(" ", 1)[1]
    assert execute(["searches", search, "--since", since, "--json", *here]) == DONE
    assert json.loads(capsys.readouterr().out) == {"items": [], "next": since}
    assert execute(["searches", new_id(), *here]) != DONE
