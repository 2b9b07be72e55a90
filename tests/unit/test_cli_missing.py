"""`vanban missing` on an archive on which nothing runs."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import cast

import pytest

from services.archive import open_archive
from services.cli import execute
from services.cli.exits import DONE
from services.core.settings import load_settings
from services.fields import Taxonomy
from services.ocr import Reader
from tests.unit.web_support import P
from workers import jobs

TEXT = "Thực hiện Công điện số 1305/CĐ-BYT ngày 02/9/2021 của Bộ Y tế và Công văn số 7/SYT-NV."


async def fill(folder: Path) -> None:
    async with await open_archive(load_settings(data_dir=folder)) as archive:
        batch = await archive.intake.create_batch(P)
        for symbol in ("1/UBND-VX", "2/UBND-VX"):
            text = TEXT if symbol.startswith("1") else TEXT.split(" và ")[0]
            await archive.intake.import_line(P, batch.id, {"id": symbol, "text": text, "record": {"symbol": symbol}})
        for row in await archive.work.claim(50):  # a text needs no reader to be taken apart
            await jobs.triage(archive, cast(Reader, None), row.args["source_id"])
        for row in await archive.work.claim(50):
            await jobs.assemble(archive, Taxonomy.load(), row.args["source_id"])


def test_the_most_cited_document_comes_first_and_a_cursor_leads_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(fill(tmp_path / "data"))
    here = ("--data-dir", str(tmp_path / "data"))
    assert execute(["missing", "--limit", "1", *here]) == DONE
    shown = capsys.readouterr()
    assert shown.out.split("(")[0].split() == ["2", "1305/CĐ-BYT,", "Bộ", "Y", "tế,", "2021-09-02"]
    cursor = shown.err.split()[-1]
    assert execute(["missing", "--json", "--cursor", cursor, *here]) == DONE
    rest = json.loads(capsys.readouterr().out)
    assert [(item["symbol"], item["count"]) for item in rest["items"]] == [("7/SYT-NV", 1)]
    assert rest["next"] is None
