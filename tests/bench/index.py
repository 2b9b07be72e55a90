"""Index build, documents per second, on public legal articles and both engines.

    VANBAN_SHARED=/path python -m tests.bench.index [--documents N] [--engine embedded|opensearch|both]

Each article is one index document (title as subject, number as symbol). Timed is what a rebuild does after reading the
archive: analysis, writing a new generation in batches of 500, publishing it.
"""

import argparse
import asyncio
import gzip
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import httpx

from services.core.model import CleanText, Record
from services.core.symbols import parse_symbol
from services.search import IndexDocument, SearchEngine, build_index_document
from tests.search_support import engine_at, make_document
from tests.servers import opensearch_node

ARTICLES = "data/text/phapdien_articles.jsonl.gz"
_BATCH = 500


def main() -> int:
    """Measure and print; 0 also where the shared texts are missing, which is said."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--engine", choices=("embedded", "opensearch", "both"), default="both")
    options = parser.parse_args()
    shared = os.environ.get("VANBAN_SHARED")
    if not shared:
        print("VANBAN_SHARED is not set: there are no texts to measure on. Skipped.")
        return 0
    wanted = ("embedded", "opensearch") if options.engine == "both" else (options.engine,)
    for name in wanted:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vbi-", dir="/tmp")))
            asyncio.run(_measure(address(stack, name, folder), folder, Path(shared), options.documents))
    return 0


def address(stack: ExitStack, name: str, folder: Path) -> str:
    """Return the address of an empty index, starting an OpenSearch node for it where needed."""
    if name == "embedded":
        return f"embedded://{folder}/index"
    return f"{stack.enter_context(opensearch_node()).url}/bench"


async def _measure(url: str, folder: Path, shared: Path, count: int) -> None:
    async with engine_at(url, folder) as engine:
        started, cpu = time.perf_counter(), time.process_time()
        done, characters, size = await fill(engine, articles(shared, count))
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        kind = url.split(":", 1)[0].replace("http", "opensearch")
        print(
            f"{kind}: {done} documents, {characters / 1e6:.1f} M characters in {seconds:.1f} s"
            f" = {done / seconds:.0f} documents/s ({cpu:.1f} s CPU in this process), {_size(url) / 1e6:.1f} MB on disk"
            f" = {_size(url) / size:.2f} x text"
        )


async def fill(engine: SearchEngine, documents: Iterator[IndexDocument]) -> tuple[int, int, int]:
    """Build and publish a generation; (documents, characters and bytes of their indexed text)."""
    generation = await engine.begin()
    done = characters = size = 0
    while batch := list(islice(documents, _BATCH)):
        await engine.apply(batch, generation=generation)
        done += len(batch)
        texts = [text for d in batch for text in d.texts.values()]
        characters += sum(map(len, texts))
        size += sum(len(text.encode()) for text in texts)
    await engine.publish(generation)
    assert await engine.count() == done
    return done, characters, size


def articles(shared: Path, count: int) -> Iterator[IndexDocument]:
    """Yield the first articles as index documents."""
    with gzip.open(shared / ARTICLES, "rt", encoding="utf-8") as lines:
        for line in islice(lines, count):
            article = json.loads(line)
            symbol = parse_symbol(article["so_hieu"] or "")
            record = Record(
                symbol=article["so_hieu"], symbol_key=symbol.key if symbol else None, subject=article["title"]
            )
            yield build_index_document(make_document(article["id"], record), CleanText(article["text"], ()))


def _size(url: str) -> int:
    """Return the bytes of the live generation on disk."""
    if url.startswith("embedded"):
        return sum(f.stat().st_size for f in Path(url.removeprefix("embedded://")).rglob("*") if f.is_file())
    httpx.post(f"{url}/_flush").raise_for_status()
    return int(httpx.get(f"{url}/_stats/store").json()["_all"]["primaries"]["store"]["size_in_bytes"])


if __name__ == "__main__":
    raise SystemExit(main())
