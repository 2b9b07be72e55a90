"""Search through HTTP beside the bare engine call, on the same archive, query by query, in one run.

    VANBAN_SHARED=/path python -m tests.bench.http [--documents N] [--queries N] [--engine embedded|opensearch]

N legal articles are taken in with `vanban import --wait`; then every question is asked both ways, in turn: once through
`GET /api/v1/search` (ten hits with marks, snippets and facets, JSON and all) and once as the same engine query (gate,
facets, limit 10) straight on the engine. Prints p50 and p95 in milliseconds and the ratio of each pair.
"""

import argparse
import asyncio
import gzip
import json
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from services.core.model import local_principal
from services.core.settings import load_settings
from services.search import SearchQuery, open_engine
from services.search.query import Plan, build_engine_query
from services.search.typed import take_apart
from tests.running import RunningArchive, running_archive


def main() -> int:
    """Measure and print; 0 also where the shared texts are missing, which is said."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=2_000)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--engine", choices=("embedded", "opensearch"), default="embedded")
    options = parser.parse_args()
    shared = os.environ.get("VANBAN_SHARED")
    if not shared:
        print("VANBAN_SHARED is not set: there are no texts to measure on. Skipped.")
        return 0
    queries = _queries(Path(shared), options.queries)
    with tempfile.TemporaryDirectory(prefix="vbh-", dir="/tmp") as name:
        lines = Path(name, "articles.jsonl")
        lines.write_text("".join(_lines(Path(shared), options.documents)), encoding="utf-8")
        with running_archive(Path(name, "data"), engine=options.engine) as archive:
            started = time.perf_counter()
            done = archive.cli("import", str(lines), "--wait", timeout=3600)
            seconds = time.perf_counter() - started
            if done.returncode:
                print(done.stdout, done.stderr)
                return 1
            print(
                f"{options.engine}: {options.documents} documents taken in, {options.documents / seconds:.1f} a second"
            )
            _report(*asyncio.run(_measure(archive, queries)))
    return 0


def _lines(shared: Path, count: int) -> list[str]:
    with gzip.open(shared / "data" / "text" / "phapdien_articles.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in islice(file, count)]
    return [json.dumps({"id": str(n), "text": _text(row)}, ensure_ascii=False) + "\n" for n, row in enumerate(rows)]


def _text(row: dict[str, object]) -> str:
    return "\n".join(value for value in row.values() if isinstance(value, str) and value.strip())


def _queries(shared: Path, count: int) -> list[str]:
    rows = (shared / "data" / "ir" / "alqac" / "queries_dev.tsv").read_text(encoding="utf-8").splitlines()
    return [max(row.split("\t"), key=len) for row in rows[:count]]


async def _measure(archive: RunningArchive, queries: Sequence[str]) -> tuple[list[float], list[float]]:
    settings = load_settings(data_dir=archive.data_dir)
    engine = await open_engine(settings)
    access = local_principal("bench").access
    through, bare = [], []
    try:
        for warm_up in (True, False):
            for q in queries:
                started = time.perf_counter()
                answer = archive.http.get("/api/v1/search", params={"q": q, "limit": 10})
                middle = time.perf_counter()
                await engine.search(build_engine_query(Plan(take_apart(q)), SearchQuery(q=q, limit=10), access))
                ended = time.perf_counter()
                answer.raise_for_status()
                if not warm_up:
                    through.append((middle - started) * 1000)
                    bare.append((ended - middle) * 1000)
    finally:
        await engine.close()
    return through, bare


def _report(through: Sequence[float], bare: Sequence[float]) -> None:
    for name, times in (("through HTTP", through), ("bare engine", bare)):
        p95 = statistics.quantiles(times, n=20)[-1]
        print(f"{name:<14} p50 {statistics.median(times):7.2f} ms   p95 {p95:7.2f} ms")
    ratio = statistics.median(a / b for a, b in zip(through, bare, strict=True))
    print(f"median of the ratios {ratio:.2f}")


if __name__ == "__main__":
    raise SystemExit(main())
