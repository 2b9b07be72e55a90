"""nDCG@10 of 70 short queries, typed and in ASCII, beside the usual ways to search on the same OpenSearch.

    VANBAN_SHARED=/path python -m tests.bench.judged [--engine embedded|opensearch|both] [--pool FILE]

`--pool` writes what the rankers list and nobody has graded, for reading (docs/relevance.md has the procedure).
"""

import argparse
import asyncio
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.bench.judged.collection import Text, collection
from tests.bench.judged.grades import DEPTH, mean_ndcg, read_grades, read_queries, unread
from tests.bench.judged.rankings import WRITINGS, Rankings, baseline_rankings, our_rankings
from tests.servers import opensearch_node

_SHOWN_CHARS, _SHOWN_CHARS_WITHOUT_SUBJECT = 170, 500


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
        found = baseline_rankings(node, texts)
        for engine in engines:
            url = f"embedded://{folder}/index" if engine == "embedded" else f"{node}/judged"
            ours = asyncio.run(our_rankings(url, folder, texts))
            found |= {(f"vanban, {engine}", writing): rankings for writing, rankings in ours.items()}
    if options.pool:
        _write_pool(options.pool, texts, found.values())
    _report(len(texts), found)
    return 0


def _report(count: int, found: Mapping[tuple[str, str], Rankings]) -> None:
    grades = read_grades()
    read = sum(map(len, grades.values()))
    print(f"{count} documents, {len(grades)} queries, {read} grades; nDCG@10 (of the first ten, nobody read):")
    for ranker in dict.fromkeys(name for name, _ in found):
        shown = []
        for writing in WRITINGS:
            rankings = found[ranker, writing]
            holes = sum(unread(rankings[n], grades.get(n, {})) for n in rankings)
            shown.append(f"{writing} {mean_ndcg(rankings, grades):.3f} ({holes})")
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
