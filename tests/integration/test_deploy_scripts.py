"""deploy/up.sh and setup.sh on machines that lack something: they say what, and the line that gets it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BASICS = ["bash", "awk", "cat", "cut", "dirname", "env", "grep", "sha256sum", "tr"]
TOOLS = ["tesseract", "pdftoppm", "pdfinfo", "redis-server"]


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder of programs that is all the PATH there is: no apt-get, no sudo, nothing that reading needs."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in BASICS:
        found = shutil.which(name)
        assert found, f"{name} is missing"
        (folder / name).symlink_to(found)
    (folder / "python3").symlink_to(Path(sys.executable).resolve())
    tmp_path.chmod(0o755)
    return folder


def up(path: Path, *, as_nobody: bool = False) -> subprocess.CompletedProcess[str]:
    home = path.parent
    return subprocess.run(
        [str(ROOT / "deploy" / "up.sh")],
        env={"PATH": str(path), "HOME": str(home), "VANBAN_DATA_DIR": str(home / "data")},
        cwd=home,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        user=65534 if as_nobody and os.geteuid() == 0 else None,
    )


def test_a_machine_without_apt_is_told_what_is_missing(bare: Path) -> None:
    done = up(bare)
    assert done.returncode == 1
    for package in ("tesseract-ocr", "tesseract-ocr-vie", "poppler-utils", "redis-server"):
        assert package in done.stderr
    assert "package manager" in done.stderr
    assert not (bare.parent / "data").exists()


def test_only_what_is_missing_is_asked_for(bare: Path) -> None:
    for name in TOOLS[:3]:
        program = bare / name
        program.write_text("#!/bin/sh\necho vie\n")
        program.chmod(0o755)
    done = up(bare)
    assert done.returncode == 1
    assert "Missing on this machine: redis-server (" in done.stderr


def test_who_is_not_root_gets_the_one_line_to_have_run(bare: Path) -> None:
    for parent in bare.parents:
        if parent.stat().st_uid == os.geteuid() and not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o011)
    (bare / "apt-get").write_text("#!/bin/sh\necho must not run >&2\nexit 9\n")
    (bare / "apt-get").chmod(0o755)
    done = up(bare, as_nobody=True)
    assert done.returncode == 1
    line = "apt-get install -y --no-install-recommends tesseract-ocr tesseract-ocr-vie poppler-utils redis-server"
    assert line in done.stderr
    assert "must not run" not in done.stderr


def test_setup_without_a_python_that_can_make_environments_says_which_package_has_it(
    bare: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "a checkout"
    shutil.copytree(ROOT / "deploy", copy / "deploy", ignore=shutil.ignore_patterns("sample"))
    for name in ("requirements.lock", "requirements-build.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, copy)
    (bare / "python3").unlink()
    (bare / "python3").write_text("#!/bin/sh\nexit 1\n")
    (bare / "python3").chmod(0o755)
    environment = {"PATH": str(bare), "HOME": str(tmp_path), "VANBAN_PYTHON": str(bare / "python3")}
    done = subprocess.run(
        [str(copy / "deploy" / "setup.sh")], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "apt-get install -y python3 python3-venv" in done.stderr
    assert not (copy / ".venv").exists()


def test_an_unknown_option_is_refused_before_anything_is_done(bare: Path) -> None:
    command = [str(ROOT / "deploy" / "opensearch-local" / "start.sh"), "--nodes", "4"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "--nodes is 1, 2 or 3" in done.stderr
