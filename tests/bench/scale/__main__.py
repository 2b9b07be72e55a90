"""Searching at 100,000 documents through the real web process, beside the bare engine call, in one run.

    VANBAN_SHARED=/path python -m tests.bench.scale [--documents 10000 100000] [--engine embedded|opensearch]

For each size: an archive is filled straight in its own forms (tests/bench/scale/filling.py), `vanban up` started,
`vanban reindex` timed, and a mixed log of queries asked in turn through `GET /api/v1/search` (a filter, all facets, ten
hits with marks and boxes) and as the same engine query (gate, filter, facets, limit 10); then suggestions are asked for
as if their first words were typed. Printed are milliseconds, their ratio, the build rate, the index beside the text,
and the private memory of the web process.
"""

import argparse
import asyncio
import json
import os
import tempfile
import urllib.request
from itertools import islice
from pathlib import Path

from services.core.settings import load_settings
from tests.bench.scale.asking import measure, measure_typing, query_log, report
from tests.bench.scale.filling import fill
from tests.bench.scale.texts import texts
from tests.running import RunningArchive, running_archive


def main() -> int:
    """Measure and print; 0 also where the shared texts are missing, which is said."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--queries", type=int, default=360)
    parser.add_argument("--data-dir", type=Path, help="kept, its archives used again [default: one that goes]")
    parser.add_argument("--engine", choices=("embedded", "opensearch"), default="embedded")
    options = parser.parse_args()
    shared = os.environ.get("VANBAN_SHARED")
    if not shared:
        print("VANBAN_SHARED is not set: there are no texts to measure on. Skipped.")
        return 0
    for count in options.documents:
        with tempfile.TemporaryDirectory(prefix="vbs-", dir="/tmp") as temporary:
            folder = Path(options.data_dir or temporary, f"{count}")
            _measure(folder, Path(shared), count, options.queries, options.engine)
    return 0


def _measure(folder: Path, shared: Path, count: int, queries: int, engine: str) -> None:
    kept = folder / "text_bytes"
    if not kept.exists():
        folder.mkdir(parents=True)
        kept.write_text(str(asyncio.run(fill(load_settings(data_dir=folder), texts(shared, count)))))
    size = int(kept.read_text())
    print(f"{engine}, {count} documents, {size / 1e6:.1f} MB of text; load {os.getloadavg()[0]:.1f}", flush=True)
    log = query_log(shared, list(islice(texts(shared, count), 10_000)), queries)
    with running_archive(folder, engine=engine) as archive:
        _build(archive, size)
        settings = load_settings(data_dir=folder)
        for name, times in asyncio.run(measure(archive.url, settings, log)).items():
            report(name, times)
        typing = sorted(measure_typing(archive.url, log))
        p50, p95 = typing[len(typing) // 2], typing[len(typing) * 95 // 100]
        print(f"  suggestions, HTTP: p50 {p50:.1f} ms   p95 {p95:.1f} ms   ({len(typing)} requests)")
        print(f"  web process {_private_bytes(archive) / 1e6:.0f} MB private, without the mapped index", flush=True)


def _build(archive: RunningArchive, size: int) -> None:
    """Rebuild the index from the archive, as `vanban reindex` does, and say how fast that was."""
    before = _processor_seconds(archive)
    found = archive.reindex()
    processor = _processor_seconds(archive) - before
    print(
        f"  vanban reindex {found['documents'] / found['seconds']:.0f} documents/s"
        f" ({processor:.0f} s of processor in all processes of the archive),"
        f" index {_index_bytes(archive) / size:.2f} x text",
        flush=True,
    )


def _processor_seconds(archive: RunningArchive) -> float:
    """Return what the archive's processes have used so far (the command, which only waits, left out)."""
    ticks = 0
    for pid in archive.pids():
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _index_bytes(archive: RunningArchive) -> int:
    url = load_settings(data_dir=archive.data_dir).index_url
    if url.startswith("embedded://"):
        return sum(f.stat().st_size for f in Path(url.removeprefix("embedded://")).rglob("*") if f.is_file())
    with urllib.request.urlopen(f"{url}/_stats/store") as answer:
        return int(json.load(answer)["_all"]["primaries"]["store"]["size_in_bytes"])


def _private_bytes(archive: RunningArchive) -> int:
    """Return the private memory of the web process, files of the index that it maps left out."""
    (pid,) = archive.pids("services.app:create_app")
    index = str(archive.data_dir / "index")
    total, counted = 0, True
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        name, *rest = line.split(maxsplit=5)
        if not name.endswith(":"):
            counted = not line.partition("/")[2].startswith(index.removeprefix("/"))
        elif counted and name in ("Private_Clean:", "Private_Dirty:"):
            total += 1024 * int(rest[0])
    return total


if __name__ == "__main__":
    raise SystemExit(main())
