"""`vanban dossier` on an archive of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from services.cli.exits import EXIT_CODES
from services.cli.main import execute
from services.core.errors import DossierExistsError, NotFoundError
from services.core.ids import new_id


def test_dossiers_are_opened_listed_locked_and_opened_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ["--data-dir", str(tmp_path)]
    assert execute(["dossier", "new", "--code", "01.TCCB", "--title", "Tuyển dụng", "--json", *data]) == 0
    made = json.loads(capsys.readouterr().out)
    assert execute(["dossier", "new", "--code", "01.TCCB", "--title", "x", *data]) == EXIT_CODES[DossierExistsError]
    assert execute(["dossier", "lock", made["id"], *data]) == 0
    assert execute(["dossier", "list", *data]) == 0
    assert "01.TCCB  Tuyển dụng (0 documents, locked)" in capsys.readouterr().out
    assert execute(["dossier", "unlock", made["id"], *data]) == 0
    assert execute(["dossier", "put", made["id"], new_id(), *data]) == EXIT_CODES[NotFoundError]
    capsys.readouterr()
    assert execute(["dossier", "show", made["id"], "--json", *data]) == 0
    assert json.loads(capsys.readouterr().out)["state"] == "open"


@pytest.mark.parametrize("arguments", [["new", "--code", "x"], ["show"], ["put", "x"], ["list", "x"], ["burn", "x"]])
def test_wrong_usage_is_code_two(arguments: list[str], tmp_path: Path) -> None:
    assert execute(["dossier", *arguments, "--data-dir", str(tmp_path / "data")]) == 2
    assert not (tmp_path / "data").exists()
