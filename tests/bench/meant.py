"""Did you mean: how many slips are mended, and how often a right query gets a proposal all the same.

    VANBAN_SHARED=/path python -m tests.bench.meant [--asked N]

4,056 real subjects, each with 2,500 characters of a legal article as its text (tests/bench/short.py); every second one
is indexed. Asked are two to five syllables of indexed subjects with a slip of each sort drawn by a seed; then the same
as they are, and those of subjects that are not indexed, whose words the archive may lack. Embedded engine.
"""

import argparse
import asyncio
import os
import random
import statistics
import tempfile
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from services.core.model import CleanText, Record
from services.core.text import fold, syllables
from services.search import SearchQuery, SearchService
from tests.bench.short import Dispatch, dispatches
from tests.search_support import EVERYONE, FakeArchive, engine_at, make_document, settings_for

_SEED = 12
_SHOWN = 3  # wrong proposals of each sort
_TELEX = dict(zip("ăâêôơưđ", ("aw", "aa", "ee", "oo", "ow", "uw", "dd"), strict=True))
_VNI = dict(zip("ăâêôơưđ", ("a8", "a6", "e6", "o6", "o7", "u7", "d9"), strict=True))
_TONES = ("\u0301", "\u0300", "\u0309", "\u0303", "\u0323")
_BESIDE = dict(zip("qwertyuiopasdfghjklzxcvbnm", "wertyuiopwsdfghjklkxcvbnmn", strict=True))

Slip = Callable[[str, random.Random], str]


def main() -> int:
    """Measure and print; 0 also where the shared texts are missing, which is said."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--asked", type=int, default=300, help="queries of each sort")
    options = parser.parse_args()
    shared = os.environ.get("VANBAN_SHARED")
    if not shared:
        print("VANBAN_SHARED is not set: there are no texts to measure on. Skipped.")
        return 0
    with tempfile.TemporaryDirectory(prefix="vbm-", dir="/tmp") as folder:
        asyncio.run(_measure(list(dispatches(Path(shared))), Path(folder), options.asked))
    return 0


async def _measure(found: Sequence[Dispatch], folder: Path, asked: int) -> None:
    archive = FakeArchive()
    for dispatch in found[::2]:
        record = Record(symbol=dispatch.symbol, subject=dispatch.subject)
        archive.put(make_document(dispatch.id, record), CleanText(text=dispatch.text, spans=()))
    url = f"embedded://{folder}/index"
    async with engine_at(url, folder) as engine:
        await archive.index_all(engine)
        service = SearchService(engine, archive.as_archive, settings_for(url, folder))
        rng = random.Random(_SEED)
        held = list(_windows(found[::2], rng, asked))
        for name, slip in SLIPS.items():
            await _report(service, name, [(slip(q, rng), q) for q in held])
        await _report(service, "right, indexed", [(q, q) for q in held])
        await _report(service, "right, not indexed", [(q, q) for q in _windows(found[1::2], rng, asked)])


async def _report(service: SearchService, name: str, asked: Sequence[tuple[str, str]]) -> None:
    """Print what became of queries, each beside what was meant; those that the slip left as they were do not count."""
    outcomes: Counter[str] = Counter()
    took, wrong = [], []
    for typed, meant in asked:
        if typed == meant and not name.startswith("right"):
            continue
        started = time.perf_counter()
        page = await service.search(EVERYONE, SearchQuery(q=typed, limit=1))
        took.append((time.perf_counter() - started) * 1000)
        proposed = page.query.did_you_mean
        if proposed is None:
            outcomes["none"] += 1
        elif fold(proposed.q) != fold(meant):
            outcomes["wrong"] += 1
            wrong.append(f"{typed} > {proposed.q} ({meant})")
        else:
            outcomes["mended"] += 1
    total = sum(outcomes.values())
    shares = "   ".join(f"{outcome} {outcomes[outcome] / total:.1%}" for outcome in ("mended", "wrong", "none"))
    print(f"{name:22} {total:4} asked   {shares}   median {statistics.median(took):.1f} ms", flush=True)
    for example in wrong[:_SHOWN]:
        print("    " + example)


def _windows(found: Sequence[Dispatch], rng: random.Random, count: int) -> Iterator[str]:
    """Yield two to five plain syllables of subjects."""
    for dispatch in rng.sample(list(found), count):
        words = syllables(dispatch.subject)
        size = rng.randint(2, 5)
        start = rng.randrange(max(1, len(words) - size))
        yield " ".join(words[start : start + size])


def _in_one_word(change: Callable[[str, random.Random], str]) -> Slip:
    """Return a slip that changes one word of three letters or more."""

    def slip(query: str, rng: random.Random) -> str:
        words = query.split()
        long = [at for at, word in enumerate(words) if len(word) > 2 and word.isalpha()]
        if long:
            at = rng.choice(long)
            words[at] = change(words[at], rng)
        return " ".join(words)

    return slip


def _dropped(word: str, rng: random.Random) -> str:
    at = rng.randrange(len(word))
    return word[:at] + word[at + 1 :]


def _doubled(word: str, rng: random.Random) -> str:
    at = rng.randrange(len(word))
    return word[: at + 1] + word[at:]


def _swapped(word: str, rng: random.Random) -> str:
    at = rng.randrange(len(word) - 1)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _beside(word: str, rng: random.Random) -> str:
    at = rng.randrange(len(word))
    return word[:at] + _BESIDE.get(fold(word[at]), word[at]) + word[at + 1 :]


def _typed_raw(letters: dict[str, str], tones: str) -> Slip:
    """Return what a keyboard leaves that puts no marks on: letters with their keys, the tone at the end of a word."""

    def slip(query: str, _: random.Random) -> str:
        return " ".join(_raw(word, letters, tones) for word in query.split())

    return slip


def _raw(word: str, letters: dict[str, str], tones: str) -> str:
    typed, tone = "", ""
    for letter in word:
        apart = unicodedata.normalize("NFD", letter)
        for key, mark in zip(tones, _TONES, strict=True):
            if mark in apart:
                tone, apart = key, apart.replace(mark, "")
        plain = unicodedata.normalize("NFC", apart)
        typed += letters.get(plain, plain)
    return typed + tone


SLIPS: dict[str, Slip] = {
    "a letter dropped": _in_one_word(_dropped),
    "a letter doubled": _in_one_word(_doubled),
    "two letters swapped": _in_one_word(_swapped),
    "the key beside": _in_one_word(_beside),
    "Telex left raw": _typed_raw(_TELEX, "sfrxj"),
    "VNI left raw": _typed_raw(_VNI, "12345"),
    "dropped, no marks": lambda query, rng: fold(_in_one_word(_dropped)(query, rng)),
}

if __name__ == "__main__":
    raise SystemExit(main())
