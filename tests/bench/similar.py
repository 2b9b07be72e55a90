"""Similar documents, known items: `VANBAN_SHARED=... python -m tests.bench.similar [--texts N] [--asked N]`.

Long articles are cut in two. The first halves of some are asked about; the item to find is the second half, among all
the others. Embedded engine.
"""

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from pathlib import Path

from services.core.model import CleanText, Record
from services.search import SearchService
from tests.bench.scale.texts import texts
from tests.search_support import EVERYONE, FakeArchive, engine_at, make_document, settings_for

_LONG = 300  # words of an article that is cut
_DEPTH = 10


async def main() -> None:
    """Print in how many lists the other half stands first and at all, and the time of a request."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=20_000)
    parser.add_argument("--asked", type=int, default=300)
    options = parser.parse_args()
    archive = FakeArchive()
    asked = _fill(archive, Path(os.environ["VANBAN_SHARED"]), options.texts, options.asked)
    with tempfile.TemporaryDirectory() as folder:
        url = f"embedded://{folder}/index"
        async with engine_at(url, Path(folder)) as engine:
            await archive.index_all(engine)
            service = SearchService(engine, archive.as_archive, settings_for(url, Path(folder)))
            ranks, took = [], []
            for name in asked:
                started = time.perf_counter()
                found = await service.similar(EVERYONE, f"{name}-1", _DEPTH)
                took.append((time.perf_counter() - started) * 1000)
                ids = [item.id for item in found.items]
                ranks.append(ids.index(f"{name}-2") + 1 if f"{name}-2" in ids else None)
    found_at = [rank for rank in ranks if rank]
    took.sort()
    print(
        f"{len(archive.documents.kept)} documents, {len(asked)} asked: first {found_at.count(1) / len(asked):.1%}, "
        f"in the first {_DEPTH} {len(found_at) / len(asked):.1%}, MRR {sum(1 / r for r in found_at) / len(asked):.3f}; "
        f"median {statistics.median(took):.1f} ms, 95 % under {took[int(0.95 * len(took))]:.1f} ms"
    )


def _fill(archive: FakeArchive, shared: Path, count: int, most: int) -> list[str]:
    """Put all texts into the archive, long ones as halves; return the names of those to ask about, spread evenly."""
    cut = []
    for text in texts(shared, count):
        words = " ".join(text.pages).split()
        name = f"{text.number:08d}"
        if len(words) < _LONG:
            _put(archive, name, words)
            continue
        cut.append(name)
        _put(archive, f"{name}-1", words[: len(words) // 2])
        _put(archive, f"{name}-2", words[len(words) // 2 :])
    return cut[:: max(1, len(cut) // most)][:most]


def _put(archive: FakeArchive, name: str, words: list[str]) -> None:
    # Without the records: those of the bench are drawn at random, and a subject would stand over both halves.
    archive.put(make_document(name, Record(pages=1)), CleanText(text=" ".join(words), spans=()))


if __name__ == "__main__":
    asyncio.run(main())
