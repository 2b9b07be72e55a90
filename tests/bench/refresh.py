"""Records of a whole archive made again without reading: `python -m tests.bench.refresh`.

Generated dispatches are imported as texts (no OCR); then `vanban refresh` runs on them as an office would: after an
upgrade that changes no record, and after an edit of the taxonomy that gives many a new topic.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, get_args

import yaml

from services.archive import open_archive
from services.core.model import local_principal
from services.core.settings import load_settings
from services.fields import Taxonomy
from services.fields.taxonomy_file import DEFAULT_FILE
from services.ocr import plain_text
from tests.corpus.content import compose_dispatch, issuers, topics
from tests.corpus.layout import set_dispatch
from tests.corpus.model import ScanSpec
from tests.corpus.scanning import page_truth
from tests.inline_work import work_off

Kind = Literal["CV", "QĐ", "CĐ", "TB", "KH", "CT", "TTr", "BC"]
KINDS: tuple[Kind, ...] = get_args(Kind)
NEW_TOPIC = {"id": "thu", "vi": "Thử", "en": "Trial", "cues": {"vắc xin": 3, "học sinh": 3, "ngân sách": 3, "lúa": 3}}
P = local_principal("bench")


def main(arguments: Sequence[str] | None = None) -> None:
    """Build the archive, or take the one in `--data-dir`, and run the command on it twice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--data-dir", type=Path, help="kept and used again [default: a folder that goes]")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.data_dir or Path(temporary)
        if not (folder / "catalogue.sqlite3").exists():
            asyncio.run(_build(folder, options.documents))
        edited = Path(temporary) / "edited.yaml"
        file = yaml.safe_load(DEFAULT_FILE.read_text(encoding="utf-8"))
        file["topics"].append(NEW_TOPIC)
        edited.write_text(yaml.safe_dump(file, allow_unicode=True), encoding="utf-8")
        _run("the same rules, all", folder, DEFAULT_FILE, "--all")
        _run("an edited taxonomy", folder, edited)
        _run("the edit taken back", folder, DEFAULT_FILE)


def texts(count: int) -> Iterator[str]:
    """Yield the texts of different dispatches, of every kind, topic and issuer, one to four pages long."""
    for seed in range(count):
        spec = ScanSpec(
            name="x",
            kind=KINDS[seed % len(KINDS)],
            topic=topics()[seed % len(topics())],
            issuer=issuers()[seed % len(issuers())],
            clauses=3 + seed % 12,
        )
        sheets = set_dispatch(compose_dispatch(spec, seed), spec).sheets
        yield "\f".join(plain_text(page_truth(sheet, n, spec)) for n, sheet in enumerate(sheets, start=1))


async def _build(folder: Path, count: int) -> None:
    began = time.monotonic()
    async with await open_archive(load_settings(data_dir=folder)) as archive:
        batch = await archive.intake.create_batch(P)
        size = 0
        for number, text in enumerate(texts(count)):
            size += len(text)
            line = json.dumps({"id": str(number), "pages": text.split("\f")})
            await archive.intake.import_line(P, batch.id, line)
        await work_off(archive, Taxonomy.load())
    seconds = time.monotonic() - began
    print(f"{count} documents of {size / count:.0f} characters were imported in {seconds:.0f} s", flush=True)


def _run(name: str, folder: Path, taxonomy: Path, *flags: str) -> None:
    environment = os.environ | {"VANBAN_DATA_DIR": str(folder), "VANBAN_TAXONOMY_FILE": str(taxonomy)}
    command = [sys.executable, "-m", "services.cli", "refresh", "--json", *flags]
    began = os.times()
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True)
    ended = os.times()
    report = json.loads(done.stdout)
    processor = sum(ended[2:4]) - sum(began[2:4])
    print(
        f"{name}: {report['done']} documents in {report['seconds']:.1f} s, {report['done'] / report['seconds']:.0f}/s, "
        f"{1000 * processor / report['done']:.1f} ms of processor each",
        flush=True,
    )


if __name__ == "__main__":
    main()
