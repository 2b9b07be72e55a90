"""Every symbol typed in five writings: whether its document comes first, and then those that cite it.

    VANBAN_SHARED=/path python -m tests.bench.symbols [--engine embedded|opensearch]

4,056 real dispatch subjects with their symbols, each with 2,500 characters of a legal article as its text; every third
cites one or two others. Asked are all symbols that are some, each in five writings: as printed, in ASCII, with blanks
for its signs, run together, and after words ("công văn số ..."). Right is a list that begins with all documents of
that symbol, with all that cite it next, as far as ten hits go. Printed are the rates and some that are not right.
"""

import argparse
import asyncio
import dataclasses
import os
import random
import re
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from services.core.model import Citation, CleanText, Record
from services.core.symbols import parse_symbol
from services.core.text import fold
from services.search import IndexDocument, SearchEngine, build_index_document
from tests.bench.index import address, fill
from tests.bench.search import ask
from tests.bench.short import Dispatch, dispatches
from tests.search_support import engine_at, make_document

_SEED = 4
_EVERY = 3  # so many documents there are to one that cites
_SHOWN = 12
_HITS = 10

WRITINGS: dict[str, Callable[[str], str]] = {
    "as printed": str,
    "ASCII": lambda symbol: fold(symbol),
    "blanks": lambda symbol: re.sub(r"[/-]+", " ", symbol).lower(),
    "run together": lambda symbol: re.sub(r"[\s/-]+", "", fold(symbol)),
    "after words": lambda symbol: f"công văn số {symbol}",
}


@dataclasses.dataclass(frozen=True)
class _Entry:
    """A dispatch, the key of its symbol, and the keys that it cites."""

    dispatch: Dispatch
    key: str
    cited: tuple[str, ...]

    def document(self) -> IndexDocument:
        citations = tuple(Citation(raw=key, key=key) for key in self.cited)
        record = Record(symbol=self.dispatch.symbol, symbol_key=self.key, subject=self.dispatch.subject)
        record = record.model_copy(update={"citations": citations})
        return build_index_document(make_document(self.dispatch.id, record), CleanText(self.dispatch.text, ()))


def main() -> int:
    """Measure and print; 0 also where the shared texts are missing, which is said."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=("embedded", "opensearch"), default="embedded")
    options = parser.parse_args()
    shared = os.environ.get("VANBAN_SHARED")
    if not shared:
        print("VANBAN_SHARED is not set: there are no texts to measure on. Skipped.")
        return 0
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vby-", dir="/tmp")))
        url = address(stack, options.engine, folder)
        asyncio.run(_measure(url, folder, _entries(list(dispatches(Path(shared))))))
    return 0


def _entries(found: Sequence[Dispatch]) -> list[_Entry]:
    """Return the dispatches with a symbol that is one, every third citing one or two of the others."""
    keyed = [(d, symbol.key) for d in found if (symbol := parse_symbol(d.symbol)) and symbol.key]
    keys, rng = [key for _, key in keyed], random.Random(_SEED)
    return [
        _Entry(d, key, tuple(sorted(set(rng.sample(keys, rng.randint(1, 2))) - {key})) if at % _EVERY == 0 else ())
        for at, (d, key) in enumerate(keyed)
    ]


async def _measure(url: str, folder: Path, entries: Sequence[_Entry]) -> None:
    own: defaultdict[str, set[str]] = defaultdict(set)
    citing: defaultdict[str, set[str]] = defaultdict(set)
    printed: dict[str, str] = {}
    for entry in entries:
        own[entry.key].add(entry.dispatch.id)
        printed.setdefault(entry.key, entry.dispatch.symbol)
        for key in entry.cited:
            citing[key].add(entry.dispatch.id)
    print(f"{len(entries)} documents, {len(own)} symbols, {len(citing)} of them cited")
    async with engine_at(url, folder) as engine:
        await fill(engine, (entry.document() for entry in entries))
        for writing, write in WRITINGS.items():
            asked = {key: write(symbol) for key, symbol in printed.items()}
            await _report(engine, writing, asked, own, citing)


async def _report(
    engine: SearchEngine,
    writing: str,
    asked: dict[str, str],
    own: dict[str, set[str]],
    citing: dict[str, set[str]],
) -> None:
    first = next_ = 0
    wrong: list[str] = []
    for key, typed in asked.items():
        hits = [hit.id for hit in (await ask(engine, typed, facets=False)).hits]
        owners = len(own[key])
        is_first = set(hits[:owners]) == own[key] if owners <= _HITS else set(hits) <= own[key]
        among = citing.get(key, set()) - own[key]
        behind = hits[owners : owners + len(among)]
        is_next = is_first and (set(behind) <= among and len(behind) == min(len(among), max(0, _HITS - owners)))
        first, next_ = first + is_first, next_ + is_next
        wrong += [] if is_next else [typed]
    print(f"{writing:13} its document first {first} of {len(asked)}, then those that cite it {next_}")
    if wrong:
        print(f"              not right: {'; '.join(wrong[:_SHOWN])}")


if __name__ == "__main__":
    raise SystemExit(main())
