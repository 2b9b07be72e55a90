"""Fields of the 31 real scans, read whole and scored; with VANBAN_SHARED set, run with `-m bench -s`."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from services.core.settings import load_settings
from services.fields import Hints, Taxonomy, flat_lines, read_documents
from services.ocr import compose, read_files

SHARED = Path(os.environ.get("VANBAN_SHARED", "/nowhere"))
pytestmark = [
    pytest.mark.bench,
    pytest.mark.timeout(7200),
    pytest.mark.skipif(not SHARED.is_dir(), reason="VANBAN_SHARED names no folder with the shared documents"),
]


def test_fields_of_the_real_scans_are_scored(tmp_path: Path) -> None:
    lines, seconds = asyncio.run(_read_all(tmp_path))
    answers = tmp_path / "fields.jsonl"
    answers.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    truth = SHARED / "data" / "scans" / "truth" / "fields.jsonl"
    command = [sys.executable, str(SHARED / "tools" / "score_fields.py"), str(truth), str(answers)]
    print(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    scored = json.loads(subprocess.run([*command, "--json"], capture_output=True, text=True, check=True).stdout)
    print(f"extraction alone: {1000 * seconds / len(lines):.0f} ms a document (process time)")
    wanted = _other_pages(map(json.loads, truth.read_text(encoding="utf-8").splitlines()))
    assert _other_pages(lines) == wanted, "the files of several documents are cut as the truth has it, no other is"
    assert scored["doc_type"]["accuracy"] >= 0.95
    assert scored["issuer"]["accuracy"] >= 0.9
    assert scored["addressees"]["f1"] >= 0.9
    assert scored["sure"]["wrong"] <= 0.1 * scored["sure"]["given"]


async def _read_all(data_dir: Path) -> tuple[list[dict[str, Any]], float]:
    """Read all scans; returns their flat lines and the CPU seconds that extraction took."""
    taxonomy = Taxonomy.load()
    paths = sorted((SHARED / "data" / "scans").glob("*/*.pdf"))
    lines, seconds = [], 0.0
    async for result in read_files(load_settings(data_dir=data_dir), paths):
        start = time.process_time()
        found = read_documents(result.page_texts(), compose, Hints(file_name=result.path.name), taxonomy)
        seconds += time.process_time() - start
        lines.append(flat_lines(result.path.name, len(result.pages), found))
    return lines, seconds


def _other_pages(lines: Iterable[dict[str, Any]]) -> dict[str, list[str]]:
    """Return, for each file, the page runs of its documents after the first."""
    return {Path(line["file"]).name: [other["pages"] for other in line.get("also_in_file") or ()] for line in lines}
