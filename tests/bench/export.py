"""Exports in documents per second, and the memory they take.

    python -m tests.bench.export [--documents N] [--rounds N] [--through-http]

Every format in a process of its own, from documents that are made while they are taken: seconds, and by how much the
process grew (resident memory, libraries loaded before). `--through-http` measures `GET /api/v1/export` besides, on a
running archive into which N letters are imported first: search, catalogue, file and transfer together.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from multiprocessing import get_context
from pathlib import Path

from services.core.model import Document, Evidence, Principal
from services.core.settings import load_settings
from services.export import ExportFormat, Exports, RegisterName
from services.search import AllDocuments, SearchQuery, SearchService
from services.web.schemas import DocumentView
from tests.running import running_archive
from tests.unit.export_support import LETTER, letter

_KEYS = (
    "symbol",
    "issuer",
    "issued_on",
    "kind",
    "subject",
    "signer",
    "addressees",
    "recipients",
    "copy_line",
    "arrival",
)


async def _not_followed(p: Principal, found: Sequence[Document]) -> list[Document]:
    return list(found)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--through-http", action="store_true")
    options = parser.parse_args()
    print(f"{options.documents} documents; median of {options.rounds} rounds")
    for format_ in ExportFormat:
        with get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
            rounds = [pool.apply(_alone, (format_, options.documents)) for _ in range(options.rounds)]
        seconds = statistics.median(seconds for seconds, _, _ in rounds)
        grown = max(grown for _, grown, _ in rounds)
        print(
            f"{format_:<7} {options.documents / seconds:8.0f} documents/s   {rounds[0][2] / 1e6:6.2f} MB"
            f"   process grew by {grown / 1e6:5.1f} MB"
        )
    if options.through_http:
        _through_http(options.documents, options.rounds)
    return 0


class _Found(SearchService):
    """A search that finds so many letters, made while they are taken."""

    def __init__(self, count: int) -> None:
        self._count = count

    async def all_documents(self, p: Principal, query: SearchQuery, *, most: int | None = None) -> AllDocuments:
        """Find them."""
        return AllDocuments(self._count, _letters(self._count))


async def _letters(count: int) -> AsyncIterator[Document]:
    seen = Evidence(how="read", page=1, box=(86.4, 310.2, 110.9, 323.0), confidence=0.97)
    pattern = letter().model_copy(update={"evidence": dict.fromkeys(_KEYS, seen)})
    for n in range(count):
        record = LETTER.model_copy(update={"symbol": f"{n}/UBND-KGVX", "number": str(n)})
        yield pattern.model_copy(update={"id": f"{n:036}", "record": record})


def _alone(format_: ExportFormat, count: int) -> tuple[float, int, int]:
    """Return seconds, bytes by which the process grew, bytes of the file."""
    with tempfile.TemporaryDirectory() as folder:
        exports = Exports(_Found(count), load_settings(data_dir=Path(folder)), DocumentView.of, _not_followed)
        asyncio.run(
            _size(Exports(_Found(2), load_settings(data_dir=Path(folder)), DocumentView.of, _not_followed), format_)
        )
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started = time.perf_counter()
        size = asyncio.run(_size(exports, format_))
        seconds = time.perf_counter() - started
        return seconds, 1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before), size


async def _size(exports: Exports, format_: ExportFormat) -> int:
    register = RegisterName.LIST if format_ in (ExportFormat.NDJSON, ExportFormat.EDXML) else RegisterName.INCOMING
    file = await exports.export(Principal("bench"), SearchQuery(), format_, register)
    return sum([len(chunk) async for chunk in file.chunks])


def _through_http(count: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory(prefix="vbe-", dir="/tmp") as name:
        lines = Path(name, "letters.jsonl")
        lines.write_text("".join(_line(n) for n in range(count)), encoding="utf-8")
        with running_archive(Path(name, "data")) as archive:
            done = archive.cli("import", str(lines), "--wait", timeout=3600)
            if done.returncode:
                raise SystemExit(done.stdout + done.stderr)
            for format_ in ExportFormat:
                times = []
                for _ in range(rounds):
                    started = time.perf_counter()
                    answer = archive.http.get("/api/v1/export", params={"format": format_, "q": ""}, timeout=600)
                    answer.raise_for_status()
                    times.append(time.perf_counter() - started)
                print(f"{format_:<7} {count / statistics.median(times):8.0f} documents/s through HTTP")


def _line(n: int) -> str:
    record = {
        "symbol": f"{n + 1}/UBND-KGVX",
        "kind": "CV",
        "issuer": "UBND tỉnh Điện Biên",
        "issued_on": f"2021-{n % 12 + 1:02}-{n % 28 + 1:02}",
        "subject": f"V/v triển khai nhiệm vụ số {n}",
    }
    return json.dumps({"id": f"letter-{n}", "text": f"Văn bản số {n} về tiêm vắc xin.", "record": record}) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
