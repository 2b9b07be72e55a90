"""Rules over all files of the project."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ["deploy/up.sh", "deploy/setup.sh", "deploy/test.sh", "deploy/opensearch-local/start.sh", ".ci/run"]
# put together here, so that this file does not name what it forbids
REGISTRIES = [
    "pypi" + ".org",
    "pythonhosted" + ".org",
    "npmjs" + ".org",
    "maven" + ".org",
    "maven" + ".apache.org/maven2",
]


def project_files() -> list[Path]:
    done = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        pytest.fail("git is needed to know which files belong to the project")
    return [ROOT / os.fsdecode(name) for name in done.stdout.split(b"\0") if name]


def test_no_file_names_a_registry_host() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {host}"
        for path in project_files()
        if path.is_file()
        for host in REGISTRIES
        if host.encode() in path.read_bytes()
    ]
    assert found == []


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_executable_strict_and_parses(name: str) -> None:
    path = ROOT / name
    assert os.access(path, os.X_OK)
    text = path.read_text()
    assert text.startswith("#!/usr/bin/env bash\n")
    assert "set -euo pipefail\n" in text
    subprocess.run(["bash", "-n", str(path)], check=True)


def test_every_pinned_library_has_a_hash() -> None:
    for lock in (
        "requirements.lock",
        "requirements-dev.lock",
        "requirements-build.lock",
        "requirements-handwriting.lock",
    ):
        blocks = re.split(r"\n(?=[A-Za-z0-9])", (ROOT / lock).read_text())
        pins = [block for block in blocks if re.match(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==", block)]
        assert len(pins) >= 4
        assert all("--hash=sha256:" in block for block in pins)


def test_every_jar_of_the_local_opensearch_is_pinned_by_content() -> None:
    lines = (ROOT / "deploy" / "opensearch-local" / "jars.sha256").read_text().splitlines()
    assert len(lines) == 116
    assert all(re.fullmatch(r"[0-9a-f]{64}  (lib|compiler)/[\w.+-]+\.jar", line) for line in lines)
