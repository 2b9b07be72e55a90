"""The house keeps its order: imports go one way, a library lives in one room, and the page that says so is right."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_imports_go_one_way_and_libraries_stay_in_their_rooms() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout


BROKEN = {
    "services.core.ids": "services.archive",
    "services.search.cursors": "services.ocr",
    "services.web.site": "workers.run",
    "services.archive.paging": "tantivy",
    "services.ocr.compose": "pytesseract",
    "services.web.i18n": "sqlalchemy",
    "services.cli.files": "redis",
    "workers.queue": "fastapi",
    "services.search.memory": "services.export",
    "services.web.progress": "openpyxl",
    "services.export.values": "docx",
}


def test_the_linter_sees_every_import_that_breaks_the_order(tmp_path: Path) -> None:
    for room in ("services", "workers"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for module, imported in BROKEN.items():
        with (tmp_path / module.replace(".", "/")).with_suffix(".py").open("a") as file:
            file.write(f"\nimport {imported}\n")
    done = lint(tmp_path)
    assert done.returncode != 0
    missed = [
        f"{m} -> {i}" for m, i in BROKEN.items() if not re.search(rf"{re.escape(m)} -> {re.escape(i)}", done.stdout)
    ]
    assert missed == []


def test_the_architecture_page_names_the_libraries_that_the_contract_holds() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    rows = [line for line in page.splitlines() if re.match(r"\| `(services|workers)", line)]
    named = {library for row in rows for library in re.findall(r"`([A-Za-z0-9]+)`", row.split("|")[3])}
    assert len(named) > 10
    contract = next(c for c in CONTRACTS if c["type"] == "forbidden")
    assert named == set(contract["forbidden_modules"])
