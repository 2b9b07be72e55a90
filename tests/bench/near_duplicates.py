"""Near duplicates: `VANBAN_SHARED=... python -m tests.bench.near_duplicates [--texts N] [--planted N]`.

The articles and gazette texts lie in a SQLite catalogue. For some a second reading is planted, or another paper of the
same form; each planted one asks for its other scans. `--readings DIR` holds pages that `vanban read --text-dir` made:
they are held against their transcripts.
"""

import argparse
import asyncio
import gzip
import json
import os
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from sqlalchemy import insert
from sqlalchemy import text as sql

from services.archive import Archive, open_archive
from services.archive.blobs import Blobs
from services.archive.citing import put_citations
from services.archive.codec import encode_text
from services.archive.database import Database, Tx
from services.archive.fingerprinting import put_fingerprint
from services.archive.near_duplicates import Duplicates
from services.archive.resolving import Identity
from services.archive.same_paper import Known, are_one
from services.archive.schema import batches, documents, sources
from services.core.alignment import compare, words_of
from services.core.fingerprint import fingerprint
from services.core.ids import new_id
from services.core.model import CleanText, local_principal
from services.core.symbols import symbol_key

P = local_principal("bench")
_LETTERS = "abcdeghiklmnopqrstuvxy"
_LEAST_WORDS = 150  # of a text of which a second reading is planted
_STAMP = "CỔNG THÔNG TIN ĐIỆN TỬ CHÍNH PHỦ VĂN BẢN ĐẾN Số: {} Giờ: 10 Ngày: {}/9/2021"


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to plant: what becomes of the text, and whether it is the same paper; `number`: same, blank, other."""

    name: str
    make: Callable[[str, random.Random], str]
    same: bool
    number: str


class MemoryBlobs:
    """Clean texts by key, in memory: what the disk does is not measured here."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def get_those(self, keys: Sequence[str]) -> dict[str, bytes]:
        """Return those that are there."""
        return {key: self.kept[key] for key in keys if key in self.kept}


def slips(rate: float) -> Callable[[str, random.Random], str]:
    """Return what spoils so many of a text's letters and digits: another, one more, or none."""

    def spoil(text: str, rng: random.Random) -> str:
        return "".join(_spoilt(c, rng) if c.isalnum() and rng.random() < rate else c for c in text)

    return spoil


def _spoilt(c: str, rng: random.Random) -> str:
    other = rng.choice("0123456789" if c.isdigit() else _LETTERS)
    return rng.choice([other, other, "", c + other])


def stamped(text: str, rng: random.Random) -> str:
    """Spoil 3 % and lay a stamp of arrival into the head and over a few words."""
    words = slips(0.03)(text, rng).split()
    at = rng.randrange(5, 40)
    return " ".join([*words[:at], _STAMP.format(rng.randrange(1, 9999), rng.randrange(1, 30)), *words[at + 2 :]])


def page_lost(text: str, rng: random.Random) -> str:
    """Spoil 3 % and drop the last four tenths."""
    words = slips(0.03)(text, rng).split()
    return " ".join(words[: max(60, len(words) * 6 // 10)])


def other_numerals(text: str, rng: random.Random) -> str:
    """Give every numeral another value, a day and a number added: next year's letter."""
    words = [w if not any(map(str.isdigit, w)) else str(rng.randrange(1, 3000)) for w in text.split()]
    return " ".join(
        [f"ngày {rng.randrange(1, 29)} tháng {rng.randrange(1, 13)} lúc {rng.randrange(7, 17)} giờ", *words]
    )


def other_names(text: str, rng: random.Random) -> str:
    """Write three other names, with year of birth and place, where a form has them (every 40 words or so)."""
    words, names = text.split(), ["Lò Văn Pâng", "Quàng Thị Dung", "Giàng A Sùng", "Hạng A Lử", "Tòng Thị Hặc"]
    for at in rng.sample(range(10, len(words) - 6), 3):
        words[at : at + 4] = [f"{rng.choice(names)} sinh {rng.randrange(1950, 2005)}"]
    return " ".join(words)


KINDS = (
    *(Kind(f"read again, {rate:.0%}", slips(rate), True, "same") for rate in (0.01, 0.03, 0.05)),
    *(Kind(f"read again, {rate:.0%}, number blank", slips(rate), True, "blank") for rate in (0.01, 0.03, 0.05)),
    Kind("3 % and a stamp", stamped, True, "same"),
    Kind("3 % and a stamp, number blank", stamped, True, "blank"),
    Kind("3 % and a page lost", page_lost, True, "same"),
    Kind("3 % and a page lost, number blank", page_lost, True, "blank"),
    Kind("form: same words, other number", slips(0.01), False, "other"),
    Kind("form: other numerals, number blank", other_numerals, False, "blank"),
    Kind("form: other names, number blank", other_names, False, "blank"),
)


def haystack(shared: Path, count: int) -> Iterator[str]:
    """Yield the gazette texts, cut to the length of a letter or a decision, then the articles."""
    with gzip.open(shared / "data/text/congbao_fulltext_402_hrmaster.jsonl.gz", "rt") as file:
        for n, line in enumerate(file):
            yield " ".join(json.loads(line)["full_text"].split()[: (300, 600, 1500)[n % 3]])
    with gzip.open(shared / "data/text/phapdien_articles.jsonl.gz", "rt") as file:
        for _, line in zip(range(count), file, strict=False):
            yield str(json.loads(line)["text"])


def record_of(number: int, kind: Kind | None) -> dict[str, Any]:
    """Return the record: each text is a letter with a number of its own."""
    if kind is not None and kind.number == "blank":
        return {}
    number += 7919 if kind is not None and kind.number == "other" else 0
    return {
        "symbol": f"{number}/UBND-VX",
        "number": str(number),
        "notation": "UBND-VX",
        "symbol_key": symbol_key(str(number), None, "UBND-VX"),
    }


class Shelf:
    """The catalogue with its texts."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.blobs = MemoryBlobs()
        self.duplicates = Duplicates(database, cast(Blobs, self.blobs))
        self.source_id = new_id()

    async def open(self) -> None:
        """Make the one source that has all documents."""
        async with self.database.write(P) as tx:
            batch = {"id": new_id(), "state": "active", "priority": 0, "on_duplicate": "link", "created_by": "bench"}
            await tx.conn.execute(insert(batches).values(**batch, created_at=tx.now))
            values = {"id": self.source_id, "sha256": "0" * 64, "bytes": 1, "media_type": "text/plain"}
            await tx.conn.execute(insert(sources).values(**values, state="ready", triage="done", created_at=tx.now))

    async def put(self, tx: Tx, text: str, record: dict[str, Any]) -> str:
        """Keep one document and return its id."""
        document_id = new_id()
        self.blobs.kept[document_id] = encode_text(CleanText(text, (), ()))
        values = {"id": document_id, "source_id": self.source_id, "access": "public", "state": "ready", "revision": 1}
        at = {"created_at": tx.now, "updated_at": tx.now, "first_page": 1, "last_page": 1, "awaited_revision": 1}
        await tx.conn.execute(
            insert(documents).values(
                **values, **at, record=record, evidence={}, review=[], clean_key=document_id, outcome="done"
            )
        )
        await put_citations(tx, document_id, record, {})
        await put_fingerprint(tx, document_id, document_id, fingerprint(text))
        return document_id


async def main() -> None:
    """Print recall and wrong pairs by kind, pairs among the texts themselves, and times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=75_870)
    parser.add_argument("--planted", type=int, default=200, help="of each kind")
    parser.add_argument("--readings", type=Path)
    options = parser.parse_args()
    shared = Path(os.environ["VANBAN_SHARED"])
    if options.readings:
        _readings(options.readings, shared / "data/scans/truth")
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{folder}/data/catalogue.sqlite3"
        async with await _opened(Path(folder)):
            shelf = Shelf(Database(url))
            await shelf.open()
            texts = list(haystack(shared, options.texts))
            began = time.perf_counter()
            for text in texts:
                fingerprint(text)
            print(f"{len(texts)} texts, fingerprints in {time.perf_counter() - began:.1f} s")
            ids = await _fill(shelf, texts)
            print(f"catalogue {await _bytes(shelf.database) / 1e6:.0f} MB")
            await _among(shelf, ids, texts)
            await _planted(shelf, texts, ids, options.planted)
            await shelf.database.close()


async def _bytes(database: Database) -> int:
    async with database.read() as conn:
        counts = [await conn.scalar(sql(f"PRAGMA {name}")) for name in ("page_count", "page_size")]
    return int(counts[0]) * int(counts[1])


async def _opened(folder: Path) -> Archive:
    from services.core.settings import load_settings

    return await open_archive(load_settings(data_dir=folder / "data"))


async def _fill(shelf: Shelf, texts: Sequence[str]) -> list[str]:
    ids: list[str] = []
    for start in range(0, len(texts), 2000):
        async with shelf.database.write(P) as tx:
            ids += [
                await shelf.put(tx, text, record_of(start + n, KINDS[3]))
                for n, text in enumerate(texts[start : start + 2000])
            ]
    return ids


async def _among(shelf: Shelf, ids: Sequence[str], texts: Sequence[str]) -> None:
    """Ask all texts, none of which has a number: what is found are texts of the same words, or false pairs."""
    words = dict(zip(ids, texts, strict=True))
    asked = random.Random(1).sample(list(ids), min(500, len(ids)))
    took, same, other = [], 0, []
    for document_id in asked:
        began = time.perf_counter()
        found = (await shelf.duplicates.of_those(P, [document_id])).get(document_id, ())
        took.append((time.perf_counter() - began) * 1000)
        for each in found:
            if words_of(words[document_id]) == words_of(words[each.document.id]):
                same += 1
            else:
                other.append((document_id, each))
    took.sort()
    print(
        f"{len(asked)} texts asked: {same} pairs of the same words, {len(other)} other pairs "
        f"({1000 * len(other) / len(asked):.1f} per 1,000); median {statistics.median(took):.1f} ms, "
        f"95 % under {took[int(0.95 * len(took))]:.1f} ms, most {took[-1]:.0f} ms"
    )
    for document_id, each in other[:5]:
        print("  ", each.shared, len(words[document_id]), [(p.here, p.there) for p in each.passages][:3])


async def _planted(shelf: Shelf, texts: Sequence[str], ids: Sequence[str], count: int) -> None:
    long = [n for n, text in enumerate(texts) if len(text.split()) >= _LEAST_WORDS]
    rng = random.Random(2)
    chosen = iter(rng.sample(long, min(len(long), count * len(KINDS))))
    for kind in KINDS:
        mine = [next(chosen) for _ in range(min(count, len(long) // len(KINDS)))]
        planted = []
        async with shelf.database.write(P) as tx:
            for n in mine:  # the original with its number, as most are, then what is planted
                original = await shelf.put(tx, slips(0.005)(texts[n], rng), record_of(n, None))
                planted.append((original, await shelf.put(tx, kind.make(texts[n], rng), record_of(n, kind)), ids[n]))
        counts: Counter[str] = Counter()
        for original, new, article in planted:
            found = {each.document.id for each in (await shelf.duplicates.of_those(P, [new])).get(new, ())}
            counts["found"] += original in found
            counts["else"] += len(found - {original, article})
        share = counts["found"] / len(planted)
        print(f"{kind.name:40} {share:6.1%} {'found' if kind.same else 'wrongly'}, {counts['else']} others")


def _readings(folder: Path, truth: Path) -> None:
    nothing = Known(Identity("", None), None)
    shared, one = [], 0
    for page in sorted(folder.glob("*_p*.txt")):
        transcript = truth / f"{page.stem}.gt.txt"
        if transcript.exists():
            compared = compare(words_of(page.read_text()), words_of(transcript.read_text()))
            common = set(fingerprint(page.read_text())) & set(fingerprint(transcript.read_text()))
            shared.append(len(common))
            one += are_one(nothing, nothing, compared)
    print(f"{len(shared)} pages against their transcripts: {one} one paper by text alone; shared {sorted(shared)}")


if __name__ == "__main__":
    asyncio.run(main())
