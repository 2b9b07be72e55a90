"""`vanban backup` and `vanban restore` of an archive on which nothing runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from services.cli.exits import DONE, EXIT_CODES, USAGE
from services.cli.main import execute
from services.core.errors import ConflictError, CorruptError, NotFoundError
from tests.new_data import new_data


def test_a_backup_is_taken_verified_restored_and_found_damaged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, here = str(tmp_path / "backups"), ("--data-dir", str(new_data(tmp_path / "data")))
    assert execute(["backup", folder, "--verify"]) == EXIT_CODES[NotFoundError]
    assert execute(["backup", folder, *here]) == DONE
    assert execute(["backup", folder, "--keep", "1", "--json", *here]) == DONE
    taken = json.loads(capsys.readouterr().out)
    assert len(taken["removed"]) == 1
    assert execute(["backup", folder, "--verify"]) == DONE
    assert capsys.readouterr().out == f"{taken['snapshot']}  0 blobs, 0.0 MB, whole\n"
    new = ("--data-dir", str(tmp_path / "new"))
    assert execute(["restore", folder, *here]) == EXIT_CODES[ConflictError]
    assert execute(["restore", folder, "--snapshot", "2020", *new]) == EXIT_CODES[NotFoundError]
    assert execute(["restore", folder, *new]) == DONE
    assert "vanban up" in capsys.readouterr().err
    assert execute(["status", *new]) == DONE
    (Path(folder) / "snapshots" / taken["snapshot"] / "catalogue.sqlite3").write_bytes(b"SQLite no more")
    assert execute(["backup", folder, "--verify"]) == EXIT_CODES[CorruptError]
    shown = capsys.readouterr()
    assert "damaged" in shown.out
    assert "catalogue.sqlite3" in shown.err


def test_wrong_usage_is_code_two(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    assert execute(["backup", str(tmp_path / "b"), "--verify", "--keep", "3", "--data-dir", data]) == USAGE
    assert execute(["backup", str(tmp_path / "b"), "--keep", "0", "--data-dir", data]) == USAGE
    assert execute(["backup", f"{data}/inside", "--data-dir", data]) == USAGE
    assert not (tmp_path / "b").exists()
