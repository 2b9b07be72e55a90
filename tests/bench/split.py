"""Files of several documents, made and cut: `python -m tests.bench.split [--seeds N] [--read]`.

Without `--read` the words come as they were printed; with it each file is drawn (with noise, skew, stamps that differ
from seed to seed), read, and then cut.
"""

import argparse
import asyncio
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

from services.core.model import PageText
from services.core.settings import load_settings
from services.fields import split_pages
from services.ocr import read_files
from tests.corpus import BUNDLES, Bundle, Part, make_bundle
from tests.corpus.model import Corner

_KEYS = ("files", "beginnings", "found", "missed", "missed_but_named", "wrong", "named")
_STAMPS: tuple[Corner | None, ...] = (None, "top_left", "below_date", "top_right")


async def main() -> None:
    """Print, for each kind of file and in all, how many beginnings were found, missed, named as doubtful and wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--read", action="store_true")
    options = parser.parse_args()
    totals: Counter[str] = Counter()
    async for name, bundle, pages in _cases(options.seeds, read=options.read):
        counts = _counts(bundle, pages)
        totals += counts
        if counts["wrong"] or counts["missed"]:
            print(f"{name}, {bundle.name}: {dict(counts)}", flush=True)
    print(
        {key: totals[key] for key in ("files", "beginnings", "found", "missed", "missed_but_named", "wrong", "named")}
    )


def _counts(bundle: Bundle, pages: Sequence[PageText]) -> Counter[str]:
    split = split_pages(pages)
    true, found = ({first for first, _ in runs[1:]} for runs in (bundle.runs, split.runs))
    return Counter(
        files=1,
        beginnings=len(true),
        found=len(true & found),
        missed=len(true - found),
        missed_but_named=len((true - found) & set(split.doubtful)),
        wrong=len(found - true),
        named=len(set(split.doubtful) - true),
    )


async def _cases(seeds: int, *, read: bool) -> AsyncIterator[tuple[str, Bundle, Sequence[PageText]]]:
    for number, (name, parts) in enumerate(BUNDLES.items()):
        for seed in range(seeds):
            made = [_scanned(part, seed) if read else part for part in parts]
            bundle = make_bundle(f"{number}-{seed}", made, seed, duplex=seed % 3 == 2, draw=read)
            yield name, bundle, await _read(bundle) if read else bundle.pages


def _scanned(part: Part, seed: int) -> Part:
    noise, skew, dpi = (next(islice(cycle(values), seed, None)) for values in ((2, 8, 14), (0, 1.2, -0.8), (200, 150)))
    stamp = _STAMPS[seed % len(_STAMPS)]
    return replace(part, spec=replace(part.spec, noise=noise, skew=skew, dpi=int(dpi), digital_stamp=stamp))


async def _read(bundle: Bundle) -> Sequence[PageText]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / bundle.name
        path.write_bytes(bundle.data)
        async for result in read_files(load_settings(data_dir=Path(folder) / "data"), [path], 1):
            return result.page_texts()
    raise AssertionError("a file without a result")


if __name__ == "__main__":
    asyncio.run(main())
