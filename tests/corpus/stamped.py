"""Specs of short dispatches with stamps of arrival, in two splits: what one split is made from the other never has."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, replace
from typing import Literal, get_args

from tests.corpus.model import Colour, ScanSpec, StampPlace, StampSpec

Split = Literal["development", "held-out"]
STAMPS_A_DISPATCH = 5
"""So many scans are of one dispatch, each with another stamp: without a stamp it is read once."""


@dataclass(frozen=True, slots=True)
class _Wording:
    rows: tuple[str, ...]
    beside: str = ""


@dataclass(frozen=True, slots=True)
class _Options:
    """What the stamps of a split are made from; `{office}` in a row is the office that received the document."""

    wordings: dict[str, _Wording]
    offices: tuple[str, ...]
    families: tuple[tuple[str, str], ...]
    sizes: tuple[float, ...]
    dates: tuple[str, ...]
    numbers: tuple[str, ...]
    tilt: float


_OPTIONS: dict[Split, _Options] = {
    "development": _Options(
        wordings={
            "electronic, two lines": _Wording(("VĂN BẢN ĐIỆN TỬ", "Số {number} Ngày {date}")),
            "electronic, three lines": _Wording(("VĂN BẢN ĐIỆN TỬ", "Số: {number}", "Ngày: {date}")),
            "electronic, one line": _Wording(("VĂN BẢN ĐIỆN TỬ Số {number} Ngày {date}",)),
            "ĐẾN beside": _Wording(("{office}", "|Số: {number}", "|Ngày: {date}", "Chuyển: ................"), "ĐẾN"),
            "ĐẾN above": _Wording(("{office}", "ĐẾN", "Số: {number}", "Ngày: {date}", "Chuyển: ...........")),
            "CÔNG VĂN ĐẾN": _Wording(("CÔNG VĂN ĐẾN", "Số: {number}", "Ngày: {date}")),
            "CÔNG VĂN ĐẾN, hour": _Wording(("CÔNG VĂN ĐẾN", "Số đến: {number}", "Ngày đến: {date}", "Giờ: 08h30")),
            "CÔNG VĂN ĐẾN, date first": _Wording(("{office}", "CÔNG VĂN ĐẾN", "Ngày {date}", "Số {number}")),
            "ĐẾN, one line": _Wording(("{office}", "ĐẾN  Số: {number}  Ngày: {date}")),
        },
        offices=("VĂN THƯ - LƯU TRỮ", "UBND TỈNH ĐIỆN BIÊN", "SỞ Y TẾ TỈNH LAI CHÂU", "VĂN PHÒNG UBND TỈNH"),
        families=(("sans", "sans"), ("dejavu", "dejavu"), ("sans", "mono"), ("serif", "serif")),
        sizes=(9.0, 10.0, 11.0, 13.0, 15.0),
        dates=(
            "{day:02d}/{month:02d}/{year}", "{day}/{month}/{year}", "{day:02d}-{month:02d}-{year}",
            "{day:02d}.{month:02d}.{year}", "{day}-{month}-{short:02d}", "{day:02d} / {month:02d} / {year}",
        ),
        numbers=("{n}", "{n:04d}", "{n}", "{small}", "{n}/CVĐ"),
        tilt=6.0,
    ),
    "held-out": _Options(
        wordings={
            "electronic, office": _Wording(("{office}", "VĂN BẢN ĐIỆN TỬ", "Số {number}, ngày {date}")),
            "electronic, arrived": _Wording(("VĂN BẢN ĐIỆN TỬ ĐẾN", "Số đến: {number} - Ngày đến: {date}")),
            "VĂN BẢN ĐẾN": _Wording(("VĂN BẢN ĐẾN", "Số: {number} Ngày: {date}")),
            "ĐẾN beside, file": _Wording(
                ("{office}", "|Số: {number}", "|Ngày: {date}", "Chuyển: .............", "Số và ký hiệu HS: ........"),
                "ĐẾN",
            ),
            "ĐẾN, date first": _Wording(
                ("ĐẾN", "Ngày: {date}", "Giờ: 14 giờ 05", "Số: {number}", "Kính chuyển: ..........")
            ),
        },
        offices=("PHÒNG GIÁO DỤC VÀ ĐÀO TẠO", "BẢO HIỂM XÃ HỘI TỈNH", "TRUNG TÂM Y TẾ HUYỆN"),
        families=(("sans-condensed", "sans-condensed"), ("serif-condensed", "mono")),
        sizes=(9.5, 12.0, 14.0),
        dates=("{day}.{month}.{short:02d}", "{day} tháng {month} năm {year}", "{day:02d}/{month}/{short:02d}"),
        numbers=("{n}/VB", "{small}", "{n}"),
        tilt=9.0,
    ),
}  # fmt: skip


def stamped_specs(count: int, split: Split, seed: int = 0) -> list[ScanSpec]:
    """Return `count` specs of short dispatches with a stamp each; the same arguments give the same specs."""
    rng = random.Random(f"{split}/{seed}")
    return [_stamped(rng, split, seed, at) for at in range(count)]


def unstamped(spec: ScanSpec) -> ScanSpec:
    """Return the spec of the same dispatch, scanned in the same way, without its stamp."""
    return replace(spec, stamp=None)


def _stamped(rng: random.Random, split: Split, seed: int, at: int) -> ScanSpec:
    dispatch, issued = _dispatch(split, seed, at // STAMPS_A_DISPATCH)
    stamp = _stamp(rng, _OPTIONS[split], at, issued)
    plain: Colour = rng.choice(("gray", "bw"))
    colour: Colour = "color" if stamp.colour != "black" or at % 2 else plain
    return replace(dispatch, colour=colour, stamp=stamp)


def _dispatch(split: Split, seed: int, at: int) -> tuple[ScanSpec, dt.date]:
    """Return a dispatch and how it is scanned, and its date of issue."""
    rng = random.Random(f"{split}/{seed}/{at}")
    date = dt.date(2020, 3, 2) + dt.timedelta(days=rng.randrange(1300))
    spec = ScanSpec(
        f"{split}-{at:03d}",
        kind=rng.choice(("CV", "CV", "CV", "QĐ", "TB", "BC")),
        number=rng.randrange(11, 4800),
        date=date,
        clauses=1,
        skew=rng.choice((0.0, 0.0, round(rng.uniform(-0.8, 0.8), 2))),
        noise=rng.choice((1.0, 2.0, 4.0)),
        blur=rng.choice((0.3, 0.5, 0.8)),
        jpeg_quality=rng.choice((40, 55, 75)),
        dpi=rng.choice((200,) * 7 + (300, 300, 150)),
    )
    return spec, date


def _stamp(rng: random.Random, options: _Options, at: int, issued: dt.date) -> StampSpec:
    """Go through places and wordings in turn, so that each occurs as often as another; the rest is drawn."""
    names, places = list(options.wordings), get_args(StampPlace)
    wording = options.wordings[names[at % len(names)]]
    office = rng.choice(options.offices)
    day = issued + dt.timedelta(days=rng.randrange(10))
    family, typed = rng.choice(options.families)
    number = rng.choice(options.numbers).format(n=rng.randrange(101, 9900), small=rng.randrange(11, 100))
    written = rng.choice(options.dates)
    return StampSpec(
        rows=tuple(row.replace("{office}", office) for row in wording.rows),
        number=number,
        date=written.format(day=day.day, month=day.month, year=day.year, short=day.year % 100),
        on=day,
        place=places[at * 3 % len(places)],
        colour=rng.choice(("red", "red", "blue", "blue", "black")),
        wording=names[at % len(names)],
        beside=wording.beside,
        framed=rng.random() < 0.5,
        tilt=round(rng.uniform(-options.tilt, options.tilt), 1) if rng.random() < 0.5 else 0.0,
        family=family,
        typed=typed,
        size=rng.choice(options.sizes),
        worn=rng.choice((0.0, 0.3, 0.6)),
        shift=(round(rng.uniform(-0.3, 0.3), 2), round(rng.uniform(-0.3, 0.3), 2)),
    )
