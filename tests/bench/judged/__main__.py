"""nDCG@10 of 70 short queries, typed and in ASCII, beside the usual ways to search on the same OpenSearch.

    VANBAN_SHARED=/path python -m tests.bench.judged [--engine embedded|opensearch|both] [--pool FILE]

`--pool` writes what the rankers list and nobody has graded, for reading (docs/relevance.md has the procedure).
"""

import argparse
import asyncio
import os
import statistics
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from services.core.text import fold
from services.search import SearchQuery, SearchService, build_index_document
from tests.bench.judged.baselines import RANKERS, Baselines
from tests.bench.judged.collection import Text, collection
from tests.bench.judged.grades import DEPTH, ndcg, read_grades, read_queries, unread
from tests.search_support import EVERYONE, FakeArchive, engine_at, make_document, settings_for
from tests.servers import opensearch_node

WRITINGS: dict[str, Callable[[str], str]] = {"typed": str, "ASCII": fold}
_BATCH = 500
_SHOWN_CHARS, _SHOWN_CHARS_WITHOUT_SUBJECT = 170, 500

Rankings = Mapping[str, Sequence[str]]
"""For every query's number the ids listed, best first."""


def main() -> int:
    """Measure and print; 0 also where the shared texts are missing, which is said."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=("embedded", "opensearch", "both"), default="both")
    parser.add_argument("--pool", type=Path)
    options = parser.parse_args()
    shared = os.environ.get("VANBAN_SHARED")
    if not shared:
        print("VANBAN_SHARED is not set: there are no texts to search. Skipped.")
        return 0
    texts = list(collection(Path(shared)))
    engines = ("embedded", "opensearch") if options.engine == "both" else (options.engine,)
    with ExitStack() as stack:
        node = stack.enter_context(opensearch_node()).url
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vbj-", dir="/tmp")))
        found = _baselines(node, texts)
        for engine in engines:
            url = f"embedded://{folder}/index" if engine == "embedded" else f"{node}/judged"
            found |= asyncio.run(_ours(engine, url, folder, texts))
    if options.pool:
        _write_pool(options.pool, texts, found.values())
    _report(len(texts), found)
    return 0


def _baselines(url: str, texts: Sequence[Text]) -> dict[tuple[str, str], Rankings]:
    baselines = Baselines(url)
    baselines.fill(texts)
    return {
        (ranker, writing): {n: baselines.ranking(ranker, write(q), DEPTH) for n, q in read_queries().items()}
        for ranker in RANKERS
        for writing, write in WRITINGS.items()
    }


async def _ours(engine_name: str, url: str, folder: Path, texts: Sequence[Text]) -> dict[tuple[str, str], Rankings]:
    archive = FakeArchive()
    tasks = [archive.put(make_document(text.id, text.record), text.clean) for text in texts]
    async with engine_at(url, folder) as engine:
        for start in range(0, len(tasks), _BATCH):
            entries = [build_index_document(t.document, t.clean) for t in tasks[start : start + _BATCH]]
            await engine.apply(entries)
        service = SearchService(engine, archive.as_archive, settings_for(url, folder))
        return {
            (f"vanban, {engine_name}", writing): {n: await _ids(service, write(q)) for n, q in read_queries().items()}
            for writing, write in WRITINGS.items()
        }


async def _ids(service: SearchService, q: str) -> list[str]:
    page = await service.search(EVERYONE, SearchQuery(q=q, limit=DEPTH, facets=()))
    return [hit.id for hit in page.hits]


def _report(count: int, found: Mapping[tuple[str, str], Rankings]) -> None:
    grades = read_grades()
    read = sum(map(len, grades.values()))
    print(f"{count} documents, {len(grades)} queries, {read} grades; nDCG@10 (of the first ten, nobody read):")
    for ranker in dict.fromkeys(name for name, _ in found):
        shown = []
        for writing in WRITINGS:
            rankings = found[ranker, writing]
            value = statistics.mean(ndcg(rankings[n], grades.get(n, {})) for n in rankings)
            holes = sum(unread(rankings[n], grades.get(n, {})) for n in rankings)
            shown.append(f"{writing} {value:.3f} ({holes})")
        print(f"{ranker:28} {'  '.join(shown)}")


def _write_pool(path: Path, texts: Sequence[Text], found: Iterable[Rankings]) -> None:
    """Write the unread documents of every query in the order of their ids, which tells nothing of who listed them."""
    shown = {text.id: _shown(text) for text in texts}
    grades, pool = read_grades(), {number: set[str]() for number in read_queries()}
    for rankings in found:
        for number, ids in rankings.items():
            pool[number] |= set(ids[:DEPTH]) - set(grades.get(number, {}))
    with path.open("w", encoding="utf-8") as file:
        for number, query in read_queries().items():
            file.write(f"# {number}\t{query}\n")
            file.writelines(f"{document}\t{shown[document]}\n" for document in sorted(pool[number]))


def _shown(text: Text) -> str:
    """Return what a reader needs to grade: kind, symbol, subject, or the beginning where there is no subject."""
    record = text.record
    head = f"{record.kind.name if record.kind else ''} {record.symbol or ''}: "
    if record.subject:
        return (head + " ".join(record.subject.split()))[:_SHOWN_CHARS]
    return (head + " ".join(text.clean.text.split()))[:_SHOWN_CHARS_WITHOUT_SUBJECT]


if __name__ == "__main__":
    raise SystemExit(main())
