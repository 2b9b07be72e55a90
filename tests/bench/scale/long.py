"""What a hit of 2,000 pages costs: `VANBAN_SHARED=/path python -m tests.bench.scale.long`.

Articles are strung together to one document of 350 words a page. Printed are processor milliseconds: to make it ready
for marking (once, while it is remembered), and to mark it for a list of hits, all of it and as the service does.
"""

import os
import time
from collections.abc import Callable
from functools import partial
from itertools import chain, cycle, islice
from pathlib import Path
from typing import TypeVar

from services.core.model import CleanText
from services.core.spans import Spans
from services.core.text import nfc
from services.search.likely import likely_part
from services.search.marks import Wanted, find_marks, wanted_of
from services.search.places import PagePlaces, best_pages, pages_of
from services.search.plan import Plan
from services.search.service import MARKED_PAGES, PAGES_PER_HIT
from services.search.shelf import ReadText
from services.search.typed import take_apart
from tests.bench.scale.texts import texts

PAGES, WORDS = 2_000, 350
QUERIES = (
    "thanh niên",
    "quy định của pháp luật",
    "cơ quan nhà nước có thẩm quyền quy định về việc thực hiện các nhiệm vụ của người lao động theo pháp luật",
)

R = TypeVar("R")


def main() -> int:
    """Measure and print; 0 also where the shared texts are missing, which is said."""
    shared = os.environ.get("VANBAN_SHARED")
    if not shared:
        print("VANBAN_SHARED is not set: there are no texts to measure on. Skipped.")
        return 0
    clean = _document(Path(shared))
    ready, read = _timed(lambda: ReadText(clean))
    print(f"{PAGES} pages, {len(clean.text)} characters made ready: {ready:.0f} ms")
    for q in QUERIES:
        wanted = wanted_of(Plan(take_apart(q)))
        for name, most in (("all", PAGES), (f"{MARKED_PAGES} pages", MARKED_PAGES)):
            milliseconds, shown = _timed(partial(_marked, read, wanted, most))
            print(f"{name:>8} marked: {milliseconds:4.0f} ms, shown {[p.number for p in shown]}   {q}")
    return 0


def _marked(read: ReadText, wanted: Wanted, most: int) -> list[PagePlaces]:
    part = likely_part(read.folded, read.page_starts, wanted, most)
    return best_pages(pages_of(read, find_marks(part, wanted)), PAGES_PER_HIT)


def _document(shared: Path) -> CleanText:
    said = list(chain.from_iterable(nfc(page).split() for text in texts(shared, 4_000) for page in text.pages))
    words = list(islice(cycle(said), PAGES * WORDS))
    starts = [0]
    for word in words[:-1]:
        starts.append(starts[-1] + len(word) + 1)
    ends = [start + len(word) for start, word in zip(starts, words, strict=True)]
    places = [divmod(n, WORDS) for n in range(len(words))]
    spans = Spans(starts, ends, (page + 1 for page, _ in places), (word for _, word in places))
    return CleanText(" ".join(words), spans, tuple((n + 1, starts[n * WORDS]) for n in range(PAGES)))


def _timed(call: Callable[[], R]) -> tuple[float, R]:
    started = time.process_time()
    result = call()
    return 1000 * (time.process_time() - started), result


if __name__ == "__main__":
    raise SystemExit(main())
