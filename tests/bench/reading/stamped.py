"""`python -m tests.bench.reading.stamped [--count N] [--seed N] [--split S] [--jobs N]`: stamps of arrival, synthetic.

Short dispatches (tests/corpus/stamped.py) with "VĂN BẢN ĐIỆN TỬ / Số ... Ngày ..." and ĐẾN stamps in every colour,
frame, tilt and place are read, each dispatch once without a stamp too. Wordings, fonts, sizes and forms of numbers and
dates of the split `held-out` do not occur in `development`, and nothing was tuned on them. `--pictures DIR` keeps the
scans that failed, of the split `development` only. Rates are percent with Wilson's interval of 95 %.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from services.core.model import Box, Extraction, Record, Word, Zone
from services.core.settings import load_settings
from services.fields import Hints, Taxonomy, extract
from services.ocr import compose, read_files
from tests.corpus import Scan, ScanSpec, make_scan
from tests.corpus.content import compose_dispatch
from tests.corpus.layout import set_dispatch
from tests.corpus.stamped import Split, stamped_specs, unstamped
from tests.corpus.stamps import outline, put_stamp

_TOLERANCE = 4.0
_TILTED = 0.5
_Z = 1.96


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read of a scan: its record, and the words that are no stamp's."""

    record: Record
    words: tuple[Word, ...]
    is_sure: bool


@dataclass(frozen=True, slots=True)
class Case:
    """A stamped scan, what was read of it, and what of the same scan without the stamp."""

    split: Split
    spec: ScanSpec
    scan: Scan
    read: _Read
    bare: _Read

    @property
    def arrival_is_right(self) -> bool:
        truth, found = self.scan.truth.record.arrival, self.read.record.arrival
        return truth is not None and found is not None and (found.number, found.on) == (truth.number, truth.on)

    @property
    def is_taken_for_own(self) -> bool:
        """Whether the stamp's number or date stands as the document's own, which is another."""
        truth, record = self.scan.truth.record, self.read.record
        arrival = truth.arrival
        if arrival is None or arrival.number is None:
            return False
        differs = record.number is not None and record.number != truth.number
        number = differs and arrival.number.startswith(str(record.number))
        own = truth.issued_on.earliest if truth.issued_on else None
        dated = record.issued_on is not None and arrival.on == record.issued_on.earliest != own
        return number or dated

    @property
    def under(self) -> list[Word]:
        """The true words of the document whose middle lies within the stamp."""
        if not self.spec.stamp:
            return []
        sheet = set_dispatch(compose_dispatch(self.spec, 0), self.spec).sheets[0]
        put_stamp(sheet, self.spec)
        place = outline(sheet.stamps[0])
        return [
            word
            for word, placed in zip(self.scan.truth.pages[0].words, sheet.words, strict=True)
            if placed.zone is not Zone.STAMP and word.box and _holds(place, word.box)
        ]


def main() -> None:
    given = _arguments()
    splits: tuple[Split, ...] = get_args(Split) if given.split == "both" else (given.split,)
    cases: list[Case] = []
    for split in splits:
        cases += asyncio.run(_read_split(split, given.count // len(splits), given.seed, given.jobs))
    for split in splits:
        _print_split(split, [case for case in cases if case.split == split])
    if len(splits) > 1:
        _print_split("both", cases)
    _print_failures([case for case in cases if case.split == "development"], given.pictures)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.reading.stamped",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--count", type=int, default=300, help="how many stamped scans (default 300)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--split", choices=(*get_args(Split), "both"), default="both")
    parser.add_argument("--pictures", type=Path, help="folder for the scans of `development` that failed")
    return parser.parse_args()


# --------------------------------------------------------------------------- reading


async def _read_split(split: Split, count: int, seed: int, jobs: int) -> list[Case]:
    specs = stamped_specs(count, split, seed)
    bare = list(dict.fromkeys(unstamped(spec) for spec in specs))
    scans = [make_scan(spec) for spec in (*specs, *bare)]
    read = await _read(scans, jobs)
    by_spec = dict(zip(bare, read[len(specs) :], strict=True))
    return [
        Case(split, spec, scan, seen, by_spec[unstamped(spec)])
        for spec, scan, seen in zip(specs, scans, read, strict=False)
    ]


async def _read(scans: Sequence[Scan], jobs: int) -> list[_Read]:
    taxonomy = Taxonomy.load()
    found = []
    with tempfile.TemporaryDirectory(prefix="vanban-bench-") as name:
        paths = [Path(name, f"{at}.pdf") for at in range(len(scans))]
        for path, scan in zip(paths, scans, strict=True):
            path.write_bytes(scan.pdf_bytes)
        async for result in read_files(load_settings(data_dir=Path(name, "data")), paths, jobs):
            pages = result.page_texts()
            extraction = extract(pages, compose(pages), Hints(), taxonomy)
            words = tuple(word for page in pages[:1] for word in page.words if word.zone is not Zone.STAMP)
            found.append(_Read(extraction.record, words, _is_sure(extraction)))
    return found


def _is_sure(extraction: Extraction) -> bool:
    seen = extraction.evidence.get("arrival")
    return seen is not None and seen.confirmed


def _is_read(word: Word, words: Iterable[Word]) -> bool:
    """Whether a true word was read where it stands."""
    return any(other.text == word.text and _near(other.box, word.box) for other in words)


def _near(one: Box | None, other: Box | None) -> bool:
    if one is None or other is None:
        return False
    wide = Box(other.x0 - _TOLERANCE, other.y0 - _TOLERANCE, other.x1 + _TOLERANCE, other.y1 + _TOLERANCE)
    return _holds(wide, one)


def _holds(place: Box, box: Box) -> bool:
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    return place.x0 <= x <= place.x1 and place.y0 <= y <= place.y1


# --------------------------------------------------------------------------- printing


def _print_split(name: str, cases: Sequence[Case]) -> None:
    sure = [case for case in cases if case.read.is_sure]
    taken = sum(case.is_taken_for_own for case in cases)
    print(f"\n{name}: {len(cases)} scans")
    print(f"  number and date of the stamp right   {rate(sum(c.arrival_is_right for c in cases), len(cases))}")
    print(f"  of those shown as sure, wrong        {sum(not c.arrival_is_right for c in sure)} of {len(sure)}")
    print(f"  taken for the document's own         {taken} of {len(cases)}")
    for part, is_right in (("symbol", _has_symbol), ("date", _has_date)):
        stamped = sum(is_right(case.read.record, case.scan) for case in cases)
        bare = sum(is_right(case.bare.record, case.scan) for case in cases)
        print(f"  the document's own {part:6s} right     {stamped}, without the stamp {bare}")
    print(f"  words under the stamp read           {_under(cases)}")
    for label, group in _GROUPS.items():
        for value in sorted({group(case) for case in cases}):
            some = [case for case in cases if group(case) == value]
            right = rate(sum(case.arrival_is_right for case in some), len(some))
            print(f"    {label} {value:26s} {right}   under: {_under(some)}")


def _under(cases: Sequence[Case]) -> str:
    pairs = [(case, word) for case in cases for word in case.under]
    stamped = sum(_is_read(word, case.read.words) for case, word in pairs)
    bare = sum(_is_read(word, case.bare.words) for case, word in pairs)
    return f"{rate(stamped, len(pairs))}, without the stamp {bare}" if pairs else "no words"


def rate(right: int, of: int) -> str:
    """Return a rate in percent with Wilson's interval of 95 %."""
    if not of:
        return "none"
    share, spread = right / of, _Z**2 / of
    middle = (share + spread / 2) / (1 + spread)
    half = _Z * math.sqrt(share * (1 - share) / of + spread / of / 4) / (1 + spread)
    return f"{right:4d} of {of:4d} = {100 * share:5.1f} % ({100 * (middle - half):.1f}-{100 * (middle + half):.1f})"


def _has_symbol(record: Record, scan: Scan) -> bool:
    return record.symbol_key == scan.truth.record.symbol_key


def _has_date(record: Record, scan: Scan) -> bool:
    truth = scan.truth.record.issued_on
    return record.issued_on is not None and truth is not None and record.issued_on.earliest == truth.earliest


def _stamp_value(name: str) -> Callable[[Case], str]:
    return lambda case: str(getattr(case.spec.stamp, name))


_GROUPS: dict[str, Callable[[Case], str]] = {
    "ink    ": lambda case: f"{_stamp_value('colour')(case)}, {case.spec.colour} scan",
    "frame  ": lambda case: "framed" if case.spec.stamp and case.spec.stamp.framed else "no frame",
    "tilt   ": lambda case: "tilted" if case.spec.stamp and abs(case.spec.stamp.tilt) > _TILTED else "upright",
    "place  ": _stamp_value("place"),
    "wording": _stamp_value("wording"),
}


def _print_failures(cases: Sequence[Case], folder: Path | None) -> None:
    for at, case in enumerate(cases):
        right = (_has_symbol(case.read.record, case.scan), _has_date(case.read.record, case.scan))
        bare = (_has_symbol(case.bare.record, case.scan), _has_date(case.bare.record, case.scan))
        if case.arrival_is_right and not case.is_taken_for_own and right == bare:
            continue
        stamp, found = case.spec.stamp, case.read.record.arrival
        if stamp is None:
            continue
        told = f"{found.number} {found.date} {found.on}" if found else "nothing"
        told += ", shown as sure" * case.read.is_sure
        print(f"{at}: {stamp.colour}/{case.spec.colour} {stamp.place} '{stamp.wording}' framed={stamp.framed}")
        print(
            f"    tilt={stamp.tilt} dpi={case.spec.dpi}: {stamp.number} {stamp.date}, read {told}; own {right} {bare}"
        )
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{at}.pdf").write_bytes(case.scan.pdf_bytes)


if __name__ == "__main__":
    main()
