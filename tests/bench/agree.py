"""How alike both engines answer: the same queries on the same legal articles, fresh and after updates and deletes.

    VANBAN_SHARED=/path python -m tests.bench.agree [--documents N] [--queries N] [--nodes N] [--shards N]

One node and one shard, or as many as are asked for. Fresh: both indexes built anew. Then every fifth article is
written again without its second half, every tenth is taken out, and the same is asked once more, nothing rebuilt.
"""

import argparse
import asyncio
import dataclasses
import os
import statistics
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path

from services.search import EngineHits, IndexDocument, SearchEngine
from tests.bench.index import articles, fill
from tests.bench.search import ask, first_syllables, questions
from tests.search_support import engine_at
from tests.servers import opensearch_node

_BATCH = 500


def main() -> int:
    """Measure and print; 0 also where the shared texts are missing, which is said."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--nodes", type=int, choices=(1, 2, 3), default=1, help="of OpenSearch (default 1)")
    parser.add_argument("--shards", type=int, default=1, help="of its index (default 1)")
    options = parser.parse_args()
    shared = os.environ.get("VANBAN_SHARED")
    if not shared:
        print("VANBAN_SHARED is not set: there are no texts to measure on. Skipped.")
        return 0
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vba-", dir="/tmp")))
        nodes = stack.enter_context(opensearch_node(nodes=options.nodes))
        urls = [f"embedded://{folder}/index", f"{nodes.url}/bench?shards={options.shards}"]
        print(f"OpenSearch: {options.nodes} node(s), {options.shards} shard(s)")
        asyncio.run(_measure(urls, folder, Path(shared), options.documents, options.queries))
    return 0


async def _measure(urls: Sequence[str], folder: Path, shared: Path, count: int, queries: int) -> None:
    asked = [question for question, _ in questions(shared)]
    asked = [*asked, *map(first_syllables, asked)][:queries]
    documents = list(articles(shared, count))
    async with AsyncExitStack() as stack:
        engines = [await stack.enter_async_context(engine_at(url, folder)) for url in urls]
        for engine in engines:
            await fill(engine, iter(documents))
        await _compare("fresh", engines, asked)
        for engine in engines:
            await _change(engine, documents)
        await _compare("after updates and deletes", engines, asked)


async def _change(engine: SearchEngine, documents: Sequence[IndexDocument]) -> None:
    newer = [_halved(document) for document in documents[::5]]
    for start in range(0, len(newer), _BATCH):
        await engine.apply(newer[start : start + _BATCH])
    await engine.apply([], [(document.id, document.revision + 2) for document in documents[1::10]])


def _halved(document: IndexDocument) -> IndexDocument:
    body = document.texts["body"]
    texts = {**document.texts, "body": body[: len(body) // 2]}
    return dataclasses.replace(document, revision=document.revision + 1, texts=texts)


async def _compare(state: str, engines: Sequence[SearchEngine], asked: Sequence[str]) -> None:
    answers = [[await ask(engine, q) for engine in engines] for q in asked]
    same = {
        "totals": [a.total == b.total for a, b in answers],
        "facets": [_facets(a) == _facets(b) for a, b in answers],
        "first ten": [_ids(a) == _ids(b) for a, b in answers],
    }
    overlap = statistics.mean(_overlap(a, b) for a, b in answers)
    said = ", ".join(f"{name} the same in {sum(found)}" for name, found in same.items())
    print(
        f"{state}: of {len(asked)} queries over {await engines[0].count()} documents {said}; overlap@10 {overlap:.4f}"
    )


def _facets(found: EngineHits) -> dict[str, list[tuple[str, int]]]:
    return {facet: list(counts) for facet, counts in found.facets.items()}


def _ids(found: EngineHits) -> list[str]:
    return [hit.id for hit in found.hits]


def _overlap(a: EngineHits, b: EngineHits) -> float:
    most = max(len(a.hits), len(b.hits))
    return len({*_ids(a)} & {*_ids(b)}) / most if most else 1.0


if __name__ == "__main__":
    raise SystemExit(main())
