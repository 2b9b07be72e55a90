"""Short queries over dispatch subjects: what comes first, and whether it is what was typed.

    VANBAN_SHARED=/path python -m tests.bench.short

4,056 real subjects, each with 2,500 characters of a legal article as its text. Windows: 5 to 8 syllables of a subject
in ASCII; how often the first hit has them, one after the other. Pairs: two syllables with marks that also exist with
others; the share of the first ten hits that have them as typed. All are drawn by a seed.
"""

import argparse
import asyncio
import csv
import gzip
import json
import os
import random
import statistics
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path

from services.core.model import CleanText, Record
from services.core.text import folded_form, syllables
from services.search import IndexDocument, build_index_document
from tests.bench.index import ARTICLES, fill
from tests.bench.search import ask
from tests.search_support import engine_at, make_document

_SEED = 9
_WINDOWS, _PAIRS = 400, 150
_TEXT_CHARS = 2_500
_EVERY = 7  # articles of one law lie side by side
_ENOUGH = 12  # documents that have a pair in one writing


@dataclass(frozen=True)
class Dispatch:
    """A subject, and a text that begins with it."""

    id: str
    symbol: str
    subject: str
    text: str

    def entry(self) -> IndexDocument:
        record = Record(symbol=self.symbol, subject=self.subject)
        return build_index_document(make_document(self.id, record), CleanText(self.text, ()))


def main() -> int:
    """Measure and print; 0 also where the shared texts are missing, which is said."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    shared = os.environ.get("VANBAN_SHARED")
    if not shared:
        print("VANBAN_SHARED is not set: there are no texts to measure on. Skipped.")
        return 0
    with tempfile.TemporaryDirectory(prefix="vbq-", dir="/tmp") as folder:
        asyncio.run(_measure(list(dispatches(Path(shared))), Path(folder)))
    return 0


def dispatches(shared: Path) -> Iterator[Dispatch]:
    """Yield the subjects, each with the text of an article drawn for it."""
    rng = random.Random(_SEED)
    with gzip.open(shared / ARTICLES, "rt", encoding="utf-8") as lines:
        texts = [json.loads(line)["text"][:_TEXT_CHARS] for line in islice(lines, 0, 30_000, _EVERY)]
    with (shared / "data/text/binhduong_dispatch_metadata.csv").open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file)):
            subject = row["trich_yeu"]
            yield Dispatch(str(number), row["so_ky_hieu"], subject, f"{subject}\n{rng.choice(texts)}")


async def _measure(found: Sequence[Dispatch], folder: Path) -> None:
    texts = {d.id: syllables(d.text) for d in found}
    rng = random.Random(_SEED)
    async with engine_at(f"embedded://{folder}/index", folder) as engine:
        await fill(engine, (d.entry() for d in found))
        right = []
        for window in _windows(found, rng):
            hits = (await ask(engine, " ".join(window), facets=False)).hits
            right.append(bool(hits) and _has(list(map(folded_form, texts[hits[0].id])), window))
        print(f"windows: {len(right)}, the first hit has the window in {100 * statistics.mean(right):.1f} %")
        shares = []
        for pair in _ambiguous(texts.values(), rng):
            hits = (await ask(engine, " ".join(pair), facets=False)).hits
            shares.append(statistics.mean(_has(texts[hit.id], pair) for hit in hits) if hits else 0.0)
        print(
            f"pairs: {len(shares)}, of the first ten hits {100 * statistics.mean(shares):.1f} % have the pair as typed"
        )


def _windows(found: Sequence[Dispatch], rng: random.Random) -> Iterator[list[str]]:
    for dispatch in rng.sample(found, _WINDOWS):
        words, length = list(map(folded_form, syllables(dispatch.subject))), rng.randint(5, 8)
        if len(words) >= length:
            start = rng.randint(0, len(words) - length)
            yield words[start : start + length]


def _ambiguous(texts: Iterable[list[str]], rng: random.Random) -> list[tuple[str, str]]:
    counts = Counter(pair for words in texts for pair in set(pairwise(words)))
    writings: defaultdict[tuple[str, ...], list[tuple[str, str]]] = defaultdict(list)
    for pair, count in counts.items():
        if count >= _ENOUGH:
            writings[tuple(map(folded_form, pair))].append(pair)
    return rng.sample(sorted(p for pairs in writings.values() if len(pairs) > 1 for p in pairs), _PAIRS)


def _has(words: Sequence[str], wanted: Sequence[str]) -> bool:
    return any(list(words[at : at + len(wanted)]) == list(wanted) for at in range(len(words) - len(wanted) + 1))


if __name__ == "__main__":
    raise SystemExit(main())
