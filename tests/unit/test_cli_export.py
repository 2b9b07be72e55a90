"""`vanban export` on an archive that nothing runs on."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from services.cli import execute
from tests.unit.export_support import csv_rows
from tests.unit.test_api_export import EXPORT, GIVEN, put
from tests.unit.web_support import open_house


async def filled(folder: Path) -> bytes:
    """Put one document into an archive, and return its register as the API gives it."""
    async with open_house(folder) as house:
        await put(house, "a", GIVEN)
        params = {"format": "csv", "register": "incoming", "q": "vac xin", "kind": "CV"}
        return (await house.client.get(EXPORT, params=params)).content


@pytest.fixture
def register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    monkeypatch.setenv("VANBAN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return asyncio.run(filled(tmp_path))


def export(*arguments: str) -> int:
    return execute(["export", *arguments])


def test_the_file_is_the_one_of_the_api(register: bytes) -> None:
    assert export("vac xin", "--register", "incoming", "--kind", "CV", "--out", "so.csv") == 0
    assert Path("so.csv").read_bytes() == register


def test_without_a_name_the_file_gets_one_of_its_own(register: bytes, tmp_path: Path) -> None:
    assert export() == 0
    (own,) = tmp_path.glob("van-ban-*.csv")
    assert len(csv_rows(own.read_bytes())) == 2


def test_a_dash_is_standard_output_and_nothing_else_goes_there(
    register: bytes, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert export("--format", "ndjson", "--out", "-") == 0
    shown = capfdbinary.readouterr()
    assert [json.loads(line).get("external_id") for line in shown.out.splitlines()] == ["a", None]
    assert shown.err == b""


def test_a_file_that_is_there_stays_when_an_export_fails(
    register: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("so.csv").write_text("old")
    assert export("--register", "incoming", "--format", "edxml", "--out", "so.csv") == 2
    assert "ask for csv, xlsx or docx" in capsys.readouterr().err
    assert export("--out", "no/such/folder/so.csv") == 2
    assert "--out" in capsys.readouterr().err
    assert Path("so.csv").read_text() == "old"
    assert not list(tmp_path.glob("*.part"))


def test_a_wrong_choice_names_the_right_ones(register: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    assert export("--format", "pdf") == 2
    assert "csv, xlsx, docx, ndjson, edxml" in capsys.readouterr().err
    assert export("--register", "x") == 2
    assert "list, incoming, outgoing, follow-up, contents" in capsys.readouterr().err
