"""Relevance and latency of both engines on public legal texts.

    VANBAN_SHARED=/path python -m tests.bench.search [--documents N] [--engine embedded|opensearch|both]

Relevance: 373 questions over the articles they ask about (ALQAC), MRR@10 as typed, without tones, in ASCII; once over
the articles as they are and once with 3 % of their letters replaced at random. Latency:
the same questions, whole and their first 2 to 6 syllables, on N legal articles, straight on the engine with gate and
facets.
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from services.core.model import CleanText
from services.core.symbols import LOWER
from services.core.text import fold, strip_tone
from services.search import EngineHits, EngineQuery, IndexDocument, SearchEngine, SearchQuery, build_index_document
from services.search.gate import can_relax
from services.search.query import Plan, build_engine_query
from services.search.synonyms import Synonyms
from services.search.typed import take_apart
from tests.bench.index import address, articles, fill
from tests.search_support import engine_at, make_document

_SYNONYMS = Synonyms.load()
_ACCESS = frozenset({"public"})
_SLIPS = 0.03  # of the letters
WRITINGS: dict[str, Callable[[str], str]] = {"typed": str, "no tones": strip_tone, "ASCII": fold}


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
    for name in ("embedded", "opensearch") if options.engine == "both" else (options.engine,):
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vbs-", dir="/tmp")))
            url = address(stack, name, folder)
            asyncio.run(_measure(name, url, folder, Path(shared), options.documents))
    return 0


async def _measure(name: str, url: str, folder: Path, shared: Path, count: int) -> None:
    asked = questions(shared)
    async with engine_at(url, folder) as engine:
        for texts, spoil in _TEXTS.items():
            await fill(engine, _alqac(shared, spoil))
            for writing, write in WRITINGS.items():
                found = [await ask(engine, write(q), facets=False) for q, _ in asked]
                ranks = [_reciprocal(hits, wanted) for hits, (_, wanted) in zip(found, asked, strict=True)]
                matched = statistics.mean(hits.total for hits in found)
                mrr = f"{100 * statistics.mean(ranks):.1f} ({matched:.0f} documents match)"
                print(f"{name}: MRR@10 {writing + texts:26} {mrr}")
        if count:
            await fill(engine, articles(shared, count))
            short = [first_syllables(q) for q, _ in asked]
            for kind, queries in {"question": [q for q, _ in asked], "short": short}.items():
                await _latency(name, kind, engine, queries)


async def _latency(name: str, kind: str, engine: SearchEngine, queries: list[str]) -> None:
    for query in queries[:20]:
        await ask(engine, query)
    for facets in (False, True):
        times = []
        for query in queries:
            started = time.perf_counter()
            await ask(engine, query, facets=facets)
            times.append((time.perf_counter() - started) * 1000)
        p50, p95 = statistics.median(times), statistics.quantiles(times, n=20)[-1]
        with_facets = "with facets" if facets else "hits only"
        print(f"{name}: {kind} {with_facets}: p50 {p50:.1f} ms, p95 {p95:.1f} ms over {await engine.count()} documents")


async def ask(engine: SearchEngine, q: str, *, facets: bool = True) -> EngineHits:
    """Run a query as the service does, without the archive."""
    query = SearchQuery(q=q, limit=10) if facets else SearchQuery(q=q, limit=10, facets=())
    plan = await plan_of(engine, q)
    found = await engine.search(build_engine_query(plan, query, _ACCESS))
    if found.total or not can_relax(plan.typed):
        return found
    return await engine.search(build_engine_query(plan, query, _ACCESS, relaxed=True))


async def engine_query(engine: SearchEngine, query: SearchQuery) -> EngineQuery:
    """Make of a query what the service asks the engine for."""
    return build_engine_query(await plan_of(engine, query.q), query, _ACCESS)


async def plan_of(engine: SearchEngine, q: str) -> Plan:
    """Understand a query as the service does."""
    typed = take_apart(q)
    near = await engine.unknown(typed.folded)
    return Plan(typed, tuple(_SYNONYMS.alternatives(typed.syllables)), near)


def _alqac(shared: Path, spoil: Callable[[str], str]) -> Iterator[IndexDocument]:
    texts = json.loads((shared / "data/ir/alqac/articles.json").read_text(encoding="utf-8"))
    for article, text in texts.items():
        yield build_index_document(make_document(article), CleanText(spoil(text), ()))


def _with_slips(text: str) -> str:
    """Replace some letters by any of the alphabet, the same ones each time."""
    rng = random.Random(text)
    return "".join(rng.choice(LOWER) if c.isalpha() and rng.random() < _SLIPS else c for c in text)


def questions(shared: Path) -> list[tuple[str, set[str]]]:
    """Return the development questions with the articles that answer them."""
    lines = (shared / "data/ir/alqac/queries_dev.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line]
    return [(row[1], {name for cell in row[2:] for name in cell.split("|")}) for row in rows]


_TEXTS: dict[str, Callable[[str], str]] = {"": str, ", letters replaced": _with_slips}


def _reciprocal(hits: EngineHits, wanted: set[str]) -> float:
    return next((1 / rank for rank, hit in enumerate(hits.hits, 1) if hit.id in wanted), 0.0)


def first_syllables(question: str) -> str:
    """Return the first 2 to 6 syllables, always the same number of a question."""
    words = question.split()
    return " ".join(words[: random.Random(question).randint(2, 6)])


if __name__ == "__main__":
    raise SystemExit(main())
